"""A call that is refused, and a document that is not the parent's: which refreshes there are."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from phone import Phone
from playwright.sync_api import Route
from spa_visitor import FORBIDDEN_STORAGE, PICK, REFUSED, SpaVisitor, visitor_of

Make = Callable[..., Phone]


@pytest.mark.row("R12")
@pytest.mark.row("R13")
@pytest.mark.parametrize(("mode", "loads"), [("history", 3), ("links", 3), ("hash", 2)])
@pytest.mark.parametrize(("shape", "storage"), [("modern", "on"), ("classic", "off")])
def test_a_call_refused_for_good_ends_in_a_sentence_and_a_retry_starts_anew(
    phones: Make, mode: str, loads: int, shape: str, storage: str
) -> None:
    refusal = REFUSED if shape == "modern" else {"errorCode": 7, "message": "Permission denied"}
    phone = phones(errors={PICK: refusal})
    if storage == "off":
        phone.page.add_init_script(FORBIDDEN_STORAGE)
    visitor = visitor_of(phone, mode)
    visitor.go("visit")
    visitor.fill_in()
    phone.page.click("[data-action=people]")
    text = visitor.reads_the_notice()
    assert visitor.reference() in text
    assert visitor.counts() == (loads, loads, 1)
    assert len(phone.calls(method=PICK)) == loads
    assert visitor.still_has_what_was_filled_in()

    phone.set(errors={PICK: None})
    with phone.page.expect_event("domcontentloaded"):
        phone.page.click(".dingbridge-retry")
    visitor.sees_the_colleague()
    assert visitor.still_has_what_was_filled_in()
    assert visitor.counts() == (loads + 1, loads + 1, 1)
    assert phone.page.query_selector(".dingbridge-notice") is None
    assert phone.page.get_attribute("html", "data-reauth") is None


def test_another_view_is_not_told_what_a_view_was_refused(phones: Make) -> None:
    phone = phones(errors={PICK: REFUSED})
    visitor = visitor_of(phone, "hash", "visit")
    phone.page.click("[data-action=people]")
    visitor.reads_the_notice()
    visitor.go("saved")
    assert phone.page.query_selector(".dingbridge-notice") is None
    visitor.go("place")
    phone.page.click("[data-action=locate]")
    phone.page.wait_for_selector("#place:has-text('路')")


@pytest.mark.row("R13")
def test_the_call_that_was_cut_off_goes_on_by_itself(phones: Make) -> None:
    phone = phones(grant_life="path")
    visitor = visitor_of(phone, "history")
    visitor.go("visit")
    phone.page.click("[data-action=people]")
    visitor.sees_the_colleague()
    granted = [call["granted"] for call in phone.calls(method=PICK)]
    assert granted == [False, False, True]


def test_a_failure_that_is_no_matter_of_grants_causes_no_refresh(phones: Make) -> None:
    phone = phones(location_off=True)
    visitor = visitor_of(phone, "history", "place")
    phone.page.click("[data-action=locate]")
    phone.page.wait_for_selector("#place[data-kind=bad]:has-text('定位')")
    assert visitor.counts() == (1, 1, 0)


@pytest.mark.row("R22")
def test_an_api_that_the_platform_lacks_causes_no_refresh(phones: Make) -> None:
    phone = phones(platform="pc")
    visitor = visitor_of(phone, "history", "place")
    phone.page.click("[data-action=locate]")
    phone.page.wait_for_selector("#place[data-kind=bad]")
    assert visitor.counts() == (1, 1, 0)


def test_outside_the_client_a_view_is_a_view_and_nothing_is_refreshed(phones: Make) -> None:
    phone = phones(platform="none")
    visitor = SpaVisitor(phone, "history")
    visitor.open("visit")
    assert phone.state() == "outside"
    visitor.sees("visit")
    phone.page.click("[data-action=people]")
    phone.page.wait_for_selector("#people[data-kind=bad]")
    assert phone.page.evaluate("performance.getEntriesByType('navigation')[0].type") == "navigate"
    assert phone.console == phone.errors == []


@pytest.mark.row("R13")
@pytest.mark.parametrize("mode", ["history", "links"])
def test_a_document_that_declares_less_is_left_for_the_parent(phones: Make, mode: str) -> None:
    """A view's address may be a page of its own, with a template of its own."""
    phone = phones()
    visitor = SpaVisitor(phone, mode)

    def declare_less(route: Route) -> None:
        response = route.fetch()
        head, mark, rest = response.text().partition('id="dingbridge">')
        block, end, rest = rest.partition("</script>")
        data = json.loads(block)
        del data["apis"][PICK]
        data["config"]["jsApiList"].remove(PICK)
        route.fulfill(response=response, body=head + mark + json.dumps(data) + end + rest)

    phone.page.route(f"**{visitor.address('saved')}", declare_less)
    visitor.open("saved")
    phone.state("ready")
    visitor.go("visit")
    visitor.picks_a_colleague()
    assert visitor.counts() == (2, 2, 1)
    entries = [
        call["entry_url"].removeprefix(phone.sandbox.phone_url) for call in phone.calls("document")
    ]
    assert entries == [visitor.address("saved")[1:], visitor.address()[1:]]


def test_the_parent_is_refreshed_with_the_query_that_it_was_opened_with(phones: Make) -> None:
    phone = phones(grant_life="path")
    visitor = SpaVisitor(phone, "history")
    phone.open("/spa/?dd_nav_bgcolor=FF0B62D6&from=a")
    phone.state("ready")
    visitor.go("visit")
    visitor.picks_a_colleague()
    entries = [
        call["entry_url"].removeprefix(phone.sandbox.phone_url) for call in phone.calls("document")
    ]
    assert entries == [
        "spa/?dd_nav_bgcolor=FF0B62D6&from=a",
        "spa/?dd_nav_bgcolor=FF0B62D6&from=a",
        "spa/visit?dd_nav_bgcolor=FF0B62D6",
    ]


def test_nothing_is_remembered_in_the_address_which_is_signed(phones: Make) -> None:
    phone = phones(platform="pc", grant_life="path")
    seen: list[str] = []
    phone.page.on("framenavigated", lambda frame: seen.append(frame.url))
    visitor = visitor_of(phone, "history")
    visitor.go("visit")
    visitor.picks_a_colleague()
    assert {url.removeprefix(phone.sandbox.phone_url) for url in seen} == {"spa/", "spa/visit"}


@pytest.mark.row("R13")
@pytest.mark.parametrize("mode", ["history", "hash", "links"])
def test_the_address_stays_while_the_client_verifies_slowly(phones: Make, mode: str) -> None:
    phone = phones(grant_ms=2000, url_rule="current")
    visitor = SpaVisitor(phone, mode)
    visitor.open()
    phone.page.click("[data-view=visit]")
    assert phone.page.get_attribute("html", "data-bridge") == "pending"
    assert phone.page.evaluate("location.pathname") == visitor.address().split("#")[0]
    visitor.sees("visit")
    visitor.picks_a_colleague()
    assert visitor.counts() == (1, 1, 1)
