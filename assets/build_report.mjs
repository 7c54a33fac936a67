// Builds the report's charts, with what they need of Chart.js, into static/vendor/charts.js; the
// licences stand beside it. Called by build.py; prints a line.
import { readFileSync } from "node:fs";
import path from "node:path";
import { bundle, replaceLicences, replaceScript, root } from "./vendor.mjs";

function licence(name) {
  const folder = path.join(root, "node_modules", name);
  const { version } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  return [name, version, readFileSync(path.join(folder, "LICENSE.md"), "utf8")];
}

const [{ contents }] = await bundle({ charts: path.join(root, "microapp", "charts", "main.js") });
replaceScript("charts.js", contents);
replaceLicences("charts.LICENSE.txt", ["chart.js", "@kurkle/color"].map(licence));
