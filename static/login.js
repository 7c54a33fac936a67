// Signs the visitor in, as soon as the native bridge is up and whatever becomes of dd.config.
//
//   import { signedFetch, user } from "./login.js";
//   const answer = await signedFetch("/visits", { method: "POST", body });
//
// Where the page comes with a session nothing is asked for: a page view costs no auth code. The
// page's template has `{{ dingbridge.login() }}` and declares the two APIs below. A client that was
// given up signs in after all once it answers.
//
// On the document: `dingbridge:login` (detail {user}) and `dingbridge:login-error` (detail {code,
// subcode, message, remedy, reference}); on <html>, data-login: pending, in, failed, outside, out.
import { allow, call, declares, explain, report } from "./bridge.js";
import { isTooOld, loadedSdk } from "./bridge_sdk.js";
import { Pressed, resend } from "./login_form.js";
import { ask, isSignedIn } from "./login_server.js";
import { LoginView } from "./login_view.js";

const NEWER = "requestAuthCode"; // takes the clientId too; clients from 7.0.45 on, 7.0.50 on a desktop
const OLDER = "runtime.permission.requestAuthCode";
// The client may first ask the person for consent; without an answer at all it would hang for ever.
const CODE_MS = 30000;
const SPENT = "40078";
const CHALLENGE = "DingTalk"; // what the server asks for where signing in would help

class Login {
  constructor(page) {
    this.page = page;
    this.user = page.user;
    this.inFlight = null;
    this.failure = null; // what the last attempt ended with
    this.renewals = 0; // how many sessions this document has got
    this.waiting = new WeakSet(); // forms that are sent once there is a session
    this.pressed = new Pressed();
    this.view = new LoginView(page);
  }

  start() {
    this.view.onRetry(() => this.signIn().catch(() => {}));
    document.addEventListener("submit", (event) => this.submit(event));
    // Either comes once: a grant may be refused, and a server may answer after the client does.
    ["native", "ready"].forEach((name) => {
      document.addEventListener(`dingbridge:${name}`, () => this.wake());
    });
    if (this.user) {
      this.view.show("in", this.user);
    } else {
      this.signIn().catch(() => {}); // told on the page, and by an event
    }
  }

  /** Somebody answers: what failed because nobody did is worth another code. */
  wake() {
    if (this.failure && this.failure.passing) this.signIn().catch(() => {});
  }

  /** Whoever asks while it is going on gets the same answer: a code is good once. */
  signIn() {
    if (!this.inFlight) {
      const done = () => { this.inFlight = null; };
      this.inFlight = this.attempt();
      this.inFlight.then(() => { this.renewals += 1; }, () => {});
      this.inFlight.then(done, done);
    }
    return this.inFlight;
  }

  async attempt() {
    const isRenewal = Boolean(this.user);
    this.failure = null;
    if (!isRenewal) this.view.show("pending");
    try {
      this.user = await this.exchange();
      if (this.page.then) await this.requireKept();
    } catch (error) {
      this.user = null;
      this.failure = error;
      this.tell(error, isRenewal);
      throw error;
    }
    this.view.show("in", this.user);
    document.dispatchEvent(new CustomEvent("dingbridge:login", { detail: { user: this.user } }));
    this.goOn();
    return this.user;
  }

  /** Says it on the page, and to the server what does not stand in its log already. */
  tell(error, isRenewal) {
    this.view.fail(error, isRenewal);
    if (error.status || error.code === "outside") return;
    report(Object.assign({}, error, { text: `login: ${error.text || error.message}` }));
  }

  /** A fresh code for a session; with a second code where the first one was no longer good. */
  async exchange() {
    const { corpId, endpoints, placeholder } = this.page;
    if (!endpoints.login) throw new Error("the page's template has no {{ dingbridge.login() }}");
    if (placeholder && !corpId) throw await explain({ code: "corp_placeholder" });
    for (let tries = 0; ; tries += 1) {
      const code = await this.authCode();
      const { body, status } = await ask(endpoints.login, { code, corpId });
      if (body.user) return body.user;
      if (!body.error || body.error.code !== SPENT || tries > 0) throw await refusal(body, status);
    }
  }

  async authCode() {
    const { clientId, corpId } = this.page;
    const isNewer = declares(NEWER) && clientId && !(await isTooOld(loadedSdk(), [NEWER]));
    const name = isNewer ? NEWER : OLDER;
    await allow(name);
    const { code } = await within(CODE_MS, call(name, isNewer ? { corpId, clientId } : { corpId }));
    return code;
  }

  /** A browser that keeps no cookies would otherwise sign in and load the page for ever. */
  async requireKept() {
    if (!(await isSignedIn(this.page.endpoints.me))) throw await explain({ code: "session_not_kept" });
  }

  goOn() {
    if (this.page.then === "reload") window.location.reload();
    if (this.page.then === "back") window.history.back();
  }

  /** See `signedFetch`. */
  async fetch(input, init) {
    const send = () => {
      const request = input instanceof Request ? input.clone() : input;
      return fetch(request, Object.assign({ credentials: "same-origin" }, init));
    };
    const before = this.renewals;
    const answer = await send();
    if (!wantsSession(answer)) return answer;
    // A refusal that was on its way while another request renewed the session is about the old one.
    if (this.renewals === before) await this.signIn();
    const second = await send();
    if (wantsSession(second)) {
      this.user = null;
      const error = await explain({ code: "session_not_kept" });
      this.view.fail(error, true);
      throw error;
    }
    return second;
  }

  /**
   * A form with data-signed is sent when there is a session (data-signed="admin": one that is fresh
   * enough for an administrator's), so that no answer of 401 loses it. Where none can be had it
   * stays as it is, and the page says why.
   */
  submit(event) {
    const form = event.target;
    if (event.defaultPrevented || !form.hasAttribute("data-signed")) return;
    event.preventDefault();
    if (this.waiting.has(form)) return; // a double tap
    this.waiting.add(form);
    const button = this.pressed.of(event);
    const done = () => { this.waiting.delete(form); };
    this.secure(form.dataset.signed === "admin").then(() => resend(form, button)).then(done, done);
  }

  /** Makes sure of the session. */
  async secure(isAdmin) {
    const { me } = this.page.endpoints;
    if (this.user) this.view.show("in", this.user); // an earlier try may have been told as failed
    const isKept = await isSignedIn(isAdmin ? `${me}?admin` : me).catch((error) => {
      this.tell(error, true);
      throw error;
    });
    if (!isKept) await this.signIn();
  }

  async signOut() {
    const { body, status } = await ask(this.page.endpoints.logout, {});
    if (status >= 400) throw await refusal(body, status);
    Object.assign(this, { user: null, failure: null });
    this.view.show("out");
  }
}

function wantsSession(answer) {
  return answer.status === 401 && answer.headers.get("WWW-Authenticate") === CHALLENGE;
}

/** The BridgeError for what the server did not do, under the reference that it has logged. */
async function refusal(body, status) {
  const said = Object.assign({ code: "unknown", reference: "" }, body.error);
  const { reference } = said;
  return Object.assign(await explain(said), reference ? { reference, status } : { status });
}

async function within(milliseconds, promise) {
  let timer = 0;
  const silence = new Promise((resolve) => { timer = setTimeout(resolve, milliseconds, null); });
  const answer = await Promise.race([promise, silence]);
  clearTimeout(timer);
  if (!answer) throw await explain({ code: "bridge_silent", passing: true });
  return answer;
}

function start() {
  const block = document.getElementById("dingbridge-login");
  const login = new Login(Object.assign({ user: null, endpoints: {}, words: {} }, block && JSON.parse(block.textContent)));
  if (block) login.start();
  return login;
}

// As with bridge.js: under two addresses the module is evaluated twice.
const KEY = Symbol.for("dingbridge login");
const login = document[KEY] || start();
document[KEY] = login;

/** Who is signed in: {userid, name, corpId, admin, …}, or null. */
export function user() {
  return login.user;
}

/**
 * Resolves with the user of a new session; rejects with a BridgeError, which the page shows. Calls
 * while one is under way share it.
 */
export function signIn() {
  return login.signIn();
}

/**
 * Like `fetch`, for the app's own server. Where the session has expired it signs in silently, once,
 * and sends the request again; nothing on the page is lost. Rejects with a BridgeError where that
 * fails. The body must not be a stream.
 */
export function signedFetch(input, init) {
  return login.fetch(input, init);
}

/** Ends the session; rejects with a BridgeError where the server has not. */
export function signOut() {
  return login.signOut();
}
