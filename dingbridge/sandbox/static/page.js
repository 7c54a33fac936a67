// The sandbox's page: brings phone, calls and settings together.

import { ask } from "./api.js";
import { onCalls, redraw, startCalls } from "./calls.js";
import { drawMessages, forgetMessages, startMessages, useMailbox, watchMessages } from "./messages.js";
import { open, reload, restart, sendEvent, startPhone, tapRight, usePlatform } from "./phone.js";
import { Panel } from "./settings.js";
import { drawDrive, drawSurroundings, startSurroundings, watchDrive } from "./surroundings.js";
import { choose, chosen, currentLanguage, useLanguage, word } from "./words.js";

const byId = (id) => document.getElementById(id);
const root = document.documentElement;
const VIEWS = ["phone", "calls", "surroundings", "client", "platform"];

let unseen = 0;

const countUnseen = (number) => {
  unseen = number;
  byId("count").textContent = unseen > 99 ? "99+" : String(unseen);
  byId("count").hidden = unseen === 0;
};

const lookingAtCalls = () => {
  const view = document.body.dataset.view;
  return view === "calls" || (view === "phone" && window.matchMedia("(width >= 900px)").matches);
};

const showView = (view) => {
  document.body.dataset.view = view;
  VIEWS.forEach((name) => {
    const current = name === view || (name === "calls" && lookingAtCalls());
    byId(`tab-${name}`).setAttribute("aria-current", String(current));
  });
  if (lookingAtCalls()) {
    countUnseen(0);
  }
};

const client = new Panel(byId("client"), "device", (setting) => {
  useMailbox(client.values.user, client.values.platform);
  if (!setting.quiet) {
    reload(); // the container learns of it with the next document
  }
});
const platform = new Panel(byId("platform"), "platform", () => {});

const showPlatform = () => {
  const name = client.values.platform;
  byId("platforms").querySelectorAll("input").forEach((input) => {
    input.checked = input.value === name;
  });
  usePlatform(name);
  useMailbox(client.values.user, name);
};

const briefly = (button, text) => {
  const before = button.textContent;
  button.textContent = text;
  setTimeout(() => {
    button.textContent = before;
  }, 1500);
};

const revoke = (what) => async (button) => {
  await ask(`platform/${what}`, { method: "POST", body: { action: "revoke" } });
  briefly(button, word("revoked"));
};

const resetAll = async () => {
  await ask("reset", { method: "POST", body: {} });
  await Promise.all([client.load(), platform.load()]);
  showPlatform();
  drawSurroundings();
  await Promise.all([drawDrive(), forgetMessages()]);
  open("/");
};

const wire = () => {
  VIEWS.forEach((name) => byId(`tab-${name}`).addEventListener("click", () => showView(name)));
  window.matchMedia("(width >= 900px)").addEventListener("change", () => showView(document.body.dataset.view));
  byId("platforms").addEventListener("change", async (event) => {
    await client.change({ platform: event.target.value });
    showPlatform();
    restart();
  });
  byId("theme").addEventListener("click", () => {
    const dark = chosen("theme") ? root.dataset.theme === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
    choose("theme", dark ? "light" : "dark");
    root.dataset.theme = chosen("theme");
  });
  byId("language").addEventListener("click", () => {
    choose("lang", currentLanguage() === "zh" ? "en" : "zh");
    speak(chosen("lang"));
  });
  client.addButtons("g_events", "events_help", [
    ["resume", () => sendEvent("resume")], ["pause", () => sendEvent("pause")], ["right_button", tapRight],
  ]);
  platform.addButtons("g_ticket", "", [["revoke_ticket", revoke("ticket")], ["revoke_token", revoke("token")]]);
  platform.addButtons("g_start", "reset_help", [["reset_all", resetAll]]);
  onCalls(watchMessages);
  onCalls(watchDrive);
  onCalls((entries) => countUnseen(lookingAtCalls() ? 0 : unseen + entries.length));
};

const speak = (language) => {
  useLanguage(language);
  byId("language").textContent = language === "zh" ? "EN" : "中";
  byId("language").lang = language === "zh" ? "en" : "zh";
  byId("language").setAttribute("aria-label", `${byId("language").textContent} · ${word("switch_language")}`);
  client.draw();
  platform.draw();
  redraw();
  drawMessages();
  if (client.values) {
    drawSurroundings();
  }
};

const start = async () => {
  root.dataset.theme = chosen("theme") || "";
  speak(currentLanguage());
  wire();
  showView("phone");
  const addresses = await ask("addresses");
  await Promise.all([client.load(), platform.load()]);
  startMessages();
  startPhone(addresses.phone, client.values.platform);
  showPlatform();
  await startSurroundings(client);
  startCalls();
};

start();
