// Copies static/ into static/vendor/built/, with the browser modules merged and minified on the way,
// and the client SDK in front of the bridge: a page then loads one script where it would load ten.
// Called by build.py when all else is built; an argument names another folder than static/.
//
// Names and relative paths stay what they are, so pages and other scripts see no difference; the
// app leads them there (dingbridge/static_files.py). `sources` holds the digest of what was copied:
// once a file has changed, static/ itself is served until the next build.
import { createHash } from "node:crypto";
import {
  cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync,
} from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, transformSync } from "esbuild";

const BUILT = "vendor/built";
const SDK = "vendor/dingtalk.js";
// Almost all of the bridge and its SDK runs as the page begins. Chrome from 136 on then compiles it in
// the background, whole, and not function by function when each is called; it has to be the first line.
const COMPILE_NOW = "//# allFunctionsCalledOnLoad\n";
// Modules that others import and that pages name as well; one that nobody imports is named by some.
const BRIDGE = "bridge.js";
const PUBLIC = [BRIDGE, "login.js", "reauth.js"];
const IMPORT = /^(?:import|export)\b[^"';]*["']\.\/([\w./-]+)["']/gm;

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = process.argv[2] || path.join(root, "static");
const out = path.join(folder, BUILT);

const names = readdirSync(folder, { recursive: true })
  .map((name) => name.split(path.sep).join("/"))
  .filter((name) => !`${name}/`.startsWith(`${BUILT}/`) && statSync(path.join(folder, name)).isFile())
  .sort();

function read(name) {
  return readFileSync(path.join(folder, name), "utf8");
}

function digest() {
  const hash = createHash("sha256");
  for (const name of names) hash.update(name).update(readFileSync(path.join(folder, name)));
  return hash.digest("hex");
}

/** The modules that keep a file of their own, and all of them; the classic scripts are neither. */
function sortModules() {
  const modules = names.filter((name) => /^\w+\.js$/.test(name) && /^(?:import|export) /m.test(read(name)));
  const imported = modules.flatMap((name) => Array.from(read(name).matchAll(IMPORT), (found) => found[1]));
  return { modules, entries: modules.filter((name) => PUBLIC.includes(name) || !imported.includes(name)) };
}

/** The SDK as a beginning of a module: there its `var dd` would be no global. */
function sdk() {
  if (!existsSync(path.join(folder, SDK))) return "";
  const script = read(SDK);
  if (!/^var dd=/m.test(script)) throw new Error(`${SDK} does not define dd as expected`);
  // A module has no currentScript either; what the SDK fetches lies beside dingtalk.js all the same.
  // import.meta would be shorter, but engines without it would not read the bridge at all.
  const own = "document.currentScript&&document.currentScript.src";
  const address = `document.querySelector("script[src$='/${BRIDGE}']").src.replace("${BRIDGE}","${SDK}")`;
  if (script.split(own).length !== 2) throw new Error(`${SDK} asks in another way where it comes from`);
  return script.replace(/^var dd=/m, "window.dd=").replace(own, address);
}

async function merge(entries, options) {
  const { outputFiles } = await build({
    entryPoints: entries.map((name) => path.join(folder, name)),
    outdir: out,
    chunkNames: "chunk_[hash]",
    bundle: true,
    write: false,
    minify: true,
    sourcemap: "linked",
    charset: "utf8",
    format: "esm",
    target: "es2018",
    plugins: [publicOnce],
    ...options,
  });
  return outputFiles;
}

/** A style sheet or a classic script, for the oldest clients that are told to update. */
function minified(name) {
  const options = { loader: path.extname(name).slice(1), minify: true, charset: "utf8" };
  return transformSync(read(name), { ...options, target: ["es5", "chrome69", "ios12"] }).code;
}

// Each of them is in a page once, whichever module asks for it.
const publicOnce = {
  name: "public",
  setup(plugins) {
    plugins.onResolve({ filter: /^\.\/\w+\.js$/ }, ({ path: name }) => (
      PUBLIC.includes(name.slice(2)) ? { path: name, external: true } : undefined
    ));
  },
};

const { modules, entries } = sortModules();
const others = entries.filter((name) => !PUBLIC.includes(name));
const outputs = (await Promise.all([
  ...PUBLIC.map((name) => merge([name], name === BRIDGE ? { banner: { js: COMPILE_NOW + sdk() } } : {})),
  merge(others, { splitting: true }),
])).flat();

const draft = `${out}.${process.pid}`;
mkdirSync(draft, { recursive: true });
for (const name of names.filter((file) => !modules.includes(file))) {
  if (/^\w+\.(?:js|css)$/.test(name)) writeFileSync(path.join(draft, name), minified(name));
  else cpSync(path.join(folder, name), path.join(draft, name));
}
for (const { path: file, contents } of outputs) {
  writeFileSync(path.join(draft, path.basename(file)), contents);
}
writeFileSync(path.join(draft, "sources"), `${digest()}\n`);
rmSync(out, { recursive: true, force: true });
renameSync(draft, out);

for (const { path: file, contents } of outputs.filter((output) => output.path.endsWith(".js"))) {
  const sizes = [contents, gzipSync(contents)].map(({ length }) => length.toLocaleString("en"));
  process.stdout.write(`built/${path.basename(file)}: ${sizes[0]} bytes, ${sizes[1]} gzip\n`);
}
