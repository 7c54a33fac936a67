"""What a state of a page is, and how a visitor gets there; the states themselves: microapp_pages.

A state is reached by real means: the simulated client is told how to behave, rows are stored,
the network is cut. The same states are looked at by the tests and by `make screenshots`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from phone import Phone
from playwright.sync_api import BrowserContext, Page

import microapp.pages  # noqa: F401 - so that every table is known, and emptied
from dingbridge.login.session import SessionUser
from dingbridge.settings import Settings
from microapp.database import Database, open_database
from microapp.tables import metadata

# Of the sandbox's corp, and signed in on its phone unless a state says otherwise.
USERID, NAME = "manager4220", "张小沙"
ZONE = ZoneInfo("Asia/Shanghai")
STRANGER = "ding-of-somebody-else"  # a corp for which no signature is right
# What the client says where it does not accept the page; signing in works all the same.
NO_GRANT = {
    "runtime.permission.requestJsApis": {
        "errorCode": "3",
        "errorMessage": "权限校验失败 Code:52013 - Message: 签名校验失败",
    }
}
CUT = ("ERR_INTERNET_DISCONNECTED",)  # what the browser says of a request without a network
LETTERS = 16  # pixels, of text in a browser as it comes
WATCH = """document.addEventListener("securitypolicyviolation", (event) => {
  policyViolated(`${event.violatedDirective} ${event.blockedURI}`);
});"""
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"


class Stage:
    """A phone, and the store of the app that it opens."""

    def __init__(self, phone: Phone, database: Database, instance: Path) -> None:
        self.phone = phone
        self.database = database
        self.instance = instance  # the app's instance folder

    @property
    def page(self) -> Page:
        return self.phone.page

    @property
    def person(self) -> SessionUser:
        """The phone's user as the app knows them."""
        corp = self.phone.sandbox.platform.identity.corp_id
        return SessionUser(USERID, NAME, admin=True, corp=corp, at=0)

    def empty(self) -> None:
        """Nothing is stored any more."""
        with self.database.write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())

    def now(self, minutes_ago: int = 0) -> datetime:
        """A moment of today where the corp is, whatever the hour: never before midnight."""
        now = datetime.now(ZONE)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return max(midnight, now - timedelta(minutes=minutes_ago))


def open_stage(phone: Phone, instance: Path) -> Stage:
    """A stage over the SQLite file of the app that runs with that instance folder."""
    given = phone.sandbox.environment(instance)
    stage = Stage(phone, open_database(Settings.load(given)), instance)
    stage.empty()
    return stage


@contextmanager
def broken(stage: Stage, table: str) -> Iterator[None]:
    """The store has lost a table."""
    with stage.database.write() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_away")
    try:
        yield
    finally:
        with stage.database.write() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {table}_away RENAME TO {table}")


def watch_policy(context: BrowserContext) -> list[str]:
    """What breaks the content security policy from now on, whatever pages are gone through."""
    found: list[str] = []

    def note(rule: str) -> None:
        found.append(rule)

    context.expose_function("policyViolated", note)
    context.add_init_script(WATCH)
    return found


def nothing(_: Stage) -> None:
    """Nothing has to be done."""


@dataclass(frozen=True)
class State:
    """One state of one page.

    `device` is how the client behaves, `arrange` what happens before the page (`path`) is opened
    and `act` after it; `shows` is what can be seen then. `console`: parts of the browser's own
    messages that belong to the state, such as that a request failed.
    """

    page: str
    name: str
    path: str
    shows: str
    device: Mapping[str, object] = field(default_factory=dict)
    arrange: Callable[[Stage], None] = nothing
    act: Callable[[Stage], None] = nothing
    console: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.page}-{self.name}"

    def reach(self, stage: Stage, lang: str) -> None:
        """Bring the stage into this state."""
        cookie: Any = {"url": stage.phone.sandbox.phone_url, "name": "lang", "value": lang}
        stage.phone.context.add_cookies([cookie])
        stage.phone.set(**self.device)
        self.arrange(stage)
        stage.phone.open(self.path)
        self.act(stage)
        stage.page.wait_for_selector(self.shows)


@dataclass(frozen=True)
class Look:
    """How a state is looked at; `text` is the size of letters in percent, as the browser's own
    settings have it.
    """

    width: int
    theme: str
    text: int

    def __str__(self) -> str:
        return f"{self.width}-{self.theme}-{self.text}"

    def take(self, page: Page) -> None:
        """Make the page look so."""
        page.set_viewport_size({"width": self.width, "height": 568 if self.width < 390 else 844})
        page.emulate_media(color_scheme="dark" if self.theme == "dark" else "light")
        letters = {"standard": LETTERS * self.text // 100}
        page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": letters})


# What axe-core finds depends on colours and sizes for these rules only; the rest is in the markup.
LOOK_RULES = ("color-contrast", "link-in-text-block", "scrollable-region-focusable")


def barriers(page: Page) -> list[str]:
    """What axe-core finds: by all its rules, then, for another look at the same document, by those
    that a look can change.
    """
    is_new = not page.evaluate("'axe' in window")
    if is_new:
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(
        """async (rules) => (
          await axe.run({resultTypes: ["violations"], ...rules})
        ).violations.flatMap(
          ({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`)
        )""",
        {} if is_new else {"runOnly": list(LOOK_RULES)},
    )
    return found


def small_targets(page: Page) -> list[str]:
    """What can be tapped and is smaller than 44 px; links inside sentences may be."""
    found: list[str] = page.evaluate(
        """() => Array.from(document.querySelectorAll(
          "a, button, input:not([type=hidden]), textarea, select, summary"
        )).filter((target) => {
          const { height, width } = target.getBoundingClientRect();
          const isInline = getComputedStyle(target).display === "inline";
          const isHidden = !target.offsetParent || target.matches(".skip");
          return !isInline && !isHidden && (height < 43.5 || width < 43.5);
        }).map((target) => target.outerHTML)"""
    )
    return found


def cut_off(page: Page) -> list[str]:
    """What reaches beyond the sides of the screen, so that it would scroll sideways."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
          Array.from(document.querySelectorAll("body *")).filter(
            (part) => part.getBoundingClientRect().right > innerWidth
          ).map((part) => part.outerHTML.slice(0, 120))"""
    )
    return found
