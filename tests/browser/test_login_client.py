"""Signing in, in a real browser: in the client of each kind, renewed, refused, and from outside."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from app_server import wait_until
from phone import Phone
from playwright.sync_api import APIResponse, Route

Make = Callable[..., Phone]
OLDER = "runtime.permission.requestAuthCode"
NEWER = "runtime.permission.requestAuthCodeV2"


def signed_in_as(phone: Phone) -> str:
    phone.page.wait_for_selector(".dingbridge-login[data-login=in]")
    return phone.page.inner_text("[data-login-name]")


def codes_asked(phone: Phone) -> list[str]:
    return [call["method"] for call in phone.calls() if "requestAuthCode" in call["method"]]


@pytest.mark.row("R31")
@pytest.mark.parametrize(
    ("platform", "version", "method"),
    [
        ("android", "7.6.45", NEWER),
        ("ios", "7.0.45", NEWER),
        ("harmony", "7.6.45", NEWER),
        ("pc", "7.0.50", NEWER),
        ("android", "7.0.40", OLDER),
        ("pc", "7.0.45", OLDER),
    ],
)
def test_each_client_signs_in_with_the_kind_of_code_that_its_version_has(
    phones: Make, platform: str, version: str, method: str
) -> None:
    phone = phones(platform=platform, version=version)
    phone.open()
    assert signed_in_as(phone) == "张小沙"
    assert codes_asked(phone) == [method]
    assert phone.state() == "ready"
    assert phone.console == phone.errors == []


def test_a_login_script_that_does_not_arrive_is_told_beside_a_bridge_that_is_ready(
    phones: Make,
) -> None:
    phone = phones()
    phone.page.route("**/login.js", lambda route: route.abort())
    phone.open()
    phone.page.wait_for_selector("[data-bridge=ready]")
    notice = phone.page.inner_text(".dingbridge-notice")
    assert "页面的一部分没有加载成功" in notice
    phone.page.unroute("**/login.js")
    phone.page.click(".dingbridge-retry")
    assert signed_in_as(phone) == "张小沙"


def exchanges(phone: Phone) -> int:
    """How many codes have been exchanged at the platform, by everybody."""
    counters = phone._ask("GET", "counters", None)["platform"]
    return int(counters.get("/topapi/v2/user/getuserinfo", {"calls": 0})["calls"])


def in_page(phone: Phone, script: str) -> Any:
    """Run page code that has login.js as `login`."""
    address = """document.querySelector('script[src$="login.js"]').src"""
    return phone.page.evaluate(f"async () => {{ const login = await import({address}); {script} }}")


def expire(phone: Phone) -> None:
    """The browser forgets the session, as when its time is over."""
    phone.context.clear_cookies(name="session")


@pytest.mark.row("R31")
def test_a_page_view_with_a_session_costs_no_code(phone: Phone) -> None:
    phone.open()
    signed_in_as(phone)
    before = exchanges(phone)
    for path in ("/", "/?a=1"):
        phone.open(path)
        assert signed_in_as(phone) == "张小沙"
    assert len(codes_asked(phone)) == 1
    assert exchanges(phone) == before


def test_signing_in_waits_neither_for_the_grant_nor_for_its_success(phones: Make) -> None:
    slow = phones(grant_ms=20_000)
    slow.open()
    assert signed_in_as(slow) == "张小沙"
    assert slow.page.get_attribute("html", "data-bridge") == "pending"
    refused = phones(errors={"runtime.permission.requestJsApis": {"errorCode": "3"}})
    refused.open()
    assert signed_in_as(refused) == "张小沙"
    assert refused.state() == "error"


@pytest.mark.row("R32")
def test_a_code_that_the_platform_calls_spent_is_replaced_once_without_a_word(
    phone: Phone,
) -> None:
    spent = {"kind": "custom", "times": 1, "body": '{"errcode": 40078, "errmsg": "x"}'}
    phone._ask("PATCH", "platform", {"faults": {"/topapi/v2/user/getuserinfo": spent}})
    phone.open()
    assert signed_in_as(phone) == "张小沙"
    assert len(codes_asked(phone)) == 2


@pytest.mark.row("R32")
def test_a_client_that_hands_out_spent_codes_leads_to_a_sentence_and_a_retry(
    phone: Phone,
) -> None:
    phone.open()
    signed_in_as(phone)
    (call,) = [call for call in phone.calls() if call["method"] == NEWER]
    expire(phone)
    phone.set(results={NEWER: call["result"]})
    page = phone.open()
    page.wait_for_selector(".dingbridge-login[data-login=failed]")
    assert "授权已失效" in page.inner_text("[data-login-message]")
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}", page.inner_text("[data-login-reference]"))
    assert len(codes_asked(phone)) == 3
    phone.set(results={NEWER: None})
    page.click("[data-login-retry]")
    assert signed_in_as(phone) == "张小沙"
    assert len(codes_asked(phone)) == 4


@pytest.mark.row("R32")
def test_whoever_asks_twice_at_once_shares_one_code(phone: Phone) -> None:
    phone.open()
    signed_in_as(phone)
    names = in_page(
        phone,
        """const both = await Promise.all([login.signIn(), login.signIn()]);
        return both.map((user) => user.name);""",
    )
    assert names == ["张小沙", "张小沙"]
    assert len(codes_asked(phone)) == 2


@pytest.mark.row("R32")
def test_a_page_that_is_loaded_again_while_it_signs_in_asks_for_a_new_code(phone: Phone) -> None:
    posted: list[str] = []

    def hold(route: Route) -> None:
        posted.append((route.request.post_data_json or {})["code"])
        if len(posted) == 1:
            route.fetch()  # the code is spent, but nobody hears of it
        else:
            route.continue_()

    phone.page.route("**/ding/login", hold)
    with phone.page.expect_request("**/ding/login"):
        phone.open()
    phone.page.reload()
    assert signed_in_as(phone) == "张小沙"
    assert len(set(posted)) == len(posted) == len(codes_asked(phone)) == 2


def test_a_sign_out_that_the_server_refuses_is_told_and_shown_as_none(phone: Phone) -> None:
    page = phone.open()
    signed_in_as(phone)
    busy = {"error": {"code": "unavailable", "message": "服务正忙", "reference": "ABCD-2345"}}
    page.route("**/ding/logout", lambda route: route.fulfill(status=503, json=busy))
    script = "return await login.signOut().catch((error) => [error.name, error.status]);"
    assert in_page(phone, script) == ["BridgeError", 503]
    assert in_page(phone, "return login.user().name;") == "张小沙"
    assert page.get_attribute("html", "data-login") == "in"
    page.unroute("**/ding/logout")
    in_page(phone, "await login.signOut();")
    assert page.get_attribute("html", "data-login") == "out"
    assert in_page(phone, "return login.user();") is None


def test_an_expired_session_is_renewed_once_and_what_was_typed_stays(phone: Phone) -> None:
    page = phone.open()
    signed_in_as(phone)
    page.evaluate("document.querySelector('main').prepend(document.createElement('textarea'))")
    page.fill("textarea", "客户说明天再来")
    expire(phone)
    statuses = in_page(
        phone,
        """const ask = async () => (await login.signedFetch("/ding/me")).json();
        return (await Promise.all([ask(), ask()])).map((body) => body.user.name);""",
    )
    assert statuses == ["张小沙", "张小沙"]
    assert len(codes_asked(phone)) == 2
    assert phone.documents() == 1
    assert page.input_value("textarea") == "客户说明天再来"


def test_a_refusal_that_comes_late_is_about_the_old_session(phone: Phone) -> None:
    phone.open()
    signed_in_as(phone)
    expire(phone)
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    phone.page.route("**/ding/me?late", hold)
    start = """window.late = login.signedFetch("/ding/me?late").then((answer) => answer.json());"""
    in_page(phone, f"{start} return 0;")
    answer = 'return (await (await login.signedFetch("/ding/me")).json()).user.name;'
    assert in_page(phone, answer) == "张小沙"
    (route, refusal) = held[0]
    assert refusal.status == 401
    route.fulfill(response=refusal)
    assert in_page(phone, "return (await window.late).user.name;") == "张小沙"
    assert len(codes_asked(phone)) == 2


def test_a_renewal_that_fails_is_told_and_loses_nothing_either(phone: Phone) -> None:
    page = phone.open()
    signed_in_as(phone)
    expire(phone)
    phone.set(errors={NEWER: {"errorCode": "3", "errorMessage": "1002,corpId不合法"}})
    told = in_page(
        phone,
        """try { return await login.signedFetch("/ding/me"); } catch (error) {
        return [error.name, error.message, login.user()]; }""",
    )
    assert told[0] == "BridgeError"
    assert told[2] is None
    assert page.inner_text("[data-login-message]") == told[1]
    assert len(codes_asked(phone)) == 2
    assert phone.documents() == 1


def test_what_the_client_refuses_is_explained_and_reported(phone: Phone, served: Any) -> None:
    text = "对应企业没有127.0.0.1域名微应用"
    phone.set(errors={NEWER: {"errorCode": "3", "errorMessage": text}})
    page = phone.open()
    page.wait_for_selector(".dingbridge-login[data-login=failed]")
    assert "没有开通这个应用" in page.inner_text("[data-login-message]")
    # The visitors of the sandbox are developers.
    assert "应用首页地址" in page.inner_text("[data-login-remedy]")
    reference = page.inner_text("[data-login-reference]")
    wait_until(lambda: f"reference='{reference}'" in served.app.output(), "the report")
    assert "login: 对应企业没有" in served.app.output()
    assert phone.state() == "ready"
    phone.set(errors={NEWER: None})
    page.click("[data-login-retry]")
    assert signed_in_as(phone) == "张小沙"


@pytest.mark.row("R36")
def test_a_visitor_who_alone_is_refused_reads_how_to_clear_the_cache(phones: Make) -> None:
    for user in ("user5031", "user6188"):
        phone = phones(user=user)
        phone.open()
        signed_in_as(phone)
    alone = phones(errors={NEWER: {"errorCode": "3", "errorMessage": "x"}})
    page = alone.open()
    page.wait_for_selector(".dingbridge-login[data-login=failed]")
    assert "清理缓存" in page.inner_text("[data-login-hint]")


@pytest.mark.row("R30")
def test_the_corp_of_the_address_is_asked_for_and_the_placeholder_explained(
    phones: Make,
) -> None:
    phone = phones()
    page = phone.open("/?corpid=$CORPID$")
    assert signed_in_as(phone) == "张小沙"
    assert "从钉钉工作台进入" in page.inner_text("main")
    assert "$CORPID$" in page.inner_text("main")
    elsewhere = phones(corp="dingother")
    page = elsewhere.open("/?corpId=dingother")
    page.wait_for_selector(".dingbridge-login[data-login=failed]")
    assert "没有开通这个应用" in page.inner_text("[data-login-message]")
    (call,) = [call for call in elsewhere.calls() if call["method"] == NEWER]
    assert call["args"]["corpId"] == "dingother"


def test_while_the_platform_is_away_the_page_says_so_and_the_retry_works(phone: Phone) -> None:
    away = {"/topapi/v2/user/getuserinfo": {"kind": "http500", "times": 1}}
    phone._ask("PATCH", "platform", {"faults": away})
    page = phone.open()
    page.wait_for_selector(".dingbridge-login[data-login=failed]")
    assert page.inner_text("[data-login-hint]") == ""
    page.click("[data-login-retry]")
    assert signed_in_as(phone) == "张小沙"


# --- what failed for want of an answer


# A desktop client's bridge takes calls before it is up.
@pytest.mark.parametrize("platform", ["android", "ios"])
def test_a_bridge_that_answers_after_it_was_given_up_signs_in_with_one_code(
    phones: Make, platform: str
) -> None:
    phone = phones(platform=platform, bridge="late", late_ms=20_000)
    phone.page.clock.install()
    page = phone.open()
    page.clock.run_for(9000)
    page.wait_for_selector(".dingbridge-login[data-login=failed]")
    assert "钉钉没有回应" in page.inner_text("[data-login-message]")
    page.clock.run_for(20_000)
    assert signed_in_as(phone) == "张小沙"
    assert phone.state("ready") == "ready"
    assert codes_asked(phone) == [NEWER]
    assert phone.documents() == 1


def test_a_late_bridge_signs_in_although_the_grant_is_refused(phones: Make) -> None:
    refused = {"runtime.permission.requestJsApis": {"errorCode": "3"}}
    phone = phones(bridge="late", late_ms=20_000, errors=refused)
    phone.page.clock.install()
    page = phone.open()
    page.clock.run_for(9000)
    page.wait_for_selector(".dingbridge-login[data-login=failed]")
    page.clock.run_for(20_000)
    assert signed_in_as(phone) == "张小沙"
    assert phone.state() == "error"
    assert codes_asked(phone) == [NEWER]


@pytest.mark.parametrize(
    "away",
    [
        lambda route: route.abort("connectionrefused"),
        lambda route: route.fulfill(status=502, content_type="text/html", body="<h1>nginx</h1>"),
    ],
    ids=["no connection", "a proxy's page"],
)
def test_a_server_that_was_away_is_asked_once_more_when_the_grant_is_there(
    phones: Make, away: Callable[[Route], None]
) -> None:
    phone = phones(grant_ms=6000)
    page = phone.page
    page.clock.install()
    page.route("**/ding/login", away)
    phone.open()
    page.wait_for_selector(".dingbridge-login[data-login=failed]")
    assert "服务器暂时没有回应" in page.inner_text("[data-login-message]")
    page.unroute("**/ding/login")
    page.clock.run_for(6000)
    assert signed_in_as(phone) == "张小沙"
    assert codes_asked(phone) == [NEWER, NEWER]


def test_what_the_client_refused_is_not_asked_for_again_by_itself(phones: Make) -> None:
    phone = phones(grant_ms=6000, errors={NEWER: {"errorCode": "3", "errorMessage": "x"}})
    page = phone.page
    page.clock.install()
    phone.open()
    page.wait_for_selector(".dingbridge-login[data-login=failed]")
    page.clock.run_for(6000)
    assert phone.state("ready") == "ready"
    assert page.get_attribute("html", "data-login") == "failed"
    assert len(codes_asked(phone)) == 1


# --- from a plain browser


@pytest.mark.row("R33")
@pytest.mark.parametrize("where", ["?a=1#part", "?", "?q=%e4+'%7B#%23", "?#"])
def test_a_plain_browser_signs_in_at_dingtalk_and_comes_back_where_it_was(
    phones: Make, where: str
) -> None:
    phone = phones(platform="none")
    page = phone.open(f"/{where}")
    page.wait_for_selector(".dingbridge-login[data-login=outside]")
    here = page.evaluate("location.href")
    # Every rule signs what the app emits alike.
    assert not set("%+") & set(page.get_attribute("[data-login-link]", "href") or "%")
    page.click("[data-login-link]")
    page.click("text=欧阳若兰")
    assert signed_in_as(phone) == "欧阳若兰"
    assert page.evaluate("location.href") == here
    phone.state("outside")
    page.click(".dingbridge-login-leave button")
    page.wait_for_selector(".dingbridge-login[data-login=outside]")
    assert phone.errors == []


@pytest.mark.row("R33")
def test_a_stranger_reads_why_and_may_choose_another_account(phones: Make) -> None:
    phone = phones(platform="none")
    page = phone.open()
    page.click("[data-login-link]")
    page.click("text=陈晨")
    assert "不在使用本应用的企业里" in page.inner_text("[role=alert]")
    page.click("text=重新登录")
    page.click("text=王磊")
    assert signed_in_as(phone) == "王磊"


def test_without_javascript_the_browser_login_works_all_the_same(phones: Make) -> None:
    phone = phones(platform="none", context={"java_script_enabled": False})
    page = phone.open()
    page.click("[data-login-link]")
    page.click("text=欧阳若兰")
    assert page.inner_text("[data-login-name]") == "欧阳若兰"


def test_outside_dingtalk_an_expired_session_is_renewed_in_another_window(phones: Make) -> None:
    phone = phones(platform="none")
    page = phone.open()
    page.click("[data-login-link]")
    page.click("text=欧阳若兰")
    signed_in_as(phone)
    phone.state("outside")
    expire(phone)
    in_page(phone, """await login.signedFetch("/ding/me").catch(() => {});""")
    page.wait_for_selector(".dingbridge-login[data-login=outside]")
    assert "已填写的内容还在" in page.inner_text("[data-login-outside]")
    assert page.get_attribute("[data-login-link]", "target") == "_blank"
