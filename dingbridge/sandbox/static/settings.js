// The two panels of settings: the client's and the platform's. Every change takes effect at once.

import { ask } from "./api.js";
import { word } from "./words.js";

const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

const choice = (name, ...options) => ({ name, kind: "choice", options });
const FAULTS = ["refuse", "hang", "reset", "lost", "http500", "html", "busy", "limited", "wrong_types", "slow"];
const onFault = (target, kinds) => Object.assign(
  choice(["faults", target], ["", "no_fault"], ...kinds.map((kind) => [kind, kind])),
  { label: target === "*" ? "all_endpoints" : { token: "access_token", ticket: "jsapi_ticket" }[target] },
);

// Each setting: where it stands in the server's JSON, and what one may choose: [value, word].
const CLIENT = [
  ["g_authority",
    Object.assign(choice("url_rule", ["current", "current"], ["entry", "entry"]), { help: "url_rule_help" }),
    Object.assign(choice("grant_life", ["document", "life_document"], ["path", "life_path"], ["url", "life_url"]), { help: "grant_life_help" }),
    Object.assign(choice("error_shape", ["modern", "modern"], ["classic", "classic"]), { help: "error_shape_help" })],
  ["g_bridge",
    choice("bridge", ["normal", "normal"], ["late", "late"], ["never", "never"]),
    { name: "late_ms", kind: "number", min: 0, max: 600000 },
    { name: "grant_ms", kind: "number", min: 0, max: 600000, quiet: true }],
  ["g_phone",
    { name: "version", kind: "text" },
    { name: "language", kind: "text" },
    { name: "user", kind: "text", quiet: true }],
];
const PLATFORM = [
  ["g_verify",
    choice("algorithm", ["sha256", "SHA-256"], ["sha1", "SHA-1"]),
    choice("query_rule", ["decoded", "decoded"], ["raw", "raw"])],
  ["g_ticket",
    Object.assign(choice("ticket", ["renew", "renew"], ["replace", "replace"]), { help: "ticket_help" })],
  ["g_clock",
    { name: ["clock", "speed"], kind: "number", min: 0, max: 1000000, label: "speed" },
    { name: ["clock", "offset"], kind: "number", min: -1000000000, max: 1000000000, label: "offset" }],
  ["g_faults",
    Object.assign(onFault("*", FAULTS), { help: "faults_help" }),
    onFault("token", FAULTS),
    onFault("ticket", FAULTS.concat("bad_ticket"))],
];

const pathOf = (setting) => [].concat(setting.name);

const valueIn = (values, setting) => {
  const value = pathOf(setting).reduce((part, name) => (part === undefined || part === null ? part : part[name]), values);
  return value !== null && typeof value === "object" ? value.kind : value;
};

const patchFor = (setting, value) => pathOf(setting).reduceRight((inner, name) => ({ [name]: inner }), value);

const controlOf = (setting, id, value) => {
  if (setting.kind === "choice") {
    const select = make("select", { id });
    select.append(...setting.options.map(([option, label]) => make("option", { value: option, textContent: word(label) })));
    select.value = value === undefined || value === null ? "" : value;
    return select;
  }
  if (setting.kind === "switch") {
    return make("input", { id, type: "checkbox", checked: Boolean(value) });
  }
  const field = make("input", { id, type: setting.kind, value: String(value), required: true, autocomplete: "off" });
  if (setting.kind === "number") {
    Object.assign(field, { min: setting.min, max: setting.max, step: "any" });
  }
  return field;
};

const readFrom = (setting, control) => {
  if (setting.kind === "switch") {
    return control.checked;
  }
  if (setting.kind === "number") {
    return Number(control.value);
  }
  return setting.kind === "choice" && control.value === "" ? null : control.value;
};

/** One panel over one resource of the server ("device" or "platform"). */
export class Panel {
  /** `changed(setting)` is called after a change that is in effect. */
  constructor(root, resource, changed) {
    Object.assign(this, { root, resource, changed, values: null });
    this.groups = resource === "device" ? CLIENT : PLATFORM;
    this.extras = [];
  }

  /** Buttons below a group: [group, help, [[word, act], …]]. */
  addButtons(group, help, buttons) {
    this.extras.push({ group, help, buttons });
  }

  async load() {
    this.values = await ask(this.resource);
    this.draw();
  }

  async change(patch) {
    this.values = await ask(this.resource, { method: "PATCH", body: patch });
  }

  draw() {
    if (this.values === null) {
      return;
    }
    const boxes = this.groups.map(([title, ...settings]) => this.box(title, settings.map((setting) => this.row(setting, title))));
    this.extras.filter(({ group }) => !this.groups.some(([title]) => title === group)).forEach(({ group }) => boxes.push(this.box(group, [])));
    this.root.replaceChildren(...boxes);
  }

  box(title, rows) {
    const said = make("p", { className: "said", hidden: true });
    said.setAttribute("role", "alert");
    const box = make("div", { className: "group" }, make("h2", { textContent: word(title) }), ...rows);
    this.extras.filter(({ group }) => group === title).forEach(({ help, buttons }) => {
      const row = make("div", { className: "row" });
      if (help) {
        row.append(make("p", { className: "help", textContent: word(help) }));
      }
      row.append(make("div", { className: "buttons" }, ...buttons.map(([label, act]) => {
        const button = make("button", { type: "button", textContent: word(label) });
        button.addEventListener("click", () => this.attempt(said, () => act(button)));
        return button;
      })));
      box.append(row);
    });
    box.append(said);
    return box;
  }

  row(setting) {
    const id = `set-${this.resource}-${pathOf(setting).join("-").replace("*", "all")}`;
    const control = controlOf(setting, id, valueIn(this.values, setting));
    const label = make("label", { htmlFor: id, textContent: word(setting.label || setting.name) });
    const row = make("div", { className: "row" }, label);
    row.append(setting.kind === "switch" ? make("label", { className: "switch" }, control) : control);
    if (setting.help) {
      const help = make("p", { className: "help", id: `${id}-help`, textContent: word(setting.help) });
      control.setAttribute("aria-describedby", help.id);
      row.append(help);
    }
    control.addEventListener("change", () => {
      if (control.checkValidity()) {
        const said = row.parentElement.querySelector(".said");
        this.attempt(said, async () => {
          await this.change(patchFor(setting, readFrom(setting, control)));
          this.changed(setting);
        });
      }
    });
    return row;
  }

  async attempt(said, act) {
    said.hidden = true;
    try {
      await act();
    } catch (fault) {
      said.textContent = word("not_saved") + fault.message;
      said.hidden = false;
    }
  }
}
