// Bundles the npm package dingtalk-jsapi into one classic script. Called by build.py with an order
// on stdin: {"full": bool, "declared": [{"api", "place"}, …]}; answers with
// {"script", "licence", "apis"} on stdout, or with one line per fault on stderr and status 1.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { UnknownApis, apiModules, entrySource, resolveDeclared } from "./sdk_modules.mjs";

const require = createRequire(import.meta.url);

async function bundle(source) {
  const result = await build({
    stdin: { contents: source, resolveDir: process.cwd(), sourcefile: "dd.cjs", loader: "js" },
    bundle: true,
    write: false,
    minify: true,
    charset: "utf8",
    legalComments: "none",
    platform: "browser",
    format: "iife",
    globalName: "dd",
    target: "es2015",
    // A fallback behind the one below; no browser reaches it.
    define: { eval: "undefined" },
    banner: { js: notice() },
  });
  return withoutVainErrors(withoutFunctionConstructor(result.outputFiles[0].text));
}

/**
 * The PC bridge looks for the global object with code made from a string: in strict mode, and so in
 * every module, that breaks the page's policy.
 */
function withoutFunctionConstructor(script) {
  const found = 'Function("return this")()';
  if (!script.includes(found)) throw new Error(`${found} is not there any more: is it needed?`);
  return script.replaceAll(`new ${found}`, "window").replaceAll(found, "window");
}

/**
 * A PC client says who it is in window.name. Elsewhere that is empty, and reading it as JSON throws
 * an error that is caught at once, but for which a phone's browser parses the whole script twice
 * more (25 ms).
 */
function withoutVainErrors(script) {
  const reading = /try\{(?=var [\w$]+=JSON\.parse\(([\w$]+)\);[\w$]+\.containerId=)/g;
  if ((script.match(reading) || []).length !== 1) throw new Error("the SDK reads window.name in another way");
  return script.replace(reading, "if($1)try{");
}

function notice() {
  const { name, version, license } = require("dingtalk-jsapi/package.json");
  return `/*! ${name} ${version}, ${license} License; see dingtalk.LICENSE.txt */`;
}

/** The npm package states its licence in package.json only; its text goes beside the script. */
function licence() {
  const { name, version, author } = require("dingtalk-jsapi/package.json");
  const polyfill = readFileSync(require.resolve("promise-polyfill/LICENSE"), "utf8");
  const permission = polyfill.slice(polyfill.indexOf("Permission is hereby"));
  return [
    `${name} ${version}\nMIT License\nCopyright (c) ${author} and DingTalk\n\n${permission.trim()}`,
    `promise-polyfill\n${polyfill.trim()}`,
  ].join("\n\n----\n\n") + "\n";
}

async function main() {
  const { full, declared } = JSON.parse(readFileSync(0, "utf8"));
  const modules = full ? apiModules() : resolveDeclared(declared);
  const script = await bundle(entrySource(modules));
  const answer = { script, licence: licence(), apis: modules.length };
  process.stdout.write(JSON.stringify(answer));
}

main().catch((error) => {
  process.stderr.write(`${error instanceof UnknownApis ? error.message : error.stack}\n`);
  process.exitCode = 1;
});
