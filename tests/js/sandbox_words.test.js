// The sentences of the sandbox's page: the same keys in both languages, none missing, none left over.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const folder = new URL("../../dingbridge/sandbox/static/", import.meta.url);
const own = (file) => /\.(js|html)$/.test(file) && !/^(words|container|pc-host)/.test(file);
const source = readdirSync(folder).filter(own).map((file) => readFileSync(new URL(file, folder), "utf8")).join("\n");

Object.defineProperty(globalThis, "location", { value: { search: "?lang=en", hash: "" } });
const { WORDS, word } = await import(new URL("words.js", folder));

test("both languages have the same words", () => {
  assert.deepEqual(Object.keys(WORDS.zh).sort(), Object.keys(WORDS.en).sort());
});

test("every word that the page names is there", () => {
  const named = source.matchAll(/(?:word\(|data-(?:word|label|placeholder)=|help: )"([a-z0-9_]+)"/g);
  for (const [, key] of named) assert.ok(key in WORDS.en, key);
});

test("no word is left over", () => {
  // These are put together from a prefix and a state, or used by words.js itself.
  const built = (key) => /^(live_|code_(qr|bar)$|page_title$)/.test(key);
  const unused = Object.keys(WORDS.en).filter((key) => !built(key) && !new RegExp(`\\b${key}\\b`).test(source));
  assert.deepEqual(unused, []);
});

test("the page's address decides the language", () => {
  assert.equal(word("clear"), "Clear");
});
