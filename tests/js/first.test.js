import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Script, createContext } from "node:vm";

const script = new Script(readFileSync(new URL("../../static/first.js", import.meta.url), "utf8"));

/** Runs first.js over a query and tells what it did to a document that has `metas`. */
function run(search, metas = []) {
  const style = {};
  const added = [];
  const meta = (attributes = {}) => ({
    attributes,
    getAttribute: (name) => attributes[name],
    setAttribute(name, value) { attributes[name] = value; },
  });
  const present = metas.map((content) => meta({ content }));
  const document = {
    documentElement: { style: {
      setProperty(name, value) { style[name] = value; },
      removeProperty(name) { delete style[name]; },
    } },
    head: { firstChild: null, insertBefore: (made) => added.push(made) },
    querySelectorAll: () => present,
    createElement: () => meta(),
    addEventListener() {},
  };
  const location = { search, href: `https://h/a${search}#/route` };
  script.runInContext(createContext({ location, document, window: { addEventListener() {} } }));
  const themes = () => [...present, ...added].map((made) => made.attributes.content);
  return { style, themes: themes(), later: themes, ...document.dingbridge };
}

const colours = [
  ["FF112233", "#112233ff", "#ffffff", "#112233"],
  ["112233", "#112233ff", "#ffffff", "#112233"],
  ["ff5E97F6", "#5e97f6ff", "#000000", "#5e97f6"],
  ["FFFFFFFF", "#ffffffff", "#000000", "#ffffff"],
  ["00000000", "#00000000", "#000000", "#ffffff"],
  ["80000000", "#00000080", "#000000", "#7f7f7f"],
  ["C0000000", "#000000c0", "#ffffff", "#3f3f3f"],
  ["000001", "#000001ff", "#ffffff", "#000001"],
];
for (const [given, background, text, theme] of colours) {
  test(`dd_nav_bgcolor=${given} is ${background} under ${text}`, () => {
    const { style, themes } = run(`?a=b&dd_nav_bgcolor=${given}&c=d`);
    assert.deepEqual(style, { "--nav-bg": background, "--nav-fg": text });
    assert.deepEqual(themes, [theme]);
  });
}

const malformed = [
  "", "?", "?dd_nav_bgcolor", "?dd_nav_bgcolor=", "?dd_nav_bgcolor=red", "?dd_nav_bgcolor=%23FF112233",
  "?dd_nav_bgcolor=0xFF112233", "?dd_nav_bgcolor=FF112", "?dd_nav_bgcolor=FF11223",
  "?dd_nav_bgcolor=FF11223344", "?dd_nav_bgcolor=GG112233", "?dd_nav_bgcolor=FF112233;}*{color:red",
  "?dd_nav_bgcolor=%", "?xdd_nav_bgcolor=FF112233", "?DD_NAV_BGCOLOR=FF112233",
  "?a=?dd_nav_bgcolor=FF112233", "?dd_nav_bgcolor=bad&dd_nav_bgcolor=FF112233",
];
for (const search of malformed) {
  test(`"${search}" changes nothing`, () => {
    const { style, themes } = run(search);
    assert.deepEqual({ style, themes }, { style: {}, themes: [] });
  });
}

test("of two good values the first one counts", () => {
  const { style } = run("?dd_nav_bgcolor=FF112233&dd_nav_bgcolor=FFFFFFFF");
  assert.equal(style["--nav-bg"], "#112233ff");
});

test("theme colours that the page has are changed, and none is added", () => {
  assert.deepEqual(run("?dd_nav_bgcolor=112233", ["light", "dark"]).themes, ["#112233", "#112233"]);
});

test("the text has a contrast of 4.5 to 1 over every grey", () => {
  const linear = (byte) => (byte <= 10 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
  for (let grey = 0; grey < 256; grey += 1) {
    const hex = grey.toString(16).padStart(2, "0").repeat(3);
    const text = run(`?dd_nav_bgcolor=${hex}`).style["--nav-fg"] === "#ffffff" ? 1 : 0;
    const [dark, light] = [linear(grey), text].sort((one, other) => one - other);
    assert.ok((light + 0.05) / (dark + 0.05) >= 4.5, hex);
  }
});

test("the address with which the document was loaded is kept, before any router runs", () => {
  assert.equal(run("?a=b").entry, "https://h/a?a=b#/route");
});

test("a view may ask for another colour, and for the one before it", () => {
  const { colour, later, style } = run("", ["#abcdef"]);
  assert.equal(colour("?dd_nav_bgcolor=112233"), true);
  assert.deepEqual([style, later()], [{ "--nav-bg": "#112233ff", "--nav-fg": "#ffffff" }, ["#112233"]]);
  assert.equal(colour("?a=b"), false);
  assert.deepEqual([style, later()], [{}, ["#abcdef"]]);
});
