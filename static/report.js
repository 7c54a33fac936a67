// The report: other days, people and entries without a new document. Without scripts the same form
// and the same links load the page anew. charts.js draws what is shown.
import "./app_frame.js";
import { clear, tell, working } from "./app_outcome.js";
import { renewParts } from "./app_parts.js";
import { say } from "./app_words.js";

const form = document.getElementById("range");
const outcome = document.getElementById("outcome");

let wanted = null; // the last step that was asked for and is not begun yet
let isBusy = false;
let here = window.location.pathname + window.location.search;

/** Shows the report of a query; whoever taps on meanwhile gets the last one asked for. */
async function show(query, step = {}) {
  wanted = { query, step };
  if (isBusy) return;
  isBusy = true;
  while (wanted) {
    const taken = wanted;
    wanted = null;
    await renew(taken);
  }
  isBusy = false;
}

async function renew({ query, step }) {
  const before = part();
  working(outcome, say("report_loading"));
  await renewParts(["report"], form.dataset.charts + query);
  clear(outcome);
  const { dataset } = part();
  if (part() === before || !dataset.address) return; // it failed or was refused, and says so there
  here = dataset.address;
  if (!step.isBack) window.history.pushState(null, "", here);
  follow(dataset);
  if (step.isLink) part().focus();
  else announce();
}

function part() {
  return document.querySelector("[data-part=report]");
}

/** What stands outside of the part is about the same days and person. */
function follow({ address, from, to, person }) {
  form.elements.from.value = from;
  form.elements.to.value = to;
  Object.assign(form.elements.person, { value: person, disabled: !person });
  const language = document.querySelector("input[name=back]");
  if (language) language.value = address;
}

/** For those who do not see the charts change. */
function announce() {
  const total = part().querySelector("[data-total]");
  if (total) tell(outcome, total.textContent);
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
  const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (preset) {
    event.preventDefault();
    const asked = fields();
    asked.set("preset", preset.value);
    show(`?${asked}`);
  } else if (link && isPlain) {
    event.preventDefault();
    show(link.search, { isLink: true });
  }
});

window.addEventListener("popstate", () => {
  const { pathname, search } = window.location;
  if (pathname + search !== here) show(search, { isBack: true, isLink: true });
});
