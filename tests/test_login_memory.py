"""What a process remembers of sign-ins: spent codes, and who was fine lately."""

from __future__ import annotations

import pytest

from dingbridge.login.recent_people import KEPT, SECONDS, RecentPeople
from dingbridge.login.spent_codes import KEPT_CODES, KEPT_SECONDS, SpentCodes


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.row("R32")
def test_a_code_has_one_first_use_for_longer_than_the_platform_knows_it() -> None:
    clock = Clock()
    spent = SpentCodes(clock)
    assert spent.take("code")
    assert not spent.take("code")
    assert spent.take("another")
    clock.now += 301
    assert not spent.take("code")
    clock.now += KEPT_SECONDS
    assert spent.take("code")


def test_spent_codes_are_kept_as_digests_and_in_bounded_number() -> None:
    clock = Clock()
    spent = SpentCodes(clock)
    for number in range(KEPT_CODES + 50):
        assert spent.take(f"secret-{number}")
    assert len(spent._seen) <= KEPT_CODES
    assert not spent.take(f"secret-{KEPT_CODES + 49}")
    assert b"secret" not in b"".join(spent._seen)


@pytest.mark.row("R36")
def test_others_are_fine_when_two_people_were_within_half_an_hour() -> None:
    clock = Clock()
    recent = RecentPeople(clock)
    assert not recent.others_are_fine()
    recent.note("a")
    recent.note("a")
    assert not recent.others_are_fine()
    clock.now += SECONDS - 1
    recent.note("b")
    assert recent.others_are_fine()
    clock.now += 2
    assert not recent.others_are_fine()


def test_a_crowd_is_remembered_in_bounded_number() -> None:
    clock = Clock()
    recent = RecentPeople(clock)
    for number in range(10 * KEPT):
        clock.now += 1
        recent.note(f"user{number}")
    assert len(recent._seen) <= KEPT
    assert recent.others_are_fine()
