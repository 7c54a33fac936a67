// Parts of a page that the server renders anew without a reload: elements with data-part. What is
// typed elsewhere on the page stays.
//
//   renewParts(["today"]);
//
// The document gets the event `app:parts` (detail {names}) when they are there.
import { failed } from "./app_outcome.js";
import { noAnswer } from "./app_server.js";
import { signedFetch, user } from "./login.js";

/** Fetches a page, by default this one, and takes over its parts of these names. */
export async function renewParts(names, address = window.location.href) {
  const parts = names.map(find);
  parts.forEach((part) => part.setAttribute("aria-busy", "true"));
  try {
    const page = await fetchPage(address, names);
    const { id } = document.activeElement;
    names.forEach((name, index) => {
      parts[index].replaceWith(document.importNode(page.querySelector(selector(name)), true));
    });
    const again = id && document.getElementById(id);
    if (again) again.focus();
    document.dispatchEvent(new CustomEvent("app:parts", { detail: { names } }));
  } catch (error) {
    parts.forEach((part) => tellIn(part, error, () => renewParts(names, address)));
  }
}

async function fetchPage(address, names) {
  const answer = await signedFetch(address, { headers: { Accept: "text/html" }, cache: "no-store" })
    .catch((reason) => { if (reason.name === "BridgeError") throw reason; });
  if (!answer) throw await noAnswer();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  // What the page itself refuses, it words itself. A network to which one has to sign in first
  // answers with a page of its own.
  if (!names.every((name) => page.querySelector(selector(name)))) throw await noAnswer();
  return page;
}

/** What was there stays; above it stands why it is not newer. */
function tellIn(part, error, retry) {
  part.removeAttribute("aria-busy");
  const outcome = part.querySelector(".outcome") || document.createElement("div");
  outcome.className = "outcome";
  part.prepend(outcome);
  failed(outcome, error, retry);
}

function find(name) {
  return document.querySelector(selector(name));
}

function selector(name) {
  return `[data-part="${name}"]`;
}

/** The parts that were rendered for nobody come alive once the visitor is signed in. */
function wake() {
  const waiting = Array.from(document.querySelectorAll("[data-part][data-signed-out]"));
  if (waiting.length) renewParts(waiting.map((part) => part.dataset.part));
}

document.addEventListener("dingbridge:login", wake);
if (user()) wake(); // signing in may have been quicker than this script
