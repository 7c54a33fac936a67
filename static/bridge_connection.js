// One document's connection to the client: from the signed data to ready, error or outside.
import { BridgeError, isCancel, normalise } from "./bridge_errors.js";
import { Lane } from "./bridge_lane.js";
import { clearNotice, showNotice, showOutside } from "./bridge_notice.js";
import { announce, Reports } from "./bridge_outcome.js";
import {
  findApi, isOutside, isTooOld, platformOf, quietRejections,
} from "./bridge_sdk.js";
import { NoAnswer, requestSignature, silence } from "./bridge_server.js";
import { pageUrl } from "./bridge_urls.js";
import { inWords } from "./bridge_words.js";

const WATCHDOG_MS = 8000; // the SDK itself waits for ever
// Between one request for a signature that nobody answers and the next: twice as long each time.
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 30000;
const HEALING_TRIES = 3; // a page that keeps changing its address is not chased for ever
// Codes with which the platform refuses a grant for what it says, however old the client.
const REFUSALS = ["3", "4", "7", "080003"];
const SDK_FAILURES = ["4040", "5010", "5020"]; // codes of the SDK's own, for a bridge that is not there

export class Bridge {
  constructor(page, dd) {
    this.page = page;
    this.dd = dd;
    this.platform = platformOf(dd);
    this.state = "pending";
    this.signed = { url: page.url, config: page.config };
    this.native = new Lane();
    this.grant = new Lane();
    this.isOver = false; // nothing in this document can still bring the grant
    this.turn = 0;
    this.pause = FIRST_PAUSE_MS;
    this.reports = new Reports(page, dd);
    this.ready = new Promise((resolve, reject) => {
      this.resolveReady = resolve;
      this.rejectReady = reject;
    });
    // Most pages listen to the events instead; a rejection that nobody asked for is no error.
    this.ready.catch(() => {});
  }

  start() {
    const { dd, page } = this;
    this.quiet = quietRejections();
    this.show(page.error ? "error" : "pending");
    if (page.error) this.fail(page.error, [this.grant], true);
    if (!dd) {
      const code = navigator.onLine === false ? "offline" : "no_script";
      this.fail({ code }, [this.native, this.grant], true);
    } else if (isOutside(dd)) {
      this.beOutside();
    } else {
      this.connect();
    }
  }

  /** Runs one declared API; see `call` in bridge.js. */
  async call(name, params) {
    await this.allow(name);
    const run = findApi(this.dd, name);
    if (!run) throw await this.inWords({ code: "4060", api: name });
    try {
      // The SDK writes into the parameters of some APIs.
      return await run(Object.assign({}, params));
    } catch (reason) {
      throw await this.callError(name, reason);
    }
  }

  /** Waits until one declared API may be called; rejects with what stands in its way. */
  async allow(name) {
    if (!this.declares(name)) throw await this.undeclared(name);
    const api = this.page.apis[name];
    if (this.platform && !api.platforms.includes(this.platform)) throw await this.unsupported(name);
    await (api.grant ? this.grant : this.native).enter();
  }

  declares(name) {
    return Object.prototype.hasOwnProperty.call(this.page.apis, name);
  }

  // --- the way to ready ---

  connect() {
    const { dd } = this;
    this.watch();
    // Registered before dd.config it tells that the native bridge is up, without any grant.
    dd.ready(() => this.nativeUp());
    // Without a grant to ask for, nothing else says that Android's bridge gave up.
    document.addEventListener("runtimefailed", (event) => this.refused(event.detail));
    if (this.needsGrant() && !this.page.error) this.configure();
  }

  needsGrant() {
    return Object.keys(this.page.apis).some((name) => this.page.apis[name].grant);
  }

  nativeUp() {
    this.openNative();
    if (!this.needsGrant()) this.beReady();
  }

  async configure() {
    const { dd } = this;
    try {
      await this.heal();
    } catch (error) {
      this.signingFailed(error);
      return;
    }
    this.watch();
    this.configured = true;
    dd.config(this.signed.config);
    // Registered after dd.config it tells of the grant, and never fires without one.
    dd.ready(() => this.granted());
    dd.error((reason) => this.refused(reason));
  }

  /** Fetches another signature for as long as the signed URL is not the browser's. */
  async heal() {
    const { apis, config, endpoints } = this.page;
    for (let tries = 0; this.signed.url !== pageUrl(); tries += 1) {
      if (tries === HEALING_TRIES) throw new Error("the address keeps changing");
      const fresh = await requestSignature(endpoints.sign, pageUrl(), WATCHDOG_MS);
      // A signature knows nothing of lists: what the page declared stands.
      this.signed = { url: fresh.url, config: Object.assign({}, config, fresh.config, {
        jsApiList: config ? config.jsApiList : Object.keys(apis),
      }) };
    }
  }

  /** Told by an event, `dingbridge:native`: whoever needs no grant need not wait for "ready". */
  openNative() {
    if (this.native.isOpen) return;
    this.native.open();
    announce("native", null);
  }

  granted() {
    this.openNative();
    this.grant.open();
    this.beReady();
  }

  beReady() {
    if (this.page.error) return;
    this.turn += 1;
    clearTimeout(this.watchdog);
    this.enter("ready", null);
    clearNotice();
    this.resolveReady();
  }

  // --- what may go wrong on it ---

  async beOutside() {
    const said = await this.inWords({ code: "outside" });
    [this.native, this.grant].forEach((lane) => lane.fail(said));
    this.isOver = true;
    this.rejectReady(said);
    if (this.page.error) return; // an error of the server is the worse news
    this.enter("outside", said);
    showOutside(this.page, said);
  }

  watch() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.silent(), WATCHDOG_MS);
  }

  /** Nothing was answered in time. It may still come; then everything opens after all. */
  async silent() {
    // A request for a signature has a time limit of its own.
    if (this.native.isOpen && (this.isOver || !this.configured)) return;
    const problem = { code: await this.tooOldOr("bridge_silent"), passing: true };
    if (this.isOver) {
      this.native.fail(await this.inWords(problem));
    } else if (this.state !== "ready") {
      this.fail(problem, this.lanesBehind(), false);
    }
  }

  signingFailed(error) {
    if (error instanceof NoAnswer) {
      this.fail(silence(), [this.grant], false).then(() => this.signLater());
      return;
    }
    const { code = "", message = "" } = error.refusal || {};
    this.fail({ code: "sign_failed", subcode: code, text: message || error.message }, [this.grant], true);
  }

  /** Asks again after a pause, or as soon as there is a network; dd.config has not been called yet. */
  signLater() {
    let timer = 0;
    const again = () => {
      clearTimeout(timer);
      window.removeEventListener("online", connected);
      if (this.isOver) return;
      this.grant.reopen();
      this.configure();
    };
    const connected = () => {
      this.pause = FIRST_PAUSE_MS; // the first request on a new network may fail for that alone
      again();
    };
    window.addEventListener("online", connected);
    timer = setTimeout(again, this.pause);
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE_MS);
  }

  /** The client or the SDK said no, to the grant or to the bridge as a whole. */
  async refused(reason) {
    this.quiet(reason);
    if (this.isOver) return;
    this.isOver = true;
    const problem = Object.assign(normalise(reason), { otherwise: "config_failed" });
    // Where the bridge itself did not come up, a code is not about the grant.
    if (!this.native.isOpen && !SDK_FAILURES.includes(problem.code)) problem.code = "5010";
    if (!REFUSALS.includes(problem.code)) {
      problem.code = await this.tooOldOr(problem.code || "config_failed");
    }
    this.fail(problem, this.lanesBehind(), true);
  }

  /** What a failure takes away: the grant, and where the native bridge is not up that too. */
  lanesBehind() {
    return this.native.isOpen ? [this.grant] : [this.native, this.grant];
  }

  async fail(problem, lanes, isOver) {
    this.turn += 1;
    const { turn } = this;
    this.isOver = this.isOver || isOver;
    const said = await this.inWords(problem, this.page.developer);
    if (turn !== this.turn) return; // the client has answered meanwhile
    lanes.forEach((lane) => lane.fail(said));
    if (isOver) this.rejectReady(said);
    // The same again is no news, and would take the focus from who is at the notice's button.
    if (this.state === "error" && this.told === said.code) return;
    this.told = said.code;
    this.enter("error", said);
    showNotice(this.page, said, this.urls(said));
  }

  async tooOldOr(code) {
    const here = Object.keys(this.page.apis)
      .filter((name) => this.page.apis[name].platforms.includes(this.platform));
    return await isTooOld(this.dd, here) ? "old_client" : code;
  }

  // --- what may go wrong in a call ---

  async callError(name, reason) {
    const problem = Object.assign(normalise(reason), { api: name });
    if (isCancel(problem)) return this.inWords(Object.assign(problem, { code: "cancelled", cancelled: true }));
    if (problem.code === "4050") return this.unsupported(name);
    if (!REFUSALS.includes(problem.code) && await isTooOld(this.dd, [name])) problem.code = "old_client";
    return this.inWords(problem);
  }

  async undeclared(name) {
    const error = await this.inWords({ code: "undeclared_api", api: name });
    // This is for whoever writes the page; a visitor's sentence names no API.
    error.message = `${error.message} (${name})`;
    return error;
  }

  unsupported(name) {
    const platforms = this.page.apis[name].platforms.join(", ");
    return this.inWords({
      code: "unsupported_here", api: name, platform: this.platform, platforms,
    });
  }

  async inWords(problem, wantsCause) {
    return new BridgeError(await inWords(this.page, problem, wantsCause));
  }

  // --- telling ---

  show(state) {
    this.state = state;
    document.documentElement.setAttribute("data-bridge", state);
  }

  enter(state, error) {
    this.show(state);
    if (state !== "outside") announce(state, error);
    this.reports.send(state, error || {});
  }

  /** Shows the notice for an error that page code met. */
  tell(error) {
    showNotice(this.page, error, this.urls(error));
  }

  urls({ seen = {} }) {
    return [
      ["signed_url", this.signed.url], ["platform_url", seen.url], ["page_url", pageUrl()],
    ];
  }
}
