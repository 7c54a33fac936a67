"""dingbridge.clock: ages that a set wall clock cannot spoil."""

from __future__ import annotations

import json
import time

import pytest

from dingbridge.clock import Clock, Moment


class Hands:
    """A clock's two readings, to be set."""

    def __init__(self) -> None:
        self.wall, self.steady = 1_700_000_000.0, 500.0

    def clock(self, boot: str = "boot-1") -> Clock:
        return Clock(lambda: self.wall, lambda: self.steady, boot)


def test_within_one_boot_the_wall_clock_does_not_matter() -> None:
    hands = Hands()
    clock = hands.clock()
    moment = clock.now()
    hands.steady += 60
    hands.wall -= 100_000
    assert clock.since(moment) == 60


def test_another_process_of_the_same_boot_measures_the_same_age() -> None:
    hands = Hands()
    moment = hands.clock().now()
    hands.steady += 60
    hands.wall += 5_000
    assert hands.clock().since(moment) == 60


@pytest.mark.parametrize(("written", "read"), [("boot-1", "boot-2"), ("", ""), ("boot-1", "")])
def test_between_boots_the_wall_clock_is_all_there_is(written: str, read: str) -> None:
    hands = Hands()
    moment = hands.clock(written).now()
    hands.steady = 3
    hands.wall += 60
    assert hands.clock(read).since(moment) == 60


def test_a_moment_of_the_future_has_a_negative_age() -> None:
    hands = Hands()
    moment = hands.clock("boot-1").now()
    hands.wall -= 30
    assert hands.clock("boot-2").since(moment) == -30


def test_a_moment_survives_being_stored() -> None:
    moment = Moment(1_700_000_000.25, 12.5, "boot-1")
    assert Moment.from_json(json.loads(json.dumps(moment.as_json()))) == moment


@pytest.mark.parametrize(
    "stored",
    [None, 7, "now", [], [1.0, 2.0], [1.0, "2", "b"], [1.0, 2.0, 3], [float("nan"), 1.0, "b"]],
)
def test_anything_else_is_no_moment(stored: object) -> None:
    assert Moment.from_json(stored) is None


def test_the_machines_own_clocks_run() -> None:
    clock = Clock()
    before = clock.now()
    assert abs(before.wall - time.time()) < 5
    assert 0 <= clock.since(before) < 5
