"""A single-page app works under every client that there may be, at a known cost.

Every two circumstances meet in `make test`; all of them together belong to `make faults`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from all_pairs import Row, all_pairs
from phone import PATIENCE, Phone
from playwright.sync_api import Browser, Error, Route
from reauth_matrix import COSTS, FACTORS, device, play
from spa_visitor import FORBIDDEN_STORAGE, SpaVisitor

PAIRS = all_pairs(FACTORS)
# Threes that pairs leave out and that one way of getting it wrong needs: an address that changes
# under a client that is still looking at it, and a grant that does not come along.
DECISIVE = [
    dict(zip(FACTORS, values, strict=True))
    for values in [
        ("slow grant", "android", "document", "history", "current", "on"),
        ("slow grant", "ios", "document", "links", "current", "on"),
        ("warm", "android", "path", "history", "current", "on"),
    ]
]
EVERYTHING = [
    dict(zip(FACTORS, values, strict=True)) for values in itertools.product(*FACTORS.values())
]
NAIVE = Path(__file__).with_name("naive_reauth.js")
ENOUGH = 6  # documents, after which a loop is one
HASTE = 3000  # milliseconds that something takes at most to come, where nothing is to come

Make = Callable[..., Phone]


def name_of(row: Row) -> str:
    return "-".join(row.values()).replace(" ", "_")


def play_at_its_cost(row: Row, phone: Phone) -> None:
    visitor = SpaVisitor(phone, row["mode"])
    if row["storage"] == "off":
        phone.page.add_init_script(FORBIDDEN_STORAGE)
    configured = visitor.count_configured()
    play(row["scenario"], visitor)
    expected = COSTS[row["scenario"]].counts(row["mode"], row["grant_life"])
    assert visitor.counts() == expected
    # The client does not hear of a second one in the same document: the SDK keeps it to itself.
    assert len(configured) == phone.documents()
    assert phone.page.url.endswith(visitor.address("visit"))
    assert phone.errors == phone.console == []


@pytest.fixture
def client(freezing_browser: Browser, served: Any, phones: Make) -> Any:
    """Makes the client of a row; one that freezes pages lives in a browser of its own."""
    contexts = []

    def make(row: Row) -> Phone:
        settings = device(row["scenario"], row["platform"], row["url_rule"], row["grant_life"])
        if row["scenario"] != "frozen":
            return phones(**settings)
        contexts.append(freezing_browser.new_context())
        phone = Phone(contexts[-1], served.sandbox, f"frozen-{name_of(row)}")
        phone.set(**settings)
        return phone

    yield make
    for context in contexts:
        context.close()


@pytest.mark.row("R10")
@pytest.mark.row("R13")
@pytest.mark.row("R14")
@pytest.mark.parametrize("row", PAIRS + DECISIVE, ids=name_of)
def test_a_view_works_at_its_cost_where_every_two_circumstances_meet(
    client: Callable[[Row], Phone], row: Row
) -> None:
    play_at_its_cost(row, client(row))


@pytest.mark.faults
@pytest.mark.parametrize("row", EVERYTHING, ids=name_of)
def test_a_view_works_at_its_cost_under_all_circumstances(
    client: Callable[[Row], Phone], row: Row
) -> None:
    play_at_its_cost(row, client(row))


@pytest.mark.row("R13")
@pytest.mark.parametrize(
    ("scenario", "life", "mode"),
    [
        ("failed grant", "document", "history"),
        ("failed grant", "document", "hash"),
        ("failed grant", "document", "links"),
        ("warm", "path", "history"),
    ],
)
def test_a_naive_implementation_loops_and_is_found_out(
    phones: Make, scenario: str, life: str, mode: str
) -> None:
    row = dict(zip(FACTORS, (scenario, "android", life, mode, "current", "on"), strict=True))
    phone = phones(**device(scenario, "android", "current", life))
    phone.page.set_default_timeout(HASTE)
    documents: list[str] = []

    def count(route: Route) -> None:
        documents.append(route.request.url)
        if len(documents) > ENOUGH:
            route.abort()
        else:
            route.continue_()

    phone.page.route("**/reauth.js", lambda route: route.fulfill(path=NAIVE))
    phone.page.route(lambda url: "/spa" in url and "/static/" not in url, count)
    with pytest.raises((AssertionError, Error)):
        play_at_its_cost(row, phone)
    phone.page.set_default_timeout(PATIENCE)
    if len(documents) <= ENOUGH:  # it is still at it
        phone.page.wait_for_event("requestfailed", lambda failed: failed.is_navigation_request())
    assert len(documents) > ENOUGH


def test_the_pairs_are_all_there_and_far_fewer_than_everything() -> None:
    def pairs(rows: list[Row]) -> set[Any]:
        return {pair for row in rows for pair in itertools.combinations(row.items(), 2)}

    assert pairs(PAIRS) == pairs(EVERYTHING)
    assert len(PAIRS) <= len(EVERYTHING) // 10
