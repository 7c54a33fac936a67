"""dingbridge.backoff_memory: how old a failure is, whatever the machines' wall clocks say."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from dingbridge.backoff import DOUBT_PAUSE, LONGEST_PAUSE, Backoff
from dingbridge.backoff_memory import BackoffMemory
from dingbridge.clock import Clock
from dingbridge.encryption import Cipher
from dingbridge.errors import PlatformUnavailable
from dingbridge.shared_record import SharedRecord
from dingbridge.token_cache import file_cache

ERROR = PlatformUnavailable("platform_timeout", endpoint="/gettoken")
SKEWS = pytest.mark.parametrize("skew", [0.0, 4.0, 6.0, 30.0, 3600.0, -6.0, -3600.0])


class Machines:
    """Machines that share a record; their clocks differ, and go on together."""

    def __init__(self, folder: Path) -> None:
        self.now = 1_000_000.0
        self._caches = [file_cache(folder / "cache")]

    def clock(self, boot: str, skew: float = 0.0) -> Clock:
        return Clock(lambda: self.now + skew, lambda: self.now, boot)

    def memory(self, clock: Clock) -> BackoffMemory:
        record = SharedRecord("dingbridge:1:failures", self._caches, Cipher(["k" * 32]), clock)
        return BackoffMemory(record, clock)


@pytest.fixture
def machines(tmp_path: Path) -> Machines:
    return Machines(tmp_path)


def test_before_anything_failed_nobody_waits(machines: Machines) -> None:
    memory = machines.memory(machines.clock("a"))
    memory.look()
    assert memory.wait() == -math.inf
    assert memory.may_doubt()


def test_success_ends_the_pause_and_a_doubt_stays_remembered(machines: Machines) -> None:
    clock = machines.clock("a")
    memory = machines.memory(clock)
    memory.publish(Backoff().after_doubt(clock).after_failure(ERROR, clock))
    assert memory.wait() > 0
    memory.publish(memory.newest.after_success())
    assert memory.wait() < 0
    machines.now += DOUBT_PAUSE - 0.1
    assert not memory.may_doubt()
    machines.now += 0.2
    assert memory.may_doubt()


@SKEWS
def test_a_failure_and_a_doubt_elsewhere_count_from_when_they_were_first_seen(
    machines: Machines, skew: float
) -> None:
    there, here = machines.clock("a"), machines.clock("b", skew)
    telling, told = machines.memory(there), machines.memory(here)
    told.look()
    machines.now += 0.3
    telling.publish(Backoff().after_doubt(there).after_failure(ERROR, there))
    told.look()
    pause = told.newest.pause
    assert pause - 0.31 <= told.wait() <= pause
    machines.now += 2.0
    told.look()  # again: it grows no younger
    assert pause - 2.31 <= told.wait() <= pause - 1.99
    machines.now += DOUBT_PAUSE - 2.4
    assert not told.may_doubt()
    machines.now += 0.5
    assert told.may_doubt()


@SKEWS
def test_an_old_doubt_grows_no_younger_by_a_new_failure(machines: Machines, skew: float) -> None:
    there, here = machines.clock("a"), machines.clock("b", skew)
    telling, told = machines.memory(there), machines.memory(here)
    told.look()
    telling.publish(Backoff().after_doubt(there))
    told.look()
    machines.now += DOUBT_PAUSE - 1
    telling.publish(telling.newest.after_failure(ERROR, there))
    told.look()
    machines.now += 1
    assert told.may_doubt()


def test_a_failure_of_last_night_stops_nobody_that_starts_now(machines: Machines) -> None:
    there = machines.clock("a")
    machines.memory(there).publish(Backoff().after_failure(ERROR, there))
    machines.now += 8 * 3600
    newcomer = machines.memory(machines.clock("b"))
    newcomer.look()
    assert newcomer.wait() < -3600


def test_a_failure_of_the_future_stops_a_newcomer_for_one_pause_at_most(
    machines: Machines,
) -> None:
    there = machines.clock("a", 3600.0)
    machines.memory(there).publish(Backoff().after_failure(ERROR, there))
    newcomer = machines.memory(machines.clock("b"))
    newcomer.look()
    assert 0 < newcomer.wait() <= LONGEST_PAUSE


def test_what_this_machine_met_is_as_old_as_it_is(machines: Machines) -> None:
    clock = machines.clock("a")
    machines.memory(clock).publish(Backoff().after_failure(ERROR, clock))
    machines.now += 100
    another = machines.memory(machines.clock("a", -9000.0))  # its wall clock was set back
    another.look()
    assert another.wait() < -90
