// Single-page apps: whatever a client checks and for however long it grants, a view's calls work,
// or the visitor reads why not. docs/spa.md has the recipe for any router.
//
//   const reauth = await startReauth({ parent: "/app/" });     // before the router is made
//   reauth.enter({ apis: ["device.geolocation.get"], title: "…" });     // a view is about to be drawn
//   const place = await reauth.call("device.geolocation.get", { targetAccuracy: 200 });
//
// dd.config counts once per document, so only another document can mend a grant. A refresh loads
// the parent page in place of this history entry and comes back to the view with what the visitor
// had typed; if the view's call is refused even so, the view's own address is loaded as a document.
import { allow, call, declares, report, state, tell } from "./bridge.js";
import { clearNotice } from "./bridge_notice.js";
import { Belongings } from "./reauth_belongings.js";
import { Memory } from "./reauth_memory.js";
import { REFUSED, nextStep } from "./reauth_steps.js";
import { follow, samePath, viewKey, withoutFragment } from "./reauth_view.js";

// Modules run late. first.js is the page's first script and has read the address before any router.
const ENTRY = document.dingbridge ? document.dingbridge.entry : window.location.href;
const ATTRIBUTE = "data-reauth"; // "waiting", "leaving" or "returning", on the root element
const SHORT_HOLD_MS = 1000; // what a view that asks for nothing waits, so as not to disturb a grant
const PATIENCE_MS = 15000; // with a refresh; the browser may be told to stop one, and says nothing

/**
 * Resolves when a router may start: at once, or where a refresh comes back to a view, when the
 * parent page has its answer and the address is the view's again.
 *
 * `parent` is the address of the page whose template declares the APIs of all views; by default
 * the page that was loaded.
 */
export async function startReauth({ parent } = {}) {
  const reauth = new Reauth(new URL(parent || ENTRY, window.location.href));
  await reauth.arrive();
  return reauth;
}

class Reauth {
  constructor(parent) {
    this.parent = parent;
    this.memory = new Memory();
    this.belongings = new Belongings();
    this.key = null; // what names the view; as long as none was entered, its address does
    this.trip = null; // the refresh that brought this document here
    // {name, params[, isBack]}: the view's call that waits, or was refused; isBack of one that a
    // refresh cut off and that nobody has taken up again.
    this.interrupted = null;
    this.leaving = null; // while a refresh is under way: settles if nothing comes of it
    this.hasTold = false;
    // Nobody is asked whether to leave: what was typed comes along.
    window.addEventListener("beforeunload", (event) => {
      if (this.leaving) event.stopImmediatePropagation();
    }, true);
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) this.memory.read();
    });
    // A row of refreshes ends where the visitor taps, or goes back or forward.
    ["click", "popstate"].forEach((name) => window.addEventListener(name, (event) => {
      if (event.isTrusted) this.memory.endRun();
    }, true));
    document.addEventListener("dingbridge:retry", (event) => this.retry(event));
  }

  async arrive() {
    const trip = this.memory.trip();
    const isAway = trip && withoutFragment(trip.href) !== withoutFragment(window.location.href);
    if (isAway) await show("returning", answered());
    // Whoever goes back while the parent page waits for its answer is in another entry now; the
    // one of the refresh gets its address back when it is come upon again, before a router reads it.
    this.comeBack();
    window.addEventListener("popstate", (event) => {
      if (this.leaving || !this.comeBack()) return;
      event.stopImmediatePropagation();
      window.dispatchEvent(new PopStateEvent("popstate", { state: window.history.state }));
    }, true);
  }

  /** Takes up the trip of this history entry, if a refresh left one in it. */
  comeBack() {
    const trip = this.memory.arrive();
    if (!trip) return false;
    this.trip = trip;
    this.interrupted = trip.call && Object.assign({ isBack: true }, trip.call);
    this.belongings.carried = trip.belongings.carried;
    return true;
  }

  // --- what an adapter calls ---

  /** Resolves when the address may change: a client may look at it while it answers dd.config. */
  async settled(apis = []) {
    await this.leaving;
    const waits = apis.length ? [answered()] : [answered(), elapsed(SHORT_HOLD_MS)];
    await show("waiting", Promise.race(waits));
  }

  /**
   * A view is about to be drawn at the address that the window has. Resolves with true when its
   * APIs are granted, with false when they are not: the visitor was told, or where the platform
   * lacks one, its call will tell. Where a refresh may help it leaves, and does not resolve.
   *
   * `apis`: what the view calls. `title`: for the page and the client's bar. `colour`: AARRGGBB for
   * the bar, by default the address's. `key`: what names the view, by default its path. To enter
   * the view that one is in (its query changed) takes nothing away from it.
   */
  async enter({ apis = [], title = "", colour = "", key = viewKey() } = {}) {
    this.clear();
    this.unpack(key);
    follow({ title, colour, entry: ENTRY });
    if (title && declares("biz.navigation.setTitle")) {
      // Where the client has no bar of its own, the document's title is all there is.
      call("biz.navigation.setTitle", { title }).catch(() => {});
    }
    const errors = await show("waiting", Promise.all(apis.map(refusal)));
    const error = errors.find((one) => one && one.code !== "unsupported_here");
    if (error) await this.recover(key, { why: "grant", error });
    if (errors.some(Boolean)) return false;
    this.memory.granted(key);
    return true;
  }

  // --- what a view calls ---

  /**
   * Like the bridge's `call`. Where there is no grant, or the client refuses in spite of one, it
   * refreshes and does not settle; the view that comes back asks `resume`. Rejects with a BridgeError.
   */
  async call(name, params) {
    const key = this.viewKey();
    const made = { name, params };
    this.interrupted = made;
    try {
      await allow(name);
    } catch (error) {
      await this.recover(key, { why: "grant", error, made });
      throw error;
    }
    try {
      const result = await call(name, params);
      this.letThrough(key, made);
      return result;
    } catch (error) {
      if (error.code === REFUSED) await this.recover(key, { why: "answer", error, made });
      else this.letThrough(key, made);
      throw error;
    }
  }

  /** The parameters of this API's call if a refresh cut it off in this view, once; else null. */
  resume(name) {
    const { interrupted } = this;
    if (!interrupted || !interrupted.isBack || interrupted.name !== name) return null;
    this.interrupted = null;
    return interrupted.params || {};
  }

  /**
   * Takes what is no form field over a refresh: `read` returns it, as JSON can hold it. Returns
   * what came along under this name, or undefined.
   */
  carry(name, read) {
    return this.belongings.carry(name, read);
  }

  // --- refreshing ---

  viewKey() {
    return this.key === null ? viewKey() : this.key;
  }

  /** The client let a call through, whatever became of it: cancelled, or no position to be had. */
  letThrough(key, made) {
    this.clear();
    this.memory.answered(key, made.name);
    if (this.interrupted === made) this.interrupted = null;
  }

  /** Leaves for a document that may have the grant, or tells the visitor that none will. */
  async recover(key, { why, error, made }) {
    await this.leaving;
    if (key !== this.viewKey()) return; // what was left meanwhile is not worth a refresh
    const { memory } = this;
    const step = nextStep({
      why,
      code: error.code,
      taken: memory.taken(key),
      run: memory.run,
      isElsewhere: !samePath(ENTRY, this.parent.href),
      isOwnDocument: ENTRY === window.location.href,
    });
    if (step === null) return;
    if (made) this.interrupted = made;
    // Without a network there is no document to come back to.
    const mayLeave = navigator.onLine !== false && this.belongings.canTravel();
    if (step !== "stop" && mayLeave) {
      const address = step === "parent" ? this.parentAddress() : window.location.href;
      const taken = { view: key, taken: step === "parent" ? 1 : 2, api: why === "answer" ? made.name : "" };
      if (this.leave(address, taken)) await this.leaving;
    }
    this.tell(error);
  }

  /** Loads `address` in place of this history entry; false where nothing would remember the way. */
  leave(address, step) {
    // Who is not back yet from one refresh takes its trip on into the next.
    const trip = this.trip || {
      key: this.viewKey(),
      href: window.location.href,
      call: this.interrupted,
      belongings: this.belongings.pack(),
    };
    if (!this.memory.depart(trip, address, step)) return false;
    clearNotice();
    this.leaving = this.stay();
    window.location.reload();
    return true;
  }

  /** Resolves where nothing came of the refresh: the view has its address back and goes on. */
  async stay() {
    await show("leaving", elapsed(PATIENCE_MS));
    window.stop();
    this.memory.arrive();
    this.leaving = null;
  }

  /** The parent's address; where this document is the parent's, as it is, with its route. */
  parentAddress() {
    const here = window.location.href;
    if (samePath(here, this.parent.href)) return here;
    if (samePath(ENTRY, this.parent.href)) return withoutFragment(ENTRY);
    return this.parent.href;
  }

  /** The visitor pressed the notice's button: everything anew, from the view's own address. */
  retry(event) {
    this.memory.clear();
    if (this.leave(window.location.href, null)) event.preventDefault();
  }

  /** Whoever enters `key` has what came along for it, and nothing of another view. */
  unpack(key) {
    const { trip } = this;
    const isHere = key === (trip ? trip.key : this.viewKey());
    Object.assign(this, { key, trip: null });
    if (!isHere) {
      this.interrupted = null;
      this.belongings.drop();
    } else if (trip) {
      this.belongings.unpack(trip.belongings);
    }
  }

  /** The notice, with a reference under which the server knows the failure. */
  tell(error) {
    this.hasTold = true;
    report(error);
    tell(error);
  }

  clear() {
    if (this.hasTold && state() === "ready") clearNotice();
    this.hasTold = false;
  }
}

/** Says on the root element what is going on, for as long as it takes. */
async function show(what, until) {
  const root = document.documentElement;
  if (what === "leaving" || state() === "pending") root.setAttribute(ATTRIBUTE, what);
  try {
    return await until;
  } finally {
    if (root.getAttribute(ATTRIBUTE) === what) root.removeAttribute(ATTRIBUTE);
  }
}

/** What stands in the way of an API, or null. */
function refusal(name) {
  return allow(name).then(() => null, (error) => error);
}

/** Resolves when the bridge is no longer pending, whatever came of it. */
function answered() {
  if (state() !== "pending") return Promise.resolve();
  return new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (state() === "pending") return;
      observer.disconnect();
      resolve();
    });
    observer.observe(document.documentElement, { attributeFilter: ["data-bridge"] });
  });
}

function elapsed(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
