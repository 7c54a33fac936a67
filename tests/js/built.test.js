// The built copy of the browser modules, of which a syntax that an old client cannot read would take
// away the whole page; the linter reads only what it was made of.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { Linter } from "eslint";

const folder = new URL("../../static/vendor/built/", import.meta.url);
const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".js"));

test("the built copy is there", () => assert.ok(names.includes("bridge.js")));

for (const name of names) {
  test(`the oldest clients can read ${name}`, () => {
    const code = readFileSync(new URL(name, folder), "utf8");
    const languageOptions = { ecmaVersion: 2018, sourceType: "module" };
    const faults = new Linter().verify(code, { languageOptions }).filter(({ fatal }) => fatal);
    assert.deepEqual(faults, []);
  });
}
