// A tab of a browser as far as static/reauth.js sees one, with a client that answers as a test
// says: history entries with their states, storage, a new document for each load. The module is
// the real one. Put into the place of a browser's globals by `open`.

const modules = new Map();
let tab = null;

// static/bridge.js takes a bridge that the document has already.
const bridge = {
  ready: Promise.resolve(),
  reports: { send: (state, error) => tab.reported.push(error) },
  get state() { return tab.client.state || "ready"; },
  allow: async (name) => {
    const code = tab.client.allow && await tab.client.allow(name);
    if (code) throw Object.assign(new Error(code), { code });
  },
  call: async (name, params) => {
    tab.called.push([name, params]);
    const code = tab.client.call && await tab.client.call(name);
    if (code) throw Object.assign(new Error(code), { code });
    return { name };
  },
  declares: () => false,
  tell: (error) => tab.told.push(error.code),
};

export class Tab {
  /**
   * `storage`: "allowed", "full", "forbidden", or "cleared" by the app whenever it starts.
   * `longestState`: characters that the history keeps of a state. `movesTo`: the address that the
   * app puts in the place of a document's before modules run.
   */
  constructor({
    address = "/app/", state = null, storage = "allowed", longestState = Infinity, movesTo = "",
  } = {}) {
    Object.assign(this, { storage, longestState, movesTo, stored: new Map(), loads: 0, index: 0 });
    this.entries = [{ address, state }];
    this.client = {};
    this.use();
  }

  get address() { return this.entries[this.index].address; }

  get state() { return this.entries[this.index].state; }

  /** Loads the current entry's address as a document, with what its client answers. */
  async load(client = {}) {
    Object.assign(this, { client, isReloading: false });
    this.loads += 1;
    this.use();
    if (this.storage === "cleared") this.stored.clear();
    const entry = document.dingbridge.entry;
    if (this.movesTo) this.entries[this.index].address = this.movesTo;
    if (!modules.has(entry)) modules.set(entry, await import(`../../static/reauth.js?${modules.size}`));
    this.starting = modules.get(entry).startReauth({ parent: "/app/" });
    this.starting.then((reauth) => { this.reauth = reauth; });
    await this.settle();
    return this.reauth;
  }

  /** Lets everything happen that needs no time. */
  settle() {
    return new Promise((resolve) => setImmediate(resolve));
  }

  push(address, state = null) {
    this.entries.splice(this.index + 1, Infinity, { address, state });
    this.index += 1;
  }

  /** Back or forward within the document. */
  travel(by) {
    this.index += by;
    this.fire("popstate", { isTrusted: true, state: structuredClone(this.state) });
  }

  tap() {
    this.fire("click", { isTrusted: true });
  }

  becomes(state) {
    this.client.state = state;
    this.observers.forEach((observe) => observe());
  }

  fire(type, detail = {}) {
    let isStopped = false;
    const event = { type, ...detail, stopImmediatePropagation() { isStopped = true; } };
    (this.listeners.get(type) || []).forEach((listen) => { if (!isStopped) listen(event); });
  }

  /** Puts this tab, with a new document, into the place of the globals. */
  use() {
    tab = this;
    Object.assign(this, { listeners: new Map(), observers: [], attributes: new Map() });
    Object.assign(this, { told: [], reported: [], called: [], reauth: null, isStopped: false });
    const target = {
      addEventListener: (type, listen) => {
        this.listeners.set(type, [...(this.listeners.get(type) || []), listen]);
      },
      dispatchEvent: (event) => { this.fire(event.type, { state: event.state }); },
    };
    const nothing = () => [];
    globalThis.document = {
      ...target,
      documentElement: {
        getAttribute: (name) => this.attributes.get(name) || null,
        setAttribute: (name, value) => this.attributes.set(name, value),
        removeAttribute: (name) => this.attributes.delete(name),
      },
      body: {}, activeElement: { id: "" }, title: "",
      querySelectorAll: nothing, getElementById: () => null,
      dingbridge: { entry: `https://h${this.address}`, colour: () => true },
      [Symbol.for("dingbridge")]: bridge,
    };
    globalThis.window = {
      ...target,
      location: this.location(),
      history: this.history(),
      pageXOffset: 0, pageYOffset: 0, scrollTo: nothing, requestAnimationFrame: nothing,
      stop: () => { this.isStopped = true; },
    };
    Object.defineProperty(globalThis.window, "sessionStorage", { get: () => this.sessionStorage() });
    Object.defineProperty(globalThis, "navigator", { value: { onLine: true }, configurable: true });
    const { observers } = this;
    globalThis.MutationObserver = class {
      constructor(observe) { this.call = observe; }

      observe() { observers.push(this.call); }

      disconnect() { observers.splice(observers.indexOf(this.call), 1); }
    };
    globalThis.PopStateEvent = class { constructor(type, { state }) { Object.assign(this, { type, state }); } };
  }

  location() {
    const here = () => new URL(this.address, "https://h");
    const location = { reload: () => { this.isReloading = true; } };
    for (const part of ["href", "origin", "pathname", "search", "hash"]) {
      Object.defineProperty(location, part, { get: () => here()[part] });
    }
    return location;
  }

  history() {
    const current = () => this.entries[this.index];
    return {
      get state() { return structuredClone(current().state); },
      replaceState: (state, _, address) => {
        if (JSON.stringify(state).length > this.longestState) deny("DataCloneError");
        const { pathname, search, hash } = new URL(address, `https://h${this.address}`);
        Object.assign(current(), { state: structuredClone(state), address: pathname + search + hash });
      },
    };
  }

  sessionStorage() {
    if (this.storage === "forbidden") deny("SecurityError");
    return {
      getItem: (key) => (this.stored.has(key) ? this.stored.get(key) : null),
      setItem: (key, text) => (this.storage === "full" ? deny("QuotaExceededError") : this.stored.set(key, text)),
    };
  }
}

function deny(name) {
  throw Object.assign(new Error(name), { name });
}
