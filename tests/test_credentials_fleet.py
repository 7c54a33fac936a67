"""dingbridge.credentials in real processes and threads, over files, Redis and two machines.

tests/faults/test_tickets_fleet.py does the same at length.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis_server import RedisServer, running_redis
from sandbox_server import SandboxClient, running_sandbox
from ticket_campaigns import (
    LAYOUTS,
    Place,
    cold_burst,
    killed_holder,
    killed_in_a_refresh,
    newer_ticket,
    redis_trouble,
)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[SandboxClient, RedisServer]]:
    with running_sandbox() as sandbox, running_redis() as redis:
        yield sandbox, redis


@pytest.fixture(params=LAYOUTS)
def place(
    request: pytest.FixtureRequest, servers: tuple[SandboxClient, RedisServer], tmp_path: Path
) -> Place:
    return Place(request.param, *servers, tmp_path).anew(tmp_path)


@pytest.mark.row("R02")
def test_ten_thousand_cold_requests_make_one_token_and_one_ticket_call(place: Place) -> None:
    seen = cold_burst(place)
    assert seen["asked"] >= 10_000
    assert (seen["token_calls"], seen["ticket_calls"]) == (1, 1)
    assert (seen["tickets"], seen["errors"]) == (1, [])


def test_a_holder_that_is_killed_in_the_middle_costs_the_next_one_three_seconds_at_most(
    place: Place, tmp_path: Path
) -> None:
    for number in range(2):
        assert killed_holder(place.anew(tmp_path / str(number))) < 3


def test_a_holder_that_is_killed_while_all_hold_a_token_costs_no_page_anything(
    place: Place,
) -> None:
    assert killed_in_a_refresh(place, "token") < 5


@pytest.mark.row("R03")
def test_a_newer_ticket_is_known_everywhere_within_a_second(place: Place) -> None:
    assert newer_ticket(place) < 1


@pytest.mark.parametrize("trouble", ["killed", "frozen", "flushed", "restarted"])
def test_a_redis_in_trouble_fails_no_page_and_delays_none(
    servers: tuple[SandboxClient, RedisServer], tmp_path: Path, trouble: str
) -> None:
    seen = redis_trouble(Place("redis", *servers, tmp_path).anew(tmp_path), trouble, uses=100)
    assert seen["errors"] == []
    assert seen["p99_during"] - seen["p99_before"] < 0.5
    assert "value" in seen["newcomer"]
    assert seen["calls"] == 2
