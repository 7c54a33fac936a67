"""dingbridge.lease: when a value may be used and when it is asked for again."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingbridge.clock import Clock
from dingbridge.lease import EARLIEST, LATEST, LONGEST_LIFE, Issued, Lease

LIFE = 7200
CAP = LONGEST_LIFE


class Time:
    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.clock = Clock(lambda: self.now, lambda: self.now, "boot")

    def lease(self, value: str = "t1", seconds: int = LIFE, before: Lease | None = None) -> Lease:
        return Lease.taken(Issued(value, seconds), before, self.clock, self.clock.now())


def test_a_fresh_lease_is_due_at_about_three_quarters_of_its_life() -> None:
    time = Time()
    lease = time.lease()
    assert lease.remaining(time.clock, CAP) == LIFE
    for share in (EARLIEST, LATEST):
        assert lease.due_in(time.clock, CAP, share) == share * LIFE
    assert EARLIEST < 0.75 < LATEST


def test_the_same_value_keeps_its_birth_and_a_new_one_has_its_own() -> None:
    time = Time()
    first = time.lease()
    time.now += 5000
    renewed = time.lease(before=first)
    assert renewed.born == first.born
    assert renewed.renewed != first.renewed
    other = time.lease("t2", before=renewed)
    assert other.born == other.renewed


@pytest.mark.row("R02")
def test_the_last_life_before_the_cap_runs_out_so_that_the_platform_makes_a_new_ticket() -> None:
    time = Time()
    lease = time.lease()
    asked = [time.now]
    while lease.value == "t1":
        time.now += lease.due_in(time.clock, CAP, 0.75)
        asked.append(time.now)
        # As the platform does it: renewed while it lives, and a new one once it has died.
        alive = lease.remaining(time.clock, CAP) > 0
        lease = time.lease("t1" if alive else "t2", before=lease)
    assert asked[-1] - asked[0] < CAP
    assert min(b - a for a, b in pairwise(asked)) >= 0.75 * LIFE


def test_a_life_never_reaches_beyond_the_cap() -> None:
    time = Time()
    lease = time.lease()
    time.now += CAP - 100
    renewed = time.lease(before=lease)
    assert renewed.remaining(time.clock, CAP) == 100
    assert renewed.due_in(time.clock, CAP, 0.75) == 100
    assert renewed.remaining(time.clock, None) == LIFE


def test_a_value_renewed_at_its_cap_is_used_for_moments_only_and_then_believed() -> None:
    time = Time()
    first = lease = time.lease()
    time.now += CAP
    asked = 0
    while lease.born == first.born:
        lease = time.lease(before=lease)
        time.now += max(1e-9, lease.remaining(time.clock, CAP))
        asked += 1
        assert asked < 10
    assert lease.remaining(time.clock, CAP) <= LIFE
    assert asked > 3


def test_a_life_counts_from_the_question_and_the_last_one_is_over_for_the_platform_too() -> None:
    time = Time()
    asked = time.clock.now()
    time.now += 9
    lease = Lease.taken(Issued("t1", LIFE), None, time.clock, asked)
    assert lease.remaining(time.clock, CAP) == LIFE - 9
    assert lease.due_in(time.clock, CAP, 0.75) == 0.75 * LIFE
    time.now += CAP - 1.5 * LIFE
    asked_again = time.clock.now()
    time.now += 9
    last = Lease.taken(Issued("t1", LIFE), lease, time.clock, asked_again)
    assert last.born == asked
    # Asked for while the platform still counts it as alive, the same value would be renewed.
    assert last.due_in(time.clock, CAP, 0.75) == last.remaining(time.clock, CAP) + 9


def test_a_machine_whose_clock_is_behind_gives_a_lease_no_more_than_its_life() -> None:
    time = Time()
    lease = time.lease()
    behind = Clock(lambda: time.now - 50_000, lambda: 0.0, "another boot")
    assert lease.age(behind) == 0
    assert lease.remaining(behind, CAP) == LIFE


def test_a_machine_whose_clock_is_ahead_finds_a_lease_spent() -> None:
    time = Time()
    lease = time.lease()
    ahead = Clock(lambda: time.now + 50_000, lambda: 0.0, "another boot")
    assert lease.remaining(ahead, CAP) < 0


@given(
    seconds=st.integers(1, LONGEST_LIFE),
    age=st.floats(0, LONGEST_LIFE),
    older=st.floats(0, LONGEST_LIFE),
    share=st.floats(EARLIEST, LATEST),
)
def test_a_refresh_is_never_due_after_the_end(
    seconds: int, age: float, older: float, share: float
) -> None:
    time = Time()
    first = time.lease(seconds=seconds)
    time.now += older
    lease = time.lease(seconds=seconds, before=first)
    time.now += age
    remaining = lease.remaining(time.clock, CAP)
    assert lease.due_in(time.clock, CAP, share) <= max(remaining, 0.0) + 1e-6
    assert remaining <= seconds


def test_a_lease_survives_being_stored() -> None:
    lease = Time().lease()
    assert Lease.from_json(json.loads(json.dumps(lease.as_json()))) == lease


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("value", ""),
        ("value", 7),
        ("value", None),
        ("seconds", 0),
        ("seconds", True),
        ("seconds", "7200"),
        ("seconds", LONGEST_LIFE + 1),
        ("born", None),
        ("renewed", [1]),
        ("lag", None),
        ("lag", -1.0),
        ("lag", float("nan")),
    ],
)
def test_anything_else_is_no_lease(field: str, value: object) -> None:
    assert Lease.from_json({**Time().lease().as_json(), field: value}) is None
