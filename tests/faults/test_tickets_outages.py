"""Eight kinds of outage in real time at once, each with processes and a platform of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from redis_server import running_redis
from sandbox_server import running_sandbox
from ticket_campaigns import Place, outage

from dingbridge.backoff import BAN_PAUSE, JITTER, LONGEST_PAUSE
from dingbridge.transport import READ_SECONDS

pytestmark = pytest.mark.faults

KINDS = ("refuse", "hang", "reset", "http500", "html", "busy", "wrong_types", "slow", "old busy")
# "old busy" is errcode -1 with HTTP 200, as the old generation says it.
SECONDS = 150.0
# "html" is the page of a ban, for which the platform wants to be left alone for minutes.
# A try that is under way when the platform comes back may still have to end in vain.
ONE_STEP = LONGEST_PAUSE * (1 + JITTER) + READ_SECONDS + 3


@pytest.mark.parametrize("layout", ["files", "machines"])
def test_outages_of_minutes_fail_no_page_and_end_within_a_step(layout: str, tmp_path: Path) -> None:
    def run(kind: str) -> dict[str, object]:
        generation, _, name = kind.rpartition(" ")
        with running_sandbox() as sandbox, running_redis() as redis:
            place = Place(layout, sandbox, redis, tmp_path / kind, generation or "new")
            return outage(place, name, SECONDS)

    with ThreadPoolExecutor(len(KINDS)) as pool:
        seen = dict(zip(KINDS, pool.map(run, KINDS), strict=True))
    for kind, figures in seen.items():
        print(
            f"\n{layout}, {kind}: {figures['uses']} uses, {len(figures['errors'])} errors, "  # type: ignore[arg-type]
            f"{figures['tries_a_minute']} tries a minute at most, "
            f"well again after {figures['recovered']:.1f} s"
        )
    for kind, figures in seen.items():
        banned = kind == "html"
        assert figures["errors"] == []
        assert 2 <= figures["tries_a_minute"] <= (2 if banned else 12)  # type: ignore[operator]
        assert figures["failures"] >= (1 if banned else 4)  # type: ignore[operator]
        longest = BAN_PAUSE + ONE_STEP - SECONDS if banned else ONE_STEP
        assert figures["recovered"] <= longest  # type: ignore[operator]
