// Sending a form by script as the browser would have: with the button that was pressed.

const OVERRIDES = ["action", "enctype", "method", "target"]; // a button may have its own: formaction, …

/** Which button sends a form. The submit event of Chrome 69 and iOS 12 does not say. */
export class Pressed {
  constructor() {
    this.buttons = new WeakMap(); // by form
    // On its way down, where no listener of the page stops it. The Enter key clicks a button too.
    document.addEventListener("click", ({ target }) => this.note(target), true);
  }

  note(target) {
    const button = target instanceof Element && target.closest("button, input");
    if (button && button.form && button.type === "submit") this.buttons.set(button.form, button);
  }

  /** The button of a submit event, if it was one. */
  of(event) {
    return "submitter" in event ? event.submitter : this.buttons.get(event.target);
  }
}

/** Sends `form` as its `button` would, if there is one. The form stays what it was. */
export function resend(form, button) {
  const restore = button ? [carry(form, button), override(form, button)] : [];
  // A field named "submit" hides the form's own method.
  HTMLFormElement.prototype.submit.call(form);
  restore.forEach((undo) => undo());
}

function carry(form, button) {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: button.name, value: button.value });
  form.append(field); // without a name it is not sent
  return () => field.remove();
}

function override(form, button) {
  const names = OVERRIDES.filter((name) => button.hasAttribute(`form${name}`));
  const before = names.map((name) => form.getAttribute(name));
  names.forEach((name) => form.setAttribute(name, button.getAttribute(`form${name}`)));
  return () => names.forEach((name, index) => {
    if (before[index] === null) form.removeAttribute(name);
    else form.setAttribute(name, before[index]);
  });
}
