// Who is signed in, on the page: `{{ dingbridge.login_status() }}`, or any elements with these
// attributes. Styles: login.css.
import { localAddress, packAddress } from "./bridge_urls.js";

// Not one visitor's own.
const NOBODYS_FAULT = ["offline", "server_silent", "no_script", "bridge_silent", "old_client"];

export class LoginView {
  constructor(page) {
    this.page = page;
  }

  /** `state`: pending, in, failed, outside or out. */
  show(state, user) {
    document.documentElement.setAttribute("data-login", state);
    each(".dingbridge-login", (part) => part.setAttribute("data-login", state));
    each("[data-login-name]", (part) => { part.textContent = user ? user.name : ""; });
  }

  /** Says why nobody is signed in; `isRenewal` where somebody was until now. */
  fail(error, isRenewal) {
    const { words } = this.page;
    if (error.code === "outside") {
      each("[data-login-outside]", (part) => {
        part.textContent = isRenewal ? words.expired : words.outside;
      });
      each("[data-login-link]", (link) => this.lead(link, isRenewal));
    } else {
      each("[data-login-message]", (part) => { part.textContent = error.message; });
      each("[data-login-hint]", (part) => { part.textContent = this.hint(error); });
      each("[data-login-remedy]", (part) => { part.textContent = error.remedy; });
      each("[data-login-reference]", (part) => { part.textContent = error.reference; });
    }
    this.show(error.code === "outside" ? "outside" : "failed");
    const { code, subcode, message, remedy, reference } = error;
    document.dispatchEvent(new CustomEvent("dingbridge:login-error", {
      detail: { code, subcode, message, remedy, reference },
    }));
  }

  /** Where others are fine, this visitor's client is the likely cause. */
  hint(error) {
    const isPersonal = !(error.status >= 500) && !NOBODYS_FAULT.includes(error.code);
    return this.page.othersAreFine && isPersonal ? this.page.words.client_cache : "";
  }

  /** The way to the browser login and back to where the visitor is now. */
  lead(link, isRenewal) {
    link.href = `${this.page.endpoints.oauth}?next=${packAddress(localAddress())}`;
    // What has been typed here stays here.
    if (isRenewal) Object.assign(link, { target: "_blank", rel: "noopener" });
  }

  onRetry(retry) {
    each("[data-login-retry]", (button) => button.addEventListener("click", retry));
  }
}

function each(selector, change) {
  Array.from(document.querySelectorAll(selector)).forEach(change);
}
