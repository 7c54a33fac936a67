// A lane is what calls wait in: one for the native bridge, one for the grant. It opens or fails,
// and a failed lane may still open: a client that was given up can answer late.
export class Lane {
  constructor() {
    this.isOpen = false;
    this.error = null;
    this.waiting = [];
  }

  /** Resolves when the lane is open; rejects at once, or later, with what made it fail. */
  enter() {
    if (this.isOpen) return Promise.resolve();
    if (this.error) return Promise.reject(this.error);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  open() {
    this.isOpen = true;
    this.waiting.splice(0).forEach((waiter) => waiter.resolve());
  }

  fail(error) {
    if (this.isOpen) return;
    this.error = error;
    this.waiting.splice(0).forEach((waiter) => waiter.reject(error));
  }

  /** Whatever made the lane fail is being mended: calls wait again. */
  reopen() {
    this.error = null;
  }
}
