// Parts of a page that the server renders anew without a reload: elements with data-part. What is
// typed elsewhere on the page stays.
//
//   renewParts(["today"]);
//
// The document gets the event `app:parts` (detail {names}) when they are there.
import { clear, failed } from "./app_outcome.js";
import { noAnswer, receivePage } from "./app_server.js";
import { user } from "./login.js";

const newest = {}; // by part: the number of the renewal that was asked for last
let count = 0;

/**
 * Fetches a page, by default this one, and takes over its parts of these names. A part waits for
 * the renewal that was asked for last: what an earlier one brings, or says of its failure, is out
 * of date by then. `retry` is what the button below a failure does.
 *
 * Resolves with "there", "failed" (which the parts say) or "overtaken".
 */
export async function renewParts(names, address = window.location.href, retry = null) {
  const number = begin(names);
  const { page, error } = await fetchPage(address, names).then(
    (found) => ({ page: found }),
    (reason) => ({ error: reason }),
  );
  const waiting = names.filter((name) => newest[name] === number);
  if (!waiting.length) return "overtaken";
  if (page) {
    takeOver(page, waiting);
    return "there";
  }
  const again = retry || (() => renewParts(names, address));
  waiting.forEach((name) => tellIn(find(name), error, again));
  return "failed";
}

function begin(names) {
  count += 1;
  names.forEach((name) => {
    newest[name] = count;
    const part = find(name);
    part.setAttribute("aria-busy", "true");
    // An earlier failure goes, and with it a button that would overtake this.
    const told = part.querySelector(".outcome[data-state=failed]");
    if (told) clear(told);
  });
  return count;
}

function takeOver(page, names) {
  const { id } = document.activeElement;
  names.forEach((name) => {
    find(name).replaceWith(document.importNode(page.querySelector(selector(name)), true));
  });
  const again = id && document.getElementById(id);
  if (again) again.focus();
  document.dispatchEvent(new CustomEvent("app:parts", { detail: { names } }));
}

async function fetchPage(address, names) {
  const page = new DOMParser().parseFromString(await receivePage(address), "text/html");
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

/**
 * The parts that were rendered for nobody come alive once the visitor is signed in. What is on its
 * way already was asked for by a person, and would be overtaken.
 */
function wake() {
  const waiting = Array.from(document.querySelectorAll("[data-part][data-signed-out]:not([aria-busy])"));
  if (waiting.length) renewParts(waiting.map((part) => part.dataset.part));
}

document.addEventListener("dingbridge:login", wake);
if (user()) wake(); // signing in may have been quicker than this script
