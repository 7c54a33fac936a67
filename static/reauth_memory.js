// What is remembered over a refresh: the steps that a view has taken, and the way back to it.
// Neither in the URL, which is signed, nor in window.name, in which the PC client keeps its bridge:
// in sessionStorage, and where that is forbidden or full in the state of the history entry.

const KEY = "dingbridge.reauth";

export class Memory {
  constructor() {
    this.read();
  }

  /** Takes what is stored for what is true; in a page that was frozen it has grown old. */
  read() {
    const stored = parsed(mark().memory) || parsed(inSession((storage) => storage.getItem(KEY)));
    this.steps = Object.assign({}, stored && stored.steps);
    this.run = Number(stored && stored.run) || 0;
    this.trip = (stored && stored.trip) || null;
  }

  // --- steps ---

  /** How many steps the view has taken, 0 to 2. */
  taken(view) {
    return this.steps[view] ? this.steps[view].taken : 0;
  }

  /** `api` is the one that the client refused, or "" where there was no grant at all. */
  take(view, step, api) {
    this.steps[view] = { taken: step === "parent" ? 1 : 2, api };
  }

  /** The view has its grant. That settles nothing for a call that was refused in spite of one. */
  granted(view) {
    if (this.taken(view) && this.steps[view].api === "") this.forget(view);
  }

  /** The client answered: what was refused here works, and the view has its steps again. */
  answered(view, api) {
    if (this.taken(view) && ["", api].includes(this.steps[view].api)) this.forget(view);
  }

  forget(view) {
    delete this.steps[view];
    this.write();
  }

  // --- the way back ---

  /**
   * Stores `trip` and gives this history entry another address to be loaded from. Returns false,
   * with nothing changed, where no store takes it: who cannot remember must not refresh.
   */
  depart(trip, address) {
    const before = { run: this.run, trip: this.trip };
    this.run += 1;
    // The entry of the history carries the same number, so that no other entry takes the trip.
    this.trip = Object.assign({ id: `${Date.now()}-${Math.random()}` }, trip);
    const kept = { id: this.trip.id, state: window.history.state };
    try {
      if (!this.write()) kept.memory = this.text();
      window.history.replaceState({ dingbridge: kept }, "", address);
      return true;
    } catch (_) { // too large, or not to be written down
      Object.assign(this, before);
      return false;
    }
  }

  /** {trip, state}: what brought this entry here, if anything did, and the state that it had. */
  arrival() {
    const { id, state } = mark();
    if (id === undefined) return { trip: null, state: window.history.state };
    return { trip: this.trip && this.trip.id === id ? this.trip : null, state };
  }

  /** What the visitor had typed is back in the page and need not lie about. */
  arrived() {
    this.trip = null;
    this.write();
  }

  text() {
    return JSON.stringify({ steps: this.steps, run: this.run, trip: this.trip });
  }

  write() {
    const text = this.text();
    return inSession((storage) => {
      storage.setItem(KEY, text);
      return true;
    }) === true;
  }
}

/** What a refresh left in this history entry: {id, state[, memory]}, or an empty object. */
function mark() {
  const { state } = window.history;
  return (state && state.dingbridge) || {};
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
    return text ? JSON.parse(text) : null;
  } catch (_) { // not ours
    return null;
  }
}
