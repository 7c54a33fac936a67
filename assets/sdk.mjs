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
    // The PC bridge's bundle ends in a webpack fallback that no browser reaches and that our
    // policy forbids anyway; undefined("this") throws into the very same catch.
    define: { eval: "undefined" },
    banner: { js: notice() },
  });
  return result.outputFiles[0].text;
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
