"""What the micro-app's report costs with a million check-ins, against ten thousand.

The same people checked in on the same days, only more often; each engine holds both numbers, and
requests take turns. Everything real runs: gunicorn with one worker, SQLite, PostgreSQL.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from app_server import AppServer
from flask import Flask
from postgresql_server import running_postgresql
from sqlalchemy import Connection, insert, select, text

from bench.process_cost import workers
from bench.spread import spread
from bench.streamed import get
from dingbridge.sandbox.sandbox import Sandbox
from dingbridge.settings import Settings
from microapp.checkin_store import checkins
from microapp.database import open_database

HOST = "h5.example.test"
KEY = "a session key for benchmarks only"
DAYS, FIRST = 365, date(2025, 1, 1)
BATCH = 10_000  # rows


class Effort(NamedTuple):
    """How many check-ins of how many people, and how often pages and files are asked for."""

    sizes: tuple[int, int]
    people: int
    rounds: int
    file_rounds: int


class Served(NamedTuple):
    """An app over a store of `size` check-ins."""

    size: int
    port: int
    worker: int
    cookie: str
    targets: dict[str, str]


def measure(folder: Path, effort: Effort) -> dict[str, Any]:
    """By engine and address: milliseconds, peaks of memory in KiB, and the ratios of both sizes."""
    results: dict[str, Any] = {"sizes": list(effort.sizes), "people": effort.people}
    with running_postgresql() as postgresql, Sandbox() as sandbox:
        for engine in ("sqlite", "postgresql"):
            with ExitStack() as stack:
                served = []
                for size in effort.sizes:
                    url = f"sqlite:///{folder}/report-{size}.db"
                    if engine == "postgresql":
                        url = postgresql.new_database()
                    opened = _served(sandbox, folder, url, size, effort.people)
                    served.append(stack.enter_context(opened))
                results[engine] = _compare(served[0], served[1], effort)
    return results


@contextmanager
def _served(sandbox: Sandbox, folder: Path, url: str, size: int, people: int) -> Iterator[Served]:
    given = {
        **sandbox.environment(folder / f"instance-{size}"),
        "DING_DEBUG": "0",
        "DING_PUBLIC_ORIGINS": f"https://{HOST}",
        "DING_DATABASE_URL": url,
        "SECRET_KEY": KEY,
    }
    settings = Settings.load(given)
    corp = str(settings.corp_id)
    begin = time.perf_counter()
    middle = _fill(settings, corp, size, people)
    sys.stderr.write(f"  {size} check-ins stored in {time.perf_counter() - begin:.0f} s\n")
    pid = folder / f"report-{size}.pid"
    with AppServer(given, folder, arguments=("--pid", str(pid))) as server:
        (worker,) = workers(int(pid.read_text("ascii")))
        yield Served(size, server.port, worker, _session(corp), _targets(middle))


def _targets(middle: int) -> dict[str, str]:
    year = f"from={FIRST}&to={FIRST + timedelta(DAYS - 1)}"
    week = f"from={FIRST + timedelta(180)}&to={FIRST + timedelta(186)}"
    return {
        "charts of everybody, a week": f"/report?{week}",
        "charts of everybody, a year": f"/report?{year}",
        "charts of a person, a year": f"/report?{year}&person=user7",
        "list, newest": f"/report?{year}&view=list",
        "list, from the middle": f"/report?{year}&view=list&before={middle}",
        "list of a person, newest": f"/report?{year}&view=list&person=user7",
        "CSV, a year": f"/report/checkins.csv?{year}",
    }


def _fill(settings: Settings, corp: str, size: int, people: int) -> int:
    """Store the check-ins; the id of the one in the middle."""
    database = open_database(settings)
    chance = random.Random(1)  # noqa: S311 - the same data each time
    for begin in range(0, size, BATCH):
        with database.write() as connection:
            many = range(begin, min(begin + BATCH, size))
            connection.execute(
                insert(checkins),
                [_row(corp, n, DAYS * n // size, chance.randrange(people), chance) for n in many],
            )
    with database.engine.connect() as connection:
        _settle(connection)
    with database.read() as connection:
        later = select(checkins.c.id).where(checkins.c.day >= FIRST + timedelta(DAYS // 2))
        middle: int = connection.execute(later.order_by(checkins.c.day).limit(1)).scalar_one()
    database.close()
    return middle


def _row(
    corp: str, number: int, days_later: int, person: int, chance: random.Random
) -> dict[str, object]:
    day = FIRST + timedelta(days_later)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return {
        "corp": corp,
        "userid": f"user{person}",
        "name": f"外勤{person}",
        "key": f"bench-{number:016}",
        "at": midnight + timedelta(seconds=chance.randrange(12 * 3600)),
        "day": day,
        "latitude": 30.28,
        "longitude": 120.03,
        "accuracy": 29.0,
        "address": "浙江省杭州市余杭区文一西路969号",
        "note": "拜访客户",
    }


def _settle(connection: Connection) -> None:
    """What PostgreSQL does by itself once it is left alone, and SQLite when it is asked to."""
    if connection.dialect.name == "postgresql":
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE checkins, checkin_days"))


def _session(corp: str) -> str:
    """The cookie of an administrator who has just signed in."""
    maker = Flask(__name__)
    maker.secret_key = KEY
    serializer = maker.session_interface.get_signing_serializer(maker)  # type: ignore[attr-defined]
    person = {"userid": "manager4220", "name": "张小沙", "admin": True, "corp": corp}
    return f"session={serializer.dumps({'dingbridge': {**person, 'at': int(time.time())}})}"


def _compare(small: Served, large: Served, effort: Effort) -> dict[str, Any]:
    compared = {}
    for name in small.targets:
        sys.stderr.write(f"  {name}\n")
        times: dict[int, list[float]] = {small.size: [], large.size: []}
        peaks: dict[int, int] = {}
        octets: dict[int, int] = {}
        rounds = effort.file_rounds if name.startswith("CSV") else effort.rounds
        for number in range(-1, rounds):  # the first one warms up
            for served in (small, large) if number % 2 else (large, small):
                _forget_peak(served.worker)
                took, octets[served.size] = get(
                    served.port, served.targets[name], HOST, served.cookie
                )
                peaks[served.size] = max(peaks.get(served.size, 0), _peak(served.worker))
                if number >= 0:
                    times[served.size].append(took * 1000)
        pairs = zip(times[small.size], times[large.size], strict=True)
        compared[name] = {
            "ms": {str(size): spread(all_times) for size, all_times in times.items()},
            "ratio": spread([more / less for less, more in pairs], 2),
            "peak_kib": {str(size): peak for size, peak in peaks.items()},
            "octets": {str(size): length for size, length in octets.items()},
        }
    return compared


def _forget_peak(pid: int) -> None:
    """Let the peak of a process's memory begin anew (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")


def _peak(pid: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii"))
    assert found
    return int(found[1])
