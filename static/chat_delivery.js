// What becomes of a notification: asked with growing pauses, and not for ever. The button asks
// again; what is final has none.
import { send } from "./app_server.js";
import { failed, keepFocus, working } from "./app_outcome.js";
import { say } from "./app_words.js";

const PAUSES_S = [1, 2, 3, 5, 8, 13, 20, 30];
const FOLLOWED = 2; // the newest ones; others wait for their button

/** Follows the newest notifications of the list that may still change. */
export function followAll() {
  const forms = document.querySelectorAll("[data-part=sent] li form:not([data-followed])");
  Array.from(forms).slice(0, FOLLOWED).forEach((form) => {
    form.dataset.followed = "";
    follow(form);
  });
}

async function follow(form) {
  for (let turn = 0; turn < PAUSES_S.length; turn += 1) {
    await pause(PAUSES_S[turn] * 1000);
    await visible();
    if (!form.isConnected) return;
    if (!(await ask(form))) return;
  }
}

/** Asks once; whether asking again may tell more. */
async function ask(form) {
  const shown = form.parentElement.querySelector("[role=status]");
  try {
    const { final, sentence, tone } = await send(form.action, new FormData(form));
    show(shown, sentence, tone);
    if (final) end(form, shown);
    return !final;
  } catch (error) {
    failed(shown, error); // the button is still there
    return false;
  }
}

function end(form, shown) {
  const isUsed = form.contains(document.activeElement);
  form.remove();
  if (isUsed) keepFocus(shown);
}

function show(shown, sentence, tone) {
  const line = document.createElement("p");
  line.className = tone ? `note note-${tone}` : "note";
  line.textContent = sentence;
  if (shown.textContent === sentence) return; // read out once
  shown.textContent = "";
  shown.append(line);
}

function pause(milliseconds) {
  return new Promise((resolve) => { setTimeout(resolve, milliseconds); });
}

/** Resolves when somebody can see the page: nobody asks for whom nobody waits. */
function visible() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener("visibilitychange", function seen() {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", seen);
      resolve();
    });
  });
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-part=sent] li form")) return;
  event.preventDefault();
  working(event.target.parentElement.querySelector("[role=status]"), say("chat_asking"));
  ask(event.target);
});
