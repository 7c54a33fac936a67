// Bundles the npm package dingtalk-jsapi into one classic script. Called by build.py with an order
// on stdin: {"full": bool, "declared": [{"api", "place"}, …]}; answers with
// {"script", "pc", "licence", "apis"} on stdout, or with one line per fault on stderr and status 1.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { UnknownApis, apiModules, entrySource, resolveDeclared } from "./sdk_modules.mjs";

const require = createRequire(import.meta.url);

const PC_CLIENT = "dingtalk-jsapi/lib/packages/frame-talk-client-pc/index.js";
const OPTIONS = {
  bundle: true,
  write: false,
  minify: true,
  charset: "utf8",
  legalComments: "none",
  platform: "browser",
  format: "iife",
  target: "es2015",
  // A fallback behind the one below; no browser reaches it.
  define: { eval: "undefined" },
  banner: { js: notice() },
};

/** What no phone needs: see pc_client.cjs. A browser that reads ES2015 has promises of its own. */
const withoutBallast = {
  name: "ballast",
  setup(plugins) {
    plugins.onLoad({ filter: /[\\/]frame-talk-client-pc[\\/]index\.js$/ }, () => (
      { contents: readFileSync(new URL("pc_client.cjs", import.meta.url), "utf8") }
    ));
    plugins.onLoad({ filter: /[\\/]promise-polyfill[\\/]/ }, () => ({ contents: "" }));
  },
};

async function bundle(source) {
  const stdin = { contents: source, resolveDir: process.cwd(), sourcefile: "dd.cjs", loader: "js" };
  const result = await build({ ...OPTIONS, stdin, globalName: "dd", plugins: [withoutBallast] });
  return withoutVainErrors(result.outputFiles[0].text);
}

/** The SDK's PC client, which finds its place in `window.dingtalkPc`. */
async function bundlePc() {
  const contents = `window.dingtalkPc = require("${PC_CLIENT}");`;
  const stdin = { contents, resolveDir: process.cwd(), sourcefile: "pc.cjs", loader: "js" };
  return withoutFunctionConstructor((await build({ ...OPTIONS, stdin })).outputFiles[0].text);
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
  const mit = readFileSync(require.resolve("promise-polyfill/LICENSE"), "utf8");
  const permission = mit.slice(mit.indexOf("Permission is hereby"));
  return `${name} ${version}\nMIT License\nCopyright (c) ${author} and DingTalk\n\n${permission.trim()}\n`;
}

async function main() {
  const { full, declared } = JSON.parse(readFileSync(0, "utf8"));
  const modules = full ? apiModules() : resolveDeclared(declared);
  const [script, pc] = await Promise.all([bundle(entrySource(modules, PC_CLIENT)), bundlePc()]);
  const answer = { script, pc, licence: licence(), apis: modules.length };
  process.stdout.write(JSON.stringify(answer));
}

main().catch((error) => {
  process.stderr.write(`${error instanceof UnknownApis ? error.message : error.stack}\n`);
  process.exitCode = 1;
});
