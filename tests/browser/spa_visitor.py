"""A visitor of the single-page part: goes from view to view, fills in the form, calls an API."""

from __future__ import annotations

from phone import Phone
from playwright.sync_api import Frame, Page, Route

BASES = {"history": "/spa/", "hash": "/spa-hash/", "links": "/spa-links/"}
COLLEAGUE = "张小沙"  # whom the sandbox's picker returns
STRANGER = "ding-of-somebody-else"  # a corp for which no signature is right
PICK = "biz.contact.complexPicker"
REFUSED = {"errorCode": "7", "errorMessage": "jsapi should be invoked after dd.ready callbacks"}
FORM = {"#customer": "沙箱客户 & Co", "#note": "第一行\n第二行", "#purpose": "payment"}

FORBIDDEN_STORAGE = """
  for (const name of ["sessionStorage", "localStorage"]) {
    const get = () => { throw new DOMException("no", "SecurityError"); };
    Object.defineProperty(window, name, { get });
  }
"""
FULL_STORAGE = """
  for (let size = 2 ** 24; size >= 1; size /= 2) {
    try {
      sessionStorage.setItem(`app${sessionStorage.length}`, "x".repeat(size));
    } catch (error) {
      if (error.name !== "QuotaExceededError") throw error;
    }
  }
"""
TELL_CONFIGURED = """
  let sdk;
  Object.defineProperty(window, "dd", {
    get: () => sdk,
    set: (given) => {
      sdk = given;
      const { config } = sdk;
      sdk.config = (payload) => {
        window.tellConfigured();
        return config.call(sdk, payload);
      };
    },
  });
"""
COUNT_RESTORES = """
  addEventListener("pageshow", (event) => { if (event.persisted) window.wasFrozen = true; });
"""


class SpaVisitor:
    """What one visitor does with one router mode, on the page or in a frame of it."""

    def __init__(self, phone: Phone, mode: str, place: Page | Frame | None = None) -> None:
        self.phone = phone
        self.mode = mode
        self.place: Page | Frame = place or phone.page
        self._entries_before = 0

    def address(self, view: str = "") -> str:
        """The path of a view, as a link to it has it."""
        return f"{BASES[self.mode]}{'#/' if self.mode == 'hash' else ''}{view}"

    def open(self, view: str = "") -> None:
        """Open a view as a link from somewhere else does; history entries count from here."""
        self.phone.open(self.address(view))
        self.start_counting()

    def start_counting(self) -> None:
        """History entries count from here."""
        self._entries_before = self.place.evaluate("history.length")

    def count_configured(self) -> list[str]:
        """A list that grows by the document's address whenever a page calls `dd.config`."""
        configured: list[str] = []
        self.phone.context.expose_binding(
            "tellConfigured", lambda source: configured.append(source["frame"].url)
        )
        self.phone.page.add_init_script(TELL_CONFIGURED)
        return configured

    def go(self, view: str) -> None:
        """Tap a tab."""
        self.place.click(f"[data-view='{view}']")
        self.sees(view)

    def sees(self, view: str) -> None:
        """Wait until a view is there to be used."""
        shown = {"": "#overview", "visit": "form#visit", "saved": "#saved", "place": "#place"}[view]
        self.place.wait_for_selector(shown, state="attached" if view == "place" else "visible")
        self.place.wait_for_selector(f"a[data-view='{view}'][aria-current]")

    def fill_in(self) -> None:
        """Fill in the form, without sending it."""
        self.place.fill("#customer", FORM["#customer"])
        self.place.fill("#note", FORM["#note"])
        self.place.select_option("#purpose", FORM["#purpose"])
        self.place.check("[name=result][value=open]")

    def still_has_what_was_filled_in(self) -> bool:
        """Whether every field holds what `fill_in` put there."""
        values = {field: self.place.input_value(field) for field in FORM}
        return values == FORM and self.place.is_checked("[name=result][value=open]")

    def picks_a_colleague(self) -> None:
        """Call the API that needs a grant; wait until its answer stands in the view."""
        self.place.click("[data-action=people]")
        self.sees_the_colleague()

    def sees_the_colleague(self) -> None:
        """Wait until the API's answer stands in the view."""
        self.place.wait_for_function(
            """(name) => {
              const people = document.getElementById("people");
              const button = document.querySelector("[data-action=people]");
              const isBusy = button && button.getAttribute("aria-disabled");
              return people !== null && !isBusy && people.textContent.includes(name);
            }""",
            arg=COLLEAGUE,
        )

    def reads_the_notice(self) -> str:
        """Wait for the sentence with its button, and tell it."""
        self.place.wait_for_selector(".dingbridge-notice .dingbridge-retry")
        return self.place.inner_text(".dingbridge-notice")

    def counts(self) -> tuple[int, int, int]:
        """Documents loaded, `dd.config` calls that reached the client, history entries added."""
        added = self.place.evaluate("history.length") - self._entries_before
        return self.phone.documents(), self.phone.grants_asked(), added

    def reference(self) -> str:
        """The reference that the log of this document's page shares."""
        found: str = self.place.evaluate(
            "JSON.parse(document.getElementById('dingbridge').textContent).reference"
        )
        return found


def without_no_store(route: Route) -> None:
    """Let the browser freeze a page: it freezes none whose answer says no-store."""
    response = route.fetch()
    headers = {k: v for k, v in response.headers.items() if k != "cache-control"}
    route.fulfill(response=response, headers=headers)


def visitor_of(phone: Phone, mode: str, view: str = "") -> SpaVisitor:
    """A visitor who has opened a view, with the grant there."""
    visitor = SpaVisitor(phone, mode)
    visitor.open(view)
    phone.state("ready")
    visitor.sees(view)
    return visitor
