"""`flask ding explain REFERENCE`: from what a visitor reads to what was known when it failed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from app_server import AppServer
from click.testing import CliRunner, Result
from flask import Flask
from login_app import ORIGIN, Visitor, error_of, login_app
from redis_server import running_redis
from sandbox_server import SandboxClient

from dingbridge import DingBridge, failures
from dingbridge.cli import ding
from dingbridge.errors import PlatformError

pytest_plugins = ["login_fixtures"]

ANDROID = "Mozilla/5.0 (Linux; Android 13) Mobile AliApp(DingTalk/7.6.5) com.alibaba.android.rimet"

Explain = Callable[..., Result]


@pytest.fixture
def explain(sandbox: SandboxClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Explain:
    """The command, with the settings of the login tests' app."""
    environment = sandbox.sandbox.environment(tmp_path / "instance")
    for name, value in {**environment, "DING_PUBLIC_ORIGINS": ORIGIN}.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(ding, ["explain", *arguments])

    return run


def told(explain: Explain, reference: str) -> dict[str, Any]:
    """The newest of what the command tells of a reference, from its JSON."""
    result = explain(reference, "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.output)
    assert answer["known"]
    failure: dict[str, Any] = answer["failures"][0]
    return failure


def page_reference(text: str) -> str:
    (found,) = set(re.findall(r"[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}", text))
    return found


@pytest.mark.row("R16")
def test_an_unsigned_page_is_explained_with_what_the_platform_answered(
    guest: Visitor, sandbox: SandboxClient, explain: Explain
) -> None:
    refusal = {"errcode": 60020, "errmsg": "访问ip不在白名单之中,request ip=203.0.113.9"}
    sandbox.fault("ticket", "custom", body=json.dumps(refusal))
    guest.login()
    page = guest.get("/page?tab=2", **{"User-Agent": ANDROID})
    assert page.status_code == 200
    reference = page_reference(page.text)
    failure = told(explain, reference)
    assert failure["kind"] == "server"
    assert [each["code"] for each in failure["explanations"]] == ["ticket_unavailable", "60020"]
    seen = failure["seen"]
    assert seen["platform_code"] == "60020"
    assert seen["endpoint"]
    assert seen["request_url"] == f"{ORIGIN}/page?tab=2"
    assert seen["user"] == "manager4220"
    assert (seen["platform"], seen["version"]) == ("android", "7.6.5")
    assert "requestAuthCode" in seen["apis"]
    zh, en = explain(reference).output, explain(reference, "--lang", "en").output
    assert f"编号 {reference} · " in zh
    assert "203.0.113.9" in zh
    assert "seen by the server" in en
    assert "Remedy: " in en
    assert "…" not in en


@pytest.mark.row("R16")
def test_a_report_shows_where_the_browser_s_url_differs_from_the_signed_one(
    guest: Visitor, explain: Explain
) -> None:
    guest.login()
    report = {
        "state": "error",
        "code": "3",
        "subcode": "52013",
        "reference": "ABCD-2345",
        "signed_url": f"{ORIGIN}/a b/?q=1".replace(" ", "%20"),
        "page_url": f"{ORIGIN}/a+b/?q=1",
        "platform_url": f"{ORIGIN}/a+b/?q=1",
        "platform": "ios",
        "version": "7.6.0",
        "api": "device.geolocation.get",
    }
    assert guest.post("/ding/outcome", report).status_code == 204
    failure = told(explain, "ABCD-2345")
    assert failure["kind"] == "signed_in"
    assert failure["explanations"][0]["code"] == "3/52013"
    assert {
        name: failure["seen"][name] for name in report if name not in ("code", "reference")
    } == {name: value for name, value in report.items() if name not in ("code", "reference")}
    assert failure["differences"][0] == {
        "between": ["signed_url", "page_url"],
        "position": len(f"{ORIGIN}/a") + 1,
        "changed": ["path"],
    }
    text = explain("abcd2345").output
    assert "第 27 个字符起不同" in text
    assert "签名校验不通过  [3/52013]" in text


def test_a_report_without_a_session_is_marked_as_such_and_comes_last(
    guest: Visitor, sandbox: SandboxClient, explain: Explain
) -> None:
    sandbox.fault("token", "http500")
    reference = page_reference(guest.get("/page").text)
    report = {"state": "error", "code": "3", "reference": reference, "message": "made up\x1b[2J"}
    guest.post("/ding/outcome", report)
    answer = json.loads(explain(reference, "--json").output)
    assert [each["kind"] for each in answer["failures"]] == ["server", "reported"]
    text = explain(reference, "--lang", "en").output
    assert "anybody may have made it up" in text
    assert "\x1b" not in text


def test_reports_of_pages_that_work_are_not_kept(guest: Visitor, explain: Explain) -> None:
    for report in (
        {"state": "ready", "signed_url": "https://h/a", "page_url": "https://h/a"},
        {"state": "outside", "signed_url": "https://h/a", "page_url": "https://h/b"},
        {"state": "error", "reference": "no reference"},
    ):
        body = {"reference": "ABCD-2345", **report}
        assert guest.post("/ding/outcome", body).status_code == 204
    assert explain("ABCD-2345").exit_code == 1


@pytest.mark.row("R16")
def test_a_failed_sign_in_is_explained_with_endpoint_and_request(
    guest: Visitor, sandbox: SandboxClient, explain: Explain
) -> None:
    code = guest.code()
    guest.login(code)
    denied = {"errcode": 88, "sub_code": "60011", "sub_msg": "没有权限", "request_id": "15r0"}
    sandbox.fault("/topapi/v2/user/getuserinfo", "custom", body=json.dumps(denied))
    refused = error_of(guest.login())
    failure = told(explain, refused["reference"])
    assert failure["kind"] == "login"
    assert failure["explanations"][0]["code"] == "88/60011"
    assert failure["seen"]["endpoint"] == "/topapi/v2/user/getuserinfo"
    assert failure["seen"]["request_id"] == "15r0"
    assert failure["seen"]["status"] == "403"
    spent = error_of(guest.login(code))
    again = told(explain, spent["reference"])
    assert again["kind"] == "refused"
    assert again["explanations"][0]["code"] == "40078"
    assert code not in json.dumps(again)


def test_a_failed_way_back_from_the_login_page_is_explained(
    guest: Visitor, explain: Explain
) -> None:
    page = guest.get("/ding/oauth/return?code=code-canary&state=state-canary")
    reference = page_reference(page.text)
    failure = told(explain, reference)
    assert failure["explanations"][0]["code"] == "oauth_state"
    assert failure["seen"]["request_url"].endswith("/ding/oauth/return?code=***&state=***")


def test_a_refused_request_is_explained(guest: Visitor, explain: Explain) -> None:
    refused = guest.post("/ding/sign", {"url": "https://evil.example/"})
    failure = told(explain, error_of(refused)["reference"])
    assert failure["kind"] == "refused"
    assert failure["explanations"][0]["code"] == "origin_refused"
    assert failure["seen"]["page_url"] == "https://evil.example/"
    guest.login(guest.code("user5031"))
    forbidden = guest.get("/of-admins")
    seen = told(explain, error_of(forbidden)["reference"])["seen"]
    assert seen["user"] == "user5031"
    page = guest.get("/of-admins", Accept="text/html")
    reference = page_reference(page.text)
    assert told(explain, reference)["explanations"][0]["code"] == "forbidden"


def test_an_unforeseen_error_is_told_by_type_and_place_without_its_words(
    app: Flask, guest: Visitor, explain: Explain, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = app.extensions["dingbridge"]["dingbridge"]

    def broken(*_: object) -> None:
        raise KeyError("words-canary")

    monkeypatch.setattr(state.sign_in, "in_client", broken)
    answer = guest.login()
    assert answer.status_code == 500
    failure = told(explain, error_of(answer)["reference"])
    assert failure["kind"] == "server"
    assert failure["explanations"][0]["code"] == "server_error"
    assert re.fullmatch(r"KeyError test_explain_reference\.py:\d+", failure["seen"]["exception"])
    assert "words-canary" not in json.dumps(failure) + answer.text


@pytest.mark.row("R16")
def test_what_the_platform_answers_to_an_app_s_own_call_is_explained(
    app: Flask, guest: Visitor, explain: Explain
) -> None:
    error = PlatformError("88", sub_code="60121", endpoint="/topapi/v2/user/get", request_id="15r0")
    bridge = DingBridge()

    @app.get("/broken")
    def broken() -> tuple[str, int]:
        bridge.note_failure("ABCD-2345", 403, error)
        return "", 403

    assert guest.get("/broken").status_code == 403
    failure = told(explain, "ABCD-2345")
    assert failure["kind"] == "server"
    assert failure["explanations"][0]["code"] == "88/60121"
    assert failure["seen"]["request_id"] == "15r0"


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh", "没有编号 WXYZ-2345 的记录"), ("en", "Nothing is known of WXYZ-2345")],
)
def test_a_reference_that_nobody_knows_is_exit_code_1_with_a_sentence(
    explain: Explain, language: str, said: str
) -> None:
    result = explain("wxyz2345", "--lang", language)
    assert result.exit_code == 1
    assert said in result.output
    result = explain("WXYZ-2345", "--json")
    assert result.exit_code == 1
    assert json.loads(result.output) == {"reference": "WXYZ-2345", "known": False, "failures": []}


def test_a_failure_is_gone_after_a_week(
    guest: Visitor, explain: Explain, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = error_of(guest.post("/ding/sign", {"url": 5}))["reference"]
    assert explain(reference).exit_code == 0
    monkeypatch.setattr(failures, "LIFE_SECONDS", -1.0)
    assert explain(reference).exit_code == 1


def test_a_reference_needs_the_settings_that_say_where_it_is_kept_and_no_others(
    guest: Visitor, explain: Explain, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = error_of(guest.post("/ding/sign", {"url": 5}))["reference"]
    for name in ("MODE", "AGENT_ID", "PUBLIC_ORIGINS", "SIGNED_QUERY", "OAPI_URL", "DATABASE_URL"):
        monkeypatch.setenv(f"DING_{name}", "nonsense $")
    assert told(explain, reference)["kind"] == "refused"
    monkeypatch.delenv("DING_CORP_ID")
    result = explain(reference)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "DING_CORP_ID" in result.stderr
    result = explain(reference, "--json")
    assert (result.exit_code, result.stderr) == (2, "")
    (fault,) = json.loads(result.stdout)["error"]["faults"]
    assert fault["name"] == "DING_CORP_ID"
    assert explain("52013").exit_code == 0


def test_pages_that_work_and_visitors_who_are_not_signed_in_leave_nothing(
    guest: Visitor, tmp_path: Path
) -> None:
    assert guest.login().status_code == 200
    assert guest.get("/page").status_code == 200
    assert guest.get("/ding/me").status_code == 200
    guest.post("/ding/logout")
    assert guest.get("/ding/me").status_code == 401
    assert guest.get("/mine", Accept="text/html").status_code == 401
    assert list((tmp_path / "instance" / "failures").iterdir()) == []


def test_a_flood_of_reports_leaves_what_the_server_saw(
    guest: Visitor, sandbox: SandboxClient, explain: Explain
) -> None:
    sandbox.fault("token", "http500")
    reference = page_reference(guest.get("/page").text)
    report = {"state": "error", "code": "3", "reference": reference, "message": "x" * 400}
    statuses = {guest.post("/ding/outcome", report).status_code for _ in range(600)}
    assert statuses <= {204, 429}
    answer = json.loads(explain(reference, "--json").output)
    kinds = [each["kind"] for each in answer["failures"]]
    assert kinds[0] == "server"
    assert kinds.count("reported") < 600


def test_a_flood_of_codes_that_are_none_leaves_what_the_platform_failed_at(
    guest: Visitor, sandbox: SandboxClient, tmp_path: Path
) -> None:
    spent = guest.code()
    guest.login(spent)
    for _ in range(3):
        assert guest.login("c", corp="dingother").status_code == 403
        assert guest.login(spent).status_code == 401
        assert guest.login("made up by anybody").status_code == 400
        assert guest.login("made-up-by-anybody").status_code == 401
        assert guest.get("/ding/oauth/return?code=c&state=s").status_code == 403
    kept = {file.name.split("-")[1] for file in (tmp_path / "instance" / "failures").iterdir()}
    assert kept == {"refused"}


def test_a_dead_redis_fails_no_page_and_the_machine_still_knows(
    sandbox: SandboxClient, tmp_path: Path, explain: Explain, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_redis() as redis:
        monkeypatch.setenv("DING_REDIS_URL", redis.url)
        guest = Visitor(login_app(sandbox, tmp_path, DING_REDIS_URL=redis.url), sandbox)
        reference = error_of(guest.post("/ding/sign", {"url": 5}))["reference"]
        assert told(explain, reference)["kind"] == "refused"
        assert list((tmp_path / "instance" / "failures").iterdir()) == []
        redis.kill()
        answer = guest.post("/ding/sign", {"url": 5})
        assert answer.status_code == 400
        assert told(explain, error_of(answer)["reference"])["kind"] == "refused"


# --- as it is deployed


@pytest.fixture
def served(sandbox: SandboxClient, tmp_path: Path) -> Iterator[AppServer]:
    environment = {
        **sandbox.sandbox.environment(tmp_path / "instance"),
        "DING_PUBLIC_ORIGINS": ORIGIN,
        "WEB_CONCURRENCY": "2",
    }
    with AppServer(environment, tmp_path) as server:
        yield server


def test_the_real_command_finds_what_any_worker_has_kept(
    served: AppServer, sandbox: SandboxClient, tmp_path: Path
) -> None:
    host = {"Host": ORIGIN.removeprefix("https://")}
    pages = [requests.get(f"{served.url}/none/{n}", headers=host, timeout=30) for n in range(8)]
    assert {page.status_code for page in pages} == {404}
    found = [re.findall(r"<code>([2-9A-Z]{4}-[2-9A-Z]{4})</code>", page.text) for page in pages]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DING_")},
        **sandbox.sandbox.environment(tmp_path / "instance"),
        "PYTHONUTF8": "1",
    }
    for (reference,) in (found[0], found[-1]):
        done = subprocess.run(
            [sys.executable, "-m", "flask", "ding", "explain", reference],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "[not_found]" in done.stdout
        assert f"request_url = {ORIGIN}/none/" in done.stdout
