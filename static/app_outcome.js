// What came of an action, in the element of {{ outcome("…") }}: working, slow, done, failed with a
// way to try again, or a plain sentence. Styles: .outcome in app.css.
import { state } from "./bridge.js";
import { say } from "./app_words.js";

const SLOW_MS = 3000;

/** It goes on; after three seconds a second sentence says that it still does. */
export function working(outcome, sentence = say("state_working")) {
  const line = element("p", "note", sentence);
  const spinner = element("span", "spinner");
  spinner.setAttribute("aria-hidden", "true");
  line.prepend(spinner);
  show(outcome, "working", line);
  setTimeout(() => {
    if (line.isConnected) line.after(element("p", "note note-slow", say("state_slow")));
  }, SLOW_MS);
}

/** It is done. */
export function done(outcome, sentence) {
  show(outcome, "done", element("p", "note note-good", sentence));
}

/** Neither good nor bad: a sentence. */
export function tell(outcome, sentence) {
  show(outcome, "told", element("p", "note", sentence));
}

/**
 * It failed: what happened, what to do, the reference. `retry` is called by the button, if there
 * is one to be. What the person cancelled is no failure.
 */
export function failed(outcome, error, retry) {
  if (error.cancelled) {
    tell(outcome, say("state_cancelled"));
    return;
  }
  const said = element("div", "note note-bad");
  said.setAttribute("role", "alert");
  if (isUngranted(error)) {
    // The bridge's notice above has the sentence, the reference and the button.
    said.append(element("p", "", say("state_no_grant")));
    show(outcome, "failed", said);
    offerWhenGranted(outcome, said, retry);
    return;
  }
  said.append(element("p", "", error.message));
  if (error.reference) {
    const reference = element("p", "hint", `${say("reference")} `);
    reference.append(element("code", "", error.reference));
    said.append(reference);
  }
  show(outcome, "failed", said);
  offer(outcome, retry);
}

/** With the grant the notice goes. What was said of it is not true any more, and a retry helps. */
function offerWhenGranted(outcome, said, retry) {
  document.addEventListener("dingbridge:ready", () => {
    if (!said.isConnected) return;
    clear(outcome);
    offer(outcome, retry);
  }, { once: true });
}

function offer(outcome, retry) {
  if (!retry) return;
  const button = element("button", "side-button", say("state_retry"));
  button.type = "button";
  button.addEventListener("click", retry);
  outcome.append(button);
}

/** Nothing to say. */
export function clear(outcome) {
  show(outcome, "", "");
}

function isUngranted(error) {
  return state() === "error" && !error.status && document.querySelector(".dingbridge-notice") !== null
    && document.querySelector(".dingbridge-notice").textContent.includes(error.message);
}

function show(outcome, kind, content) {
  const isUsed = outcome.contains(document.activeElement);
  outcome.dataset.state = kind;
  outcome.textContent = "";
  if (content) outcome.append(content);
  if (isUsed) keepFocus(outcome);
}

/** The button that had the focus is gone; the keyboard goes on where it was. */
export function keepFocus(outcome) {
  outcome.tabIndex = -1;
  outcome.focus();
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}
