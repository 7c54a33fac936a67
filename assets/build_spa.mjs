// Builds the single-page part of the micro-app into static/vendor/: spa.js (Vue's runtime-only build
// and vue-router, so nothing is compiled in the browser and the page's policy stands), spa_links.js
// (no framework) and spa.css. Called by build.py; prints a line for each file.
//
// The browser modules stay what they are, one copy for every page: imports of "dingbridge/…" become
// imports of the files beside vendor/.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const require = createRequire(import.meta.url);
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const out = path.join(root, "static", "vendor");

const besideVendor = {
  name: "dingbridge",
  setup(plugins) {
    plugins.onResolve({ filter: /^dingbridge\// }, (found) => ({
      path: `..${found.path.slice("dingbridge".length)}`, external: true,
    }));
  },
};

function source(name) {
  return path.join(root, "microapp", "spa", name);
}

/** The packages that are part of spa.js ask that their licence goes with them. */
function licence() {
  return ["vue", "vue-router"].map((name) => {
    const manifest = require.resolve(`${name}/package.json`);
    const { version } = require(manifest);
    const text = readFileSync(path.join(path.dirname(manifest), "LICENSE"), "utf8").trim();
    return `${name} ${version}\n${text}`;
  }).join("\n\n----\n\n");
}

/** Whoever reads the file meanwhile meets the old bytes or the new ones. */
function replace(name, content) {
  const draft = path.join(out, `.${name}.${process.pid}`);
  writeFileSync(draft, content);
  renameSync(draft, path.join(out, name));
}

const { outputFiles } = await build({
  entryPoints: { spa: source("main.js"), spa_links: source("links.js"), "spa-css": source("spa.css") },
  outdir: out,
  bundle: true,
  write: false,
  minify: true,
  charset: "utf8",
  format: "esm",
  target: "es2018",
  legalComments: "inline",
  plugins: [besideVendor],
  define: {
    "process.env.NODE_ENV": '"production"',
    __VUE_OPTIONS_API__: "false",
    __VUE_PROD_DEVTOOLS__: "false",
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
  },
});

for (const { path: file, contents } of outputFiles) {
  const name = path.basename(file).replace("spa-css", "spa");
  replace(name, contents);
  const packed = gzipSync(contents, { level: 9 }).length.toLocaleString("en");
  process.stdout.write(`${name}: ${contents.length.toLocaleString("en")} bytes, ${packed} gzip\n`);
}
replace("spa.LICENSE.txt", `${licence()}\n`);
