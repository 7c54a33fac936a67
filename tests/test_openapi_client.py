"""One call made well: token, repetitions, limits, errors that tell everything but secrets.

Everything goes over HTTP to the sandbox.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openapi_stage import Stage, open_stage

from dingbridge.errors import (
    CallRefused,
    CredentialUnavailable,
    PlatformError,
    PlatformUnavailable,
    RateLimited,
)
from dingbridge.openapi import explain

USER = "/topapi/v2/user/get"
CREATE = "/topapi/v2/user/create"
ROBOT = "/v1.0/robot/groupMessages/send"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with open_stage(tmp_path) as opened:
        yield opened


def get(stage: Stage) -> dict[str, object]:
    """A call that may be made twice."""
    return stage.openapi.call("POST", USER, json={"userid": "manager4220"}, repeatable=True)


def create(stage: Stage) -> dict[str, object]:
    """A call that may not."""
    body = {"name": "新人", "mobile": "13900000000", "dept_id_list": "1"}
    return stage.openapi.call("POST", CREATE, json=body)


# -- the token


@pytest.mark.parametrize("generation", ["old", "new"])
@pytest.mark.parametrize("path", [USER, ROBOT])
def test_a_token_of_either_endpoint_is_good_for_either_generation(
    tmp_path: Path, generation: str, path: str
) -> None:
    with open_stage(tmp_path, DING_API_GENERATION=generation) as stage:
        body = {"userid": "manager4220"}
        if path == ROBOT:
            with pytest.raises(PlatformError) as caught:
                stage.openapi.call("POST", path, json=body)
            assert caught.value.code == "miss.openConversationId"  # past the token's check
        else:
            assert stage.openapi.call("POST", path, json=body)["errcode"] == 0


@pytest.mark.parametrize("shape", ["plain", "wrapped"])
def test_a_refused_token_is_renewed_once_and_the_call_made_again(stage: Stage, shape: str) -> None:
    get(stage)
    stage.sandbox.patch_platform(oapi_errors=shape)
    stage.sandbox.revoke_token()
    assert get(stage)["errcode"] == 0
    assert stage.calls("/v1.0/oauth2/accessToken") == 2
    assert stage.calls(USER) == 3


def test_a_refused_token_of_the_new_generation_is_renewed_too(stage: Stage) -> None:
    get(stage)
    stage.sandbox.revoke_token()
    with pytest.raises(PlatformError) as caught:
        stage.openapi.call("POST", ROBOT, json={"robotCode": "x"})
    assert caught.value.code == "miss.openConversationId"
    assert stage.calls(ROBOT) == 2


def test_a_call_that_may_not_be_made_twice_is_made_again_after_a_refused_token(
    stage: Stage,
) -> None:
    get(stage)
    stage.sandbox.revoke_token()
    create(stage)
    names = [person["name"] for person in stage.sandbox.ask("GET", "directory").json()["people"]]
    assert names.count("新人") == 1


def test_a_token_that_is_refused_again_and_again_is_no_endless_loop(stage: Stage) -> None:
    refusal = json.dumps({"errcode": 88, "sub_code": "40014", "sub_msg": "不合法的access_token"})
    get(stage)
    stage.sandbox.revoke_token()
    stage.sandbox.fault(USER, "custom", body=refusal)
    with pytest.raises(PlatformError) as caught:
        get(stage)
    assert (caught.value.code, caught.value.sub_code) == ("88", "40014")
    assert stage.calls(USER) == 1 + 2


def test_without_any_token_nothing_is_sent(stage: Stage) -> None:
    stage.sandbox.fault("token", "http500")
    with pytest.raises(CredentialUnavailable):
        get(stage)
    assert stage.calls(USER) == 0


# -- what is repeated


@pytest.mark.row("R43")
@pytest.mark.parametrize("path", [USER, "/v1.0/im/chat/chat0/convertToOpenConversationId"])
def test_a_busy_platform_is_asked_three_times_more_with_growing_pauses(
    stage: Stage, path: str
) -> None:
    stage.sandbox.fault(path if path == USER else "chats", "busy")
    with pytest.raises(PlatformError) as caught:
        stage.openapi.call("POST", path, json={"userid": "x"}, repeatable=True)
    assert caught.value.code in ("-1", "systemBusy")
    assert len(stage.sandbox.calls(kind="platform")) == 4 + 1  # and one for the token
    assert 0.5 <= stage.slept[0] < stage.slept[1] < stage.slept[2] <= 2.2


@pytest.mark.row("R43")
def test_a_platform_that_is_busy_for_a_moment_is_not_noticed(stage: Stage) -> None:
    stage.sandbox.fault(USER, "busy", times=3)
    assert get(stage)["errcode"] == 0


@pytest.mark.row("R43")
@pytest.mark.parametrize("kind", ["busy", "http500", "reset"])
def test_a_call_that_may_not_be_made_twice_is_not_repeated(stage: Stage, kind: str) -> None:
    stage.sandbox.fault(CREATE, kind, times=1)
    with pytest.raises(PlatformError):
        create(stage)
    assert stage.calls(CREATE) == 1
    assert stage.slept == []


def test_an_http_500_counts_as_busy(stage: Stage) -> None:
    stage.sandbox.fault(USER, "http500", times=2)
    assert get(stage)["errcode"] == 0
    assert stage.calls(USER) == 3


def test_a_broken_connection_is_opened_anew_once(stage: Stage) -> None:
    stage.sandbox.fault(USER, "reset", times=1)
    assert get(stage)["errcode"] == 0
    stage.sandbox.fault(USER, "reset", times=2)
    with pytest.raises(PlatformUnavailable) as caught:
        get(stage)
    assert caught.value.code == "platform_unreachable"


def test_a_silent_platform_is_given_up_in_time_and_not_asked_again(stage: Stage) -> None:
    stage.sandbox.fault(USER, "hang")
    with pytest.raises(PlatformUnavailable) as caught:
        get(stage)
    assert caught.value.code == "platform_timeout"
    assert stage.calls(USER) == 1


def test_nobody_waits_longer_than_their_patience(stage: Stage) -> None:
    hurried = stage.client_of(stage.settings, patience=1.0)
    stage.sandbox.fault(USER, "busy")
    with pytest.raises(PlatformError):
        hurried.call("POST", USER, json={"userid": "x"}, repeatable=True)
    assert sum(stage.slept) <= 1.0
    patient = hurried.patient(60)
    with pytest.raises(PlatformError):
        patient.call("POST", USER, json={"userid": "x"}, repeatable=True)
    assert sum(stage.slept) > 3.0


@pytest.mark.parametrize(
    ("method", "repeated"), [("GET", True), ("PUT", True), ("DELETE", True), ("POST", False)]
)
def test_by_default_what_http_calls_idempotent_is_repeated(
    stage: Stage, method: str, repeated: bool
) -> None:
    path = "/v1.0/calendar/users/nobody/calendars/primary/events/e1"
    stage.sandbox.fault("calendar", "busy", times=1)
    with pytest.raises(PlatformError) as caught:
        stage.openapi.call(method, path)
    assert (caught.value.code != "systemBusy") is repeated


# -- limits that the platform states


def test_a_limit_of_the_second_is_waited_for_and_the_call_made_whatever_it_is(
    stage: Stage,
) -> None:
    stage.sandbox.fault(CREATE, "limited", times=1)
    create(stage)
    assert stage.calls(CREATE) == 2
    assert 1.0 <= sum(stage.slept) <= 1.2


@pytest.mark.parametrize("path", [USER, "/v1.0/oauth2/whatever"])
def test_a_limit_with_a_stated_end_is_waited_for_till_then(stage: Stage, path: str) -> None:
    stage.sandbox.patch_platform(limits={"minute": 2, "second": None})
    get(stage)
    get(stage)
    stage.pass_time(40)
    get(stage)
    # The platform's words name the second after the window's end.
    assert 20 <= sum(stage.slept) <= 24


def test_a_pause_that_is_too_long_is_the_platforms_error_first_and_then_our_own(
    stage: Stage,
) -> None:
    hurried = stage.client_of(stage.settings, patience=5.0)
    stage.sandbox.patch_platform(limits={"minute": 1, "second": None})
    arguments = {"json": {"userid": "manager4220"}, "repeatable": True}
    hurried.call("POST", USER, **arguments)  # type: ignore[arg-type]
    with pytest.raises(PlatformError) as caught:
        hurried.call("POST", USER, **arguments)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.sub_code) == ("88", "90005")
    asked = stage.calls(USER)
    with pytest.raises(RateLimited) as limited:
        hurried.call("POST", USER, **arguments)  # type: ignore[arg-type]
    assert limited.value.code == "paused_by_platform"
    assert limited.value.values["platform_code"] == "90005"
    assert 55 <= limited.value.retry_after <= 62
    assert stage.calls(USER) == asked
    assert stage.slept == []


@pytest.mark.parametrize("shape", ["html", "json"])
def test_a_ban_of_the_address_stops_every_call_for_five_minutes(stage: Stage, shape: str) -> None:
    stage.sandbox.patch_platform(limits={"address": 2, "second": None, "ban": shape})
    get(stage)
    get(stage)
    with pytest.raises(PlatformUnavailable) as caught:
        get(stage)
    assert caught.value.code == "platform_banned"
    asked = len(stage.sandbox.calls(kind="platform"))
    with pytest.raises(RateLimited) as limited:
        stage.openapi.departments.get(1)
    assert limited.value.values["scope"] == "address"
    assert 290 <= limited.value.retry_after <= 300
    assert len(stage.sandbox.calls(kind="platform")) == asked
    stage.pass_time(301)
    assert get(stage)["errcode"] == 0


@pytest.mark.parametrize("path", ["/topapi/message/corpconversation/getsendprogress", ROBOT])
def test_a_spent_quota_stops_what_it_counts_and_nothing_else(stage: Stage, path: str) -> None:
    stage.sandbox.patch_platform(limits={"month": 0})
    for expected in (PlatformError, RateLimited):
        with pytest.raises(expected) as caught:
            stage.openapi.call("POST", path, json={})
    assert isinstance(caught.value, RateLimited)
    assert caught.value.scope == "quota"
    assert stage.calls(path) == 1
    assert get(stage)["errcode"] == 0


def test_many_threads_that_are_limited_at_once_pause_once(stage: Stage) -> None:
    stage.sandbox.fault(USER, "limited", times=8)
    errors: list[Exception] = []

    def run() -> None:
        try:
            get(stage)
        except PlatformError as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Eight refusals one after the other would make a pause of 128 seconds.
    assert max(stage.slept) < 10
    assert errors == []


# -- what is sent


@pytest.mark.row("R40")
def test_bodies_are_json_in_utf8_and_never_escapes(stage: Stage) -> None:
    # The stand-in refuses escapes (40033), other types (43004) and anything but UTF-8 (-1).
    stage.openapi.departments.create("中文部门🀄")
    names = [child.name for child in stage.openapi.departments.children()]
    assert "中文部门🀄" in names


@pytest.mark.row("R40")
def test_a_post_without_a_body_still_says_json(stage: Stage) -> None:
    # Without the header the stand-in answers 43004 in one generation, Missingbody in the other.
    for path, code in (
        (CREATE, "40035"),
        (ROBOT, "miss.openConversationId"),
    ):
        with pytest.raises(PlatformError) as caught:
            stage.openapi.call("POST", path)
        assert caught.value.code == code


@pytest.mark.parametrize("body", [{"x": {1, 2}}, {"x": float("nan")}, {"x": "\ud800"}])
def test_what_json_cannot_say_is_refused_here(stage: Stage, body: object) -> None:
    with pytest.raises(CallRefused) as caught:
        stage.openapi.call("POST", USER, json=body)
    assert caught.value.code == "body_not_json"
    assert stage.calls(USER) == 0


@pytest.mark.row("R43")
@pytest.mark.parametrize(
    "path",
    [
        "topapi/v2/user/get",
        "//evil.example/x",
        "https://evil.example/x",
        "/topapi/v2/user/get?userid=1",
        "/topapi/../x",
        "/topapi/x/.",
        "/topapi/%2e%2E/x",
        "/v1.0/im/chat/.%2e/convertToOpenConversationId",
        "/v1.0/x%2f../y",
        "/a b",
        "/用户",
        "/x#y",
        "/x\\y",
        "",
    ],
)
def test_a_path_that_cannot_be_one_is_refused_here(stage: Stage, path: str) -> None:
    with pytest.raises(CallRefused) as caught:
        stage.openapi.call("GET", path)
    assert caught.value.code == "bad_path"


@pytest.mark.row("R43")
@pytest.mark.parametrize("name", ["", ".", ".."])
def test_an_id_that_would_make_another_path_is_refused_here(stage: Stage, name: str) -> None:
    calendar, start = stage.openapi.calendar, datetime(2026, 12, 1, 9, tzinfo=UTC)
    for attempt in (
        lambda: stage.openapi.chats.open_conversation_id(name),
        lambda: calendar.get("u", name),
        lambda: calendar.delete("u", name),
        lambda: calendar.update("u", name, summary="x"),
        lambda: calendar.create(name, "x", start),
        lambda: list(calendar.events(name)),
    ):
        with pytest.raises(CallRefused) as caught:
            attempt()
        assert caught.value.code == "bad_path"
    assert stage.sandbox.calls(kind="platform") == []


def test_any_other_id_is_one_part_of_the_path(stage: Stage) -> None:
    for name in ("a/b", "?x", "%2e%2e", "...", "中\ud800"):
        with pytest.raises(PlatformError) as caught:
            stage.openapi.chats.open_conversation_id(name)
        assert caught.value.code == "invalideChatId"
    # A path may hold such an id, escaped, by hand too.
    with pytest.raises(PlatformError) as caught:
        stage.openapi.call("POST", "/v1.0/im/chat/a%2Fb%3F/convertToOpenConversationId")
    assert caught.value.code == "invalideChatId"


def test_a_method_that_is_none_is_refused_here(stage: Stage) -> None:
    with pytest.raises(CallRefused) as caught:
        stage.openapi.call("FETCH", USER)
    assert caught.value.code == "bad_method"


# -- errors


def test_an_error_tells_code_sub_code_endpoint_and_request(stage: Stage) -> None:
    with pytest.raises(PlatformError) as caught:
        stage.openapi.users.get("nobody")
    error = caught.value
    assert (error.code, error.endpoint, error.http_status) == ("60121", USER, 200)
    assert error.platform_message == "找不到该用户"
    assert error.request_id
    with pytest.raises(PlatformError) as caught:
        stage.openapi.call("POST", "/topapi/not/there")
    assert (caught.value.code, caught.value.sub_code) == ("22", "22")
    with pytest.raises(PlatformError) as caught:
        stage.openapi.call("POST", ROBOT, json={})
    assert (caught.value.code, caught.value.http_status) == ("miss.openConversationId", 400)
    assert caught.value.request_id


@pytest.mark.row("R45")
@pytest.mark.parametrize("path", [USER, ROBOT])
def test_an_address_off_the_white_list_is_named_with_what_to_do(stage: Stage, path: str) -> None:
    get(stage)
    stage.sandbox.patch_platform(ip_whitelist=["203.0.113.9"])
    with pytest.raises(PlatformError) as caught:
        stage.openapi.call("POST", path, json={})
    assert caught.value.values["address"] == "127.0.0.1"
    for language in ("zh", "en"):
        words = explain(caught.value, language)  # type: ignore[arg-type]
        assert "127.0.0.1" in words.remedy
        assert "127.0.0.1" not in words.message


def test_every_error_of_this_package_is_explained_in_both_languages(stage: Stage) -> None:
    errors = [
        PlatformError("88", sub_code="60011"),
        PlatformUnavailable("platform_timeout"),
        RateLimited("limited_here", retry_after=3.2, scope="app_api", endpoint=USER),
        CallRefused("media_size", {"size": "1", "limit": "20 MB"}),
        CallRefused("bad_path", {"path": "x"}),
    ]
    for error in errors:
        zh, en = explain(error, "zh"), explain(error, "en")
        assert zh.code == en.code != "unknown"
        assert "…" not in zh.remedy + zh.cause + en.remedy + en.cause


@pytest.mark.row("R34")
def test_no_secret_is_in_an_error_or_a_log_line(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = stage.credentials.access_token()
    secret = stage.settings.client_secret
    told = f"echo {token} {secret}"
    said: list[str] = []
    for path, answer in (
        (USER, {"errcode": 60011, "errmsg": told}),
        ("chats", {"code": "x.y", "message": told}),
    ):
        status = 400 if path == "chats" else 200
        stage.sandbox.fault(path, "custom", body=json.dumps(answer), status=status)
    for call in (
        lambda: get(stage),
        lambda: stage.openapi.chats.open_conversation_id("chat0"),
        lambda: stage.openapi.callbacks.register("https://h/x", ["a"], "canary-token", "k" * 43),
        lambda: stage.openapi.identity.user_token("canary-code"),
    ):
        try:
            call()
        except PlatformError as error:
            said += [str(error), repr(error), repr(error.values), repr(vars(error))]
    stage.sandbox.clear_faults()
    stage.sandbox.fault("*", "reset")
    with pytest.raises(PlatformUnavailable) as caught:
        get(stage)
    chained = (caught.value.__cause__, caught.value.__context__)
    said += [str(caught.value), *map(repr, chained), caplog.text]
    everything = "\n".join(said)
    assert "***" in everything
    for canary in (token, "canary-token", "k" * 43):
        assert canary not in everything
    # The platform was never sent the secret in these calls, so it cannot have repeated it.
    assert secret not in caplog.text
