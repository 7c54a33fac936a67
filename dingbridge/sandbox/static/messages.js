// What the phone's person is sent: a banner when something comes, and all of it in a list over the app.

import { ask } from "./api.js";
import { make } from "./dialogs.js";
import { markdown } from "./markdown.js";
import { follow, onShow } from "./phone.js";
import { currentLanguage, word } from "./words.js";
import { size } from "./viewer.js";

const byId = (id) => document.getElementById(id);
const BANNER_MS = 8000;
const AGAIN_MS = 1000; // while something is on its way
const SENDING = /^\/(topapi\/message|v1\.0\/robot|message)\//;

let user = null;
let platform = "android";
let letters = [];
let seen = 0; // number of the newest letter that was announced
let opened = null; // number of the letter that is open
let bannerTimer = null;
let againTimer = null;

const isUnread = (letter) => !letter.read_by.includes(user);

const senderOf = (letter) => {
  if (letter.kind === "notification") {
    return letter.card.head || word("work_notification");
  }
  const sender = letter.from_name || word("robot");
  return letter.conversation ? `${letter.conversation} · ${sender}` : sender;
};

const timeOf = (letter) => {
  const locale = currentLanguage() === "zh" ? "zh-CN" : "en-GB";
  return make("time", new Date(letter.at * 1000).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" }));
};

const hideBanner = () => {
  byId("banner").hidden = true;
};

const addressOf = (button, card) => {
  const address = platform === "pc" && card.pc_url ? card.pc_url : button.url;
  return address.startsWith("media?") ? new URL(`/__sandbox__/${address}`, location.href).href : address;
};

const pictureOf = (address) => (address.startsWith("media?") ? `/__sandbox__/${address}` : address);

const drawCard = (card) => {
  const body = make("div", "", { className: "card" });
  const openLink = (address) => {
    closeInbox();
    follow(address);
  };
  const add = (tag, text, className) => text && body.append(make(tag, text, { className: className || "" }));
  add("h4", card.title);
  if (card.image) {
    body.append(make("img", "", { src: pictureOf(card.image), alt: "" }));
  }
  if (card.facts) {
    body.append(make("dl", "", {}, ...card.facts.map(([key, value]) => make("div", "", {}, make("dt", key), make("dd", value)))));
  }
  add("p", card.figure, "figure");
  if (card.text && card.markdown) {
    body.append(markdown(card.text, openLink));
  } else {
    add("p", card.text, "plain");
  }
  add("p", card.file && `${card.file.name} · ${size(card.file.size)}`);
  add("p", card.note, "hint");
  const buttons = (card.buttons || []).map((one) => {
    const button = make("button", one.title || word("view_details"), { type: "button", className: "main" });
    button.addEventListener("click", () => openLink(addressOf(one, card)));
    return button;
  });
  if (buttons.length > 0) {
    body.append(make("div", "", { className: "buttons" }, ...buttons));
  }
  return body;
};

const itemOf = (letter) => {
  const button = make("button", "", { type: "button", className: "letter" });
  button.setAttribute("aria-expanded", String(opened === letter.n));
  button.append(
    make("span", senderOf(letter), { className: "name" }), timeOf(letter),
    make("span", letter.summary, { className: "hint" }),
  );
  if (isUnread(letter)) {
    button.prepend(make("span", word("unread"), { className: "unread" }));
  }
  if (letter.status.value) {
    button.append(make("span", letter.status.value, { className: "badge" }));
  }
  const item = make("li", "", {}, button);
  item.dataset.n = String(letter.n);
  button.addEventListener("click", () => openLetter(opened === letter.n ? null : letter.n));
  if (opened === letter.n) {
    item.append(drawCard(letter.card));
  }
  return item;
};

/** Draws list and count anew. */
export const drawMessages = () => {
  const unread = letters.filter(isUnread).length;
  byId("unread").textContent = unread > 99 ? "99+" : String(unread);
  byId("unread").hidden = unread === 0;
  byId("inbox-open").setAttribute("aria-label", unread > 0 ? `${word("messages")} · ${word("unread")} ${unread}` : word("messages"));
  byId("no-letters").hidden = letters.length > 0;
  byId("letters").replaceChildren(...letters.map(itemOf));
};

const refocus = (number) => {
  const button = byId("letters").querySelector(`[data-n="${number}"] button`);
  if (button) {
    button.focus();
  }
};

const openLetter = async (number) => {
  const before = opened;
  opened = number;
  drawMessages();
  refocus(number || before);
  const letter = letters.find((one) => one.n === number);
  if (letter && isUnread(letter)) {
    // A letter that was taken back meanwhile is simply gone with the next load.
    await ask("messages/read", { method: "POST", body: { n: number, user } }).catch(() => null);
    await load();
    refocus(number);
  }
};

const showInbox = (number) => {
  hideBanner();
  byId("inbox").hidden = false;
  byId("inbox-open").setAttribute("aria-expanded", "true");
  byId("inbox-close").focus();
  if (number !== null) {
    openLetter(number);
  } else {
    drawMessages();
  }
};

const closeInbox = () => {
  if (!byId("inbox").hidden) {
    byId("inbox").hidden = true;
    byId("inbox-open").setAttribute("aria-expanded", "false");
    opened = null;
    byId("inbox-open").focus();
  }
};

const announce = (letter) => {
  byId("banner-from").textContent = senderOf(letter);
  byId("banner-text").textContent = letter.summary;
  byId("banner").dataset.n = String(letter.n);
  byId("banner").hidden = false;
  clearTimeout(bannerTimer);
  bannerTimer = setTimeout(hideBanner, BANNER_MS);
};

/** Asks for the person's letters; whatever is newer than what was there is announced, unless it is the first look. */
const load = async (quietly) => {
  clearTimeout(againTimer);
  const wanted = user;
  const answer = await ask(`messages?user=${encodeURIComponent(wanted)}`).catch(() => null);
  if (answer === null || wanted !== user) {
    return; // the page says elsewhere that the sandbox is silent
  }
  letters = answer.messages.reverse();
  const fresh = letters.filter((letter) => letter.n > seen && isUnread(letter) && letter.from !== user);
  seen = Math.max(seen, ...letters.map((letter) => letter.n));
  drawMessages();
  if (fresh.length > 0 && !quietly && byId("inbox").hidden) {
    announce(fresh[0]);
  }
  if (answer.on_the_way > 0) {
    againTimer = setTimeout(load, AGAIN_MS);
  }
};

/** The phone belongs to `userid` from now on, on that platform. */
export const useMailbox = (userid, platformName) => {
  platform = platformName;
  if (userid !== user) {
    [user, seen, opened] = [userid, 0, null];
    hideBanner();
    load(true);
  }
};

/** Looks for messages where a call of the platform may have sent, changed or taken back one. */
export const watchMessages = (entries) => {
  if (entries.some((entry) => entry.kind === "platform" && SENDING.test(entry.endpoint))) {
    load();
  }
};

/** Forgets what was there, after a reset. */
export const forgetMessages = () => {
  [seen, opened] = [0, null];
  return load(true);
};

export const startMessages = () => {
  ["toConversation", "toConversationByOpenConversationId", "openSingleChat"].forEach((name) => onShow(name, () => showInbox(null)));
  byId("inbox-open").addEventListener("click", () => (byId("inbox").hidden ? showInbox(null) : closeInbox()));
  byId("inbox-close").addEventListener("click", closeInbox);
  byId("banner").addEventListener("click", () => showInbox(Number(byId("banner").dataset.n)));
  byId("inbox").addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      closeInbox();
    }
  });
};
