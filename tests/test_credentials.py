"""dingbridge.credentials: one token and one ticket for the fleet, over files and over Redis.

Here a test moves the clock and says when watchers look around; test_credentials_fleet.py does the
same with real processes, threads and seconds.
"""

from __future__ import annotations

import json
import logging
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask, current_app
from ticket_stage import LIFE, Stage

from dingbridge.backoff import JITTER, LONGEST_PAUSE
from dingbridge.errors import (
    CredentialUnavailable,
    PlatformError,
    PlatformUnavailable,
    SettingsError,
)
from dingbridge.ticket_source import SourceCaller

pytest_plugins = ["ticket_fixtures"]

GENERATIONS = pytest.mark.parametrize("generation", ["new", "old"])


# --- reuse


@pytest.mark.row("R01")
@pytest.mark.row("R02")
@GENERATIONS
def test_however_often_it_is_used_the_platform_is_asked_once(
    any_stage: Stage, generation: str
) -> None:
    credentials = any_stage.open(DING_API_GENERATION=generation)
    ticket, token = credentials.ticket(), credentials.access_token()
    assert any_stage.alive(ticket)
    assert any_stage.sandbox.sandbox.platform.tokens.accepts(token)
    assert {credentials.ticket() for _ in range(500)} == {ticket}
    assert {credentials.access_token() for _ in range(500)} == {token}
    assert (any_stage.calls("token"), any_stage.calls("ticket")) == (1, 1)


@pytest.mark.row("R02")
def test_another_process_and_another_machine_use_the_same_ticket(any_stage: Stage) -> None:
    ticket = any_stage.open("a").ticket()
    assert any_stage.open("a").ticket() == ticket
    if any_stage.redis:
        assert any_stage.open("b").ticket() == ticket
    assert any_stage.calls() == 2


def test_two_apps_in_one_folder_share_nothing(stage: Stage) -> None:
    assert stage.open().ticket()
    # The platform knows one app only, so the other one's secret is refused.
    other = stage.open(DING_CLIENT_ID="dinganotherclient")
    with pytest.raises(CredentialUnavailable) as refused:
        other.ticket()
    assert refused.value.platform_error is not None
    assert refused.value.platform_error.code == "invalidClientIdOrSecret"


# --- refresh ahead


@pytest.mark.row("R02")
@GENERATIONS
def test_both_are_refreshed_at_about_three_quarters_of_their_life(
    any_stage: Stage, generation: str
) -> None:
    credentials = any_stage.open(DING_API_GENERATION=generation)
    ticket = credentials.ticket()
    any_stage.advance(0.71 * LIFE)
    any_stage.tick()
    assert any_stage.calls() == 2
    any_stage.advance(0.08 * LIFE)
    any_stage.tick()
    assert (any_stage.calls("token"), any_stage.calls("ticket")) == (2, 2)
    assert credentials.ticket() == ticket  # the platform renews the same value
    any_stage.advance(0.7 * LIFE)
    assert credentials.ticket() == ticket
    assert any_stage.calls() == 4


def test_of_many_processes_that_find_it_due_one_asks(any_stage: Stage) -> None:
    fleet = [any_stage.open("ab"[number % 2] if any_stage.redis else "a") for number in range(8)]
    for credentials in fleet:
        credentials.ticket()
    any_stage.advance(0.79 * LIFE)
    for _ in range(3):
        any_stage.tick()
    assert (any_stage.calls("token"), any_stage.calls("ticket")) == (2, 2)
    assert {credentials.status()["ticket"]["age"] for credentials in fleet} == {0.0}  # type: ignore[index]


def test_a_due_ticket_is_served_and_no_request_refreshes_it(any_stage: Stage) -> None:
    credentials = any_stage.open()
    ticket = credentials.ticket()
    any_stage.advance(0.95 * LIFE)
    assert credentials.ticket() == ticket
    assert any_stage.calls() == 2


@pytest.mark.row("R03")
def test_a_newer_ticket_replaces_the_older_one_in_every_process(any_stage: Stage) -> None:
    any_stage.sandbox.patch_platform(ticket="replace")
    machines = ["a", "a", "b", "b"] if any_stage.redis else ["a"] * 4
    fleet = [any_stage.open(machine) for machine in machines]
    (old,) = {credentials.ticket() for credentials in fleet}
    any_stage.advance(0.79 * LIFE)
    for _ in range(2):
        any_stage.tick()
    (new,) = {credentials.ticket() for credentials in fleet}
    assert new != old
    assert any_stage.alive(new)
    assert not any_stage.alive(old)
    assert any_stage.calls("ticket") == 2


# --- a ticket that the platform calls bad


@pytest.mark.row("R03")
@pytest.mark.row("R17")
def test_a_ticket_called_bad_is_fetched_anew_once_a_minute_whoever_says_so(
    any_stage: Stage,
) -> None:
    machines = ["a", "b"] if any_stage.redis else ["a", "a"]
    fleet = [any_stage.open(machine) for machine in machines]
    (bad,) = {credentials.ticket() for credentials in fleet}
    any_stage.sandbox.revoke_ticket()
    for _ in range(20):
        for credentials in fleet:
            credentials.doubt_ticket("52011")
    assert fleet[0].ticket() == bad  # until a new one is there
    any_stage.tick()
    any_stage.tick()
    (good,) = {credentials.ticket() for credentials in fleet}
    assert good != bad
    assert any_stage.alive(good)
    assert any_stage.calls("ticket") == 2
    for _ in range(59):
        for credentials in fleet:
            credentials.doubt_ticket("52013")
        any_stage.run(1)
    assert any_stage.calls("ticket") == 2
    any_stage.advance(2)
    for credentials in fleet:
        credentials.doubt_ticket("52013")
    for _ in range(3):
        any_stage.tick()
    assert any_stage.calls("ticket") == 3


def test_a_doubt_before_there_is_any_ticket_asks_for_nothing(stage: Stage) -> None:
    credentials = stage.open()
    credentials.doubt_ticket("52011")
    assert credentials.status()["ticket"] == {"state": "absent", "failures": 0}
    assert stage.calls() == 0


def test_a_doubt_during_an_outage_is_settled_after_it(any_stage: Stage) -> None:
    credentials = any_stage.open()
    bad = credentials.ticket()
    any_stage.sandbox.revoke_ticket()
    any_stage.sandbox.fault("ticket", "http500")
    credentials.doubt_ticket("52011")
    any_stage.run(30)
    assert credentials.ticket() == bad
    any_stage.sandbox.clear_faults()
    any_stage.run(25)
    assert any_stage.alive(credentials.ticket())


@pytest.mark.row("R01")
@pytest.mark.parametrize("errors", ["plain", "wrapped"])
@GENERATIONS
def test_a_token_that_the_platform_refuses_is_replaced_on_the_way_to_a_ticket(
    any_stage: Stage, generation: str, errors: str
) -> None:
    any_stage.sandbox.patch_platform(oapi_errors=errors)
    credentials = any_stage.open(DING_API_GENERATION=generation)
    token = credentials.access_token()
    any_stage.sandbox.revoke_token()
    assert any_stage.alive(credentials.ticket())
    assert credentials.access_token() != token
    assert (any_stage.calls("token"), any_stage.calls("ticket")) == (2, 2)


def test_a_token_is_not_replaced_over_and_over(any_stage: Stage) -> None:
    credentials = any_stage.open()
    token = credentials.access_token()
    for _ in range(10):
        # The platform renews the same value, so it stays refused.
        assert credentials.replace_access_token(token) == token
    assert any_stage.calls("token") == 2
    any_stage.sandbox.revoke_token()
    any_stage.advance(61)
    replaced = credentials.replace_access_token(token)
    assert replaced != token
    assert credentials.replace_access_token(token) == replaced
    assert any_stage.calls("token") == 3


def test_a_ticket_whose_token_stays_refused_says_so(stage: Stage) -> None:
    refusal = {"code": "InvalidAuthentication", "message": "不合法的access_token"}
    stage.sandbox.fault("ticket", "custom", status=400, body=json.dumps(refusal))
    with pytest.raises(CredentialUnavailable) as failed:
        stage.open().ticket()
    assert failed.value.platform_error is not None
    assert failed.value.platform_error.code == "InvalidAuthentication"
    assert stage.calls() <= 4


# --- a day


@pytest.mark.row("R02")
@pytest.mark.parametrize("cap", ["overlap", "strict"])
def test_a_day_brings_one_refresh_a_period_and_a_new_ticket_before_the_cap(
    any_stage: Stage, cap: str
) -> None:
    any_stage.sandbox.patch_platform(ticket_cap=cap)
    jumps = [0.0, 3 * 3600.0, -5 * 3600.0, 40 * 3600.0]
    fleet = [any_stage.open() for _ in range(3)]
    step, seen, calls = 120.0, {}, []
    for count in range(int(26 * 3600 / step)):
        if count % 23 == 0:
            # A process that starts after the wall clock was set back or forth.
            fleet[0] = any_stage.restart(fleet[0], wall_offset=jumps[count // 23 % 4])
        before = any_stage.calls("ticket")
        any_stage.run(step, step)
        any_stage.tick()
        (ticket,) = {credentials.ticket() for credentials in fleet}
        assert any_stage.alive(ticket)
        seen.setdefault(ticket, count * step)
        calls += [count * step] * (any_stage.calls("ticket") - before)
    assert min(b - a for a, b in pairwise(calls)) >= 0.7 * LIFE
    assert len(seen) == 2
    assert list(seen.values())[1] < 24 * 3600


def test_two_machines_whose_clocks_differ_a_little_share_a_day(redis_stage: Stage) -> None:
    fleet = [redis_stage.open("a"), redis_stage.open("b", wall_offset=20.0)]
    tickets = []
    for _ in range(26 * 30):
        redis_stage.run(120, 120)
        redis_stage.tick()
        (ticket,) = {credentials.ticket() for credentials in fleet}
        assert redis_stage.alive(ticket)
        tickets.append(ticket)
    assert len(set(tickets)) == 2
    assert redis_stage.calls("ticket") <= 26 / 1.4 + 1


def test_a_machine_whose_clock_is_hours_off_neither_refetches_nor_fails(
    redis_stage: Stage,
) -> None:
    right = redis_stage.open("a")
    ahead = redis_stage.open("b", wall_offset=1800)
    behind = redis_stage.open("c", wall_offset=-4 * 3600)
    ticket = right.ticket()
    assert ahead.ticket() == behind.ticket() == ticket
    redis_stage.run(0.6 * LIFE, 60)
    assert {c.ticket() for c in (right, ahead, behind)} == {ticket}
    assert redis_stage.calls("ticket") <= 2


@pytest.mark.row("R44")
@pytest.mark.parametrize("skew", [3.0, 6.0, 30.0, -10.0, 3600.0])
def test_machines_whose_clocks_differ_leave_the_platform_in_peace_all_the_same(
    redis_stage: Stage, skew: float
) -> None:
    fleet = [redis_stage.open("a"), redis_stage.open("b", wall_offset=skew)]
    for credentials in fleet:
        credentials.ticket()
        credentials.access_token()
    redis_stage.advance(0.79 * LIFE)
    redis_stage.sandbox.fault("*", "refuse")
    before = redis_stage.calls()
    redis_stage.run(60, 0.5)
    assert 2 <= redis_stage.calls() - before <= 12
    redis_stage.sandbox.clear_faults()
    redis_stage.run(30)
    before = redis_stage.calls("ticket")
    for _ in range(59):
        for credentials in fleet:
            credentials.doubt_ticket("52011")
        redis_stage.run(1)
    assert redis_stage.calls("ticket") - before == 1


@pytest.mark.row("R44")
def test_a_ban_of_the_address_is_obeyed_for_as_long_as_the_platform_says(any_stage: Stage) -> None:
    credentials = any_stage.open()
    ticket = credentials.ticket()
    any_stage.advance(0.79 * LIFE)
    ban = json.dumps({"status": 1111, "wait": 5})
    any_stage.sandbox.fault("*", "custom", status=200, body=ban)
    before = any_stage.calls()
    any_stage.run(290, 5)
    assert any_stage.calls() - before == 2  # one for a token and one for a ticket
    assert credentials.ticket() == ticket
    assert 0 < credentials.status()["ticket"]["retry_in"] <= 15  # type: ignore[index]
    any_stage.sandbox.clear_faults()
    any_stage.run(20)
    assert credentials.status()["ticket"]["state"] == "fresh"  # type: ignore[index]


@pytest.mark.row("R44")
def test_a_ban_of_the_address_by_a_page_is_obeyed_for_five_minutes_while_a_ticket_lives(
    any_stage: Stage,
) -> None:
    credentials = any_stage.open()
    ticket = credentials.ticket()
    any_stage.advance(0.79 * LIFE)
    any_stage.sandbox.fault("*", "custom", status=403, body="<html>banned</html>")
    before = any_stage.calls()
    any_stage.run(290, 5)
    assert any_stage.calls() - before == 2  # one for a token and one for a ticket
    assert credentials.ticket() == ticket
    any_stage.sandbox.clear_faults()
    any_stage.run(20)
    assert credentials.status()["ticket"]["state"] == "fresh"  # type: ignore[index]


def test_a_ban_by_a_page_is_tried_again_before_the_ticket_ends_and_often_afterwards(
    any_stage: Stage,
) -> None:
    credentials = any_stage.open()
    credentials.ticket()
    any_stage.advance(0.98 * LIFE)  # 144 seconds are left
    any_stage.sandbox.fault("*", "custom", status=403, body="<html>banned</html>")
    before = any_stage.calls()
    any_stage.run(100)
    assert any_stage.calls() - before == 2
    any_stage.run(40)
    assert any_stage.calls() - before >= 4  # while it lives
    any_stage.run(60)
    any_stage.sandbox.clear_faults()
    any_stage.run(LONGEST_PAUSE * (1 + JITTER) + 1)
    assert any_stage.alive(credentials.ticket())


# --- what it takes to be kept


@pytest.mark.parametrize(
    "change",
    [
        {"jsapiTicket": None},
        {"jsapiTicket": 7},
        {"jsapiTicket": ""},
        {"jsapiTicket": ["t"]},
        {"jsapiTicket": "two words"},
        {"jsapiTicket": "票"},
        {"jsapiTicket": "x" * 5000},
        {"expireIn": None},
        {"expireIn": "7200"},
        {"expireIn": "soon"},
        {"expireIn": 0},
        {"expireIn": 1},
        {"expireIn": 14},
        {"expireIn": -7200},
        {"expireIn": True},
        {"expireIn": 7200.5},
        {"expireIn": 10**12},
        {"expireIn": 86_401},
    ],
    ids=str,
)
def test_a_wrong_type_and_a_missing_or_absurd_life_are_errors_and_not_kept(
    stage: Stage, change: dict[str, object]
) -> None:
    fields = {"jsapiTicket": "a-ticket", "expireIn": 7200, **change}
    answer = {name: value for name, value in fields.items() if value is not None}
    stage.sandbox.fault("ticket", "custom", status=200, body=json.dumps(answer))
    credentials = stage.open()
    with pytest.raises(CredentialUnavailable) as failed:
        credentials.ticket()
    assert isinstance(failed.value.platform_error, PlatformUnavailable)
    assert failed.value.platform_error.values["field"] == next(iter(change))
    stage.sandbox.clear_faults()
    stage.run(5)
    assert stage.alive(credentials.ticket())


def test_an_entry_that_is_spoiled_under_way_costs_no_call(any_stage: Stage) -> None:
    credentials = any_stage.open()
    ticket = credentials.ticket()
    for path in (any_stage.folder / "a" / "cache").iterdir():
        path.write_bytes(path.read_bytes()[:100])
    if any_stage.redis:
        with any_stage.redis.client() as client:
            for key in client.scan_iter():
                client.set(key, b'"planted"')
    any_stage.tick()
    assert any_stage.open().ticket() == ticket
    assert any_stage.calls() == 2


def test_a_cache_folder_that_others_can_write_to_is_refused(stage: Stage) -> None:
    stage.open()
    (stage.folder / "a" / "cache").chmod(0o777)
    with pytest.raises(SettingsError, match="chmod go-w"):
        stage.open()


def test_a_key_that_was_rotated_away_makes_entries_unreadable_and_nothing_fails(
    any_stage: Stage,
) -> None:
    assert any_stage.open(DING_STORE_KEYS="a" * 32).ticket()
    assert any_stage.open(DING_STORE_KEYS="b" * 32).ticket()
    assert any_stage.calls() == 4
    assert any_stage.open(DING_STORE_KEYS=f"{'c' * 32},{'b' * 32}").ticket()
    assert any_stage.calls() == 4


# --- a source of the app's own


@pytest.mark.row("R03")
def test_a_source_that_is_plugged_in_supplies_the_tickets(any_stage: Stage) -> None:
    asked = []

    def source() -> tuple[str, int]:
        asked.append(1)
        return f"shared-ticket-{len(asked)}", 3600

    one, two = (any_stage.open(source=lambda: source) for _ in range(2))
    assert one.ticket() == two.ticket() == "shared-ticket-1"
    assert any_stage.calls() == 0
    any_stage.advance(0.79 * 3600)
    any_stage.tick()
    any_stage.tick()
    assert one.ticket() == two.ticket() == "shared-ticket-2"
    assert len(asked) == 2


def test_a_source_that_names_no_life_is_asked_again_within_a_minute(stage: Stage) -> None:
    tickets = ["first"]
    credentials = stage.open(source=lambda: lambda: tickets[-1])
    assert credentials.ticket() == "first"
    tickets.append("second")
    stage.run(60)
    assert credentials.ticket() == "second"


@pytest.mark.row("R03")
def test_processes_with_and_without_a_source_leave_each_other_alone(any_stage: Stage) -> None:
    """A rolling deployment: the new ones have the source, the old ones do not."""
    asked = []

    def source() -> tuple[str, int]:
        asked.append(1)
        return "shared-ticket", 3600

    new, old = any_stage.open(source=lambda: source), any_stage.open()
    assert new.ticket() == "shared-ticket"
    old.access_token()
    any_stage.run(30, 0.5)
    assert (len(asked), any_stage.calls("ticket")) == (1, 0)  # the old one has asked for none yet
    ticket = old.ticket()
    assert any_stage.alive(ticket)
    any_stage.run(30, 0.5)
    assert (new.ticket(), old.ticket()) == ("shared-ticket", ticket)
    assert (len(asked), any_stage.calls("ticket")) == (1, 1)


@pytest.mark.row("R03")
def test_a_source_that_is_away_is_left_in_peace_while_its_last_ticket_serves(
    any_stage: Stage,
) -> None:
    away: list[int] = []
    answers = ["shared-ticket"]

    def source() -> tuple[str, int]:
        if not answers:
            away.append(1)
            raise TimeoutError
        return answers[0], 3600

    one, two = (any_stage.open(source=lambda: source) for _ in range(2))
    assert one.ticket() == two.ticket() == "shared-ticket"
    answers.clear()
    any_stage.advance(0.79 * 3600)
    any_stage.run(60)
    assert one.ticket() == two.ticket() == "shared-ticket"
    assert 3 <= len(away) <= 6
    assert one.status()["ticket"]["error"] == "ticket_source_failed"  # type: ignore[index]
    assert any_stage.calls() == 0


@pytest.mark.row("R03")
def test_a_source_that_hangs_is_given_up_and_asked_by_one_thread_only() -> None:
    asked, hangs = [], threading.Event()

    def source() -> str:
        asked.append(1)
        hangs.wait()
        return "shared-ticket"

    caller = SourceCaller(patience=0.3)
    for _ in range(3):
        with pytest.raises(PlatformError) as failed:
            caller.ask(source)
        error = failed.value
        assert (error.code, error.values["error"]) == ("ticket_source_failed", "TimeoutError")
    assert len(asked) == 1
    hangs.set()
    for thread in threading.enumerate():
        if thread.name == "dingbridge-ticket-source":
            thread.join(10)
    assert caller.ask(source).value == "shared-ticket"


def test_a_source_that_answers_can_be_asked_again_at_once() -> None:
    caller = SourceCaller()
    for number in range(300):
        assert caller.ask(lambda number=number: f"ticket-{number}").value == f"ticket-{number}"


def test_a_source_may_look_at_the_app_of_the_page_that_asks() -> None:
    app = Flask(__name__)
    with app.app_context():
        assert SourceCaller().ask(lambda: current_app.import_name).value == __name__


def test_a_source_that_is_set_later_takes_over(stage: Stage) -> None:
    plugged: list[object] = [None]
    credentials = stage.open(source=lambda: plugged[0])  # type: ignore[arg-type,return-value]
    assert stage.alive(credentials.ticket())
    plugged[0] = lambda: "shared-ticket"
    stage.tick()
    assert credentials.ticket() == "shared-ticket"


def test_a_source_that_fails_is_named_without_what_it_said(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    def source() -> str:
        raise RuntimeError("https://tokens.example/?access_token=secret-canary")

    with pytest.raises(CredentialUnavailable) as failed:
        stage.open(source=lambda: source).ticket()
    error = failed.value.platform_error
    assert isinstance(error, PlatformError)
    assert (error.code, error.values["error"]) == ("ticket_source_failed", "RuntimeError")
    assert "canary" not in caplog.text + str(error) + repr(failed.value)


@pytest.mark.parametrize("answer", [None, 7, "", ("t", "3600"), ("t", 0), ("t",), ("t", 1, 2), {}])
def test_a_source_that_answers_nonsense_is_an_error(stage: Stage, answer: object) -> None:
    with pytest.raises(CredentialUnavailable) as failed:
        stage.open(source=lambda: lambda: answer).ticket()  # type: ignore[arg-type,return-value]
    assert failed.value.platform_error is not None
    assert failed.value.platform_error.endpoint == "ticket_source"


# --- what is told


def test_the_state_is_told_by_age_and_never_by_value(any_stage: Stage) -> None:
    credentials = any_stage.open()
    assert credentials.status()["ticket"] == {"state": "absent", "failures": 0}
    secrets = [credentials.ticket(), credentials.access_token()]
    any_stage.advance(10)
    assert credentials.status()["ticket"] == {
        "state": "fresh",
        "age": 10.0,
        "remaining": LIFE - 10,
        "failures": 0,
    }
    any_stage.sandbox.fault("*", "busy")
    any_stage.advance(0.8 * LIFE)
    any_stage.tick()
    told = credentials.status()
    assert told["ticket"]["state"] == "due"  # type: ignore[index]
    assert told["ticket"]["error"] == "systemBusy"  # type: ignore[index]
    any_stage.advance(LIFE)
    assert credentials.status()["ticket"]["state"] == "expired"  # type: ignore[index]
    assert told["caches"] == {"files": True} | ({"redis": True} if any_stage.redis else {})
    assert not any(secret in json.dumps(told) for secret in secrets)


@GENERATIONS
def test_no_secret_shows_in_logs_errors_keys_or_stored_entries(
    any_stage: Stage, generation: str, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    credentials = any_stage.open(DING_API_GENERATION=generation)
    texts = []
    secrets = [any_stage.sandbox.sandbox.platform.identity.client_secret]
    for kind in ("http500", "refuse", "html", "limited", "wrong_types"):
        any_stage.sandbox.fault("*", kind)
        with pytest.raises(CredentialUnavailable) as failed:
            any_stage.open(DING_API_GENERATION=generation, machine=f"m-{kind}").ticket()
        error = failed.value
        texts += [str(error), repr(error), str(error.platform_error), repr(error.__context__)]
        assert error.platform_error is not None
        assert error.platform_error.__context__ is None
        any_stage.sandbox.clear_faults()
        if any_stage.redis:
            any_stage.redis.flush()
    secrets += [credentials.ticket(), credentials.access_token()]
    entries = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    if any_stage.redis:
        entries |= any_stage.redis.keys()
    assert len(entries) > 3
    for secret in secrets:
        assert secret not in caplog.text
        assert not any(secret in text for text in texts)
        assert not any(secret in name for name in entries)
        assert not any(secret.encode() in data for data in entries.values())
    assert "urllib3" in caplog.text or "connectionpool" in caplog.text
