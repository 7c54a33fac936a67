"""dingbridge.backoff: how long the fleet leaves the platform alone."""

from __future__ import annotations

import json

import pytest

from dingbridge.backoff import (
    BAN_PAUSE,
    FIRST_PAUSE,
    JITTER,
    LONGEST_BAN,
    LONGEST_PAUSE,
    Backoff,
)
from dingbridge.clock import Clock
from dingbridge.errors import PlatformError, PlatformUnavailable

ERROR = PlatformUnavailable("platform_timeout", endpoint="/gettoken")


class Time:
    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.clock = Clock(lambda: self.now, lambda: self.now, "boot")


def test_pauses_double_up_to_a_bound() -> None:
    time = Time()
    backoff = Backoff()
    pauses = []
    for _ in range(12):
        backoff = backoff.after_failure(ERROR, time.clock)
        pauses.append(backoff.pause)
    for count, pause in enumerate(pauses):
        step = min(LONGEST_PAUSE, FIRST_PAUSE * 2**count)
        assert step <= pause <= step * (1 + JITTER)


def test_a_token_and_a_ticket_that_both_fail_make_at_most_twelve_calls_in_any_minute() -> None:
    for _ in range(50):
        time = Time()
        backoff = Backoff()
        tries = []
        while time.now < 1_000_300:
            tries.append(time.now)
            backoff = backoff.after_failure(ERROR, time.clock)
            time.now += backoff.pause
        for start in tries:
            assert sum(start <= at < start + 60 for at in tries) * 2 <= 12


@pytest.mark.row("R44")
def test_a_ban_lasts_as_long_as_the_platform_says() -> None:
    def pause(minutes: str) -> float:
        banned = PlatformUnavailable("platform_banned", values={"minutes": minutes})
        return Backoff().after_failure(banned, Time().clock).pause

    assert pause("5") == 300
    assert pause("60") == 3600
    assert pause("0") < LONGEST_PAUSE
    assert pause("61") < LONGEST_PAUSE  # not believed
    stored = Backoff().after_failure(
        PlatformUnavailable("platform_banned", values={"minutes": "5"}), Time().clock
    )
    read = Backoff.from_json(stored.as_json())
    assert read is not None
    assert read.pause == 300


BAN = PlatformUnavailable("platform_banned", http_status=403)


@pytest.mark.row("R44")
@pytest.mark.parametrize(
    ("error", "left", "pause"),
    [
        (BAN, 1500.0, BAN_PAUSE),
        (PlatformUnavailable("platform_banned", values={"minutes": "0"}), 1500.0, BAN_PAUSE),
        (PlatformUnavailable("platform_banned", values={"minutes": "61"}), 1500.0, BAN_PAUSE),
        (PlatformError("90017"), 1500.0, BAN_PAUSE),
        (PlatformError("88", sub_code="90017"), 1500.0, BAN_PAUSE),
        # One more try comes before the value ends.
        (BAN, 200.0, 200.0 - LONGEST_PAUSE),
        # What the platform states is kept, whatever is at hand.
        (PlatformUnavailable("platform_banned", values={"minutes": "2"}), 1500.0, 120.0),
        (PlatformUnavailable("platform_banned", values={"minutes": "2"}), 0.0, 120.0),
    ],
)
def test_a_ban_of_unstated_length_lasts_five_minutes_while_a_value_is_at_hand(
    error: PlatformError, left: float, pause: float
) -> None:
    assert Backoff().after_failure(error, Time().clock, left).pause == pause


@pytest.mark.parametrize(("error", "left"), [(BAN, 0.0), (BAN, 15.0), (ERROR, 1500.0)])
def test_other_pauses_are_short_and_so_is_a_ban_where_a_value_is_missing(
    error: PlatformError, left: float
) -> None:
    pause = Backoff().after_failure(error, Time().clock, left).pause
    assert FIRST_PAUSE <= pause <= FIRST_PAUSE * (1 + JITTER)


@pytest.mark.parametrize(
    "error",
    [
        PlatformUnavailable("platform_timeout", endpoint="/gettoken"),
        PlatformError(
            "88",
            sub_code="60020",
            endpoint="/get_jsapi_ticket",
            request_id="r1",
            http_status=200,
            platform_message="访问ip不在白名单之中",
            values={"address": "203.0.113.9"},
        ),
    ],
)
def test_what_went_wrong_survives_being_stored(error: PlatformError) -> None:
    time = Time()
    backoff = Backoff().after_doubt(time.clock).after_failure(error, time.clock)
    read = Backoff.from_json(json.loads(json.dumps(backoff.as_json())))
    assert read is not None
    assert (read.failures, read.failed, read.doubted) == (1, backoff.failed, backoff.doubted)
    assert type(read.error) is type(error)
    assert vars(read.error) == vars(error)


@pytest.mark.parametrize(
    "change",
    [{"failures": -1}, {"failures": True}, {"failures": "1"}, {"pause": "1"}, {"pause": True}],
)
def test_anything_else_is_no_backoff(change: dict[str, object]) -> None:
    assert Backoff.from_json({**Backoff().as_json(), **change}) is None


def test_a_stored_pause_is_bounded_and_a_stored_error_is_checked() -> None:
    stored = Backoff().after_failure(ERROR, Time().clock).as_json()
    read = Backoff.from_json({**stored, "pause": 1e9, "error": {"code": 7}})
    assert read is not None
    assert read.pause <= LONGEST_BAN * 60
    assert read.error is None
    assert Backoff.from_json({**stored, "error": "x"}).error is None  # type: ignore[union-attr]
