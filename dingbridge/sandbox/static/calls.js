// The list of what happened: calls of the bridge, calls of the platform, documents; live, newest first.

import { ask } from "./api.js";
import { currentLanguage, word } from "./words.js";

const byId = (id) => document.getElementById(id);
const list = byId("list");
const KEPT = 400; // entries in the list; older ones go

let last = 0; // number of the newest entry seen
let source = null;
const listeners = [];

const make = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text });

const code = (text) => {
  const pre = make("pre", "", text);
  pre.tabIndex = 0; // it scrolls
  return pre;
};

const asText = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

const HOW = { navigate: "loaded", reload: "reloaded", back_forward: "went_back" };

const nameOf = (entry) => entry.method && entry.kind === "native" ? entry.method : entry.endpoint || word(HOW[entry.how] || "loaded");

const badgeOf = (entry) => {
  if (entry.kind === "document") {
    return null;
  }
  const error = entry.error || {};
  const refused = error.errorCode !== undefined ? String(error.errorCode) : entry.code || entry.fault || entry.status;
  return make("span", "badge", entry.ok ? word("ok") : String(refused || "…"));
};

const gistOf = (entry) => {
  if (entry.kind === "native") {
    const error = entry.error || {};
    const asksForGrant = entry.method === "config" || entry.method === "runtime.permission.requestJsApis";
    return error.errorMessage || error.message || (asksForGrant && entry.current_url) || asText(entry.args || {}).replace(/\s+/g, " ");
  }
  return entry.kind === "document" ? entry.current_url || entry.entry_url || "" : [entry.method, entry.status, entry.fault].filter(Boolean).join(" · ");
};

const BESIDE = ["n", "at", "kind", "args", "result", "error", "ok", "device"];

const detailsOf = (entry) => {
  const facts = make("dl", "", "");
  const add = (key, value) => {
    const part = make("div", "", "");
    const holder = make("dd", "", "");
    holder.append(code(asText(value)));
    part.append(make("dt", "", word(key)), holder);
    facts.append(part);
  };
  if (entry.args !== undefined) {
    add("arguments", entry.args);
  }
  if (entry.result !== undefined && entry.result !== null) {
    add("answer", entry.result);
  }
  if (entry.error) {
    add("refused", entry.error);
  }
  const rest = Object.entries(entry).filter(([key, value]) => !BESIDE.includes(key) && value !== null);
  add("more_facts", rest.map(([key, value]) => `${key}: ${asText(value)}`).join("\n"));
  return facts;
};

const itemOf = (entry) => {
  const item = make("li", "new", "");
  item.dataset.kind = entry.kind;
  item.dataset.n = String(entry.n);
  Object.assign(item, { entry, search: JSON.stringify(entry).toLowerCase() });
  const details = make("details", "", "");
  const summary = make("summary", "", "");
  const meta = make("span", "meta", "");
  const badge = badgeOf(entry);
  if (badge) {
    badge.dataset.good = String(Boolean(entry.ok));
    meta.append(badge);
  }
  const time = new Date(entry.at * 1000);
  meta.append(make("time", "", time.toLocaleTimeString(currentLanguage() === "zh" ? "zh-CN" : "en-GB")));
  summary.append(make("span", "dot", ""), make("span", "name", nameOf(entry)), make("span", "gist", gistOf(entry)), meta);
  details.append(summary);
  // What is inside is drawn when somebody looks.
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) {
      details.append(detailsOf(entry));
    }
  });
  item.append(details);
  return item;
};

const chosenKinds = () => Array.from(byId("kinds").querySelectorAll("input:checked"), (input) => input.value);

const applyFilter = () => {
  const wanted = byId("filter").value.trim().toLowerCase();
  const kinds = chosenKinds();
  let visible = 0;
  Array.from(list.children).forEach((item) => {
    item.hidden = !kinds.includes(item.dataset.kind) || !item.search.includes(wanted);
    visible += item.hidden ? 0 : 1;
  });
  byId("none").hidden = visible > 0;
  const filtered = list.children.length > 0;
  byId("none").querySelector("h2").textContent = word(filtered ? "none_match" : "none_title");
  byId("none").querySelector("p").hidden = filtered;
};

const add = (entries, past) => {
  const fresh = entries.filter((entry) => entry.n > last);
  if (fresh.length === 0) {
    return;
  }
  last = fresh[fresh.length - 1].n;
  list.prepend(...fresh.map(itemOf).reverse());
  while (list.children.length > KEPT) {
    list.lastChild.remove();
  }
  applyFilter();
  if (!past) {
    listeners.forEach((listener) => listener(fresh));
  }
};

/** Calls `listener(entries)` with whatever happens while this page is open. */
export const onCalls = (listener) => listeners.push(listener);

/** Draws everything anew, for another language. */
export const redraw = () => {
  list.replaceChildren(...Array.from(list.children, (item) => itemOf(item.entry)));
  applyFilter();
};

const say = (state) => {
  const live = byId("live");
  live.dataset.state = state;
  live.firstElementChild.dataset.word = `live_${state}`;
  live.firstElementChild.textContent = word(`live_${state}`);
  live.title = word(`live_${state}`);
  byId("broken").hidden = state !== "broken";
};

/** Everything that is past, then whatever comes. */
const connect = async () => {
  if (source) {
    source.close();
  }
  await ask(`calls?since=${last}`).then((answer) => add(answer.calls, last === 0), () => say("broken"));
  source = new EventSource(`/__sandbox__/events?since=${last}`);
  source.addEventListener("open", () => say("open"));
  source.addEventListener("message", (event) => add([JSON.parse(event.data)]));
  source.addEventListener("error", () => {
    say("broken");
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(connect, 3000);
    }
  });
};

/** Empties the list on this page; the sandbox itself keeps its own. */
export const clear = () => {
  list.replaceChildren();
  applyFilter();
};

export const startCalls = () => {
  byId("filter").addEventListener("input", applyFilter);
  byId("kinds").addEventListener("change", applyFilter);
  byId("clear").addEventListener("click", clear);
  byId("reconnect").addEventListener("click", connect);
  applyFilter();
  return connect();
};
