"""Tickets in real processes, at length: cold bursts, killed holders, newer tickets, bad Redis."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
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
from ticket_worker import Workers

pytestmark = pytest.mark.faults

KILLS, LANES = 200, 4


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[SandboxClient, RedisServer]]:
    with running_sandbox() as sandbox, running_redis() as redis:
        yield sandbox, redis


@pytest.fixture(params=LAYOUTS)
def place(
    request: pytest.FixtureRequest, servers: tuple[SandboxClient, RedisServer], tmp_path: Path
) -> Place:
    return Place(request.param, *servers, tmp_path)


def test_twenty_cold_bursts_make_one_token_and_one_ticket_call_each(
    place: Place, tmp_path: Path
) -> None:
    rounds = [cold_burst(place.anew(tmp_path / str(number))) for number in range(20)]
    slowest = max(seen["slowest"] for seen in rounds)
    asked = sum(seen["asked"] for seen in rounds)
    print(f"\n{place.layout}: {len(rounds)} bursts, {asked} requests, slowest {slowest:.2f} s")
    for seen in rounds:
        assert (seen["token_calls"], seen["ticket_calls"], seen["tickets"]) == (1, 1, 1)
        assert seen["errors"] == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_killed_holder_never_costs_more_than_three_seconds(layout: str, tmp_path: Path) -> None:
    """Several lanes at once, each with a platform and a Redis of its own."""

    def lane(number: int) -> list[float]:
        folder = tmp_path / str(number)
        with running_sandbox() as sandbox, running_redis() as redis:
            place = Place(layout, sandbox, redis, folder)
            waited = []
            for count in range(KILLS // LANES):
                waited.append(killed_holder(place.anew(folder / str(count))))
                shutil.rmtree(folder / str(count))
            return waited

    with ThreadPoolExecutor(LANES) as pool:
        waited = [seconds for lanes in pool.map(lane, range(LANES)) for seconds in lanes]
    middle = sorted(waited)[len(waited) // 2]
    print(f"\n{layout}: {len(waited)} kills, median {middle:.2f} s, slowest {max(waited):.2f} s")
    assert len(waited) == KILLS
    assert max(waited) < 3


@pytest.mark.parametrize("kind", ["token", "ticket"])
def test_a_holder_killed_while_all_hold_a_value_costs_no_page_anything(
    place: Place, kind: str, tmp_path: Path
) -> None:
    waited = [killed_in_a_refresh(place.anew(tmp_path / str(number)), kind) for number in range(20)]
    print(f"\n{place.layout}, {kind}: refreshed by another after {max(waited):.2f} s at most")
    assert max(waited) < 5


def test_a_newer_ticket_is_known_within_a_second_twenty_times(place: Place, tmp_path: Path) -> None:
    late = [newer_ticket(place.anew(tmp_path / str(number)), 8) for number in range(20)]
    print(f"\n{place.layout}: an older ticket was used for {max(late):.2f} s after at most")
    assert max(late) < 1


@pytest.mark.parametrize("trouble", ["killed", "frozen", "flushed", "restarted"])
def test_a_redis_in_trouble_fails_no_page_five_times(trouble: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        sandbox = stack.enter_context(running_sandbox())
        redis = stack.enter_context(running_redis())
        for number in range(5):
            place = Place("redis", sandbox, redis, tmp_path).anew(tmp_path / str(number))
            seen = redis_trouble(place, trouble, uses=1500)
            print(
                f"\n{trouble}: p99 {seen['p99_before'] * 1e6:.0f} → "
                f"{seen['p99_during'] * 1e6:.0f} µs, slowest {seen['slowest'] * 1e3:.1f} ms, "
                f"a new process {seen['newcomer']['seconds'] * 1e3:.0f} ms"
            )
            assert seen["errors"] == []
            assert seen["p99_during"] - seen["p99_before"] < 0.5
            assert seen["newcomer"]["seconds"] < 0.5 + 0.5
            assert seen["calls"] == 2


def test_what_a_process_costs_is_recorded(place: Place, tmp_path: Path) -> None:
    with Workers(place.anew(tmp_path).environments(2)) as workers:
        workers.every("ticket")
        costs = workers.every("cost")
    worst = max(cost["open_seconds"] for cost in costs)
    peak = max(cost["peak_kib"] for cost in costs) / 1024
    print(f"\n{place.layout}: opened in {worst * 1000:.0f} ms, peak memory {peak:.0f} MiB")
    assert peak < 200
