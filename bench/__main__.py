"""`python -m bench`: measure everything, print a table, write bench/results.json."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench import ROOT, breakdown, checkin_report, person_waits, report, server_cost

PROTOCOLS = ("h2", "http/1.1")
FULL = server_cost.Effort(rounds=1200, batch=10, load_rounds=5, load_seconds=1.0, starts=5)
MANY = checkin_report.Effort(sizes=(10_000, 1_000_000), people=1000, rounds=12, file_rounds=2)
FEW = checkin_report.Effort(sizes=(200, 400), people=10, rounds=1, file_rounds=1)
QUICK = server_cost.Effort(rounds=3, batch=5, load_rounds=1, load_seconds=0.1, starts=1)


def main(arguments: list[str] | None = None) -> int:
    """Measure; 0 whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only see that it runs")
    parser.add_argument("--only", choices=("server", "person", "report"), help="one part of it")
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "results.json")
    asked = parser.parse_args(arguments)
    results: dict[str, object] = {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": asked.quick,
        "machine": report.machine(),
    }
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        server = _server(folder, asked.quick) if asked.only in (None, "server") else None
        person = _person(folder, asked.quick) if asked.only in (None, "person") else None
        reports = _reports(folder, asked.quick) if asked.only in (None, "report") else None
    reached = report.goals(server, person, reports)
    results |= {
        "server": server,
        "person": person,
        "report": reports,
        "goals": [{**goal._asdict(), "met": goal.met} for goal in reached],
    }
    asked.out.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    sys.stdout.write(report.table(server, person, reports) + "\n")
    return 0


def _server(folder: Path, quick: bool) -> report.Results:
    _say("server …")
    results = server_cost.measure(folder, QUICK if quick else FULL)
    return {**results, "steps_us": breakdown.measure(folder, 20 if quick else 1500)}


def _person(folder: Path, quick: bool) -> report.Results:
    _say("person …")
    stage = folder / "stage"
    stage.mkdir()
    if quick:
        return person_waits.measure(stage, PROTOCOLS[:1], rounds=1, seconds=0)
    return person_waits.measure(stage, PROTOCOLS, rounds=24, seconds=360)


def _reports(folder: Path, quick: bool) -> report.Results:
    _say("report …")
    return checkin_report.measure(folder, FEW if quick else MANY)


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
