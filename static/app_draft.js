// What is being typed into a form outlives a reload of the page: it is kept in this tab until the
// server has it. Also the submission's key is, so that sending it again still stores once.
import { user } from "./login.js";

const PREFIX = "draft ";

export class Draft {
  constructor(form) {
    this.form = form;
    this.name = PREFIX + window.location.pathname + form.id;
    form.addEventListener("input", () => this.keep());
    // Whose draft it is can be told once it is known who is here.
    if (user()) this.restore();
    else document.addEventListener("dingbridge:login", () => this.restore(), { once: true });
  }

  keep() {
    const fields = {};
    typed(this.form).forEach((field) => { fields[field.name] = field.value; });
    const draft = { of: userid(), key: this.form.elements.key.value, fields };
    attempt((storage) => storage.setItem(this.name, JSON.stringify(draft)));
  }

  /** Puts back what this person typed, or what was typed here before anybody had signed in. */
  restore() {
    const draft = attempt((storage) => JSON.parse(storage.getItem(this.name) || "null"));
    if (!draft || (draft.of && draft.of !== userid())) return;
    this.form.elements.key.value = draft.key;
    typed(this.form).filter(({ name }) => name in draft.fields).forEach((field) => {
      field.value = draft.fields[field.name];
    });
  }

  drop() {
    attempt((storage) => storage.removeItem(this.name));
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
