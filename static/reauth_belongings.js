// What a visitor has in a view: what was typed and not sent, the scroll position, and whatever the
// view's code asks to carry.

const NOT_TYPED = ["hidden", "submit", "button", "reset", "image", "file", "password"];
const ENDS_SCROLLING = ["wheel", "touchmove", "keydown", "mousedown"];

export class Belongings {
  constructor() {
    this.readers = new Map();
    this.carried = {};
    this.fields = []; // of these the page has not shown the fields yet
    this.focus = ""; // the id of what had the focus
    this.scroll = null;
    this.observer = null;
    ENDS_SCROLLING.forEach((name) => {
      window.addEventListener(name, () => { this.scroll = null; }, { passive: true });
    });
  }

  carry(name, read) {
    this.readers.set(name, read);
    const { [name]: value } = this.carried;
    delete this.carried[name];
    return value;
  }

  /** False where something would be lost: a chosen file or a password is not written down. */
  canTravel() {
    return !Array.from(document.querySelectorAll("input[type=file], input[type=password]"))
      .some((field) => field.value);
  }

  pack() {
    const carried = Object.assign({}, this.carried);
    this.readers.forEach((read, name) => {
      try {
        carried[name] = read();
      } catch (error) { // one reader's fault is no reason to lose the rest
        setTimeout(() => { throw error; });
      }
    });
    const present = fieldsInPage()
      // Of radio buttons the chosen one tells.
      .filter(([, field]) => field.type !== "radio" || field.checked)
      // Not only what differs from the default: frameworks write values into the defaults too.
      .map(([key, field]) => ({ key, value: valueOf(field) }));
    const missing = this.fields.filter((field) => !present.some((one) => one.key === field.key));
    const focus = this.focus || document.activeElement.id;
    return { carried, fields: present.concat(missing), focus, scroll: this.scroll || scrolled() };
  }

  /** Puts it all back, now and as the view comes to show it. */
  unpack({ fields, focus, scroll }) {
    Object.assign(this, { fields, focus, scroll });
    if (this.observer) this.observer.disconnect();
    this.observer = new MutationObserver(() => this.place());
    this.observer.observe(document.body, { childList: true, subtree: true });
    this.place();
  }

  /** The view has been left. */
  drop() {
    if (this.observer) this.observer.disconnect();
    this.readers.clear();
    Object.assign(this, { carried: {}, fields: [], focus: "", observer: null, scroll: null });
  }

  place() {
    const there = new Map(fieldsInPage());
    this.fields = this.fields.filter(({ key, value }) => {
      if (!there.has(key) || !hasOptions(there.get(key), value)) return true;
      fill(there.get(key), value);
      return false;
    });
    this.placeFocus();
    this.placeScroll();
    if (this.observer && !this.fields.length && !this.focus && !this.scroll) this.observer.disconnect();
  }

  placeFocus() {
    const place = this.focus && document.getElementById(this.focus);
    if (!place) return;
    this.focus = "";
    // What the visitor has gone to meanwhile keeps the focus.
    if (document.activeElement === document.body) place.focus({ preventScroll: true });
  }

  placeScroll() {
    const { scroll } = this;
    if (!scroll) return;
    scrollTo(scroll);
    // Routers scroll to the top when a view has been drawn; theirs is not the last word here.
    window.requestAnimationFrame(() => {
      if (this.scroll !== scroll) return;
      scrollTo(scroll);
      if (isThere(scroll)) this.scroll = null;
    });
  }
}

/** [[key, field], …] of everything that a visitor can fill in; keys outlive a reload. */
function fieldsInPage() {
  const seen = new Map();
  return Array.from(document.querySelectorAll("input, textarea, select"))
    .filter((field) => !NOT_TYPED.includes(field.type))
    .map((field) => {
      const form = field.form ? field.form.id || field.form.getAttribute("name") || "form" : "";
      const name = `${form}/${field.name || field.id}`;
      seen.set(name, (seen.get(name) || 0) + 1);
      return [`${name}/${seen.get(name)}`, field];
    });
}

function valueOf(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked;
  if (!field.options) return field.value;
  return Array.from(field.options).filter((option) => option.selected).map((option) => option.value);
}

/** Whether what was chosen in a list can be chosen again: some lists are fetched. */
function hasOptions(field, value) {
  const there = Array.from(field.options || []).map((option) => option.value);
  return !Array.isArray(value) || value.every((one) => there.includes(one));
}

/** As if the visitor did it, since that is what frameworks listen to. */
function fill(field, value) {
  if (String(valueOf(field)) === String(value)) return;
  if (typeof value === "boolean") {
    field.click();
    return;
  }
  if (field.options) {
    Array.from(field.options).forEach((option) => { option.selected = value.includes(option.value); });
  } else {
    // Some frameworks put a property of their own in front of the browser's.
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, value);
  }
  ["input", "change"].forEach((name) => field.dispatchEvent(new Event(name, { bubbles: true })));
}

/** The window's position, and that of everything with an id that scrolls by itself. */
function scrolled() {
  const boxes = Array.from(document.querySelectorAll("[id]"))
    .filter((box) => box.scrollTop || box.scrollLeft)
    .map((box) => [box.id, box.scrollLeft, box.scrollTop]);
  return { x: window.pageXOffset, y: window.pageYOffset, boxes };
}

function scrollTo({ x, y, boxes }) {
  boxes.forEach(([id, left, top]) => {
    const box = document.getElementById(id);
    if (box) Object.assign(box, { scrollLeft: left, scrollTop: top });
  });
  window.scrollTo(x, y);
}

/** Whether the page is tall enough by now, and everything that scrolls in it. */
function isThere({ y, boxes }) {
  return Math.abs(window.pageYOffset - y) < 2 && boxes.every(([id, , top]) => {
    const box = document.getElementById(id);
    return box && Math.abs(box.scrollTop - top) < 2;
  });
}
