// What becomes of a connection, told to the page's code by an event and to the server by a report.
import { sendOutcome } from "./bridge_server.js";
import { pageUrl } from "./bridge_urls.js";

/** Tells the page's code that the bridge is up ("native"), ready, or what stands in its way. */
export function announce(state, error) {
  const detail = error && {
    code: error.code,
    subcode: error.subcode,
    message: error.message,
    remedy: error.remedy,
    reference: error.reference,
  };
  document.dispatchEvent(new CustomEvent(`dingbridge:${state}`, { detail }));
}

/** The reports of one document to the server: each outcome once. */
export class Reports {
  constructor(page, dd) {
    this.page = page;
    this.dd = dd;
    this.sent = [];
  }

  send(state, { code = "", subcode = "", text = "", message = "", seen = {}, api = "" }) {
    const { page } = this;
    const key = [state, code, subcode, api].join(" ");
    if (!page.endpoints.outcome || this.sent.includes(key)) return;
    this.sent.push(key);
    sendOutcome(page.endpoints.outcome, {
      state,
      code,
      subcode,
      message: text || message,
      reference: page.reference,
      signed_url: page.url || "",
      page_url: pageUrl(),
      platform_url: seen.url || "",
      platform: this.dd ? this.dd.env.platform : "",
      version: (this.dd && this.dd.env.version) || "",
      api,
      apis: Object.keys(page.apis).join(","),
    });
  }
}
