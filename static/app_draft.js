// What is being typed into a form outlives a reload of the page: it is kept in this tab until the
// server has it. Also the submission's key is, so that sending it again still stores once.
//
// The form gets the event `app:draft` (detail: values by their fields' names) when what was typed
// earlier is back.
import { newKey } from "./app_key.js";
import { user } from "./login.js";

const PREFIX = "draft ";

export class Draft {
  constructor(form) {
    this.form = form;
    this.name = PREFIX + window.location.pathname + form.id;
    this.initial = this.fields();
    this.missing = {}; // of a field whose options have not arrived: what it has to show then
    this.earlier = attempt((storage) => JSON.parse(storage.getItem(this.name) || "null"));
    form.addEventListener("input", ({ target }) => {
      delete this.missing[target.name];
      this.keep();
    });
    // Whose draft it is can be told once it is known who is here.
    if (user()) this.restore();
    else document.addEventListener("dingbridge:login", () => this.restore(), { once: true });
  }

  /** What stands in the form, by its fields' names. */
  fields() {
    return typed(this.form).reduce((all, { name, value }) => Object.assign(all, { [name]: value }), {});
  }

  /** Until it is known who is here, an earlier draft stays in the fields that nobody has touched. */
  keep() {
    // A script may have chosen something since, which is no input.
    Object.keys(this.missing).forEach((name) => {
      if (this.form.elements[name].value !== this.initial[name]) delete this.missing[name];
    });
    const fields = Object.assign(this.fields(), this.missing);
    const draft = { of: userid(), key: this.form.elements.key.value, fields };
    if (this.earlier) {
      const { of, key } = this.earlier;
      this.untouched().forEach(({ name }) => { fields[name] = this.earlier.fields[name]; });
      Object.assign(draft, { of, key });
    }
    attempt((storage) => storage.setItem(this.name, JSON.stringify(draft)));
  }

  /** Puts back what this person typed, or what was typed here before anybody had signed in. */
  restore() {
    const { earlier } = this;
    const isTheirs = earlier && (!earlier.of || earlier.of === userid());
    const fields = isTheirs ? this.untouched() : [];
    this.earlier = null;
    if (!isTheirs) return;
    const detail = {};
    fields.forEach((field) => {
      detail[field.name] = earlier.fields[field.name];
      field.value = detail[field.name];
      if (field.value !== detail[field.name]) this.missing[field.name] = detail[field.name];
    });
    this.form.elements.key.value = earlier.key;
    this.form.dispatchEvent(new CustomEvent("app:draft", { detail }));
  }

  /** The server has `sent`; what was typed since then stays, and is another submission's. */
  finish(sent) {
    const later = typed(this.form).filter(({ name, value }) => value !== sent[name])
      .map((field) => [field, field.value]);
    this.missing = {};
    this.form.reset();
    later.forEach(([field, value]) => { field.value = value; });
    this.renewKey();
    if (!later.length) attempt((storage) => storage.removeItem(this.name));
  }

  /** The next submission is another one. */
  renewKey() {
    this.form.elements.key.value = newKey();
    this.keep();
  }

  /** The fields for which the earlier draft has something, and the person nothing newer. */
  untouched() {
    const { earlier, initial } = this;
    return typed(this.form).filter(({ name, value }) => name in earlier.fields && value === initial[name]);
  }
}

/** The fields that a person types into or chooses from; hidden ones and files are not. */
function typed(form) {
  return Array.from(form.elements).filter(({ name, type }) => (
    name && /^(?:text|textarea|search|date|number|select-one)$/.test(type)
  ));
}

function userid() {
  const known = user();
  return known ? known.userid : "";
}

/** Browsers may forbid storage, and it may be full: then nothing is kept. */
function attempt(action) {
  try {
    return action(window.sessionStorage);
  } catch (_) {
    return null;
  }
}
