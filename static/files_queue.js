// The files that are being uploaded, one after the other, each with its progress and a way to stop
// it or to try again.
import { clear, failed } from "./app_outcome.js";
import { say } from "./app_words.js";
import { Upload } from "./files_upload.js";

// Trying again would change nothing: another file has to be chosen.
const FOR_GOOD = ["file_type_refused", "file_type_lies", "file_too_large", "file_empty", "unreadable"];

export class Queue {
  /** `list`: where the files are shown; `done()` after each that the server has. */
  constructor(list, address, done) {
    Object.assign(this, { list, address, done, waiting: [], isBusy: false });
    window.addEventListener("beforeunload", (event) => {
      if (!this.isBusy) return;
      event.preventDefault();
      event.returnValue = true; // what Chromium goes by before 119
    });
  }

  add(files) {
    this.list.querySelectorAll("[data-state=uploaded]").forEach((item) => item.remove());
    files.forEach((file) => this.wait(new Line(this, file)));
  }

  wait(line) {
    line.show("waiting");
    this.waiting.push(line);
    this.next();
  }

  async next() {
    if (this.isBusy || !this.waiting.length) return;
    this.isBusy = true;
    if (await this.waiting.shift().run()) this.done();
    this.isBusy = false;
    this.next();
  }
}

/** One file in the list. */
class Line {
  constructor(queue, file) {
    this.queue = queue;
    this.name = file.name;
    this.upload = new Upload(queue.address, file, (state, percent) => this.show(state, percent));
    this.item = element("li");
    this.text = element("p", "hint");
    this.bar = element("progress");
    this.bar.max = 100;
    this.bar.setAttribute("aria-label", file.name);
    this.outcome = element("div", "outcome");
    this.outcome.setAttribute("role", "status");
    this.stop = this.stopper();
    this.item.append(element("p", "file-name", file.name), this.bar, this.text, this.outcome, this.stop);
    queue.list.append(this.item);
  }

  /** Resolves with whether the server has it. */
  async run() {
    if (this.upload.isStopped) return false;
    clear(this.outcome);
    try {
      const isStored = await this.upload.run();
      if (isStored) this.show("uploaded", 100);
      return isStored;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  fail(error) {
    this.show("failed");
    if (FOR_GOOD.includes(error.code)) {
      failed(this.outcome, error);
      this.stop.textContent = say("files_remove");
      this.stop.setAttribute("aria-label", say("files_remove_of", { name: this.name }));
      return;
    }
    failed(this.outcome, error, () => {
      clear(this.outcome); // and with it the button: a second tap does nothing
      this.queue.wait(this);
    });
  }

  show(state, percent = this.bar.value) {
    this.item.dataset.state = state;
    this.bar.value = percent;
    this.text.textContent = state === "failed" ? "" : say(`files_${state}`, { percent });
    if (state !== "uploaded") return;
    this.text.setAttribute("role", "status");
    this.leave();
  }

  /** The button goes; the keyboard goes on where another file is chosen. */
  leave() {
    if (document.activeElement === this.stop) this.queue.list.closest("form").elements.file.focus();
  }

  stopper() {
    const button = element("button", "link-button", say("files_stop"));
    button.type = "button";
    button.setAttribute("aria-label", say("files_stop_of", { name: this.name }));
    button.addEventListener("click", () => {
      this.leave();
      this.item.remove();
      // Where it does not arrive, what is on the server goes away by itself.
      this.upload.stop().catch(() => {});
    });
    return button;
  }
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}
