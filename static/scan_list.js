// What was scanned: an address is opened by a tap, through the client where there is one; deleting
// takes two taps.
import { call, state } from "./bridge.js";
import "./app_frame.js";
import { failed, working } from "./app_outcome.js";
import { renewParts } from "./app_parts.js";
import { send } from "./app_server.js";
import { say } from "./app_words.js";

const SURE_MS = 5000; // the second tap has to come within
let isDeleting = false;

function outcome() {
  return document.getElementById("list-outcome");
}

/** In the client a plain link would replace the app; outside, the browser opens it. */
function open(event, link) {
  if (state() === "outside") return;
  event.preventDefault();
  call("biz.util.openLink", { url: link.href }).catch((error) => failed(outcome(), error));
}

function remove(event, button) {
  event.preventDefault();
  if (isDeleting) return;
  if (button.classList.contains("is-armed")) {
    finish(button);
    return;
  }
  const label = button.textContent;
  button.setAttribute("aria-live", "polite");
  button.textContent = say("scan_delete_sure");
  button.classList.add("is-armed");
  setTimeout(() => {
    button.textContent = label;
    button.classList.remove("is-armed");
  }, SURE_MS);
}

async function finish(button) {
  const id = new FormData();
  id.append("id", button.value);
  isDeleting = true;
  working(outcome(), say("scan_deleting"));
  try {
    await send(button.form.action, id);
  } catch (error) {
    // What is not there any more has been deleted, be it by a request whose answer was lost.
    if (error.status !== 404) {
      failed(outcome(), error, () => finish(button));
      return;
    }
  } finally {
    isDeleting = false;
  }
  const back = document.getElementById("back");
  if (back) {
    window.location.assign(back.href);
    return;
  }
  await renewParts(["scanned"]);
  document.getElementById("scanned-heading").focus(); // the button is gone with its row
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[rel=noreferrer]");
  const button = event.target.closest("button[name=id]");
  if (link) open(event, link);
  if (button) remove(event, button);
});
