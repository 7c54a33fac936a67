// What the client answers comes in many shapes. Here they become one.
// Codes are numbers on some clients and strings on others; the words stand in `message` or in
// `errorMessage`; the SDK's own failures are Error objects with the code in their text.

/**
 * A failure for page code: `message` is a sentence for a visitor, `remedy` one for a developer.
 * `passing` is true where nobody has answered so far, and somebody still may.
 */
export class BridgeError extends Error {
  constructor(said) {
    super(said.message);
    this.name = "BridgeError";
    Object.assign(this, { subcode: "" }, said);
  }

  toString() {
    return `${this.name} ${this.code}: ${this.message} ${this.remedy}`;
  }
}

/**
 * {code, subcode, text, seen} of whatever the client or the SDK rejected with. `code` and `subcode`
 * are strings, empty where there is none; `seen` is what the platform says that it verified.
 */
export function normalise(reason) {
  const text = textOf(reason);
  return {
    code: codeOf(reason, text),
    subcode: subcodeOf(text),
    text: withoutTickets(text),
    seen: seenByPlatform(text),
  };
}

/** The URL, nonce and time stamp that the platform echoes: "…,nonce:[n],timestamp:[1],url:[u],…". */
export function seenByPlatform(text) {
  // A URL may hold brackets itself, so it ends at the last one before the next field or the end.
  const url = /url:\[(.*)\],\s*ticketList:\[/.exec(text) || /url:\[(.*)\]\s*$/.exec(text)
    || /url:\[([^\]]*)\]/.exec(text);
  const nonce = /nonce:\[([^\]]*)\]/.exec(text);
  const timestamp = /timestamp:\[([^\]]*)\]/.exec(text);
  return {
    url: url ? url[1] : "",
    nonce: nonce ? nonce[1] : "",
    timestamp: timestamp ? timestamp[1] : "",
  };
}

/** The person pressed cancel: no failure. */
export function isCancel(problem) {
  return problem.code === "-1";
}

function textOf(reason) {
  if (reason === undefined || reason === null) return "";
  if (typeof reason !== "object") return String(reason);
  return String(reason.errorMessage || reason.message || reason.errmsg || "");
}

function codeOf(reason, text) {
  if (reason && typeof reason === "object") {
    const given = [reason.errorCode, reason.code, reason.errcode, reason.error]
      .find((value) => typeof value === "string" || typeof value === "number");
    if (given !== undefined) return String(given);
  }
  const own = /ERROR (\d{4})\b/.exec(text);
  return own ? own[1] : "";
}

function subcodeOf(text) {
  // Behind these fields stand values of the page, which may look like a code.
  const words = text.split(/(?:nonce|timestamp|url|ticketList):\[/)[0];
  const found = /(?:^|\D)(520(?:1\d|2[0-6]))(?!\d)/.exec(words);
  return found ? found[1] : "";
}

function withoutTickets(text) {
  return text.replace(/(ticketList:)\[[^\]]*\]?/g, "$1[…]");
}
