"""/ding/login, /ding/me and /ding/logout: what becomes a session, and what does not."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from login_app import ORIGIN, Visitor, error_of, login_app
from sandbox_server import SandboxClient

from dingbridge import DingBridge
from dingbridge.errors import CallRefused

BY_CODE = "/topapi/v2/user/getuserinfo"
DETAILS = "/topapi/v2/user/get"


pytest_plugins = ["login_fixtures"]


# --- a session


@pytest.mark.row("R31")
def test_a_code_becomes_a_session_that_holds_user_corp_and_time(guest: Visitor) -> None:
    before = int(time.time())
    response = guest.login()
    assert response.status_code == 200
    assert response.json
    user = response.json["user"]
    assert (user["userid"], user["name"]) == ("manager4220", "张小沙")
    session = guest.session()
    assert set(session) == {"dingbridge"}
    kept = session["dingbridge"]
    assert before <= kept.pop("at") <= time.time()
    assert kept == {
        "userid": "manager4220",
        "name": "张小沙",
        "admin": True,
        "corp": guest.corp,
    }
    assert guest.get("/ding/me").json == {
        "user": {
            "userid": "manager4220",
            "name": "张小沙",
            "corpId": guest.corp,
            "admin": True,
        }
    }


def test_the_cookie_lives_in_a_frame_and_no_cache_keeps_the_answers(guest: Visitor) -> None:
    response = guest.login()
    cookie = response.headers["Set-Cookie"].split("; ")
    assert {"Secure", "HttpOnly", "SameSite=None", "Partitioned"} <= set(cookie)
    for each in (response, guest.get("/ding/me"), guest.post("/ding/logout")):
        assert each.headers["Cache-Control"] == "no-store"


def test_an_app_that_is_written_as_the_document_says_has_that_cookie(
    sandbox: SandboxClient, tmp_path: Path
) -> None:
    document = (Path(__file__).parent.parent / "docs" / "login.md").read_text(encoding="utf-8")
    (written,) = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    app = Flask("by the document")
    app.config.update(
        {
            "SECRET_KEY": "a session key for tests only",
            **sandbox.sandbox.environment(tmp_path / "instance"),
            "DING_PUBLIC_ORIGINS": ORIGIN,
        }
    )
    exec(written, {"app": app, "DingBridge": DingBridge})  # noqa: S102  # our own document
    guest = Visitor(app, sandbox)
    cookie = guest.login().headers["Set-Cookie"].split("; ")
    assert {"Secure", "SameSite=None", "Partitioned"} <= set(cookie)
    assert guest.post("/visits").json == {"by": "manager4220"}


@pytest.mark.row("R31")
def test_a_page_view_costs_no_code(guest: Visitor, sandbox: SandboxClient) -> None:
    guest.login()
    calls = sandbox.platform_calls()
    for _ in range(3):
        assert "张小沙" in guest.get("/page").text
        assert guest.get("/ding/me").status_code == 200
        assert guest.get("/mine").text == "张小沙"
    # The first page asked for its ticket.
    assert sandbox.platform_calls() - calls <= 1


def test_nothing_of_an_older_session_is_left(guest: Visitor) -> None:
    guest.post("/plant")
    assert "planted" in guest.session()
    guest.login()
    assert set(guest.session()) == {"dingbridge"}
    assert guest.login(guest.code("user5031")).status_code == 200
    assert guest.get("/mine").text == "欧阳若兰"


def test_a_session_of_the_server_s_own_gets_another_id(app: Flask, guest: Visitor) -> None:
    regenerated = []
    kept = app.session_interface

    class ServerSide(type(kept)):  # type: ignore[misc]
        def regenerate(self, session: object) -> None:
            regenerated.append(session)

    app.session_interface = ServerSide(lambda: True)
    guest.login()
    assert len(regenerated) == 1


def test_the_bridges_of_one_app_share_no_session(sandbox: SandboxClient, tmp_path: Path) -> None:
    app = login_app(sandbox, tmp_path)
    hr = {name: app.config[name] for name in app.config if name.startswith("DING_")}
    app.config.update({f"HR_{name}": value for name, value in hr.items()})
    app.config["HR_DING_INSTANCE"] = str(tmp_path / "hr")
    DingBridge(app, name="hr", settings_prefix="HR_DING_", url_prefix="/hr/ding")
    guest = Visitor(app, sandbox)
    guest.login()
    assert guest.get("/hr/ding/me").status_code == 401
    body = {"code": guest.code("user5031"), "corpId": guest.corp}
    assert guest.post("/hr/ding/login", body).status_code == 200
    assert guest.get("/ding/me").json["user"]["userid"] == "manager4220"  # type: ignore[index]
    assert guest.get("/hr/ding/me").json["user"]["userid"] == "user5031"  # type: ignore[index]
    guest.post("/ding/logout")
    assert guest.get("/ding/me").status_code == 401
    assert guest.get("/hr/ding/me").status_code == 200


def test_logging_out_ends_the_session_and_sends_a_form_home(guest: Visitor) -> None:
    guest.login()
    assert guest.post("/ding/logout").status_code == 204
    response = guest.get("/ding/me")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "DingTalk"
    assert error_of(response)["code"] == "unauthorized"
    guest.login()
    response = guest.post("/ding/logout", Accept="text/html,*/*")
    assert (response.status_code, response.headers["Location"]) == (303, "/")
    assert guest.get("/ding/me").status_code == 401


@pytest.mark.parametrize(
    "forged",
    [
        {"at": 0},
        {"at": "now"},
        {"corp": "dingother"},
        {"userid": ["manager4220"]},
        {"admin": "yes"},
        {"at": 10**10},
        {"at": True},
    ],
)
def test_a_session_that_is_too_old_or_of_another_corp_or_kind_is_none(
    guest: Visitor, forged: dict[str, object]
) -> None:
    guest.login()
    with guest.client.session_transaction(base_url=ORIGIN) as session:
        session["dingbridge"] = {**session["dingbridge"], **forged}
    assert guest.get("/ding/me").status_code == 401
    with guest.client.session_transaction(base_url=ORIGIN) as session:
        session["dingbridge"] = list(forged)
    assert guest.get("/ding/me").status_code == 401


# --- codes


@pytest.mark.row("R32")
def test_a_code_is_exchanged_once_and_its_second_use_is_explained(
    guest: Visitor, sandbox: SandboxClient, app: Flask
) -> None:
    code = guest.code()
    assert guest.login(code).status_code == 200
    other = Visitor(app, sandbox)
    response = other.login(code)
    assert response.status_code == 401
    error = error_of(response)
    assert error["code"] == "40078"
    assert "再试一次" in error["message"]
    assert other.session() == {}
    assert sandbox.platform_calls(BY_CODE) == 1


def test_the_log_line_has_the_visitor_s_reference_and_what_the_platform_said(
    guest: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    error = error_of(guest.login("never-was-one"))
    (line,) = [each for each in caplog.messages if error["reference"] in each]
    assert f"endpoint='{BY_CODE}' code='40078'" in line
    assert "never-was-one" not in caplog.text


@pytest.mark.row("R32")
def test_of_two_people_with_one_code_at_the_same_moment_one_gets_in(
    app: Flask, sandbox: SandboxClient
) -> None:
    visitors = [Visitor(app, sandbox) for _ in range(6)]
    code = visitors[0].code()
    with ThreadPoolExecutor(6) as threads:
        statuses = list(threads.map(lambda guest: guest.login(code).status_code, visitors))
    assert sorted(statuses) == [200, 401, 401, 401, 401, 401]
    assert sum(bool(guest.session()) for guest in visitors) == 1
    assert sandbox.platform_calls(BY_CODE) == 1


@pytest.mark.row("R32")
def test_a_code_older_than_five_minutes_is_spent(guest: Visitor, sandbox: SandboxClient) -> None:
    fresh, old = guest.code(), guest.code()
    sandbox.advance(290)
    assert guest.login(fresh).status_code == 200
    sandbox.advance(20)
    assert error_of(guest.login(old))["code"] == "40078"


@pytest.mark.row("R32")
@pytest.mark.parametrize("shape", ["plain", "wrapped"])
@pytest.mark.parametrize(
    "code", ["40078", "40029", "40102", "42008", "invalidParameter.authCode.notFound"]
)
def test_whatever_the_platform_calls_a_spent_code_it_is_one(
    guest: Visitor, sandbox: SandboxClient, code: str, shape: str
) -> None:
    said = f'"errcode": "{code}"' if shape == "plain" else f'"errcode": 88, "sub_code": "{code}"'
    sandbox.fault(BY_CODE, "custom", body=f'{{{said}, "errmsg": "不存在的临时授权码"}}')
    response = guest.login()
    assert response.status_code == 401
    assert error_of(response)["code"] == "40078"


def test_a_code_of_another_corp_or_of_the_browser_login_is_refused(guest: Visitor) -> None:
    assert error_of(guest.login(guest.code(corp="dingother")))["code"] == "40078"
    from dingbridge.sandbox.login_codes import SignIn  # noqa: PLC0415

    browser = guest.sandbox.sandbox.platform.codes.browser
    code = browser.issue(SignIn("manager4220", guest.corp))
    assert error_of(guest.login(code))["code"] == "40078"
    assert guest.session() == {}


@pytest.mark.row("R30")
def test_a_corp_that_is_not_the_app_s_is_refused_before_the_code_is_spent(
    guest: Visitor, sandbox: SandboxClient
) -> None:
    code = guest.code()
    response = guest.login(code, corp="dingother")
    assert response.status_code == 403
    assert error_of(response)["code"] == "corp_differs"
    response = guest.login(code, corp="$CORPID$")
    assert response.status_code == 400
    error = error_of(response)
    assert error["code"] == "corp_placeholder"
    assert "$CORPID$" in error["remedy"]
    assert sandbox.platform_calls(BY_CODE) == 0
    assert guest.login(code).status_code == 200


def test_somebody_who_has_left_the_corp_is_a_stranger(guest: Visitor) -> None:
    response = guest.login(guest.code("nobody"))
    assert response.status_code == 403
    assert error_of(response)["code"] == "login_stranger"
    assert guest.session() == {}


# --- what the platform tells


@pytest.mark.row("R35")
def test_a_field_that_the_platform_withholds_is_marked_as_withheld(
    guest: Visitor, sandbox: SandboxClient
) -> None:
    user = guest.login().json["user"]  # type: ignore[index]
    assert user["withheld"] == ["email", "mobile"]
    assert user["email"] is user["mobile"] is None
    sandbox.patch_platform(permissions={"email": True})
    user = guest.login().json["user"]  # type: ignore[index]
    assert user["withheld"] == ["mobile"]
    assert "@" in user["email"]


@pytest.mark.row("R35")
def test_without_permission_for_the_directory_the_code_alone_signs_in(
    guest: Visitor, sandbox: SandboxClient
) -> None:
    sandbox.fault(DETAILS, "custom", body='{"errcode": 60011, "errmsg": "没有权限"}')
    user = guest.login().json["user"]  # type: ignore[index]
    assert (user["userid"], user["name"], user["admin"]) == ("manager4220", "张小沙", True)
    assert {"email", "mobile", "title", "departments"} <= set(user["withheld"])
    assert user["title"] is user["departments"] is None
    assert guest.get("/mine").text == "张小沙"


@pytest.mark.parametrize("endpoint", [BY_CODE, DETAILS])
@pytest.mark.parametrize("kind", ["refuse", "reset", "http500", "html", "wrong_types"])
def test_while_the_platform_is_away_or_lies_the_answer_is_503_with_a_time_to_retry(
    guest: Visitor, sandbox: SandboxClient, endpoint: str, kind: str
) -> None:
    sandbox.fault(endpoint, kind)
    # Nothing that is repeated may keep this test waiting.
    guest.app.extensions["dingbridge"]["dingbridge"].sign_in._users._client._sleep = id
    response = guest.login()
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) >= 1
    error_of(response)
    assert guest.session() == {}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"errcode": 60020, "errmsg": "访问ip不在白名单之中,request ip=203.0.113.7"}', 403),
        ('{"errcode": 40035, "errmsg": "x"}', 403),
        ('{"errcode": -1, "errmsg": "系统繁忙"}', 503),
        ('{"errcode": 500, "errmsg": "系统错误"}', 503),
        ('{"errcode": 0, "result": {"userid": "manager4220"}}', 200),
        ('{"errcode": 0, "result": {"userid": ""}}', 503),
        ('{"errcode": 0, "result": {"userid": {"a": 1}}}', 503),
        ('{"errcode": 0, "result": [1]}', 503),
        ('{"errcode": 0}', 503),
        ('{"errcode": null}', 503),
        ("[]", 503),
        ("", 503),
    ],
)
def test_each_answer_of_the_platform_leads_to_a_session_or_to_a_clear_error(
    guest: Visitor, sandbox: SandboxClient, body: str, status: int
) -> None:
    sandbox.fault(BY_CODE, "custom", body=body)
    response = guest.login()
    assert response.status_code == status
    assert bool(guest.session()) == (status == 200)
    if status != 200:
        error_of(response)


@pytest.mark.parametrize(
    ("http_status", "body"),
    [
        (429, '{"code": "Throttling"}'),
        (429, '{"requestid": "1"}'),
        (429, "Too Many Requests"),
        (408, '{"code": "RequestTimeout"}'),
    ],
)
def test_a_platform_that_has_no_time_now_is_worth_another_try(
    guest: Visitor, sandbox: SandboxClient, http_status: int, body: str
) -> None:
    sandbox.fault(BY_CODE, "custom", status=http_status, body=body)
    response = guest.login()
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) >= 1
    error_of(response)
    assert guest.session() == {}


@pytest.mark.parametrize(
    "lie",
    [
        '{"userid": "user5031", "name": "别人"}',
        '{"userid": "manager4220", "name": 7}',
        '{"userid": "manager4220", "name": ""}',
        '{"userid": "manager4220", "name": "张", "admin": "perhaps"}',
        '{"userid": "manager4220", "name": "张", "dept_id_list": ["x"]}',
        '{"userid": "manager4220", "name": "' + "长" * 100 + '"}',
    ],
)
def test_details_that_cannot_be_true_start_no_session(
    guest: Visitor, sandbox: SandboxClient, lie: str
) -> None:
    sandbox.fault(DETAILS, "custom", body=f'{{"errcode": 0, "result": {lie}}}')
    response = guest.login()
    assert response.status_code == 503
    assert error_of(response)["code"] == "platform_unreadable"
    assert guest.session() == {}


def test_whatever_else_of_ours_stops_a_sign_in_is_worth_another_try(
    guest: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise CallRefused("body_not_json", {"error": "UnicodeEncodeError"})

    monkeypatch.setattr(
        guest.app.extensions["dingbridge"]["dingbridge"].sign_in, "in_client", broken
    )
    response = guest.login()
    assert (response.status_code, error_of(response)["code"]) == (503, "body_not_json")
    assert int(response.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("shown", [False, True])
def test_what_the_platform_says_of_the_server_is_told_to_developers_alone(
    sandbox: SandboxClient, tmp_path: Path, *, shown: bool
) -> None:
    guest = Visitor(login_app(sandbox, tmp_path, DING_DEBUG="1" if shown else ""), sandbox)
    said = '{"errcode": 60020, "errmsg": "访问ip不在白名单之中,request ip=203.0.113.7"}'
    sandbox.fault(BY_CODE, "custom", body=said)
    error = error_of(guest.login())
    assert (error["code"], "请把编号告诉管理员" in error["message"]) == ("60020", True)
    assert ("203.0.113.7" in error["remedy"]) == shown
    assert ("服务器出口 IP" in error["remedy"]) == shown


def test_without_an_access_token_the_answer_is_503(guest: Visitor, sandbox: SandboxClient) -> None:
    sandbox.fault("token", "http500")
    response = guest.login()
    assert response.status_code == 503
    assert error_of(response)["code"] == "token_unavailable"
    assert sandbox.platform_calls(BY_CODE) == 0


# --- one visitor alone


@pytest.mark.row("R36")
def test_a_page_knows_whether_other_people_are_fine(app: Flask, sandbox: SandboxClient) -> None:
    def told() -> str:
        return Visitor(app, sandbox).get("/page").text

    assert '"othersAreFine":false' in told()
    for user in ("manager4220", "manager4220"):
        Visitor(app, sandbox).login(Visitor(app, sandbox).code(user))
    assert '"othersAreFine":false' in told()
    other = Visitor(app, sandbox)
    other.login(other.code("user5031"))
    assert '"othersAreFine":true' in told()
    assert "清理缓存" in told()


# --- the corp in the address


@pytest.mark.row("R30")
@pytest.mark.parametrize("name", ["corpid", "corpId"])
def test_the_corp_of_the_address_is_the_one_that_is_asked_for(guest: Visitor, name: str) -> None:
    assert f'"corpId":"{guest.corp}"' in guest.get("/page").text
    page = guest.get(f"/page?{name}=dingother").text
    assert '"corpId":"dingother","placeholder":false' in page


@pytest.mark.row("R30")
@pytest.mark.parametrize("written", ["$CORPID$", "%24CORPID%24", "$corpid$"])
def test_a_placeholder_that_was_not_replaced_is_noticed(guest: Visitor, written: str) -> None:
    page = guest.get(f"/page?corpid={written}").text
    assert f'"corpId":"{guest.corp}","placeholder":true' in page


def test_an_address_with_another_corp_does_not_show_who_is_signed_in_here(
    guest: Visitor,
) -> None:
    guest.login()
    assert '"user":{"userid":"manager4220"' in guest.get("/page").text
    assert '"user":null' in guest.get("/page?corpid=dingother").text
    assert '"user":{"userid"' in guest.get(f"/page?corpid={guest.corp}").text
