// Builds the report's charts, with what they need of Chart.js, into static/vendor/charts.js; the
// licences stand beside it. Called by build.py; prints a line.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const out = path.join(root, "static", "vendor");

function licence(name) {
  const folder = path.join(root, "node_modules", name);
  const { version } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  return `${name} ${version}\n${readFileSync(path.join(folder, "LICENSE.md"), "utf8").trim()}`;
}

/** Whoever reads the file meanwhile meets the old bytes or the new ones. */
function replace(name, content) {
  const draft = path.join(out, `.${name}.${process.pid}`);
  writeFileSync(draft, content);
  renameSync(draft, path.join(out, name));
}

const { outputFiles } = await build({
  entryPoints: { charts: path.join(root, "microapp", "charts", "main.js") },
  outdir: out,
  bundle: true,
  write: false,
  minify: true,
  charset: "utf8",
  format: "esm",
  target: "es2018",
  legalComments: "inline",
});
const [{ contents }] = outputFiles;
replace("charts.js", contents);
replace("charts.LICENSE.txt", `${["chart.js", "@kurkle/color"].map(licence).join("\n\n----\n\n")}\n`);
const packed = gzipSync(contents, { level: 9 }).length.toLocaleString("en");
process.stdout.write(`charts.js: ${contents.length.toLocaleString("en")} bytes, ${packed} gzip\n`);
