"""What a visitor keeps, reads and sees while a single-page app authorises."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from phone import Phone
from playwright.sync_api import Route
from spa_visitor import COLLEAGUE, FORBIDDEN_STORAGE, FULL_STORAGE, STRANGER, SpaVisitor

PICK = "biz.contact.complexPicker"
REFUSED = {"errorCode": "7", "errorMessage": "jsapi should be invoked after dd.ready callbacks"}
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
SMALL = {"viewport": {"width": 390, "height": 600}}

Make = Callable[..., Phone]


def visitor_of(phone: Phone, mode: str, view: str = "") -> SpaVisitor:
    visitor = SpaVisitor(phone, mode)
    visitor.open(view)
    phone.state("ready")
    visitor.sees(view)
    return visitor


# ---- a call that is refused


@pytest.mark.row("R12")
@pytest.mark.row("R13")
@pytest.mark.parametrize(("mode", "loads"), [("history", 3), ("links", 3), ("hash", 2)])
@pytest.mark.parametrize("shape", ["modern", "classic"])
def test_a_call_refused_for_good_ends_in_a_sentence_and_a_retry_starts_anew(
    phones: Make, mode: str, loads: int, shape: str
) -> None:
    refusal = REFUSED if shape == "modern" else {"errorCode": 7, "message": "Permission denied"}
    phone = phones(errors={PICK: refusal})
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


# ---- where the document was loaded


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


@pytest.mark.parametrize("where", ["url", "window.name"])
def test_nothing_is_remembered_where_a_signature_or_a_bridge_would_suffer(
    phones: Make, where: str
) -> None:
    phone = phones(platform="pc", grant_life="path")
    seen: list[str] = []
    phone.page.on("framenavigated", lambda frame: seen.append(frame.url))
    visitor = visitor_of(phone, "history")
    before = phone.page.evaluate("window.name")
    visitor.go("visit")
    visitor.picks_a_colleague()
    if where == "url":
        assert {url.removeprefix(phone.sandbox.phone_url) for url in seen} == {"spa/", "spa/visit"}
    else:
        assert phone.page.evaluate("window.name") == before


# ---- what the visitor keeps


@pytest.mark.row("R13")
@pytest.mark.parametrize("storage", ["allowed", "forbidden", "full"])
def test_form_scroll_and_what_is_no_field_come_back(phones: Make, storage: str) -> None:
    phone = phones(grant_life="path", context=SMALL)
    page = phone.page
    if storage == "forbidden":
        page.add_init_script(FORBIDDEN_STORAGE)
    if storage == "full":
        page.add_init_script(FULL_STORAGE)
    visitor = visitor_of(phone, "history")
    visitor.go("visit")
    visitor.fill_in()
    page.evaluate("window.scrollTo(0, 123)")
    page.evaluate("document.querySelector('[data-action=people]').click()")
    visitor.sees_the_colleague()
    assert visitor.counts() == (3, 3, 1)
    assert visitor.still_has_what_was_filled_in()
    page.wait_for_function("() => window.pageYOffset === 123")
    if storage != "forbidden":
        kept = page.evaluate("sessionStorage.getItem('dingbridge.reauth')")
        assert (kept is None) == (storage == "full")

    # Whoever was chosen comes along too, though that stands in no form field.
    phone.set(errors={PICK: REFUSED})
    page.click("[data-action=people]")
    visitor.reads_the_notice()
    phone.set(errors={PICK: None})
    with page.expect_event("domcontentloaded"):
        page.click(".dingbridge-retry")
    visitor.sees_the_colleague()
    assert phone.calls(method=PICK)[-1]["args"]["pickedUsers"] == ["manager4220"]
    assert visitor.still_has_what_was_filled_in()
    assert phone.errors == []


def test_what_the_visitor_types_meanwhile_is_not_overwritten(phones: Make) -> None:
    phone = phones()
    visitor = visitor_of(phone, "history", "visit")
    visitor.fill_in()
    phone.set(errors={PICK: REFUSED})
    phone.page.click("[data-action=people]")
    visitor.reads_the_notice()
    phone.page.fill("#customer", "typed after the return")
    # A field that appears only now has the page gone over once more.
    phone.page.evaluate("document.getElementById('view').append(document.createElement('p'))")
    phone.page.evaluate("() => new Promise(requestAnimationFrame)")
    assert phone.page.input_value("#customer") == "typed after the return"


@pytest.mark.parametrize("kind", ["file", "password"])
def test_what_cannot_be_written_down_is_not_thrown_away_without_asking(
    phones: Make, kind: str
) -> None:
    phone = phones(grant_life="path")
    visitor = visitor_of(phone, "history")
    visitor.go("visit")
    phone.page.evaluate(
        """(kind) => {
          const field = document.createElement("input");
          Object.assign(field, { type: kind, id: "secret" });
          document.getElementById("visit").append(field);
        }""",
        kind,
    )
    if kind == "file":
        photo = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"x"}
        phone.page.set_input_files("#secret", photo)  # type: ignore[arg-type]
    else:
        phone.page.fill("#secret", "hunter2")
    phone.page.click("[data-action=people]")
    visitor.reads_the_notice()
    assert visitor.counts() == (1, 1, 1)
    assert "hunter2" not in phone.page.evaluate("JSON.stringify(sessionStorage)")
    # The button is the visitor's own decision.
    with phone.page.expect_event("domcontentloaded"):
        phone.page.click(".dingbridge-retry")
    visitor.sees_the_colleague()


def test_a_page_that_asks_before_it_is_left_is_not_asked_by_a_refresh(phones: Make) -> None:
    phone = phones(grant_life="path")
    asked: list[str] = []
    phone.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    visitor = visitor_of(phone, "history")
    phone.page.evaluate(
        "window.addEventListener('beforeunload', (event) => event.preventDefault())"
    )
    visitor.go("visit")
    visitor.fill_in()
    visitor.picks_a_colleague()
    assert asked == []
    assert visitor.counts() == (3, 3, 1)


def test_offline_no_page_is_thrown_away(phones: Make) -> None:
    phone = phones(grant_life="path")
    visitor = visitor_of(phone, "history")
    visitor.go("visit")
    visitor.fill_in()
    # The client answers from the device; only the network is gone.
    phone.page.route("**/__sandbox__/**", lambda route: route.continue_())
    phone.page.evaluate("Object.defineProperty(navigator, 'onLine', { get: () => false })")
    phone.page.click("[data-action=people]")
    visitor.reads_the_notice()
    assert visitor.counts() == (1, 1, 1)
    assert visitor.still_has_what_was_filled_in()


# ---- what follows the view


@pytest.mark.parametrize("mode", ["history", "hash", "links"])
def test_title_header_tabs_and_the_clients_bar_follow_the_view(phones: Make, mode: str) -> None:
    phone = phones()
    visitor = visitor_of(phone, mode)
    for view, title in [("visit", "拜访"), ("saved", "已存"), ("", "外勤记录")]:
        with phone.page.expect_response(
            lambda response: "setTitle" in (response.request.post_data or "")
        ):
            visitor.go(view)
        assert phone.page.title() == title
        assert phone.page.inner_text(".bar-title") == title
    told = [call["args"]["title"] for call in phone.calls(method="biz.navigation.setTitle")]
    assert told == ["外勤记录", "拜访", "已存", "外勤记录"]
    assert visitor.counts() == (1, 1, 3)


@pytest.mark.row("R20")
@pytest.mark.parametrize("mode", ["history", "hash", "links"])
def test_the_colour_of_the_bar_goes_with_the_visitor(phones: Make, mode: str) -> None:
    phone = phones(grant_life="path")
    visitor = SpaVisitor(phone, mode)
    phone.open(f"{visitor.address().split('#')[0]}?dd_nav_bgcolor=FF112233")
    phone.state("ready")
    colour = "getComputedStyle(document.documentElement).getPropertyValue('--nav-bg')"
    assert phone.page.evaluate(colour) == "#112233ff"
    visitor.go("visit")
    assert "dd_nav_bgcolor=FF112233" in phone.page.url
    visitor.picks_a_colleague()
    assert phone.page.evaluate(colour) == "#112233ff"


def test_a_view_without_apis_is_not_kept_waiting_by_a_client_that_does_not_answer(
    phones: Make,
) -> None:
    phone = phones(bridge="never")
    phone.page.clock.install()
    visitor = SpaVisitor(phone, "history")
    visitor.open()
    phone.page.click("[data-view=saved]")
    phone.page.clock.fast_forward(1100)
    visitor.sees("saved")
    assert phone.page.get_attribute("html", "data-bridge") == "pending"


# ---- how it looks


def test_axe_finds_no_barrier_in_any_view(phones: Make) -> None:
    phone = phones(errors={PICK: REFUSED})
    visitor = visitor_of(phone, "hash")

    def barriers() -> list[str]:
        phone.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[str] = phone.page.evaluate(
            """async () => (await axe.run()).violations.map(
              ({ id, nodes }) => `${id} ${nodes.map((node) => node.html).join()}`
            )"""
        )
        return found

    assert barriers() == []
    visitor.go("saved")
    assert barriers() == []
    visitor.go("place")
    phone.page.click("[data-action=locate]")
    phone.page.wait_for_selector("#place:has-text('路')")
    assert barriers() == []
    visitor.go("visit")
    phone.page.click("[data-action=people]")
    visitor.reads_the_notice()
    assert barriers() == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_view_and_every_state_of_it_can_be_looked_at(
    phones: Make, shots: Path, lang: str
) -> None:
    phone = phones(context={"viewport": {"width": 390, "height": 844}}, grant_life="path")
    page = phone.page
    cookie: Any = {"url": phone.sandbox.phone_url, "name": "lang", "value": lang}
    phone.context.add_cookies([cookie])
    page.clock.install()
    visitor = visitor_of(phone, "history")

    def shoot(state: str) -> None:
        page.screenshot(path=str(shots / f"spa-{state}-{lang}.png"), full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    shoot("overview")
    visitor.go("saved")
    shoot("saved-empty")
    visitor.go("place")
    page.click("[data-action=locate]")
    page.wait_for_selector("#place:has-text('路')")
    shoot("place")
    visitor.go("visit")
    visitor.fill_in()
    phone.set(bridge="late", late_ms=5000)
    with page.expect_event("domcontentloaded"):
        page.click("[data-action=people]")
    page.wait_for_selector(".reauth-cover", state="visible")
    shoot("returning")
    phone.set(bridge="normal")
    page.clock.fast_forward(5000)
    visitor.sees_the_colleague()
    shoot("visit")
    phone.set(errors={PICK: REFUSED})
    page.click("[data-action=people]")
    visitor.reads_the_notice()
    shoot("refused")
    phone.set(errors={PICK: None}, corp=STRANGER)
    page.click("form .main-button")
    visitor.sees("saved")
    page.wait_for_selector(f"#saved:has-text('{COLLEAGUE}')")
    shoot("saved")
    page.reload()
    visitor.reads_the_notice()
    shoot("ungranted")
    assert phone.errors == []
