// Which modules of dingtalk-jsapi make up the SDK, and the entry that puts them together.
//
// The package defines many APIs twice: api/biz/util/scan (dotted) and api/union/scan (flat, for
// dd.scan). Both register under one native name, and the flat one brings an adapter for the flat
// API's own parameters. Loaded together, as the package's index does, the adapter catches dotted
// calls too: dd.biz.util.scan({type: "qrCode"}) reaches the native side as type "all". Here each
// name keeps its own meaning, in the full build as well: a flat module is kept from registering
// where a dotted one exists, and its adapter works for the flat name alone. What a dotted module
// adds by itself (watch: true for a button, the page's url for an auth code on PC) stays.
import { createRequire } from "node:module";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

const require = createRequire(import.meta.url);
const root = path.dirname(require.resolve("dingtalk-jsapi/package.json"));
const flatNames = require("dingtalk-jsapi/constant/apiMapping").default;

export class UnknownApis extends Error {}

/**
 * Every API module of the package: {path: "api/union/scan", names: ["scan"], besides: "api/biz/…"}.
 * `besides` is the dotted module that a flat one must not disturb.
 */
export function apiModules() {
  const dotted = filesBelow("api").filter((file) => !isFlat(file) && !isIndex(file));
  const flat = filesBelow("api/union");
  const paths = new Map(dotted.map((file) => [dottedName(file), file]));
  const ownModule = new Set(flat.map((file) => path.posix.basename(file)));
  const secondNames = (name) => Object.keys(flatNames).filter((alias) => (
    flatNames[alias] === name && alias !== name && !ownModule.has(alias)
  ));
  return [
    ...dotted.map((file) => ({
      path: file, names: [dottedName(file), ...secondNames(dottedName(file))],
    })),
    ...flat.map((file) => flatModule(file, paths)),
  ];
}

/**
 * The modules for the declared APIs.
 * Throws UnknownApis naming template, line and API for each that the package does not have.
 */
export function resolveDeclared(declared) {
  const all = apiModules();
  const byName = new Map();
  for (const module of all) {
    for (const name of module.names) byName.set(name, module);
  }
  const unknown = declared.filter(({ api }) => !byName.has(api));
  if (unknown.length) {
    const { version } = require("dingtalk-jsapi/package.json");
    throw new UnknownApis(unknown.map(({ api, place }) => (
      `${place}: dingtalk-jsapi ${version} has no API "${api}"${suggestion(api, byName)}`
    )).join("\n"));
  }
  const wanted = new Set(declared.map(({ api }) => byName.get(api)));
  const besides = new Set([...wanted].map((module) => module.besides));
  return all.filter((module) => wanted.has(module) || besides.has(module.path));
}

/**
 * The source of the bundle's entry: the SDK for its four platforms, and each API attached.
 * `pcClient` is the module that pc_client.cjs stands for.
 */
export function entrySource(modules, pcClient) {
  const flat = modules.some((module) => module.besides);
  const lines = modules.map(({ path: file, names, besides }) => {
    const load = `require("dingtalk-jsapi/${file}").default`;
    const api = besides ? `besides(function () { return ${load}; }, "${names[0]}")` : load;
    return `attach(${api}, ${JSON.stringify(names)});`;
  });
  return [
    `require("${pcClient}").comesFrom(document.currentScript && document.currentScript.src);`,
    'var dd = require("dingtalk-jsapi/entry/union");',
    ATTACH,
    flat ? BESIDES : "",
    ...lines,
    "module.exports = dd;",
  ].join("\n");
}

const ATTACH = `
function attach(api, names) {
  names.forEach(function (name) {
    var parts = name.split("."), last = parts.pop();
    var owner = parts.reduce(function (at, part) { return at[part] || (at[part] = {}); }, dd);
    owner[last] = owner[last] ? Object.assign(api, owner[last]) : api;
  });
}`;

// Loads a flat module without letting it register over the dotted one. Where it has an adapter, it
// is registered under its flat name instead, which the SDK then sends to the dotted native method.
const BESIDES = `
var sdk = require("dingtalk-jsapi/lib/ddSdk").ddSdk;
function besides(load, flat) {
  var register = sdk.setAPI, native, platforms, api;
  sdk.setAPI = function (name, given) { native = name; platforms = given; };
  try { api = load(); } finally { sdk.setAPI = register; }
  var adapter = platforms[dd.env.platform] || {};
  if (!adapter.paramsDeal && !adapter.resultDeal) return api;
  Object.keys(platforms).forEach(function (name) { platforms[name].invokeName = native; });
  sdk.setAPI(flat, platforms);
  return function (params) {
    var invoke = sdk.invokeAPI;
    sdk.invokeAPI = function (name, given) { return invoke(flat, given); };
    try { return api(params); } finally { sdk.invokeAPI = invoke; }
  };
}`;

function flatModule(file, dottedPaths) {
  const flat = path.posix.basename(file);
  const native = nativeName(file);
  const besides = dottedPaths.get(native);
  if (besides) return { path: file, names: [flat], besides };
  return { path: file, names: flatNames[flat] === native ? [native, flat] : [flat] };
}

/** Under which name a flat module calls the native side. */
function nativeName(file) {
  const source = readFileSync(path.join(root, `${file}.js`), "utf8");
  const found = /actualCallApiName="([^"]+)"/.exec(source) || /apiName="([^"]+)"/.exec(source);
  if (!found) throw new Error(`${file} names no API: dingtalk-jsapi has changed its layout`);
  return found[1];
}

function filesBelow(folder) {
  return readdirSync(path.join(root, folder), { recursive: true })
    .filter((file) => file.endsWith(".js"))
    .map((file) => `${folder}/${file.split(path.sep).join("/").slice(0, -3)}`)
    .sort();
}

function isFlat(file) {
  return file.startsWith("api/union/");
}

function isIndex(file) {
  return file === "api/index" || file === "api/apiObj";
}

function dottedName(file) {
  return file.slice("api/".length).replaceAll("/", ".");
}

function suggestion(api, byName) {
  const last = api.split(".").pop().toLowerCase();
  const near = [...byName.keys()].filter((name) => name.split(".").pop().toLowerCase() === last);
  return near.length ? `; did you mean "${near[0]}"?` : "";
}
