"""dingbridge.credentials while the platform is away, in eight ways, over files and over Redis.

Here a test moves the clock; tests/faults/test_tickets_outages.py spends real minutes on it.
"""

from __future__ import annotations

import pytest
from ticket_campaigns import until
from ticket_stage import LIFE, Stage

from dingbridge.backoff import JITTER, LONGEST_PAUSE
from dingbridge.credentials import Credentials
from dingbridge.errors import CredentialUnavailable

pytest_plugins = ["ticket_fixtures"]

KINDS = {
    "refuse": "platform_unreachable",
    "hang": "platform_timeout",
    "reset": "platform_unreachable",
    "http500": "platform_failed",
    "html": "platform_banned",
    "busy": "systemBusy",
    "wrong_types": "platform_unreadable",
    "slow": "platform_timeout",
}
# In the old generation -1 comes with HTTP 200, and bad types in fields of other names.
CASES = pytest.mark.parametrize(
    ("kind", "generation"),
    [*((kind, "new") for kind in KINDS), ("busy", "old"), ("wrong_types", "old")],
)
STEP = LONGEST_PAUSE * (1 + JITTER)


@pytest.fixture
def fleet(any_stage: Stage, generation: str) -> list[Credentials]:
    machines = "aabb" if any_stage.redis else "aaaa"
    any_stage.settings["DING_API_GENERATION"] = generation
    return [any_stage.open(machine, read_seconds=0.3) for machine in machines]


def begin(stage: Stage, kind: str) -> None:
    stage.sandbox.fault("*", kind, **({"seconds": 30.0} if kind == "slow" else {}))


@pytest.mark.row("R02")
@CASES
def test_no_page_fails_while_the_ticket_lives_and_the_platform_is_left_in_peace(
    any_stage: Stage, fleet: list[Credentials], kind: str, generation: str
) -> None:
    (ticket,) = {credentials.ticket() for credentials in fleet}
    any_stage.advance(0.79 * LIFE)
    begin(any_stage, kind)
    tried = []
    for second in range(90):
        already = any_stage.calls()
        any_stage.run(1)
        tried += [second] * (any_stage.calls() - already)
        assert {credentials.ticket() for credentials in fleet} == {ticket}
    for start in tried:
        assert sum(start <= second < start + 60 for second in tried) <= 12
    failures = fleet[0].status()["ticket"]["failures"]
    if KINDS[kind] == "platform_banned":  # the platform wants to be left alone for minutes then
        assert (len(tried), failures) == (2, 1)
    else:
        assert {start // 45 for start in tried} == {0, 1}  # it does go on
        assert 4 <= failures <= 9
    any_stage.advance(0.21 * LIFE - 90 - 30)  # to the last half minute of the ticket's life
    assert {credentials.ticket() for credentials in fleet} == {ticket}

    any_stage.sandbox.clear_faults()
    any_stage.run(1)
    any_stage.tick()
    assert {c.status()["ticket"]["state"] for c in fleet} == {"fresh"}
    any_stage.tick()
    for credentials in fleet:
        told = credentials.status()["ticket"]
        assert told["failures"] == 0  # type: ignore[index]
        assert "error" not in told  # type: ignore[operator]
    assert any_stage.alive(fleet[0].ticket())


@CASES
def test_without_any_ticket_the_page_learns_why_at_once_and_recovery_takes_one_step(
    any_stage: Stage, fleet: list[Credentials], kind: str, generation: str
) -> None:
    expected = "-1" if (kind, generation) == ("busy", "old") else KINDS[kind]
    begin(any_stage, kind)
    for _ in range(3):
        for credentials in fleet:
            with pytest.raises(CredentialUnavailable) as failed:
                credentials.ticket()
            assert failed.value.code == "ticket_unavailable"
            assert failed.value.platform_error is not None
            assert failed.value.platform_error.code == expected
    assert any_stage.calls() == 1  # one for all twelve pages
    any_stage.run(60)
    assert 3 <= any_stage.calls() <= 12
    any_stage.sandbox.clear_faults()
    any_stage.run(STEP + 1)
    (ticket,) = {credentials.ticket() for credentials in fleet}
    assert any_stage.alive(ticket)


def test_an_expired_ticket_is_not_served_and_the_reason_is_told(any_stage: Stage) -> None:
    credentials = any_stage.open()
    credentials.ticket()
    any_stage.sandbox.fault("*", "busy")
    any_stage.run(LIFE + 1, 600)
    with pytest.raises(CredentialUnavailable) as failed:
        credentials.ticket()
    assert failed.value.platform_error is not None
    assert failed.value.platform_error.code == "systemBusy"


def test_a_ticket_is_renewed_with_an_old_token_while_the_token_endpoint_is_away(
    any_stage: Stage,
) -> None:
    credentials = any_stage.open()
    credentials.ticket()
    any_stage.sandbox.fault("token", "http500")
    any_stage.advance(0.8 * LIFE)
    any_stage.tick()
    status = credentials.status()
    assert (status["token"]["state"], status["ticket"]["state"]) == ("due", "fresh")  # type: ignore[index]


def test_a_failure_of_another_process_is_not_repeated(any_stage: Stage) -> None:
    any_stage.sandbox.fault("*", "busy")
    with pytest.raises(CredentialUnavailable):
        any_stage.open().ticket()
    calls = any_stage.calls()
    with pytest.raises(CredentialUnavailable) as failed:
        any_stage.open("b" if any_stage.redis else "a").ticket()
    assert failed.value.platform_error is not None
    assert failed.value.platform_error.code == "systemBusy"
    assert any_stage.calls() == calls


def test_where_nobody_has_tried_for_long_a_page_does(any_stage: Stage) -> None:
    any_stage.sandbox.fault("*", "busy")
    with pytest.raises(CredentialUnavailable):
        any_stage.open().ticket()
    any_stage.sandbox.clear_faults()
    any_stage.advance(600)  # as after a night without any process
    assert any_stage.alive(any_stage.open().ticket())


# --- without Redis


@pytest.mark.parametrize("trouble", ["frozen", "killed"])
def test_without_redis_each_machine_waits_longer_before_it_asks_alone(
    redis_stage: Stage, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert redis_stage.redis
    # Every look at a Redis that is frozen takes so long, and there are dozens.
    monkeypatch.setattr("dingbridge.token_cache.REDIS_SECONDS", 0.4)
    fleet = [redis_stage.open(machine) for machine in "ab"]
    (ticket,) = {credentials.ticket() for credentials in fleet}
    redis_stage.redis.freeze() if trouble == "frozen" else redis_stage.redis.kill()
    try:
        redis_stage.advance(0.8 * LIFE)
        for _ in range(3):
            redis_stage.run(5)
            assert {credentials.ticket() for credentials in fleet} == {ticket}
        assert redis_stage.calls("ticket") == 1
        redis_stage.advance(0.11 * LIFE)
        redis_stage.run(5)
        assert redis_stage.calls("ticket") == 3
        # A process that starts now finds on its machine what the others have.
        assert redis_stage.open("a").ticket() == fleet[0].ticket()
        assert redis_stage.calls("ticket") == 3
    finally:
        redis_stage.redis.thaw() if trouble == "frozen" else redis_stage.redis.start()


def test_a_flushed_redis_costs_no_call(redis_stage: Stage) -> None:
    assert redis_stage.redis
    fleet = [redis_stage.open(machine) for machine in "aabb"]
    (ticket,) = {credentials.ticket() for credentials in fleet}
    redis_stage.redis.flush()
    redis_stage.tick()
    assert redis_stage.open("c").ticket() == ticket
    assert redis_stage.calls() == 2


@pytest.mark.parametrize("how", ["readonly", "full"])
def test_a_redis_that_takes_no_writes_is_told_until_it_takes_them_again(
    redis_stage: Stage, how: str
) -> None:
    assert redis_stage.redis
    one, two = redis_stage.open(), redis_stage.open()
    assert one.ticket() == two.ticket()
    well = {"files": True, "redis": True}
    assert one.status()["caches"] == two.status()["caches"] == well
    redis_stage.redis.refuse_writes(how)
    try:
        redis_stage.advance(0.95 * LIFE)
        redis_stage.run(3)
        assert one.status()["caches"] == two.status()["caches"] == {**well, "redis": False}
        assert redis_stage.alive(one.ticket())
        assert redis_stage.alive(two.ticket())
    finally:
        redis_stage.redis.take_writes()
    until(lambda: one.tick() or one.status()["caches"] == well, 10)
    one.tick()
    # Nothing is left that the other would have to bring up to date.
    until(lambda: two.tick() or two.status()["caches"] == well, 10)
    assert one.ticket() == two.ticket()
