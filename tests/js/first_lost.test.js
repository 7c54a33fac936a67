// What first.js tells of scripts that do not arrive, or do and cannot run.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Script, createContext } from "node:vm";

const script = new Script(readFileSync(new URL("../../static/first.js", import.meta.url), "utf8"));
const FOLDER = "https://h/static/v-1/";
const words = { reference: "编号", retry: "重试" };
["no_script", "old_client", "offline"].forEach((code) => { words[code] = { message: code, remedy: "" }; });

class CustomEvent {
  constructor(type) { this.type = type; }
}

/** A page with these scripts in it (addresses, or elements), its first one run. */
function open(sources, { onLine = true } = {}) {
  const listeners = { document: {}, window: {} };
  const page = { state: "pending", notices: [], events: [], reports: [] };
  const scripts = sources.map((src) => ({ tagName: "SCRIPT", src, hasAttribute: () => src.includes("needed") }));
  const element = () => ({
    className: "", children: [], setAttribute() {}, addEventListener() {},
    appendChild(child) { this.children.push(child); return child; },
  });
  const data = { url: "https://h/", lang: "zh", reference: "ABCD-2345", error: null, words, endpoints: { outcome: "/ding/outcome" } };
  const document = {
    readyState: "complete",
    currentScript: { src: `${FOLDER}first.js` },
    documentElement: { style: {}, setAttribute(_, state) { page.state = state; } },
    body: { appendChild: ({ children }) => page.notices.push(children[1].children[0]) },
    getElementById: () => ({ textContent: JSON.stringify(data) }),
    querySelector: () => null,
    querySelectorAll: (selector) => (selector.startsWith("script") ? scripts : []),
    createElement: element,
    createTextNode: (text) => text,
    dispatchEvent: ({ type }) => page.events.push(type),
    addEventListener: (type, heard) => { listeners.document[type] = heard; },
  };
  const window = { addEventListener: (type, heard) => { listeners.window[type] = heard; } };
  const navigator = {
    onLine,
    sendBeacon(_, body) {
      // As Chrome before 81 has it.
      if (typeof body !== "string") throw new Error("SecurityError");
      page.reports.push(JSON.parse(body).code);
    },
  };
  script.runInContext(createContext({ location: { search: "", href: "https://h/" }, document, window, navigator, CustomEvent }));
  return Object.assign(page, {
    lost: (src) => listeners.window.error({ target: scripts.find((one) => one.src === src) }),
    threw: (filename, message) => listeners.window.error({ target: window, filename, message }),
    ran: (src) => listeners.document.load({ target: scripts.find((one) => one.src === src) }),
  });
}

const [bridge, login] = [`${FOLDER}bridge.js`, `${FOLDER}login.js`];
const needed = "https://h/apps/needed.js";
const whole = [`${FOLDER}first.js`, bridge, login, `${FOLDER}vendor/charts.js`, needed, "https://h/other.js"];
const told = ({ state, notices, events, reports }) => ({ state, notices, events, reports });
const bridgeLost = (code) => ({ state: "error", notices: [code], events: ["dingbridge:error"], reports: [code] });
const pageLost = (code) => ({ state: "pending", notices: [code], events: [], reports: [code] });
const nothing = { state: "pending", notices: [], events: [], reports: [] };

const courses = [
  ["the bridge does not arrive", (page) => page.lost(bridge), bridgeLost("no_script")],
  ["the bridge cannot be read", (page) => page.threw(bridge, "Uncaught SyntaxError: Unexpected token ?"), bridgeLost("old_client")],
  ["the bridge breaks as it begins", (page) => page.threw(bridge, "Uncaught TypeError: x"), bridgeLost("no_script")],
  ["the login does not arrive", (page) => page.lost(login), pageLost("no_script")],
  ["the login cannot be read", (page) => page.threw(login, "SyntaxError: Unexpected token"), pageLost("old_client")],
  ["a script that the page marks does not arrive", (page) => page.lost(needed), pageLost("no_script")],
  ["charts do not arrive", (page) => page.lost(`${FOLDER}vendor/charts.js`), nothing],
  ["a script of somebody else does not arrive", (page) => page.lost("https://h/other.js"), nothing],
  ["the page's own code throws", (page) => page.threw("https://h/", "Uncaught Error: mine"), nothing],
  ["a script throws after it has run", (page) => { page.ran(login); page.threw(login, "SyntaxError: JSON"); }, nothing],
  ["first the login and then the bridge", (page) => { page.lost(login); page.lost(bridge); },
    { state: "error", notices: ["no_script"], events: ["dingbridge:error"], reports: ["no_script"] }],
];
for (const [name, course, expected] of courses) {
  test(name, () => {
    const page = open(whole);
    course(page);
    assert.deepEqual(told(page), expected);
  });
}

test("without a network it is the network that is told", () => {
  const page = open(whole, { onLine: false });
  page.lost(login);
  assert.deepEqual(told(page), pageLost("offline"));
});
