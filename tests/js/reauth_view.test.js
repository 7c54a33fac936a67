import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { follow, route, samePath, viewKey, withoutFragment } from "../../static/reauth_view.js";

afterEach(() => {
  delete globalThis.window;
  delete globalThis.document;
});

const at = (href) => { globalThis.window = { location: new URL(href) }; };

const pages = [
  ["https://h/app/", "https://h/app", true],
  ["https://h/app/?a=b#/x", "https://h/app/", true],
  ["https://h/", "https://h", true],
  ["https://h/app/visit", "https://h/app/", false],
  ["https://h/app", "https://other/app", false],
  ["https://h/App", "https://h/app", false],
];
for (const [one, other, same] of pages) {
  test(`${one} and ${other} are ${same ? "one page" : "two pages"}`, () => {
    at("https://h/");
    assert.equal(samePath(one, other), same);
    assert.equal(samePath(other, one), same);
  });
}

const views = [
  ["https://h/app/visit?t=1#part", "/app/visit"],
  ["https://h/app/?a=b#/visit?t=1", "/app/#/visit"],
  ["https://h/app/#!/visit", "/app/#!/visit"],
  ["https://h/app/", "/app/"],
];
for (const [href, key] of views) {
  test(`the view of ${href} is named ${key}`, () => {
    at(href);
    assert.equal(viewKey(), key);
  });
}

const routes = [
  ["https://h/app/visit?t=1#part", "/app/visit?t=1"],
  ["/app/?a=b#/visit?t=1", "/app/?a=b#/visit?t=1"],
  ["#!/visit", "/here#!/visit"],
];
for (const [address, read] of routes) {
  test(`of ${address} a router reads ${read}`, () => {
    at("https://h/here");
    assert.equal(route(address), read);
  });
}

test("a fragment may hold anything, another # too", () => {
  assert.equal(withoutFragment("https://h/a?b#/c#d"), "https://h/a?b");
});

const colours = [
  ["its own", { colour: "FF112233" }, "https://h/?dd_nav_bgcolor=445566", "FF112233"],
  ["the address's", {}, "https://h/?dd_nav_bgcolor=445566", "445566"],
  ["that of the document's first address", {}, "https://h/", "778899"],
];
for (const [whose, view, href, wanted] of colours) {
  test(`a view has ${whose} colour`, () => {
    at(href);
    const asked = [];
    const colour = (search) => {
      asked.push(search);
      return /dd_nav_bgcolor=[0-9A-F]{6}/.test(search);
    };
    globalThis.document = { dingbridge: { colour } };
    follow({ title: "", colour: "", entry: "https://h/?dd_nav_bgcolor=778899", ...view });
    assert.match(asked.pop(), new RegExp(`dd_nav_bgcolor=${wanted}$`));
  });
}

test("a view without a title leaves the document's", () => {
  at("https://h/");
  globalThis.document = { title: "before" };
  follow({ title: "", colour: "", entry: "https://h/" });
  assert.equal(globalThis.document.title, "before");
  follow({ title: "after", colour: "", entry: "https://h/" });
  assert.equal(globalThis.document.title, "after");
});
