"""The limits: what they are, how they are counted in memory and in Redis, what refusals close."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from openapi_stage import open_stage
from redis import Redis
from redis_server import RedisServer, running_redis

from dingbridge.errors import PlatformError, PlatformUnavailable, RateLimited, SettingsError
from dingbridge.openapi.ledger import Ledger, Limit, LocalLedger, Wait, longer
from dingbridge.openapi.ledgers import open_ledger
from dingbridge.openapi.limiter import Limiter, Patience
from dingbridge.openapi.limits import Caller, Closure, api_of, closure, is_counted
from dingbridge.openapi.messages import text
from dingbridge.openapi.redis_ledger import PREFIX, RedisLedger
from dingbridge.private_folder import private_folder
from dingbridge.settings import Settings

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 22, 10, 0, 0, tzinfo=CHINA).timestamp()


def caller(mode: str = "internal", **changes: object) -> Caller:
    given: dict[str, object] = {
        "platform": "p",
        "mode": mode,
        "app": "app1",
        "corp": "corp1",
        "rate": 20,
        "quota": 5000,
    }
    return Caller(**{**given, **changes})  # type: ignore[arg-type]


# -- which limits there are


@pytest.mark.row("R44")
def test_an_app_of_the_corp_keeps_to_its_rate_and_to_the_corps_minute() -> None:
    limits = {(limit.count, limit.seconds) for limit in caller().limits("/a")}
    assert limits == {(20, 1.0), (1500, 60.0), (10_000, 20.0)}
    assert (60, 1.0) in {(limit.count, limit.seconds) for limit in caller(rate=60).limits("/a")}


@pytest.mark.row("R44")
def test_a_third_party_app_keeps_to_vendor_vendor_and_corp_and_suite_and_corp() -> None:
    counts = {
        (limit.key.split(":")[1], limit.count, limit.seconds)
        for limit in caller("isv").limits("/a")
    }
    assert counts == {
        ("app_corp_api", 20, 1.0),
        ("app_corp_api", 1000, 60.0),
        ("vendor_corp_api", 1500, 60.0),
        ("vendor_api", 2000, 60.0),
        ("address", 10_000, 20.0),
    }


@pytest.mark.row("R44")
def test_whose_calls_count_together() -> None:
    def shared(one: Caller, other: Caller, api: str = "/a") -> set[str]:
        mine, theirs = one.limits("/a"), other.limits(api)
        return {limit.key.split(":")[1] for limit in mine if limit.key in {t.key for t in theirs}}

    assert shared(caller(), caller(app="app2")) == {"corp_api", "address"}
    assert shared(caller(), caller(corp="corp2", app="app2")) == {"address"}
    assert shared(caller(), caller(), "/b") == {"address"}
    assert shared(caller("isv"), caller("isv", corp="corp2")) == {"vendor_api", "address"}
    assert shared(caller("isv"), caller("isv", app="suite2")) == {
        "vendor_api",
        "vendor_corp_api",
        "address",
    }
    assert shared(caller(), caller(platform="stand-in")) == set()


@pytest.mark.parametrize(
    ("method", "path", "api"),
    [
        ("POST", "/topapi/v2/user/get", "/topapi/v2/user/get"),
        ("GET", "/v1.0/contact/users/me", "GET /v1.0/contact/users/me"),
        (
            "POST",
            "/v1.0/im/chat/chat0f1e2d/convertToOpenConversationId",
            "POST /v1.0/im/chat/{}/convertToOpenConversationId",
        ),
        ("GET", "/v1.0/todo/users/iiiP35sJ/tasks", "GET /v1.0/todo/users/{}/tasks"),
        ("GET", "/v1.0/todo/users/zhangsan/tasks", "GET /v1.0/todo/users/{}/tasks"),
        ("GET", "/v1.0/todo/users/li_si-x/tasks", "GET /v1.0/todo/users/{}/tasks"),
        (
            "PUT",
            "/v1.0/calendar/users/wangwu/calendars/primary/events/abc",
            "PUT /v1.0/calendar/users/{}/calendars/{}/events/{}",
        ),
        ("POST", "/v1.0/robot/groupMessages/send", "POST /v1.0/robot/groupMessages/send"),
        ("POST", "/v1.0/oauth2/userAccessToken", "POST /v1.0/oauth2/userAccessToken"),
        ("GET", "/v1.0/", "GET /v1.0"),
    ],
)
def test_ids_in_a_path_do_not_make_another_api(method: str, path: str, api: str) -> None:
    assert api_of(method, path) == api


@pytest.mark.parametrize(
    ("api", "counted"),
    [
        ("/topapi/v2/user/get", False),
        ("/topapi/v2/department/listsub", False),
        ("GET /v1.0/contact/users/me", False),
        (api_of("POST", "/v1.0/oauth2/userAccessToken"), False),
        ("/topapi/message/corpconversation/asyncsend_v2", True),
        ("POST /v1.0/robot/groupMessages/send", True),
    ],
)
def test_the_quota_leaves_out_tokens_sign_in_and_the_directory(api: str, counted: bool) -> None:
    assert is_counted(api) is counted


# -- what the platform's refusals close


def refusal(code: str, sub_code: str = "", message: str = "") -> PlatformError:
    return PlatformError(code, sub_code=sub_code, platform_message=message)


@pytest.mark.row("R44")
@pytest.mark.parametrize(
    ("error", "scope", "seconds"),
    [
        (refusal("88", "90001"), "app", 10.0),
        (refusal("90002"), "api", 1.0),
        (refusal("88", "90003"), "corp", 10.0),
        (refusal("88", "90004"), "app", 10.0),
        (refusal("88", "90005"), "corp_api", 10.0),
        (refusal("88", "90006"), "app_api", 10.0),
        (refusal("88", "90007"), "vendor_corp", 10.0),
        (refusal("88", "90008"), "vendor_corp_api", 10.0),
        (refusal("88", "90009"), "vendor", 10.0),
        (refusal("88", "90010"), "vendor_api", 10.0),
        (refusal("88", "90011"), "app", 10.0),
        (refusal("88", "90012"), "app_api", 10.0),
        (refusal("88", "90013"), "app_corp", 10.0),
        (refusal("88", "90014"), "app_corp_api", 10.0),
        *((refusal("88", code), "app_api", 10.0) for code in ("90015", "90016", "90019")),
        (refusal("88", "90017"), "address", 300.0),
        (refusal("88", "90018"), "app_api", 1.0),
        (refusal("90020"), "quota", 600.0),
        (refusal("45009"), "app_api", 10.0),
        (refusal("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"), "app_api", 1.0),
        (refusal("Forbidden.AccessDenied.QpmLimitForAppkeyAndApi"), "app_api", 10.0),
        (refusal("Forbidden.AccessDenied.QpsLimitForApi"), "api", 1.0),
        (refusal("Forbidden.AccessDenied.QpmLimitForSuitekeyAndOrgAndApi"), "app_corp_api", 10.0),
        (refusal("Forbidden.AccessDenied.ApiCountLimitForOrg"), "quota", 600.0),
        (refusal("Forbidden.AccessDenied.QpsLimitForSomethingNew"), "app_api", 1.0),
        (PlatformError("Throttling", http_status=429), "app_api", 10.0),
        (PlatformError("http_429", http_status=429), "app_api", 10.0),
        (PlatformUnavailable("http_429", http_status=429), "app_api", 10.0),
        (PlatformError("88", sub_code="90002", http_status=429), "api", 1.0),
        (PlatformUnavailable("platform_banned", http_status=429), "address", 300.0),
        (PlatformUnavailable("platform_banned"), "address", 300.0),
        (PlatformUnavailable("platform_banned", values={"minutes": "7"}), "address", 420.0),
    ],
)
def test_each_refusal_closes_its_scope(error: PlatformError, scope: str, seconds: float) -> None:
    closed = closure(error, NOW)
    assert closed is not None
    assert (closed.scope, closed.seconds) == (scope, seconds)
    assert closed.scope in caller("isv").scopes("/x")


@pytest.mark.parametrize(
    "code", ["60011", "-1", "40014", "Forbidden.AccessDenied.IpNotInWhiteList"]
)
def test_what_is_no_limit_closes_nothing(code: str) -> None:
    assert closure(refusal(code), NOW) is None


# As recorded in 2018; since 2026 the word is 限制 instead of 处罚.
WORDS = (
    "ding talk error[subcode=90002,submsg=您的服务器调用钉钉开放平台当前接口的"
    "所有请求都被暂时禁用了, apiPath(dingtalk.oapi.process.listbyuserid), "
    "从 {a} 到 {b} 请求总次数超过了 100 次, {word}将在 {c} 结束.]"
)


def stated(began: float, ended: float, over: float, word: str = "处罚") -> Closure:
    def told(moment: float) -> str:
        return datetime.fromtimestamp(moment, CHINA).strftime("%Y-%m-%d %H:%M:%S")

    text = WORDS.format(a=told(began), b=told(ended), c=told(over), word=word)
    closed = closure(refusal("88", "90002", text), NOW)
    assert closed is not None
    return closed


@pytest.mark.row("R44")
@pytest.mark.parametrize("word", ["处罚", "限制"])
def test_the_end_that_the_platform_states_is_kept_to_the_second(word: str) -> None:
    closed = stated(NOW - 60, NOW, NOW + 35, word)
    assert (closed.seconds, closed.stated) == (35.0, True)


def test_an_end_that_our_clock_cannot_believe_is_read_from_the_words_alone() -> None:
    day = 86_400
    assert stated(NOW - day, NOW - day, NOW - day + 35).seconds == 35.0
    assert stated(NOW + day, NOW + day, NOW + day + 35).seconds == 35.0
    assert stated(NOW, NOW, NOW).seconds == 1.0


def test_a_stated_end_that_is_no_time_counts_as_unstated() -> None:
    text = "限制将在 2026-13-45 99:99:99 结束"
    closed = closure(refusal("88", "90005", text), NOW)
    assert closed == Closure("corp_api", 10.0, "90005")


# -- the books, in memory and in Redis alike

Books = Callable[[], Ledger]


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture(params=["memory", "redis"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    local = LocalLedger(tmp_path, workers=1)
    if request.param == "memory":
        return local
    server: RedisServer = request.getfixturevalue("redis_server")
    server.flush()
    return RedisLedger(Redis.from_url(server.url), local)


def may_enter(ledger: Ledger, limits: list[Limit], scopes: list[str] | None = None) -> bool:
    """Whether a call is let in; it is answered at once."""
    turn = ledger.enter(limits, scopes or [])
    if isinstance(turn, Wait):
        return False
    turn.leave()
    return True


def told_to_wait(ledger: Ledger, limits: list[Limit], scopes: list[str] | None = None) -> Wait:
    """What a call that is not let in has to wait for."""
    wait = ledger.enter(limits, scopes or [])
    assert isinstance(wait, Wait)
    return wait


def admitted_within(ledger: Ledger, limits: list[Limit], seconds: float) -> list[float]:
    """When calls were let in that press as hard as they can."""
    began = time.monotonic()
    admitted = []
    while time.monotonic() - began < seconds:
        turn = ledger.enter(limits, [])
        if isinstance(turn, Wait):
            assert 0 < turn.seconds <= limits[0].seconds
            assert Patience(5.0).wait(min(turn.seconds, 0.02))
        else:
            admitted.append(time.monotonic())
            turn.leave()
    return admitted


@pytest.mark.row("R44")
def test_no_window_of_any_alignment_holds_more_calls_than_the_limit(ledger: Ledger) -> None:
    limit = Limit("a", 5, 0.25)
    admitted = admitted_within(ledger, [limit], 1.0)
    # The clock is read between entering and leaving, where the platform would be called.
    densest = max(sum(1 for other in admitted if at <= other < at + 0.249) for at in admitted)
    assert densest <= 5
    assert 6 <= len(admitted) <= 25


def test_every_limit_has_to_agree_and_a_refused_call_is_not_counted(ledger: Ledger) -> None:
    wide, narrow = Limit("wide", 10, 30.0), Limit("narrow", 1, 30.0)
    assert may_enter(ledger, [wide, narrow])
    for _ in range(20):
        assert told_to_wait(ledger, [wide, narrow]).key == "narrow"
    assert all(may_enter(ledger, [wide]) for _ in range(9))
    assert not may_enter(ledger, [wide])


@pytest.mark.row("R44")
def test_a_call_counts_until_a_window_after_its_answer(ledger: Ledger) -> None:
    limit = Limit("slow", 2, 0.15)
    first, second = ledger.enter([limit], []), ledger.enter([limit], [])
    assert not isinstance(first, Wait)
    assert not isinstance(second, Wait)
    assert Patience(5.0).wait(0.2)  # longer than the window, and neither is answered
    assert told_to_wait(ledger, [limit]).seconds == pytest.approx(0.15)
    answered = time.monotonic()
    first.leave()
    while isinstance(third := ledger.enter([limit], []), Wait):
        assert Patience(5.0).wait(third.seconds)
    assert time.monotonic() - answered >= 0.149
    assert told_to_wait(ledger, [limit]).seconds == pytest.approx(0.15)
    second.leave()
    third.leave()


def test_a_pause_holds_back_its_scope_and_no_other(ledger: Ledger) -> None:
    ledger.pause("mine", 20.0, "90018", age=0.0, stated=True)
    wait = told_to_wait(ledger, [], ["other", "mine"])
    assert (wait.key, wait.code) == ("mine", "90018")
    assert 10 <= wait.seconds <= 20
    assert may_enter(ledger, [], ["other"])


def test_the_longest_wait_is_the_one_that_is_told(ledger: Ledger) -> None:
    ledger.pause("short", 5.0, "90002", age=0.0, stated=True)
    ledger.pause("long", 50.0, "90005", age=0.0, stated=True)
    assert told_to_wait(ledger, [], ["long", "short"]).key == "long"


def test_refusals_of_calls_from_before_the_pause_do_not_lengthen_it(ledger: Ledger) -> None:
    first = ledger.pause("s", 1.0, "90018", age=0.1, stated=False)
    again = ledger.pause("s", 1.0, "90018", age=0.1, stated=False)
    assert first == pytest.approx(1.0)
    assert again <= 1.0


def test_a_refusal_after_the_pause_doubles_it(ledger: Ledger) -> None:
    ledger.pause("s", 0.05, "90018", age=0.0, stated=False)
    while isinstance(wait := ledger.enter([], ["s"]), Wait):
        assert Patience(5.0).wait(wait.seconds)
    assert ledger.pause("s", 0.05, "90018", age=0.0, stated=False) == pytest.approx(0.1)


def test_what_the_platform_states_is_taken_as_it_is(ledger: Ledger) -> None:
    assert ledger.pause("s", 7.0, "90005", age=0.0, stated=True) == pytest.approx(7.0)
    assert ledger.pause("s", 3.0, "90005", age=0.0, stated=True) == pytest.approx(3.0)


def test_a_counter_counts(ledger: Ledger) -> None:
    assert ledger.count("quota-x") == 0
    assert [ledger.add("quota-x") for _ in range(3)] == [1, 2, 3]
    assert (ledger.count("quota-x"), ledger.count("quota-y")) == (3, 0)


def test_threads_share_one_count(ledger: Ledger) -> None:
    limit = Limit("t", 50, 30.0)
    admitted: list[bool] = []
    sums: list[int] = []

    def run() -> None:
        for _ in range(20):
            admitted.append(may_enter(ledger, [limit], []))
            sums.append(ledger.add("quota-threads"))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(admitted) == 50
    assert sorted(sums) == list(range(1, 81))


def test_pauses_in_a_row_grow_up_to_five_minutes() -> None:
    assert [longer(1.0, strikes, stated=False) for strikes in (1, 2, 3, 20)] == [1, 2, 4, 300]
    assert longer(1.0, 20, stated=True) == 1.0


# -- the share of a worker


@pytest.mark.row("R44")
@pytest.mark.parametrize("workers", [1, 2, 3, 7, 20, 64])
def test_shares_together_never_exceed_the_limit(workers: int) -> None:
    whole = Limit("x", 20, 1.0)
    share = whole.share(workers)
    assert workers * share.count / share.seconds <= whole.count / whole.seconds + 1e-9
    assert share.count >= 1


def test_a_worker_keeps_to_its_share(tmp_path: Path) -> None:
    now = [0.0]
    ledger = LocalLedger(tmp_path, workers=4, steady=lambda: now[0])
    limit = Limit("x", 20, 1.0)
    assert [may_enter(ledger, [limit], []) for _ in range(6)] == [True] * 5 + [False]
    now[0] = 0.999
    assert not may_enter(ledger, [limit], [])
    now[0] = 1.0
    assert may_enter(ledger, [limit], [])


def test_another_process_keeps_the_same_pauses_and_counters(tmp_path: Path) -> None:
    LocalLedger(tmp_path, 1).pause("s", 20.0, "90018", age=0.0, stated=True)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert all(pool.map(_is_paused, [tmp_path] * 2))
        assert sorted(pool.map(_add, [tmp_path] * 30)) == list(range(1, 31))


def test_another_machine_keeps_the_pause_that_lies_in_redis(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    redis_server.flush()
    RedisLedger(redis_server.client(), LocalLedger(private_folder(tmp_path / "one"), 1)).pause(
        "s", 20.0, "90018", age=0.0, stated=True
    )
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (paused,) = pool.map(_is_paused_in_redis, [(redis_server.url, tmp_path)])
    assert paused == ["s"]


def _is_paused_in_redis(given: tuple[str, Path]) -> list[str]:
    url, folder = given
    local = LocalLedger(private_folder(folder / "other"), 1)  # with none of the first one's files
    ledger = RedisLedger(Redis.from_url(url), local)
    return [scope for scope in "st" if not may_enter(ledger, [], [scope])]


def _is_paused(folder: Path) -> bool:
    return not may_enter(LocalLedger(folder, 1), [], ["s"])


def _add(folder: Path) -> int:
    return LocalLedger(folder, 1).add("quota-z")


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"s": 5}', '{"s": ["x", 1, 1, "c"]}', "[" * 9999]
)
def test_what_else_lies_in_the_pause_file_is_ignored(tmp_path: Path, content: str) -> None:
    (tmp_path / "pauses.json").write_text(content)
    ledger = LocalLedger(tmp_path, 1)
    assert may_enter(ledger, [], ["s"])
    ledger.pause("s", 5.0, "c", age=0.0, stated=True)
    assert not may_enter(ledger, [], ["s"])


def full(folder: Path) -> None:
    """Nothing in `folder` can be written to its end, also not by root."""
    (folder / f"pauses.{os.getpid()}").symlink_to("/dev/full")
    (folder / "quota-x").mkdir()


@pytest.mark.parametrize("make", [Path.rmdir, full])
def test_books_that_cannot_be_written_are_kept_in_memory(
    tmp_path: Path, make: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    folder, now = tmp_path / "limits", [NOW]
    folder.mkdir()
    make(folder)
    ledger = LocalLedger(folder, 1, wall=lambda: now[0])
    assert ledger.pause("s", 20.0, "90005", age=0.0, stated=True) == pytest.approx(20.0)
    assert ledger.pause("t", 10.0, "90018", age=0.0, stated=False) == pytest.approx(10.0)
    now[0] += 11
    assert ledger.pause("t", 10.0, "90018", age=0.0, stated=False) == pytest.approx(20.0)
    assert not may_enter(ledger, [], ["s"])
    assert [ledger.add("quota-x") for _ in range(3)] == [0, 0, 0]
    assert ledger.count("quota-x") == 0
    assert [record.getMessage().split()[1] for record in caplog.records] == ["folder=away"]
    # As soon as the folder is there again, everybody learns what was in memory.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    ledger.pause("u", 5.0, "90018", age=0.0, stated=True)
    assert caplog.records[-1].getMessage().split()[1] == "folder=back"
    other = LocalLedger(folder, 1, wall=lambda: now[0])
    assert not any(may_enter(other, [], [scope]) for scope in "stu")


@pytest.mark.row("R44")
def test_a_call_that_the_platform_has_answered_is_answered(tmp_path: Path) -> None:
    with open_stage(tmp_path) as stage:
        shutil.rmtree(stage.folder / "limits")
        send, path = stage.openapi.notifications.send, "/topapi/message/corpconversation"
        stage.sandbox.fault(f"{path}/asyncsend_v2", "limited", times=1)
        assert send(text("早"), users=["manager4220"])
        assert stage.calls(f"{path}/asyncsend_v2") == 2
        assert len(stage.messages("manager4220")) == 1


def test_a_clock_that_was_set_back_ends_a_pause_instead_of_lengthening_it(tmp_path: Path) -> None:
    now = [NOW]
    ledger = LocalLedger(tmp_path, 1, wall=lambda: now[0])
    ledger.pause("s", 60.0, "c", age=0.0, stated=True)
    now[0] = NOW - 7200
    assert may_enter(ledger, [], ["s"])


def test_names_of_apis_that_nobody_calls_any_more_are_forgotten(tmp_path: Path) -> None:
    now = [0.0]
    ledger = LocalLedger(tmp_path, 1, steady=lambda: now[0])
    for number in range(1000):
        assert may_enter(ledger, [Limit(f"api{number}", 5, 1.0)])
    now[0] = 61.0
    assert may_enter(ledger, [Limit("api", 5, 1.0)])
    assert len(ledger._windows) == 1


# -- Redis that is not there


def test_without_redis_each_process_keeps_to_its_share(tmp_path: Path) -> None:
    with running_redis() as server:
        client = Redis.from_url(server.url, socket_timeout=0.2, socket_connect_timeout=0.2)
        ledger = RedisLedger(client, LocalLedger(tmp_path, workers=2))
        limit = Limit("x", 4, 30.0)
        assert [may_enter(ledger, [limit], []) for _ in range(5)] == [True] * 4 + [False]
        ledger.pause("s", 20.0, "90018", age=0.0, stated=True)
        server.kill()
        assert [may_enter(ledger, [limit], []) for _ in range(3)] == [True] * 2 + [False]
        assert not may_enter(ledger, [], ["s"])
        assert ledger.add("quota-x") == 1
        assert ledger.count("quota-x") == 1


def test_a_frozen_redis_costs_one_short_wait_a_second(tmp_path: Path) -> None:
    with running_redis() as server:
        client = Redis.from_url(server.url, socket_timeout=0.2, socket_connect_timeout=0.2)
        ledger = RedisLedger(client, LocalLedger(tmp_path, workers=1))
        server.freeze()
        began = time.monotonic()
        for number in range(50):
            assert may_enter(ledger, [Limit(f"x{number}", 4, 30.0)])
        assert time.monotonic() - began < 1.5
        server.thaw()


def test_nothing_in_redis_lives_for_ever_or_is_a_secret(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    redis_server.flush()
    ledger = RedisLedger(redis_server.client(), LocalLedger(tmp_path, 1))
    who = caller()
    assert may_enter(ledger, who.limits("/a"), list(who.scopes("/a").values()))
    ledger.pause("s", 5.0, "90018", age=0.0, stated=False)
    ledger.add("quota-x")
    with redis_server.client() as client:
        keys = list(client.scan_iter())
        assert len(keys) == 5
        for key in keys:
            assert key.decode().startswith(PREFIX)
            assert 0 < client.ttl(key) <= 40 * 86_400


# -- waiting


def limiter(tmp_path: Path, **changes: object) -> Limiter:
    ledger = LocalLedger(tmp_path, 1, steady=lambda: 0.0, wall=lambda: NOW)
    return Limiter(caller(**changes), ledger, wall=lambda: NOW)  # type: ignore[arg-type]


@pytest.mark.row("R44")
def test_a_wait_that_is_too_long_is_refused_at_once_and_clearly(tmp_path: Path) -> None:
    slept: list[float] = []
    books = limiter(tmp_path, rate=1)
    with books.turn("/a", Patience(0.5, slept.append)):
        pass
    with pytest.raises(RateLimited) as caught, books.turn("/a", Patience(0.5, slept.append)):
        pytest.fail("let in")
    error = caught.value
    assert (error.code, error.scope, error.endpoint) == ("limited_here", "app_api", "/a")
    assert error.retry_after == pytest.approx(1.0)
    assert slept == []


def test_the_quota_is_warned_of_three_times_in_a_month(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    books = limiter(tmp_path, quota=100)
    with caplog.at_level(logging.WARNING):
        for _ in range(120):
            books.count("POST /v1.0/robot/groupMessages/send")
            books.count("/topapi/v2/user/get")
    assert books.used() == 120
    said = [record.getMessage() for record in caplog.records]
    assert [message.split()[1] for message in said] == ["used=80", "used=95", "used=100"]


def test_the_month_is_chinas_and_each_counts_apart() -> None:
    who = caller()
    last = datetime(2026, 11, 30, 23, 59, 59, tzinfo=CHINA).timestamp()
    assert who.counter(last).endswith("2026-11")
    assert who.counter(last + 1).endswith("2026-12")


def test_without_a_quota_nothing_is_counted(tmp_path: Path) -> None:
    books = limiter(tmp_path, quota=0)
    books.count("/x")
    assert books.used() == 0


def test_calls_that_limits_or_the_network_refused_do_not_count(tmp_path: Path) -> None:
    with open_stage(tmp_path) as stage:
        path = "/topapi/message/corpconversation/getsendprogress"
        for kind in ("limited", "reset", None):
            stage.sandbox.fault(path, kind, **({"times": 1} if kind else {}))
            with pytest.raises(PlatformError):
                stage.client_of(stage.settings, patience=0.1).call("POST", path, json={})
            stage.pass_time(10)
        assert stage.openapi.usage() == (1, 5000)


# -- the settings


def test_rate_quota_and_workers_come_from_the_settings(
    settings: dict[str, object], tmp_path: Path
) -> None:
    given = {**settings, "DING_API_RATE": "60", "DING_API_QUOTA": "0", "DING_WORKERS": "6"}
    loaded = Settings.load(given)
    assert (loaded.api_rate, loaded.api_quota, loaded.workers) == (60, 0, 6)
    assert Settings.load(settings).workers == 1
    assert Settings.load({**settings, "WEB_CONCURRENCY": "4"}).workers == 4
    assert Settings.load({**given, "WEB_CONCURRENCY": "4"}).workers == 6
    assert Settings.load({**settings, "WEB_CONCURRENCY": "many"}).workers == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("API_RATE", "0"), ("API_RATE", "x"), ("API_QUOTA", "-1"), ("WORKERS", "0")],
)
def test_a_limit_that_is_no_number_is_a_fault(
    settings: dict[str, object], name: str, value: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load({**settings, f"DING_{name}": value})
    assert [fault.name for fault in caught.value.faults] == [f"DING_{name}"]


def test_all_bridges_of_a_process_keep_one_set_of_books(settings: dict[str, object]) -> None:
    loaded = Settings.load(settings)
    assert open_ledger(loaded) is open_ledger(Settings.load({**settings, "DING_CORP_ID": "ding2"}))
    folder = private_folder(loaded.instance / "limits")
    assert folder.stat().st_mode & 0o077 == 0
    assert json.dumps([path.name for path in folder.iterdir()]) == "[]"
