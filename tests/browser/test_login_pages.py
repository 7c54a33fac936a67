"""Pages for those who are signed in: the decorators, forms, and the PC client's frame over TLS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from app_server import AppServer
from certificates import self_signed
from phone import Phone
from playwright.sync_api import Browser, Frame

from dingbridge.sandbox.sandbox import Sandbox

IN = ".dingbridge-login[data-login=in]"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """tests/login_pages.py behind a phone that speaks TLS too."""
    folder = tmp_path_factory.mktemp("login")
    certificate = self_signed(folder, ("im.dingtalk.com",))
    with Sandbox(certificate=(certificate.chain, certificate.key)) as sandbox:
        environment = {**sandbox.environment(folder / "instance"), "DING_DEBUG": ""}
        arguments = ("--pythonpath", "tests")
        with AppServer(environment, folder, app="login_pages:app", arguments=arguments) as app:
            sandbox.upstream = app.url
            yield sandbox


@pytest.fixture
def make(browser: Browser, pages: Sandbox, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Makes clients of that app."""
    contexts = []

    def client(**settings: object) -> Phone:
        contexts.append(browser.new_context(ignore_https_errors=True))
        name = f"l{abs(hash(request.node.nodeid)):x}-{len(contexts)}"
        phone = Phone(contexts[-1], pages, name)
        phone.set(**settings)
        return phone

    yield client
    for context in contexts:
        context.close()


Make = Callable[..., Phone]


def test_a_page_for_those_who_are_signed_in_signs_in_and_comes_up(make: Make) -> None:
    phone = make(user="user5031")
    page = phone.open("/mine?a=%2F%20b#part")
    page.wait_for_selector("#mine")
    assert page.inner_text("#mine") == "欧阳若兰 / b"
    assert page.url.endswith("/mine?a=%2F%20b#part")
    assert len([call for call in phone.calls() if "AuthCode" in call["method"]]) == 1
    # No administrator: said, not asked again and again.
    page = phone.open("/of-admins")
    assert "没有权限" in page.inner_text("main")
    assert phone.errors == []


def test_such_a_page_is_reached_from_a_plain_browser_too(make: Make) -> None:
    phone = make(platform="none")
    page = phone.open("/mine?a=1")
    page.wait_for_selector(".dingbridge-login[data-login=outside]")
    page.click("[data-login-link]")
    page.click("text=王磊")
    page.wait_for_selector("#mine")
    assert page.inner_text("#mine") == "王磊 1"


def test_a_form_is_sent_once_the_session_is_renewed_with_all_that_was_typed(make: Make) -> None:
    phone = make()
    page = phone.open("/page")
    page.wait_for_selector(IN)
    page.fill("textarea", "明天再来")
    phone.context.clear_cookies(name="session")
    page.dblclick("button:text('send')")
    page.wait_for_selector("#kept")
    assert page.inner_text("#kept") == "张小沙: 明天再来"
    assert len([call for call in phone.calls() if "AuthCode" in call["method"]]) == 2


def test_an_administrator_s_form_is_sent_with_all_that_was_typed_after_an_hour_too(
    make: Make,
) -> None:
    phone = make()
    page = phone.open("/page")
    page.wait_for_selector(IN)
    page.fill("input", "十台平板")
    assert page.evaluate("fetch('/age').then((answer) => answer.status)") == 200
    page.click("button:text('order')")
    page.wait_for_selector("#kept")
    assert page.inner_text("#kept") == "十台平板"
    assert len([call for call in phone.calls() if "AuthCode" in call["method"]]) == 2


@pytest.mark.parametrize("is_offline", [True, False])
def test_a_form_that_cannot_be_sent_says_why_keeps_what_was_typed_and_goes_later(
    make: Make, is_offline: bool
) -> None:
    phone = make()
    page = phone.open("/page")
    page.wait_for_selector(IN)
    page.fill("textarea", "明天再来")
    phone.context.set_offline(is_offline)
    page.route("**/ding/me", lambda route: route.abort())
    page.click("button:text('send')")
    page.wait_for_selector(".dingbridge-login[data-login=failed]")
    said = "没有网络" if is_offline else "服务器暂时没有回应"
    assert said in page.inner_text("[data-login-message]")
    assert page.input_value("textarea") == "明天再来"
    assert phone.documents() == 1
    page.unroute("**/ding/me")
    phone.context.set_offline(False)
    page.click("button:text('send')")
    page.wait_for_selector("#kept")
    assert page.inner_text("#kept") == "张小沙: 明天再来"
    # The session was good all the time.
    assert len([call for call in phone.calls() if "AuthCode" in call["method"]]) == 1


@pytest.mark.parametrize("engine", ["of today", "of Chrome 69"])
@pytest.mark.parametrize(
    ("press", "reaches"),
    [
        ("button:text('approve')", "[('reason', 'x'), ('decision', 'yes')]"),
        ("b:text('refuse')", "[('reason', 'x'), ('decision', 'no')]"),
        ("button:text('postpone')", "postponed [('reason', 'x'), ('decision', 'later')]"),
        ("Enter", "[('reason', 'x'), ('decision', 'yes')]"),
    ],
)
def test_the_button_that_was_pressed_reaches_the_server(
    make: Make, press: str, reaches: str, engine: str
) -> None:
    phone = make()
    if engine != "of today":
        phone.page.add_init_script("delete SubmitEvent.prototype.submitter")
    page = phone.open("/page")
    page.wait_for_selector(IN)
    page.fill("[name=reason]", "x")
    phone.context.clear_cookies(name="session")
    if press == "Enter":
        page.press("[name=reason]", press)
    else:
        page.click(press)
    page.wait_for_selector("#kept")
    assert page.inner_text("#kept") == reaches
    assert phone.errors == []


def test_a_form_that_was_sent_is_what_it_was_before(make: Make) -> None:
    phone = make()
    page = phone.open("/page")
    page.wait_for_selector(IN)
    form = page.locator("form", has=page.locator("[name=reason]"))
    form.evaluate("form => { form.target = 'other'; }")
    before = form.evaluate("form => form.outerHTML")
    with page.expect_popup() as opened:
        page.click("button:text('postpone')")
    opened.value.wait_for_selector("#kept")
    assert form.evaluate("form => form.outerHTML") == before


def test_a_form_with_a_field_named_submit_is_sent(make: Make) -> None:
    phone = make()
    page = phone.open("/page")
    page.wait_for_selector(IN)
    page.click("button:text('shadowed')")
    page.wait_for_selector("#kept")
    assert page.inner_text("#kept") == "[('submit', '1')]"


def test_a_browser_that_keeps_no_cookies_is_told_so_and_does_not_sign_in_for_ever(
    make: Make,
) -> None:
    phone = make()
    lose = {"url": phone.sandbox.phone_url, "name": "lose", "value": "1"}
    phone.context.add_cookies([lose])  # type: ignore[list-item]
    page = phone.open("/mine")
    page.wait_for_selector(".dingbridge-login[data-login=failed]")
    assert "Cookie" in page.inner_text("[data-login-message]")
    assert phone.documents() == 1
    assert len([call for call in phone.calls() if "AuthCode" in call["method"]]) == 1


# --- the PC client's frame


def open_framed(phone: Phone, path: str) -> Frame:
    """Open a page of the app as the desktop client does; its frame."""
    assert phone.sandbox.tls_url
    app = phone.sandbox.tls_url
    # The frame's cookies are kept apart, under the site of the page around it.
    apart = {"secure": True, "sameSite": "None", "partitionKey": "https://dingtalk.com"}
    cookie = {"url": app, "name": "sandbox_device", "value": phone.name, **apart}
    phone.context.add_cookies([cookie])  # type: ignore[list-item]
    host = app.replace("127.0.0.1", "im.dingtalk.com")
    query = urlencode({"app": app.rstrip("/") + path, "device": phone.name})
    phone.page.goto(f"{host}__sandbox__/pc-host.html?{query}")
    frame = phone.page.wait_for_selector("#frame").content_frame()
    assert frame
    return frame


@pytest.mark.row("R31")
@pytest.mark.parametrize("version", ["7.6.45", "7.0.45"])
def test_the_framed_pc_client_signs_in_over_tls_and_keeps_the_session(
    make: Make, version: str
) -> None:
    phone = make(platform="pc", version=version)
    frame = open_framed(phone, "/page")
    frame.wait_for_selector(IN)
    assert frame.inner_text("[data-login-name]") == "张小沙"
    assert frame.evaluate("window !== top && origin.startsWith('https://127.0.0.1')")
    kept = [each for each in phone.context.cookies() if each["name"] == "session"]
    assert [(each["secure"], each["sameSite"]) for each in kept] == [(True, "None")]
    frame = open_framed(phone, "/mine?a=2")
    frame.wait_for_selector("#mine")
    assert frame.inner_text("#mine") == "张小沙 2"
    assert len([call for call in phone.calls() if "AuthCode" in call["method"]]) == 1
    assert phone.errors == []


def test_a_guarded_page_and_a_renewal_work_in_the_frame(make: Make) -> None:
    phone = make(platform="pc")
    frame = open_framed(phone, "/mine?a=3")
    frame.wait_for_selector("#mine")
    assert frame.inner_text("#mine") == "张小沙 3"
    frame = open_framed(phone, "/page")
    frame.wait_for_selector(IN)
    frame.fill("textarea", "写到一半")
    phone.context.clear_cookies(name="session")
    frame.click("button:text('send')")
    frame.wait_for_selector("#kept")
    assert frame.inner_text("#kept") == "张小沙: 写到一半"
    assert len([call for call in phone.calls() if "AuthCode" in call["method"]]) == 2
