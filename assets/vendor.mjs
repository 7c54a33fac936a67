// What the builds into static/vendor/ have in common.
import { renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const out = path.join(root, "static", "vendor");

/** The built files, not yet written: modules for the browsers that the pages are for. */
export async function bundle(entryPoints, options = {}) {
  const { outputFiles } = await build({
    entryPoints,
    outdir: out,
    bundle: true,
    write: false,
    minify: true,
    charset: "utf8",
    format: "esm",
    target: "es2018",
    legalComments: "inline",
    ...options,
  });
  return outputFiles;
}

/** Whoever reads the file meanwhile meets the old bytes or the new ones. */
export function replace(name, content) {
  const draft = path.join(out, `.${name}.${process.pid}`);
  writeFileSync(draft, content);
  renameSync(draft, path.join(out, name));
}

/** Writes what was built, and prints its size. */
export function replaceScript(name, contents) {
  replace(name, contents);
  const packed = gzipSync(contents, { level: 9 }).length.toLocaleString("en");
  process.stdout.write(`${name}: ${contents.length.toLocaleString("en")} bytes, ${packed} gzip\n`);
}

/** The text of the licences that packages ask to go with them, each [name, version, licence]. */
export function replaceLicences(name, licences) {
  const texts = licences.map(([of, version, text]) => `${of} ${version}\n${text.trim()}`);
  replace(name, `${texts.join("\n\n----\n\n")}\n`);
}
