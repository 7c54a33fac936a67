"""The goals, the table that a person reads, and the machine that it was measured on."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

Results = dict[str, Any]


class Goal(NamedTuple):
    """One figure and the limit that it should not exceed."""

    name: str
    value: float
    limit: float

    @property
    def met(self) -> bool:
        """Whether the figure stays within its limit."""
        return self.value <= self.limit


def goals(server: Results | None, person: Results | None, reports: Results | None) -> list[Goal]:
    """Every goal of the parts that were measured."""
    return [
        *(_server_goals(server) if server else []),
        *(_person_goals(person) if person else []),
        *(_report_goals(reports) if reports else []),
    ]


def _server_goals(server: Results) -> Iterator[Goal]:
    for setup, cost in server["cpu_us_per_page"].items():
        used = cost["difference"]["median"]
        yield Goal(f"signing, {setup}: µs of processor time a page", used, 50)
        yield Goal(f"HTML, {setup}: bytes uncompressed", cost["html_octets"], 15_000)


def _person_goals(person: Results) -> Iterator[Goal]:
    for protocol, visit, ways in _visits(person):
        ours, what = ways["dingbridge"], f"{protocol}, {visit} visit"
        yield Goal(f"{what}: dd.ready, 75th percentile, ms", ours["ready_ms"]["p75"], 2000)
        yield Goal(f"{what}: ratio to the usual way", ours["ratio to usual"]["median"], 0.6)
        yield Goal(f"{what}: ratio to signed in place", ours["ratio to in place"]["median"], 1)


def _report_goals(reports: Results) -> Iterator[Goal]:
    small, large = map(str, reports["sizes"])
    for engine, name, figures in _reports(reports):
        if not name.startswith("CSV"):
            slowest = figures["ms"][large]["p75"]
            yield Goal(f"{engine}, {name}: 75th percentile of {large}, ms", slowest, 1000)
        ratio = figures["peak_kib"][large] / figures["peak_kib"][small]
        yield Goal(f"{engine}, {name}: ratio of memory", round(ratio, 3), 1.2)


def table(server: Results | None, person: Results | None, reports: Results | None) -> str:
    """All figures in plain text."""
    lines: list[str] = []
    if server:
        lines += [*_server_lines(server), ""]
    if person:
        lines += [*_person_lines(person), ""]
    if reports:
        lines += [*_report_lines(reports), ""]
    for goal in goals(server, person, reports):
        verdict = "met" if goal.met else "MISSED"
        lines.append(f"{verdict:7} {goal.name}: {goal.value:g} (at most {goal.limit:g})")
    return "\n".join(lines)


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    model = re.search(r"^model name\s*:\s*(.*)$", _read("/proc/cpuinfo"), re.MULTILINE)
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": os.cpu_count(),
        "load_average": list(os.getloadavg()),
        "kernel": platform.release().split("-")[0],
        "python": platform.python_version(),
    }


def _read(path: str) -> str:
    return Path(path).read_text("utf-8") if Path(path).exists() else ""


def _visits(person: Results) -> Iterator[tuple[str, str, Results]]:
    for protocol in ("h2", "http/1.1"):
        for visit, ways in person.get(protocol, {}).items():
            yield protocol, visit, ways


def _server_lines(server: Results) -> Iterator[str]:
    yield "Server: gunicorn, one worker; processor time of one page in µs (median, quartiles)"
    for setup, cost in server["cpu_us_per_page"].items():
        for name in ("signed", "constant", "difference", "ratio"):
            yield f"  {setup:28} {name:11} {_spread(cost[name])}"
    rates = server["throughput"]
    for name in ("signed", "constant"):
        rate, slowest = rates[name]["per_second"]["median"], rates[name]["p99_ms"]["median"]
        many = rates["connections"]
        yield f"  {name:11} {rate:g} requests/s, p99 {slowest:g} ms, {many} connections"
    for name, size in server["memory"].items():
        yield f"  memory of the {name:7} RSS {size['rss_kib']} KiB, PSS {size['pss_kib']} KiB"
    start = server["start"]
    yield f"  start {start['wall_ms']['median']:g} ms, processor {start['cpu_ms']['median']:g} ms"
    yield "  where the time of one signed page goes, µs (a figure holds what it calls)"
    for step, spread in server["steps_us"].items():
        yield f"    {step:26} {_spread(spread)}"


def _person_lines(person: Results) -> Iterator[str]:
    yield "Person: ms from the start of the navigation to dd.ready (median, quartiles)"
    for protocol, visit, ways in _visits(person):
        for way, figures in ways.items():
            yield (
                f"  {protocol:8} {visit:5} {way:10} {_spread(figures['ready_ms']):32}"
                f" {figures['requests']:3} requests {figures['octets']:7} bytes"
            )
        for other in ("usual", "in place"):
            ratio = ways["dingbridge"][f"ratio to {other}"]
            yield f"  {protocol:8} {visit:5} ratio to {other:10} {_spread(ratio)}"


def _reports(reports: Results) -> Iterator[tuple[str, str, Results]]:
    for engine in ("sqlite", "postgresql"):
        for name, figures in reports[engine].items():
            yield engine, name, figures


def _report_lines(reports: Results) -> Iterator[str]:
    small, large = map(str, reports["sizes"])
    yield f"Report: ms for an answer over {small} and {large} check-ins (median, quartiles)"
    for engine, name, figures in _reports(reports):
        peaks = ", ".join(str(figures["peak_kib"][size]) for size in (small, large))
        yield f"  {engine:10} {name:30} {_spread(figures['ms'][small])}"
        yield f"  {'':10} {'':30} {_spread(figures['ms'][large])}"
        yield f"  {'':10} {'':30} ratio {_spread(figures['ratio'])}, peak {peaks} KiB"


def _spread(spread: dict[str, float]) -> str:
    return f"{spread['median']:g} ({spread['p25']:g} to {spread['p75']:g}; n={spread['n']})"
