"""What a visitor may do with a single-page app under every client, and what it may cost.

The costs are the issue's rules worked out by hand, not what the module happens to do: a document
asks for the grant once, a refused call has the parent page loaded once, and only if the call is
refused again the view's own address. No refresh adds a history entry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from spa_visitor import COUNT_RESTORES, STRANGER, SpaVisitor, without_no_store

FACTORS: dict[str, tuple[str, ...]] = {
    "scenario": (
        "warm",
        "cold",
        "back",
        "forward",
        "frozen",
        "reload",
        "slow grant",
        "failed grant",
        "dead bridge",
    ),
    "platform": ("android", "ios", "harmony", "pc"),
    "grant_life": ("document", "path", "url"),
    "mode": ("history", "hash", "links"),
    "url_rule": ("current", "entry"),
    "storage": ("on", "off"),
}
LATE = 6000  # milliseconds, of a clock that the test moves
WATCHDOG = 8500  # a little more than in static/bridge_connection.js


@dataclass(frozen=True)
class Cost:
    """Loads by the life of a grant, where views have addresses of their own and in hash mode."""

    addresses: tuple[int, int, int]
    hashes: tuple[int, int, int]
    entries: int
    silent: int = 0  # documents in which the client heard of no dd.config

    def counts(self, mode: str, grant_life: str) -> tuple[int, int, int]:
        """Documents, `dd.config` calls, history entries."""
        loads = (self.hashes if mode == "hash" else self.addresses)[
            FACTORS["grant_life"].index(grant_life)
        ]
        return loads, loads - self.silent, self.entries


# A grant for the path or the address dies when the view has another: the parent is loaded in vain,
# then the view. With a hash the path stays, and one refresh where the view is does for the address.
WARM = Cost((1, 3, 3), (1, 1, 2), entries=1)
COSTS: Mapping[str, Cost] = {
    "warm": WARM,
    # The document is the view's own, and so is its signature.
    "cold": Cost((1, 1, 1), (1, 1, 1), entries=0),
    "back": Cost((1, 3, 3), (1, 1, 2), entries=2),
    # A refreshed entry goes on sharing its document with its neighbours in the history.
    "forward": WARM,
    "frozen": Cost((1, 3, 3), (1, 1, 2), entries=2),
    "reload": Cost((2, 4, 4), (2, 2, 3), entries=1),
    # A hash may change while the client makes up its mind (it is no part of what is signed), so the
    # address that the grant is bound to is the view's.
    "slow grant": Cost((1, 3, 3), (1, 1, 1), entries=1),
    # The parent is refreshed once; the third document is the visitor's own wish.
    "failed grant": Cost((3, 3, 3), (3, 3, 3), entries=1),
    "dead bridge": Cost((3, 3, 3), (3, 3, 3), entries=1, silent=2),
}


def device(scenario: str, platform: str, url_rule: str, grant_life: str) -> dict[str, object]:
    """The client's settings."""
    special: dict[str, dict[str, object]] = {
        "slow grant": {"bridge": "late", "late_ms": LATE},
        "failed grant": {"corp": STRANGER},
        "dead bridge": {"bridge": "never"},
    }
    return {
        "platform": platform,
        "url_rule": url_rule,
        "grant_life": grant_life,
        **special.get(scenario, {}),
    }


def play(scenario: str, visitor: SpaVisitor) -> None:
    """Let the visitor do it; every way ends in the form, filled in, with the API's answer."""
    SCENARIOS[scenario](visitor)
    assert visitor.still_has_what_was_filled_in()


def warm(visitor: SpaVisitor) -> None:
    visitor.open()
    visitor.phone.state("ready")
    visitor.go("visit")
    visitor.fill_in()
    visitor.picks_a_colleague()


def cold(visitor: SpaVisitor) -> None:
    visitor.open("visit")
    visitor.sees("visit")
    visitor.fill_in()
    visitor.picks_a_colleague()


def back(visitor: SpaVisitor) -> None:
    warm(visitor)
    visitor.go("saved")
    visitor.place.evaluate("() => { history.back(); }")
    visitor.sees("visit")
    visitor.fill_in()
    visitor.picks_a_colleague()


def forward(visitor: SpaVisitor) -> None:
    warm(visitor)
    visitor.place.evaluate("() => { history.back(); }")
    visitor.sees("")
    visitor.phone.state("ready")
    visitor.place.evaluate("() => { history.forward(); }")
    visitor.sees("visit")
    visitor.fill_in()
    visitor.picks_a_colleague()


def frozen(visitor: SpaVisitor) -> None:
    """Away and back, with the page taken from the back/forward cache."""
    page = visitor.phone.page
    page.add_init_script(COUNT_RESTORES)
    page.route(re.compile(r"^(?!.*/static/)"), without_no_store)
    warm(visitor)
    with page.expect_navigation(url="**/healthz"):
        page.evaluate("() => { location.href = '/healthz'; }")
    page.evaluate("() => { history.back(); }")
    page.wait_for_url(f"**{visitor.address('visit')}", wait_until="commit")
    assert page.evaluate("window.wasFrozen")
    assert visitor.still_has_what_was_filled_in()
    visitor.picks_a_colleague()


def reload(visitor: SpaVisitor) -> None:
    warm(visitor)
    visitor.phone.page.reload()
    visitor.sees("visit")
    visitor.fill_in()
    visitor.picks_a_colleague()


def slow_grant(visitor: SpaVisitor) -> None:
    """The visitor is faster than the client: nothing may change while it makes up its mind."""
    clock = visitor.phone.page.clock
    clock.install()
    visitor.open()
    visitor.place.click("[data-view=visit]")
    assert visitor.place.get_attribute("html", "data-bridge") == "pending"
    visitor.phone.set(bridge="normal")
    clock.fast_forward(LATE)
    visitor.sees("visit")
    visitor.fill_in()
    visitor.picks_a_colleague()


def failed_grant(visitor: SpaVisitor) -> None:
    """One refresh, then a sentence; and what was filled in outlives the visitor's own retry."""
    visitor.open()
    visitor.phone.state("error")
    with visitor.phone.page.expect_event("domcontentloaded"):
        visitor.place.click("[data-view=visit]")
    visitor.sees("visit")
    reads_the_sentence_and_retries(visitor, corp=None)


def dead_bridge(visitor: SpaVisitor) -> None:
    """The client never answers: the watchdog twice, then a sentence."""
    clock = visitor.phone.page.clock
    clock.install()
    visitor.open()
    clock.fast_forward(WATCHDOG)
    visitor.phone.state("error")
    with visitor.phone.page.expect_event("load"):
        visitor.place.click("[data-view=visit]")
    clock.fast_forward(WATCHDOG)
    visitor.sees("visit")
    reads_the_sentence_and_retries(visitor, bridge="normal")


def reads_the_sentence_and_retries(visitor: SpaVisitor, **cure: object) -> None:
    """A sentence with the reference; once the client is well, the button brings all back."""
    assert visitor.reference() in visitor.reads_the_notice()
    assert visitor.counts()[0] == 2
    visitor.fill_in()
    visitor.phone.set(**cure)
    with visitor.phone.page.expect_event("domcontentloaded"):
        visitor.place.click(".dingbridge-retry")
    visitor.phone.state("ready")
    visitor.sees("visit")
    assert visitor.place.query_selector(".dingbridge-notice") is None
    visitor.picks_a_colleague()


SCENARIOS: Mapping[str, Callable[[SpaVisitor], None]] = {
    "warm": warm,
    "cold": cold,
    "back": back,
    "forward": forward,
    "frozen": frozen,
    "reload": reload,
    "slow grant": slow_grant,
    "failed grant": failed_grant,
    "dead bridge": dead_bridge,
}
