// What runs inside DingTalk is written for WebViews of Chrome 69 and iOS 12: syntax of ES2018, and
// no API that those lack (eslint-plugin-compat, with the browserslist of package.json).
import js from "@eslint/js";
import compat from "eslint-plugin-compat";
import globals from "globals";

const SANDBOX = "dingbridge/sandbox/static";
const CLASSIC = ["static/first.js", "static/outdated.js"];

const strict = {
  "array-callback-return": "error",
  "consistent-return": "error",
  curly: ["error", "multi-line"],
  eqeqeq: "error",
  "no-console": "error",
  "no-eval": "error",
  "no-implied-eval": "error",
  "no-new-func": "error",
  "no-script-url": "error",
  "no-shadow": "error",
  "no-unused-expressions": "error",
  "no-var": "error",
  "no-warning-comments": "error",
  "object-shorthand": "error",
  "prefer-const": "error",
};

export default [
  { ignores: ["node_modules/", ".venv*/", "static/vendor/", "**/__pycache__/", "instance/", "htmlcov/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  { ...js.configs.recommended, rules: { ...js.configs.recommended.rules, ...strict } },
  {
    files: ["static/**/*.js", "microapp/{charts,spa}/**/*.js", `${SANDBOX}/**/*.js`],
    ...compat.configs["flat/recommended"],
    languageOptions: { ecmaVersion: 2018, sourceType: "module", globals: globals.browser },
    rules: {
      ...compat.configs["flat/recommended"].rules,
      // ES2018 has neither `catch {` nor an error's cause.
      "no-unused-vars": ["error", { caughtErrorsIgnorePattern: "^_$" }],
      "preserve-caught-error": "off",
    },
  },
  {
    // The usual way, built to be measured against: what such pages look like.
    files: ["bench/**/*.js"],
    languageOptions: { ecmaVersion: 2018, sourceType: "script", globals: globals.browser },
    rules: { "no-redeclare": ["error", { builtinGlobals: false }] },
  },
  {
    // The sandbox's own page is opened by a developer, in a browser of today.
    files: [`${SANDBOX}/**/*.js`],
    ignores: [`${SANDBOX}/container-*.js`],
    rules: { "compat/compat": "off", "no-console": ["error", { allow: ["warn", "error"] }] },
  },
  {
    // Loaded as classic scripts; the container's files are joined into one.
    files: [`${SANDBOX}/container-*.js`, `${SANDBOX}/pc-host.js`],
    languageOptions: { sourceType: "script" },
  },
  {
    // These run where modules do not exist, or before anything else.
    files: CLASSIC,
    languageOptions: { ecmaVersion: 5, sourceType: "script" },
    rules: { "no-var": "off", "object-shorthand": "off", "prefer-const": "off" },
  },
  {
    files: ["assets/**/*.mjs", "tests/js/**/*.js", "tests/js/**/*.mjs", "eslint.config.js"],
    languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: globals.node },
  },
  {
    // A browser's globals, which tests/js/tab.js puts there.
    files: ["tests/js/tab.js", "tests/js/reauth.test.js"],
    languageOptions: { globals: { document: "readonly", window: "readonly" } },
  },
];
