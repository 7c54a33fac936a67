// The phone (or the desktop window) and what the client draws around the app.

import { askPerson } from "./choosers.js";
import { closeSheet, toast } from "./dialogs.js";
import { closeViewer, showDriveFile, showImages, showOutside } from "./viewer.js";
import { fillWords, word } from "./words.js";

const byId = (id) => document.getElementById(id);
const frame = byId("frame");
const SILENCE_MS = 1200; // after something has loaded: time for its container to answer
const PATIENCE_MS = 20000; // for a page to load at all

let origin = null; // of the app, as the phone sees it
let shown = null; // the last state that the container reported
let setTitle = null; // what biz.navigation.setTitle asked for
let timer = null;
let platform = "android";

const tell = (order) => {
  if (origin !== null && frame.contentWindow) {
    frame.contentWindow.postMessage(order, origin);
  }
};

/** `dd_nav_bgcolor` of an address as [background, text], or null; AARRGGBB, or RRGGBB for opaque. */
export const navigationColours = (url) => {
  const value = new URL(url).searchParams.get("dd_nav_bgcolor") || "";
  const parts = /^([0-9a-f]{2})?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(value);
  if (!parts) {
    return null;
  }
  const [alpha, red, green, blue] = parts.slice(1).map((part) => (part === undefined ? 255 : parseInt(part, 16)));
  // Relative luminance over white decides which text can be read.
  const linear = [red, green, blue].map((channel) => {
    const over = (channel * alpha + 255 * (255 - alpha)) / 255 / 255;
    return over <= 0.03928 ? over / 12.92 : ((over + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return [`rgb(${red} ${green} ${blue} / ${alpha / 255})`, luminance > 0.22 ? "#171a1d" : "#fff"];
};

const paintBar = () => {
  const device = byId("device");
  const colours = shown && platform !== "pc" && platform !== "none" ? navigationColours(shown.entry_url) : null;
  device.style.setProperty("--bar", colours ? colours[0] : "");
  device.style.setProperty("--on-bar", colours ? colours[1] : "");
};

const pathOf = (url) => (url.startsWith(origin) ? url.slice(origin.length) || "/" : url);

const settle = () => {
  clearTimeout(timer);
  byId("loading").hidden = true;
  byId("down").hidden = true;
  byId("progress").hidden = true;
};

const giveUp = () => {
  settle();
  byId("down").hidden = false;
};

const expect = (milliseconds) => {
  clearTimeout(timer);
  timer = setTimeout(giveUp, milliseconds);
};

/** Something has loaded. Where no container answers, it is no page of the app. */
const noteLoad = () => {
  if (platform === "none") {
    settle(); // an ordinary browser has no container that could report
    byId("title").textContent = new URL(origin).host;
  } else {
    expect(SILENCE_MS);
    tell({ sandbox: "hello" });
  }
};

const forgetPage = () => {
  setTitle = null;
  byId("right").hidden = true;
  closeSheet();
  closeViewer();
};

const showState = (state) => {
  const another = !shown || shown.document !== state.document;
  if (another) {
    forgetPage();
  } else if (shown.title !== state.title) {
    setTitle = null;
  }
  shown = state;
  settle();
  paintBar();
  byId("title").textContent = setTitle || state.title || new URL(state.url).host;
  const path = byId("path");
  if (document.activeElement !== path) {
    path.value = pathOf(state.url);
    path.removeAttribute("aria-invalid");
  }
  history.replaceState(null, "", `${location.search}#${pathOf(state.url)}`);
};

/** A link as the client follows it: the app's own in the phone, any other one is left to the person. */
export const follow = (link) => {
  const inner = /^dingtalk:\/\/dingtalkclient\/page\/link\?/.test(link) ? new URL(link).searchParams.get("url") : null;
  const address = inner || link;
  if (!/^https?:\/\//i.test(address)) {
    toast(word("no_address"), 2500);
  } else if (!open(address)) {
    showOutside(address);
  }
};

const SHOWS = {
  toast: (args) => toast(args.text || "", Number(args.duration || 3) * 1000),
  showPreloader: (args) => toast(args.text || word("loading"), 30000),
  hidePreloader: () => toast("", 0),
  close: () => toast(word("closed"), 2500),
  setTitle: (args) => {
    setTitle = String(args.title || "");
    byId("title").textContent = setTitle;
  },
  setRight: (args) => {
    byId("right").textContent = args.text || word("right_button");
    byId("right").hidden = args.show === false;
  },
  openLink: (args) => follow(String(args.url || "")),
  previewImage: showImages,
  preview: showDriveFile,
};

/** Calls `act(args)` when the client is to show what the API of that last name shows. */
export const onShow = (name, act) => {
  SHOWS[name] = act;
};

const show = ({ method, args }) => SHOWS[method.split(".").pop()](args);

const hear = async (event) => {
  if (event.source !== frame.contentWindow || event.origin !== origin || !event.data) {
    return;
  }
  const said = event.data;
  if (said.sandbox === "state") {
    showState(said);
  } else if (said.sandbox === "leaving") {
    byId("progress").hidden = false;
  } else if (said.sandbox === "show") {
    show(said);
  } else if (said.sandbox === "first") {
    toast(word("first_page"), 2500);
  } else if (said.sandbox === "ask") {
    const answer = await askPerson(said.question);
    tell({ sandbox: "answer", id: said.id, answer });
  }
};

/** Opens a path of the app ("/…") or an address of the app's origin; false for any other address. */
export const open = (address) => {
  const wanted = address.startsWith("/") && !address.startsWith("//") ? origin + address : address;
  if (Object.assign(document.createElement("a"), { href: wanted }).origin !== origin) {
    return false;
  }
  settle();
  byId("loading").hidden = shown !== null;
  byId("progress").hidden = false;
  expect(PATIENCE_MS);
  frame.src = wanted;
  return true;
};

/** Loads the app anew in a window of its own: no history, no name, nothing left of the client before. */
export const restart = () => {
  byId("screen").prepend(frame);
  open(byId("path").value);
};

export const reload = () => {
  if (byId("down").hidden && byId("loading").hidden && platform !== "none") {
    tell({ sandbox: "reload" });
  } else {
    restart();
  }
};

/** An event of the client, or a tap on something that the page put into the navigation bar. */
export const sendEvent = (name) => tell({ sandbox: "event", name });
export const tapRight = () => tell({ sandbox: "tap", method: "biz.navigation.setRight" });

export const usePlatform = (name) => {
  platform = name;
  byId("device").dataset.platform = name;
  document.body.dataset.device = name;
  byId("back").hidden = name === "none"; // a browser has its own
  paintBar();
};

const toggleMenu = (visible) => {
  byId("menu").hidden = !visible;
  byId("more").setAttribute("aria-expanded", String(visible));
  if (visible) {
    byId("menu").querySelector("button").focus();
  }
};

const menuActs = {
  reload,
  alone: () => window.open(shown ? shown.url : origin, "_blank", "noopener"),
};

const wireMenu = () => {
  byId("more").addEventListener("click", () => toggleMenu(byId("menu").hidden));
  byId("menu").addEventListener("click", (event) => {
    const act = menuActs[event.target.dataset.act];
    if (act) {
      toggleMenu(false);
      byId("more").focus();
      act();
    }
  });
  byId("bar").addEventListener("keydown", (event) => {
    const items = Array.from(byId("menu").querySelectorAll("button"));
    const at = items.indexOf(document.activeElement);
    if (event.key === "Escape" && !byId("menu").hidden) {
      toggleMenu(false);
      byId("more").focus();
    } else if (at >= 0 && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      items[(at + (event.key === "ArrowDown" ? 1 : items.length - 1)) % items.length].focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!byId("menu").contains(event.target) && !byId("more").contains(event.target)) {
      toggleMenu(false);
    }
  });
};

const wireAddress = () => {
  byId("address").addEventListener("submit", (event) => {
    event.preventDefault();
    const path = byId("path");
    const taken = open(path.value.trim() || "/");
    path.setAttribute("aria-invalid", String(!taken));
    if (taken) {
      path.blur();
    } else {
      toast(word("address_outside"), 2500);
    }
  });
  byId("home").addEventListener("click", () => open("/"));
  byId("reload").addEventListener("click", reload);
  byId("retry").addEventListener("click", () => open(byId("path").value));
  byId("dismiss").addEventListener("click", settle);
};

const tick = () => {
  const now = new Date();
  byId("clock").textContent = `${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`;
};

/** Puts the app of `phoneUrl` into the phone; the fragment of this page's own address says where to begin. */
export const startPhone = (phoneUrl, platformName) => {
  origin = new URL(phoneUrl).origin;
  usePlatform(platformName);
  window.addEventListener("message", hear);
  frame.addEventListener("load", noteLoad);
  byId("back").addEventListener("click", () => closeViewer() || tell({ sandbox: "back" }));
  byId("right").addEventListener("click", tapRight);
  wireMenu();
  wireAddress();
  fillWords(byId("phone"));
  tick();
  setInterval(tick, 10000);
  const path = location.hash.slice(1);
  if (!open(path || "/")) {
    open("/");
  }
};
