// Builds the single-page part of the micro-app into static/vendor/: spa.js (Vue's runtime-only build
// and vue-router, so nothing is compiled in the browser and the page's policy stands), spa_links.js
// (no framework) and spa.css. Called by build.py; prints a line for each file.
//
// The browser modules stay what they are, one copy for every page: imports of "dingbridge/…" become
// imports of the files beside vendor/.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { bundle, replaceLicences, replaceScript, root } from "./vendor.mjs";

const require = createRequire(import.meta.url);

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

function licence(name) {
  const manifest = require.resolve(`${name}/package.json`);
  return [name, require(manifest).version, readFileSync(path.join(path.dirname(manifest), "LICENSE"), "utf8")];
}

const entries = { spa: source("main.js"), spa_links: source("links.js"), "spa-css": source("spa.css") };
const built = await bundle(entries, {
  plugins: [besideVendor],
  define: {
    "process.env.NODE_ENV": '"production"',
    __VUE_OPTIONS_API__: "false",
    __VUE_PROD_DEVTOOLS__: "false",
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
  },
});

for (const { path: file, contents } of built) {
  replaceScript(path.basename(file).replace("spa-css", "spa"), contents);
}
replaceLicences("spa.LICENSE.txt", ["vue", "vue-router"].map(licence));
