"""Scanning in a real browser: stored once, nothing that was read is lost, text stays text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from microapp_states import Stage
from phone import Phone
from playwright.sync_api import Route, expect
from scan_states import keep, scanned
from sqlalchemy import select

from microapp.scan_store import scans

CODE = "资产编号：沙箱-0042；位置：三号楼"
QR = {"kind": "qr", "text": CODE}
OPEN = "biz.util.openLink"


class Scanner:
    """Somebody who scans with one phone."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.phone = stage.phone
        self.page = stage.page

    def open(self, path: str = "/scan") -> Scanner:
        self.phone.open(path)
        self.page.wait_for_selector("[data-part=scanned]:not([data-signed-out])")
        return self

    def scans(self, kind: str = "qr") -> None:
        self.page.click(f"[data-read={kind}]")

    def sees_it_done(self) -> None:
        self.page.wait_for_selector("#outcome .note-good")
        self.page.wait_for_selector("[data-part=scanned]:not([aria-busy]) .list li")

    def reads_the_failure(self) -> str:
        self.page.wait_for_selector("#outcome .note-bad")
        return self.page.inner_text("#outcome")

    def stored(self) -> list[tuple[str, str]]:
        """Kind and text of what is in the store, oldest first."""
        with self.stage.database.read() as connection:
            rows = connection.execute(select(scans.c.kind, scans.c.text).order_by(scans.c.id))
            return [(row.kind, row.text) for row in rows]


@pytest.fixture
def scanning(stages: Callable[..., Stage]) -> Callable[..., Scanner]:
    return lambda **device: Scanner(stages(**device))


@pytest.mark.parametrize("platform", ["android", "ios", "harmony"])
def test_a_code_is_stored_by_one_tap_and_stands_in_the_list(
    scanning: Callable[..., Scanner], platform: str
) -> None:
    scanner = scanning(platform=platform, codes=[QR, {"kind": "bar", "text": "6901234"}]).open()
    scanner.scans()
    scanner.sees_it_done()
    expect(scanner.page.locator(".list li")).to_contain_text(CODE)
    expect(scanner.page.locator("#text")).to_have_value("")
    scanner.scans("bar")
    expect(scanner.page.locator(".list li")).to_have_count(2)
    assert scanner.stored() == [("qr", CODE), ("bar", "6901234")]
    assert scanner.phone.documents() == 1
    assert (scanner.phone.console, scanner.phone.errors) == ([], [])


@pytest.mark.row("R22")
def test_a_tag_is_read_on_android(scanning: Callable[..., Scanner]) -> None:
    scanner = scanning(tags=["沙箱资产 A-1024"]).open()
    scanner.scans("nfc")
    scanner.sees_it_done()
    assert scanner.stored() == [("nfc", "沙箱资产 A-1024")]
    expect(scanner.page.locator("#no-nfc")).to_be_hidden()


@pytest.mark.row("R22")
@pytest.mark.parametrize("platform", ["ios", "harmony"])
def test_elsewhere_a_plain_sentence_stands_where_tags_would_be_read(
    scanning: Callable[..., Scanner], platform: str
) -> None:
    scanner = scanning(platform=platform).open()
    expect(scanner.page.locator("#no-nfc")).to_be_visible()
    expect(scanner.page.locator("[data-read=nfc]")).to_be_hidden()
    assert scanner.phone.calls(method="device.nfc.nfcRead") == []
    assert scanner.page.locator(".note-bad").count() == 0


@pytest.mark.row("R22")
def test_a_phone_without_the_reader_says_so_in_a_sentence(
    scanning: Callable[..., Scanner],
) -> None:
    scanner = scanning(nfc=False).open()
    scanner.scans("nfc")
    expect(scanner.page.locator("#outcome .note")).to_contain_text("没有 NFC")
    assert scanner.page.locator(".note-bad").count() == 0


def test_two_taps_scan_and_store_once(scanning: Callable[..., Scanner]) -> None:
    scanner = scanning(codes=[QR]).open()
    scanner.page.evaluate(
        "() => { const button = document.querySelector('[data-read=qr]'); "
        "button.click(); button.click(); }"
    )
    scanner.sees_it_done()
    assert scanner.stored() == [("qr", CODE)]
    assert len(scanner.phone.calls(method="biz.util.scan")) == 1


def test_an_answer_that_is_lost_does_not_store_twice(scanning: Callable[..., Scanner]) -> None:
    scanner = scanning(codes=[QR]).open()

    def lose(route: Route) -> None:
        route.fetch()  # the server has it, the visitor does not know
        route.abort()
        scanner.page.unroute("**/scan")

    scanner.page.route("**/scan", lose)
    scanner.scans()
    scanner.reads_the_failure()
    expect(scanner.page.locator("#text")).to_have_value(CODE)
    scanner.page.click("#outcome .side-button")
    scanner.sees_it_done()
    assert scanner.stored() == [("qr", CODE)]


def test_after_a_lost_answer_a_changed_text_is_told_apart_beside_the_list_that_has_the_first(
    scanning: Callable[..., Scanner],
) -> None:
    scanner = scanning(codes=[QR]).open()
    entries = scanner.page.locator("[data-part=scanned] .list li")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()
        scanner.page.unroute("**/scan")

    scanner.page.route("**/scan", lose)
    scanner.scans()
    scanner.reads_the_failure()
    scanner.page.fill("#text", "另一个")
    scanner.page.get_by_role("button", name="保存").click()
    expect(scanner.page.locator("#outcome .note-bad")).to_contain_text("请看列表")
    expect(entries).to_have_count(1)
    assert scanner.stored() == [("qr", CODE)]


def test_what_was_scanned_and_could_not_be_stored_outlives_a_reload_and_is_not_scanned_over(
    scanning: Callable[..., Scanner],
) -> None:
    scanner = scanning(codes=[QR]).open()
    scanner.page.route("**/scan", lambda route: route.abort())
    scanner.scans()
    scanner.reads_the_failure()
    scanner.page.unroute("**/scan")
    scanner.page.reload()
    expect(scanner.page.locator("#text")).to_have_value(CODE)
    scanner.scans()
    expect(scanner.page.locator("#outcome .note")).to_contain_text("还没有保存")
    scanner.page.click("#scan > .side-button")
    scanner.sees_it_done()
    assert scanner.stored() == [("qr", CODE)]


def test_an_expired_session_is_renewed_and_the_scan_is_stored(
    scanning: Callable[..., Scanner],
) -> None:
    scanner = scanning(codes=[QR]).open()
    scanner.phone.context.clear_cookies(name="session")
    scanner.scans()
    scanner.sees_it_done()
    assert scanner.stored() == [("qr", CODE)]
    assert scanner.phone.documents() == 1


def test_what_is_typed_over_a_scan_counts_as_typed(scanning: Callable[..., Scanner]) -> None:
    scanner = scanning(codes=[QR]).open()
    scanner.page.route("**/scan", lambda route: route.abort())
    scanner.scans()
    scanner.reads_the_failure()
    scanner.page.unroute("**/scan")
    scanner.page.locator("#text").press_sequentially("!")
    scanner.page.click("#outcome .side-button")
    scanner.sees_it_done()
    assert scanner.stored() == [("typed", f"{CODE}!")]


def test_cancelling_is_no_failure(scanning: Callable[..., Scanner]) -> None:
    scanner = scanning(codes=[]).open()
    scanner.scans()
    expect(scanner.page.locator("#outcome .note")).to_have_text("已取消。")
    assert scanner.stored() == []


def test_script_in_a_code_is_shown_and_does_nothing(scanning: Callable[..., Scanner]) -> None:
    script = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    scanner = scanning(codes=[{"kind": "qr", "text": script}]).open()
    said: list[str] = []
    scanner.page.on("dialog", lambda dialog: said.append(dialog.message))
    scanner.scans()
    scanner.sees_it_done()
    expect(scanner.page.locator(".scan-text")).to_have_text(script)
    assert scanner.page.locator(".list a, .list img").count() == 0
    assert (said, scanner.phone.console) == ([], [])


def test_an_address_is_opened_by_a_tap_alone_and_by_the_client(
    scanning: Callable[..., Scanner],
) -> None:
    scanner = scanning(codes=[{"kind": "qr", "text": "https://example.com/a?b=1"}]).open()
    scanner.scans()
    scanner.sees_it_done()
    assert scanner.phone.calls(method=OPEN) == []
    scanner.page.click("text=打开 example.com")
    scanner.page.wait_for_function("() => document.querySelector('.list a')")
    (call,) = scanner.phone.calls(method=OPEN)
    assert call["args"]["url"] == "https://example.com/a?b=1"
    assert scanner.phone.documents() == 1


def test_deleting_takes_two_taps_and_the_keyboard_goes_on_at_the_list(
    scanning: Callable[..., Scanner],
) -> None:
    scanner = scanning()
    for number, text in enumerate(("first", "second")):
        keep(scanner.stage, number, "qr", text)
    scanner.open()
    button = scanner.page.locator("button[name=id]").first
    button.click()
    expect(button).to_contain_text("再点一次")
    assert len(scanner.stored()) == 2
    button.click()
    expect(scanner.page.locator(".list li")).to_have_count(1)
    assert scanner.stored() == [("qr", "first")]
    expect(scanner.page.locator("#scanned-heading")).to_be_focused()


def test_one_long_text_has_a_page_of_its_own_and_is_deleted_there(
    scanning: Callable[..., Scanner],
) -> None:
    scanner = scanning()
    scanned(scanner.stage)
    before = scanner.stored()
    scanner.open()
    scanner.page.click("text=查看全部")
    expect(scanner.page.locator(".scan-text")).to_have_text(before[-1][1])
    scanner.page.click("button[name=id]")
    scanner.page.click("button[name=id]")
    scanner.page.wait_for_url("**/scan")
    assert scanner.stored() == before[:-1]


def test_in_a_plain_browser_codes_can_be_typed_once_signed_in(
    scanning: Callable[..., Scanner],
) -> None:
    scanner = scanning(platform="none")
    scanner.phone.open("/scan")
    scanner.page.wait_for_selector(".is-elsewhere")
    expect(scanner.page.locator("[data-read=qr]")).to_be_hidden()
    assert "手机钉钉" in scanner.page.inner_text("#elsewhere")
    scanner.page.click("[data-login-link]")
    scanner.page.get_by_text("张小沙").click()
    scanner.page.wait_for_selector("[data-part=scanned]:not([data-signed-out])")
    scanner.page.fill("#text", "https://example.com/typed")
    scanner.page.click("#scan > .side-button")
    scanner.sees_it_done()
    assert scanner.stored() == [("typed", "https://example.com/typed")]
    with scanner.page.expect_popup() as popup:
        scanner.page.route("**/typed", lambda route: route.fulfill(body="outside"))
        scanner.page.click("text=打开 example.com")
    assert popup.value.evaluate("[window.opener, document.referrer]") == [None, ""]


def test_without_scripts_the_form_stores_and_deletes(
    phones: Callable[..., Phone], scanning: Callable[..., Scanner]
) -> None:
    signed_in = scanning().open()
    phone = phones(context={"java_script_enabled": False})
    phone.context.add_cookies(signed_in.phone.context.cookies())  # type: ignore[arg-type]
    page = phone.open("/scan")
    expect(page.locator("[data-read=qr]")).to_be_hidden()
    page.fill("#text", "typed without scripts")
    page.click("#scan > .side-button")
    expect(page.locator(".scan-text")).to_have_text("typed without scripts")
    page.click("button[name=id]")
    expect(page.locator(".note-empty")).to_be_visible()
    assert signed_in.stored() == []
