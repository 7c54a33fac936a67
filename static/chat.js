// Chat: the client lets the person choose a chat, the server keeps the choice, and a form sends to
// it. What is chosen or typed stays when something fails.
import { allow, call, state } from "./bridge.js";
import "./app_frame.js";
import { sendForm } from "./app_form.js";
import { clear, done, failed, tell, working } from "./app_outcome.js";
import { renewParts } from "./app_parts.js";
import { send } from "./app_server.js";
import { say } from "./app_words.js";
import { followAll } from "./chat_delivery.js";
import { signIn, user } from "./login.js";

const PICKERS = {
  robot: ["biz.chat.chooseConversationByCorpId", { isAllowCreateGroup: false, filterNotOwnerGroup: false }],
  cid: ["biz.chat.pickConversation", { isConfirm: false }],
};

const form = document.getElementById("chat");
const chosen = document.getElementById("chosen");
const outcome = document.getElementById("outcome");
const { kind, title, url } = form.elements;
const [picker, parameters] = PICKERS[form.dataset.way];
let wanted = ""; // the receiver, whatever becomes of the options
let isChoosing = false;

// --- the receiver ---

function receivers() {
  return form.elements.to;
}

/** Selects a receiver if there is such an option; else none, so that nothing goes astray. */
function select(to) {
  receivers().value = to;
  if (receivers().selectedIndex < 0) receivers().selectedIndex = 0;
  wanted = receivers().value;
}

async function choose() {
  if (isChoosing) return; // a double tap
  isChoosing = true;
  try {
    working(chosen, say("chat_choosing"));
    const { corpId } = user() || await signIn();
    await keep(await call(picker, Object.assign({ corpId }, parameters)));
  } catch (error) {
    failed(chosen, error, choose);
  } finally {
    isChoosing = false;
  }
}

/** Tells the server; what was chosen need not be chosen again when that fails. */
async function keep(choice) {
  const { chatId, cid, openConversationId } = choice;
  working(chosen, say("chat_keeping"));
  try {
    const kept = await send(form.dataset.choices, {
      title: choice.title, chatId, cid, openConversationId,
    });
    offer(kept.id, kept.title || say("chat_unnamed"));
  } catch (error) {
    failed(chosen, error, () => keep(choice));
  }
}

function offer(id, name) {
  const value = String(id);
  const before = Array.from(receivers().options).find((option) => option.value === value);
  if (!before) receivers().append(new Option(name, value));
  select(value);
  done(chosen, say("chat_chosen", { title: name }));
}

// --- the message ---

/** Fields that this kind has no use for are out of sight. */
function fit() {
  const isText = kind.value === "text";
  form.dataset.kind = kind.value;
  [title, url].forEach((field) => { field.required = !isText; });
}

sendForm(form, {
  outcome,
  says: say("chat_sending"),
  done() {
    select(wanted); // the form is empty again
    fit();
    done(outcome, say("chat_done"));
    clear(chosen);
    renewParts(["receivers", "sent"], form.action);
  },
  refused() {
    renewParts(["sent"], form.action); // the list has it with its reference
  },
});

form.addEventListener("app:draft", ({ detail }) => {
  if ("to" in detail) wanted = detail.to; // one of those whom signing in brings
  fit();
});
form.addEventListener("change", ({ target }) => {
  if (target === receivers()) wanted = target.value;
  if (target === kind) fit();
});
document.getElementById("choose").addEventListener("click", choose);
// Signing in brings the chats that were chosen earlier; a message that failed is in the list too.
document.addEventListener("app:parts", ({ detail }) => {
  if (detail.names.includes("receivers")) select(wanted);
  if (detail.names.includes("sent")) followAll();
});

allow(picker).catch(({ code }) => {
  const isOutside = state() === "outside";
  if (!isOutside && code !== "unsupported_here") return; // told when it is tapped
  form.classList.add("is-elsewhere");
  tell(chosen, say(isOutside ? "chat_outside" : "chat_desktop"));
});

select(receivers().value); // a draft may name a chat that is not offered any more
fit();
followAll();
