// Runs a built SDK as a classic script over an Android bridge and prints, as JSON, the names it
// offers, what reached the native side, and what came back.
// node sdk_probe.mjs SCRIPT '[["biz.util.scan", {"type": "qrCode"}], …]'
import { readFileSync } from "node:fs";
import { Script, createContext } from "node:vm";
import { Linter } from "eslint";

const [script, calls] = process.argv.slice(2);
const source = readFileSync(script, "utf8");
const languageOptions = { ecmaVersion: 2015, sourceType: "script" };
const [fault] = new Linter().verify(source, [{ languageOptions }]);
if (fault) throw new Error(`no classic script of ES2015: ${fault.message}`);

const natives = [];
const window = {
  navigator: { userAgent: "Mozilla/5.0 (Linux; Android 13) AliApp(DingTalk/7.6.20)" },
  document: { addEventListener() {} },
  location: { href: "https://app.example.test/?a=1#/route" },
  nuva: {
    require: () => (succeed, fail, service, action, args) => {
      natives.push([`${service}.${action}`, args]);
      succeed({ result: "none" });
    },
  },
};
window.window = window;
window.self = window;
// Any attempt to make code from text throws, as it would under the pages' own policy.
const context = createContext(window, { codeGeneration: { strings: false, wasm: false } });
new Script(source).runInContext(context);

const reach = (name) => name.split(".").reduce((owner, part) => owner && owner[part], window.dd);
const functionsBelow = (owner, prefix) => Object.keys(owner).flatMap((key) => {
  const name = prefix + key;
  const own = typeof owner[key] === "function" ? [name] : [];
  const nested = typeof owner[key] === "object" && owner[key] !== null && key !== "env";
  return own.concat(nested ? functionsBelow(owner[key], `${name}.`) : []);
});
const results = [];
for (const [name, params] of JSON.parse(calls)) results.push(await reach(name)(params));
process.stdout.write(JSON.stringify({ names: functionsBelow(window.dd, ""), natives, results }));
