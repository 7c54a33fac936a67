// What a visitor reads when the bridge is not there: a sentence, a reference, a way to try again.
// Developers also see what happened and the URLs side by side. Styles: bridge.css.
import { cutAtDifference } from "./bridge_urls.js";

const OWN = "dingbridge-notice";

/** Shows `error`; `urls` are [label, url] rows for developers, the first being the signed one. */
export function showNotice(page, error, urls) {
  const notice = element("section", OWN);
  const reference = element("p", "dingbridge-reference", `${page.words.reference || ""} `);
  reference.append(element("code", "", error.reference));
  const said = element("div", "");
  said.setAttribute("role", "alert"); // what is read out at once: not the details
  said.append(element("p", "dingbridge-message", error.message), reference);
  notice.append(said, retryButton(page.words.retry || "↻"));
  if (page.developer) notice.append(details(page, error, urls));
  place(page, notice);
}

/** Outside DingTalk nothing is broken: one plain sentence. */
export function showOutside(page, error) {
  const notice = element("section", `${OWN} dingbridge-outside`);
  notice.setAttribute("role", "status");
  notice.append(element("p", "dingbridge-message", error.message));
  place(page, notice);
}

/** What first.js tells of a script that is missing stays: that is so whatever becomes of the grant. */
export function clearNotice() {
  document.querySelectorAll(`.${OWN}:not(.dingbridge-lost)`).forEach((notice) => notice.remove());
}

function place(page, notice) {
  clearNotice();
  notice.lang = page.lang === "zh" ? "zh-CN" : page.lang;
  const prepared = document.querySelector("[data-dingbridge-notice]");
  if (!prepared) notice.classList.add("dingbridge-floating");
  (prepared || document.body).append(notice);
}

function retryButton(label) {
  const button = element("button", "dingbridge-retry", label);
  button.type = "button";
  // dd.config runs once per document: only a new document is a new chance.
  button.addEventListener("click", () => {
    const retry = new CustomEvent("dingbridge:retry", { cancelable: true });
    // Whoever has something to keep over it prevents this and reloads by itself (reauth.js).
    if (document.dispatchEvent(retry)) window.location.reload();
  });
  return button;
}

function details(page, error, urls) {
  const label = (name) => page.words[name] || name;
  const code = [error.code, error.subcode].filter(Boolean).join(" / ");
  const list = element("dl", "");
  [
    ["code", `${code} ${error.title}`],
    ["cause", error.cause],
    ["remedy", error.remedy],
    ["text", error.text],
  ].filter((row) => row[1]).forEach(([name, text]) => {
    list.append(element("dt", "", label(name)), element("dd", "", text));
  });
  markDifferences(urls).forEach(([name, parts]) => {
    const value = element("dd", "");
    value.append(address(parts, label("first_difference")));
    list.append(element("dt", "", label(name)), value);
  });
  const folded = element("details", "dingbridge-details");
  folded.open = true;
  folded.append(element("summary", "", label("details")), list);
  return folded;
}

/** Each URL cut where it first leaves the others: [name, [same, character, rest]]. */
export function markDifferences(urls) {
  const known = urls.filter((row) => row[1]);
  return known.map(([name, url]) => {
    const other = known.find((row) => row[1] !== url);
    return [name, other ? cutAtDifference(url, other[1]).concat(true) : [url, "", "", false]];
  });
}

function address([same, character, rest, differs], hint) {
  const code = element("code", "dingbridge-url");
  code.append(same);
  // Where one URL merely ends before the others, the mark stands at its end.
  if (differs) {
    const mark = element("mark", "", character || "␃");
    mark.title = hint;
    code.append(mark);
  }
  code.append(rest);
  return code;
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}
