"""The platform's clock, driven by a count of seconds that the test moves."""

from __future__ import annotations

from dingbridge.sandbox.clock import Clock


class Stopwatch:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def clock() -> tuple[Clock, Stopwatch]:
    watch = Stopwatch()
    return Clock(1000.0, watch), watch


def test_it_runs_like_any_clock_at_first() -> None:
    time, watch = clock()
    assert time.now() == 1000.0
    watch.seconds += 7
    assert time.now() == 1007.0


def test_a_new_pace_begins_at_the_moment_reached() -> None:
    time, watch = clock()
    watch.seconds += 10
    time.change(speed=600)
    assert time.now() == 1010.0
    watch.seconds += 2
    assert time.now() == 2210.0
    time.change(speed=0)
    watch.seconds += 50
    assert time.now() == 2210.0


def test_it_can_be_put_forward_and_back() -> None:
    time, _ = clock()
    time.change(offset=500)
    assert time.now() == 1500.0
    time.change(advance=25)
    assert time.now() == 1525.0
    time.change(offset=-500)
    assert time.now() == 500.0


def test_a_reset_forgets_pace_and_offset() -> None:
    time, watch = clock()
    time.change(speed=600, offset=86_400)
    time.reset()
    before = time.describe()
    watch.seconds += 1
    assert (before["speed"], before["offset"]) == (1.0, 0.0)
    assert time.describe()["now"] == before["now"] + 1


def test_real_time_is_the_default() -> None:
    time = Clock()
    assert time.now() > 1_700_000_000
    assert time.now() <= time.now()
