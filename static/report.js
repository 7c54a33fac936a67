// The report: other days, people and entries without a new document. Without scripts the same form
// and the same links load the page anew. charts.js draws what is shown.
import "./app_frame.js";
import { clear, failed, tell, working } from "./app_outcome.js";
import { renewParts } from "./app_parts.js";
import { send } from "./app_server.js";
import { say } from "./app_words.js";

const form = document.getElementById("range");
const outcome = document.getElementById("outcome");

let isFetching = false; // the address of the file
let here = window.location.pathname + window.location.search;

/** Shows the report of a query; whoever taps on meanwhile gets the last one asked for, at once. */
async function show(query, kind = {}) {
  working(outcome, say("report_loading"));
  const address = form.dataset.charts + query;
  const end = await renewParts(["report"], address, () => show(query, kind));
  if (end === "overtaken") return;
  if (outcome.dataset.state === "working") clear(outcome);
  if (end === "there") arrive(kind);
}

/** The report is there: address, fields and the attention of those who do not see it follow. */
function arrive({ isBack, isLink }) {
  const { address } = part().dataset;
  if (!address) return; // refused, as is said there
  here = address;
  if (!isBack) window.history.pushState(null, "", here);
  follow(here);
  if (isLink) part().focus();
  else announce();
}

function part() {
  return document.querySelector("[data-part=report]");
}

/** What stands outside of the part is about the same days and person. */
function follow(address) {
  const asked = new URLSearchParams(address.split("?")[1]);
  form.elements.from.value = asked.get("from");
  form.elements.to.value = asked.get("to");
  const person = asked.get("person") || "";
  Object.assign(form.elements.person, { value: person, disabled: !person });
  const language = document.querySelector("input[name=back]");
  if (language) language.value = address;
}

/** For those who do not see the charts change. */
function announce() {
  const total = part().querySelector("[data-total]");
  if (total) tell(outcome, total.textContent);
}

/** A download by the browser itself fails without a word once session or role have to be renewed. */
async function download(link) {
  if (isFetching) return; // a double tap
  isFetching = true;
  working(outcome);
  try {
    const { url } = await send(link, {});
    clear(outcome);
    window.location.assign(url); // an attachment: the page stays
  } catch (error) {
    failed(outcome, error, () => download(link));
  } finally {
    isFetching = false;
  }
}

function fields() {
  return new URLSearchParams(new FormData(form));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  show(`?${fields()}`);
});

document.addEventListener("click", (event) => {
  const { target } = event;
  const preset = target.closest("button[name=preset]");
  const link = target.closest(".report a[href^=\"?\"]");
  const file = target.closest("a[data-link]");
  const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (preset) {
    event.preventDefault();
    const asked = fields();
    asked.set("preset", preset.value);
    show(`?${asked}`);
  } else if (link && isPlain) {
    event.preventDefault();
    show(link.search, { isLink: true });
  } else if (file && isPlain) {
    event.preventDefault();
    download(file.dataset.link + file.search);
  }
});

window.addEventListener("popstate", () => {
  const { pathname, search } = window.location;
  if (pathname + search !== here) show(search, { isBack: true, isLink: true });
});
