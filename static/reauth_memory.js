// What is remembered over a refresh: the steps that a view has taken, and the way back to it.
// Neither in the URL, which is signed, nor in window.name, in which the PC client keeps its bridge.
// All of it goes with the history entry that is refreshed, in its state; the steps outlive that
// entry in sessionStorage, where there is one.

const KEY = "dingbridge.reauth";

export class Memory {
  constructor() {
    this.read();
  }

  /** Takes what is stored for what is true; in a page that was frozen it has grown old. */
  read() {
    const { steps, run } = Object.assign({}, stored(), mark());
    this.steps = Object.assign({}, steps);
    this.run = Number(run) || 0;
  }

  // --- steps ---

  /** How many steps the view has taken, 0 to 2. */
  taken(view) {
    return this.steps[view] ? this.steps[view].taken : 0;
  }

  /** The view has its grant. That settles nothing for a call that was refused in spite of one. */
  granted(view) {
    if (this.taken(view) && this.steps[view].api === "") this.forget(view);
  }

  /** The client let the call through: what was refused here works, and the view has its steps again. */
  answered(view, api) {
    if (this.taken(view) && ["", api].includes(this.steps[view].api)) this.forget(view);
  }

  forget(view) {
    delete this.steps[view];
    this.write();
  }

  /** The visitor does something, which ends a row of refreshes. */
  endRun() {
    if (!this.run) return;
    this.run = 0;
    this.write();
  }

  /** The visitor wants everything anew. */
  clear() {
    Object.assign(this, { steps: {}, run: 0 });
    this.write();
  }

  // --- the way back ---

  /**
   * Gives this history entry another address to be loaded from, and `trip`, the way back. `step` is
   * {view, taken, api}, of which `api` is the one that the client refused, or "" where there was no
   * grant at all; null where the visitor asked for it. Returns false, with nothing changed, where
   * that cannot be written down: who cannot remember must not refresh.
   */
  depart(trip, address, step) {
    const { run, steps } = this;
    this.run += 1;
    if (step) this.steps = Object.assign({}, steps, { [step.view]: { taken: step.taken, api: step.api } });
    try {
      const { state } = window.history;
      // As text: a history's state takes less than JSON in some places and more in others.
      const text = JSON.stringify({ trip, steps: this.steps, run: this.run });
      window.history.replaceState({ dingbridge: { text, state } }, "", address);
    } catch (_) { // too large, not JSON, or (WebKit) too often in a short while
      Object.assign(this, { run, steps });
      return false;
    }
    this.write();
    return true;
  }

  /** The way back that a refresh left in this history entry, or null. */
  trip() {
    return mark().trip || null;
  }

  /** Gives this history entry its own address and state back; returns the trip, or null. */
  arrive() {
    const trip = this.trip();
    if (trip) window.history.replaceState(window.history.state.dingbridge.state, "", trip.href);
    return trip;
  }

  write() {
    const text = JSON.stringify({ steps: this.steps, run: this.run });
    inSession((storage) => storage.setItem(KEY, text));
  }
}

/** What a refresh left in this history entry: {trip, steps, run}, or an empty object. */
function mark() {
  const { state } = window.history;
  return parsed(state && state.dingbridge && state.dingbridge.text);
}

function stored() {
  return parsed(inSession((storage) => storage.getItem(KEY)));
}

/** Storage may be forbidden as a whole, or full: then null. */
function inSession(use) {
  try {
    return use(window.sessionStorage);
  } catch (_) {
    return null;
  }
}

function parsed(text) {
  try {
    return (text && JSON.parse(text)) || {};
  } catch (_) { // not ours
    return {};
  }
}
