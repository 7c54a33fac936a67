// Single-page apps: whatever a client checks and for however long it grants, a view's calls work,
// or the visitor reads why not. docs/spa.md has the recipe for any router.
//
//   const reauth = await startReauth({ parent: "/app/" });     // before the router is made
//   reauth.enter({ apis: ["device.geolocation.get"], title: "…" });     // a view is on the screen
//   const place = await reauth.call("device.geolocation.get", { targetAccuracy: 200 });
//
// dd.config counts once per document, so only another document can mend a grant. A refresh loads
// the parent page in place of this history entry and comes back to the view with what the visitor
// had typed; if the view's call is refused even so, the view's own address is loaded as a document.
import { allow, call, declares, state, tell } from "./bridge.js";
import { clearNotice } from "./bridge_notice.js";
import { Belongings } from "./reauth_belongings.js";
import { Memory } from "./reauth_memory.js";
import { nextStep } from "./reauth_steps.js";
import { follow, samePath, viewKey, withoutFragment } from "./reauth_view.js";

// Modules run late. first.js is the page's first script and has read the address before any router.
const ENTRY = document.dingbridge ? document.dingbridge.entry : window.location.href;
const ATTRIBUTE = "data-reauth"; // "waiting", "leaving" or "returning", on the root element
const SHORT_HOLD_MS = 1000; // what a view that asks for nothing waits, so as not to disturb a grant

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
    this.view = { key: "" };
    this.trip = null; // the refresh that brought this document here
    this.cut = null; // the call that a refresh cut off, or that the visitor may retry
    this.waiting = null; // the call that waits for the grant
    this.isLeaving = false;
    this.hasTold = false;
    // Nobody is asked whether to leave: what was typed comes along.
    window.addEventListener("beforeunload", (event) => {
      if (this.isLeaving) event.stopImmediatePropagation();
    }, true);
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) this.memory.read();
    });
    // A row of refreshes ends where the visitor taps, or goes back or forward.
    ["click", "popstate"].forEach((name) => window.addEventListener(name, (event) => {
      if (event.isTrusted) this.memory.run = 0;
    }, true));
    document.addEventListener("dingbridge:retry", (event) => this.retry(event));
  }

  async arrive() {
    const { trip, state: before } = this.memory.arrival();
    if (trip) {
      this.trip = trip;
      this.cut = trip.call;
      this.belongings.carried = trip.belongings.carried;
      const isBack = withoutFragment(trip.href) === withoutFragment(window.location.href);
      if (!isBack) await show("returning", answered());
    }
    const address = trip ? trip.href : window.location.href;
    if (before !== window.history.state) window.history.replaceState(before, "", address);
  }

  // --- what an adapter calls ---

  /** Resolves when the address may change: a client may look at it while it answers dd.config. */
  async settled(apis = []) {
    const waits = apis.length ? [answered()] : [answered(), elapsed(SHORT_HOLD_MS)];
    await show("waiting", Promise.race(waits));
  }

  /**
   * A view is on the screen. Resolves with true when its APIs are granted, with false when they
   * are not and the visitor was told. Where a refresh may help it leaves, and never resolves.
   *
   * `apis`: what the view calls. `title`: for the page and the client's bar. `colour`: AARRGGBB for
   * the bar, by default the address's. `key`: what names the view, by default its path.
   */
  async enter({ apis = [], title = "", colour = "", key = viewKey() } = {}) {
    const view = { key };
    this.view = view;
    this.clear();
    this.unpack();
    follow({ title, colour, entry: ENTRY });
    if (title && declares("biz.navigation.setTitle")) {
      // Where the client has no bar of its own, the document's title is all there is.
      call("biz.navigation.setTitle", { title }).catch(() => {});
    }
    try {
      await show("waiting", Promise.all(apis.map(allow)));
    } catch (error) {
      await this.recover(view, "grant", error, null);
      return false;
    }
    this.memory.granted(key);
    return true;
  }

  // --- what a view calls ---

  /**
   * Like the bridge's `call`. Where there is no grant, or the client refuses in spite of one, it
   * refreshes and never settles; the view that comes back asks `resume`. Rejects with a BridgeError.
   */
  async call(name, params) {
    const { view } = this;
    const cut = { name, params };
    this.waiting = cut;
    try {
      await allow(name);
    } catch (error) {
      await this.recover(view, "grant", error, cut);
      throw error;
    } finally {
      if (this.waiting === cut) this.waiting = null;
    }
    try {
      const result = await call(name, params);
      this.memory.answered(view.key, name);
      this.clear();
      return result;
    } catch (error) {
      await this.recover(view, "answer", error, cut);
      throw error;
    }
  }

  /** The parameters of this API's call if a refresh cut it off in this view, once; else null. */
  resume(name) {
    const { cut } = this;
    if (!cut || cut.name !== name) return null;
    this.cut = null;
    return cut.params || {};
  }

  /**
   * Takes what is no form field over a refresh: `read` returns it, as JSON can hold it. Returns
   * what came along under this name, or undefined.
   */
  carry(name, read) {
    return this.belongings.carry(name, read);
  }

  // --- refreshing ---

  /** Leaves for a document that may have the grant, or tells the visitor that none will. */
  async recover(view, why, error, cut) {
    if (this.isLeaving) await forEver();
    if (view !== this.view) return; // what was left meanwhile is not worth a refresh
    const { memory } = this;
    const step = nextStep({
      why,
      code: error.code,
      taken: memory.taken(view.key),
      run: memory.run,
      isElsewhere: !samePath(ENTRY, this.parent.href),
      isOwnDocument: ENTRY === window.location.href,
    });
    if (step === null) return;
    this.cut = cut || this.waiting;
    // Without a network there is no document to come back to.
    const mayLeave = navigator.onLine !== false && this.belongings.canTravel();
    if (step !== "stop" && mayLeave) {
      memory.take(view.key, step, why === "answer" ? cut.name : "");
      const isGone = this.leave(step === "parent" ? this.parentAddress() : window.location.href);
      if (isGone) await forEver();
    }
    this.tell(error);
  }

  /** Loads `address` in place of this history entry; false where nothing would remember the way. */
  leave(address) {
    // Who is not back yet from one refresh takes its trip on into the next.
    const trip = this.trip || {
      key: this.view.key,
      href: window.location.href,
      call: this.cut,
      belongings: this.belongings.pack(),
    };
    if (!this.memory.depart(trip, address)) return false;
    this.isLeaving = true;
    clearNotice();
    document.documentElement.setAttribute(ATTRIBUTE, "leaving");
    window.location.reload();
    return true;
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
    this.memory.steps = {};
    this.memory.run = 0;
    if (this.leave(window.location.href)) event.preventDefault();
  }

  unpack() {
    const { trip } = this;
    this.trip = null;
    if (trip && trip.key === this.view.key) {
      this.belongings.unpack(trip.belongings);
    } else {
      this.belongings.drop();
      this.belongings.carried = {};
      this.cut = null;
    }
    if (trip) this.memory.arrived();
  }

  tell(error) {
    this.hasTold = true;
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
  if (state() === "pending") root.setAttribute(ATTRIBUTE, what);
  try {
    return await until;
  } finally {
    if (root.getAttribute(ATTRIBUTE) === what) root.removeAttribute(ATTRIBUTE);
  }
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

/** This document is going; nothing in it needs to go on. */
function forEver() {
  return new Promise(() => {});
}
