"""What a person waits for `dd.ready`, against the usual way and against a page signed by hand."""

from __future__ import annotations

import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from bench.spread import spread
from bench.stage import open_stage
from bench.visits import GRANT_MS, LATENCY_MS, NETWORK, SLOWER, Visit, Visitor, open_browser

# The project's way; the usual way; signed in place by hand, with the whole SDK in the cache. The
# home page is there as it is, with its login: nothing is compared with it.
WAYS = {
    "dingbridge": "/bench/signed",
    "usual": "/bench/usual",
    "in place": "/bench/in-place",
    "home page": "/",
}
VISITS = ("first", "next")
Series = dict[tuple[str, str, str], list[Visit]]


def measure(
    folder: Path, protocols: tuple[str, ...], rounds: int, seconds: float
) -> dict[str, Any]:
    """`rounds` of all ways in turn, fewer where they take longer than `seconds` (but two)."""
    series: Series = defaultdict(list)
    end = time.monotonic() + seconds
    with open_stage(folder) as stage, open_browser(stage) as browser:
        version = browser.version
        for number in range(rounds):
            for protocol in protocols:
                for way, path in WAYS.items():
                    origin = stage.origins[protocol]
                    with Visitor(browser, stage) as visitor:
                        if way == "in place":
                            visitor.warm(f"{origin}/bench/warm")
                        for visit in VISITS:
                            done = visitor.visit(origin + path)
                            series[protocol, way, visit].append(done)
            if number > 0 and time.monotonic() > end:
                break
    return {
        "emulated": {
            "processor": f"1/{SLOWER}",
            "latency_ms": LATENCY_MS,
            "down_kbit_s": NETWORK["downloadThroughput"] * 8 / 1000,
            "up_kbit_s": NETWORK["uploadThroughput"] * 8 / 1000,
            "grant_ms": GRANT_MS,
        },
        "chromium": version,
        **{protocol: _summary(series, protocol) for protocol in protocols},
    }


def _summary(series: Series, protocol: str) -> dict[str, Any]:
    summary: dict[str, Any] = {}
    for visit in VISITS:
        ways = {way: series[protocol, way, visit] for way in WAYS}
        summary[visit] = {way: _figures(visits) for way, visits in ways.items()}
        for other in ("usual", "in place"):
            # Only what happened in the same round is compared.
            pairs = zip(ways["dingbridge"], ways[other], strict=True)
            ratios = [ours.ready_ms / theirs.ready_ms for ours, theirs in pairs]
            summary[visit]["dingbridge"][f"ratio to {other}"] = spread(ratios, 3)
    return summary


def _figures(visits: list[Visit]) -> dict[str, Any]:
    painted = [visit.paint_ms for visit in visits if visit.paint_ms is not None]
    return {
        "ready_ms": spread([visit.ready_ms for visit in visits], 0),
        "paint_ms": spread(painted, 0) if painted else None,
        "requests": max(visit.requests for visit in visits),
        "octets": max(visit.octets for visit in visits),
        "html_octets": max(visit.html for visit in visits),
    }
