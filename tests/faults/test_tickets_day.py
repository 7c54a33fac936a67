"""A day of a ticket's life in two and a half minutes, while wall clocks are set back and forth."""

from __future__ import annotations

import time
from itertools import cycle, pairwise
from pathlib import Path

import pytest
from redis_server import running_redis
from sandbox_server import running_sandbox
from ticket_campaigns import LIFE, TICKET, Place, hammering
from ticket_worker import Workers

pytestmark = pytest.mark.faults

SPEED = 600
DAY = 24 * 3600
# What is signed just before a life ends is judged just after it: this long, in real seconds.
ON_THE_WAY = 0.5


@pytest.mark.parametrize("cap", ["overlap", "strict"])
@pytest.mark.parametrize("layout", ["files", "machines"])
def test_a_day_at_six_hundred_times_the_pace(layout: str, cap: str, tmp_path: Path) -> None:
    hours = cycle([-10, 3, 7, -5, 0, 9])
    with running_sandbox() as sandbox, running_redis() as redis:
        sandbox.patch_platform(ticket_cap=cap, clock={"speed": SPEED})
        place = Place(layout, sandbox, redis, tmp_path)
        dead, began = [], time.time()
        store = sandbox.sandbox.platform.tokens
        with Workers(place.environments(4), origin=began, speed=float(SPEED)) as workers:
            workers.every("ticket")
            began = time.time()
            with hammering(workers, pause=0.02) as answers:
                for worker in cycle(workers.all):
                    if time.time() - began > 1.1 * DAY / SPEED:
                        break
                    worker.ask("move", wall=next(hours) * 3600)
                    answer = worker.ask("ticket")
                    if answer["value"] not in store.live_tickets():
                        dead.append(answer["at"])
                    time.sleep(0.05)
        asked = [
            call["at"] for call in sandbox.calls(kind="platform") if call["endpoint"] == TICKET
        ]
    gaps = [(later - at) * SPEED for at, later in pairwise(asked)]
    first_use: dict[str, float] = {}
    for answer in answers:
        for value, (first, _) in answer["values"].items():
            first_use[value] = min(first, first_use.get(value, first))
    replaced = (sorted(first_use.values())[1] - asked[0]) * SPEED
    uses = sum(len(answer["seconds"]) for answer in answers)
    print(
        f"\n{layout}, {cap}: {uses} uses, {len(asked)} ticket calls, at least {min(gaps):.0f} s "
        f"apart, a new ticket after {replaced / 3600:.2f} h, {len(dead)} samples judged too late"
    )
    assert not any(answer["errors"] for answer in answers)
    assert min(gaps) >= 0.7 * LIFE
    assert len(first_use) == 2
    assert replaced < DAY
    # Only where one life has ended and the next had to be asked for.
    assert not dead or max(dead) - min(dead) < ON_THE_WAY
