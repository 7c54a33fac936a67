"""What signing costs the server: processor time, requests a second, memory, start-up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from app_server import AppServer

from bench.load import Connection, load
from bench.process_cost import cpu_seconds, memory, workers
from bench.spread import spread
from dingbridge.sandbox.sandbox import Sandbox

HOST = "h5.example.test"
TARGETS = {"signed": "/bench/signed?id=42", "constant": "/bench/constant?id=42"}
# What an operator may have set: the README's shortest way, and the most that is looked at.
SETUPS = {
    "one origin": {"DING_PUBLIC_ORIGINS": f"https://{HOST}"},
    "two origins, trusted proxy": {
        "DING_PUBLIC_ORIGINS": f"https://{HOST},http://{HOST}",
        "DING_TRUSTED_PROXIES": "127.0.0.1",
    },
}
CONNECTIONS = 8


class Effort(NamedTuple):
    """How much is measured: rounds of `batch` requests each, seconds of load, starts."""

    rounds: int
    batch: int
    load_rounds: int
    load_seconds: float
    starts: int


class Served(NamedTuple):
    """A gunicorn with one worker, and the seconds that its start took."""

    port: int
    master: int
    worker: int
    start_wall: float
    start_cpu: float


def measure(folder: Path, effort: Effort) -> dict[str, Any]:
    """All of it, by set-up; times in microseconds, sizes in KiB."""
    with Sandbox() as sandbox:
        costs = {}
        for name, settings in SETUPS.items():
            with _served(sandbox, folder, settings) as served:
                costs[name] = _compare(served, effort)
        with _served(sandbox, folder, SETUPS["one origin"]) as served:
            throughput = _throughput(served, effort)
            sizes = {"worker": memory(served.worker), "master": memory(served.master)}
        return {
            "cpu_us_per_page": costs,
            "throughput": throughput,
            "memory": sizes,
            "start": _starts(sandbox, folder, effort.starts),
        }


@contextmanager
def _served(sandbox: Sandbox, folder: Path, settings: dict[str, str]) -> Iterator[Served]:
    pid = folder / "gunicorn.pid"
    environment = {**sandbox.environment(folder / "instance"), "DING_DEBUG": "0", **settings}
    arguments = ("--pid", str(pid))
    server = AppServer(environment, folder, app="bench.twin_pages:app", arguments=arguments)
    begin = time.perf_counter()
    with server:
        wall = time.perf_counter() - begin
        master = int(pid.read_text("ascii"))
        (worker,) = workers(master)
        cpu = cpu_seconds(master) + cpu_seconds(worker)
        yield Served(server.port, master, worker, wall, cpu)


def _compare(served: Served, effort: Effort) -> dict[str, Any]:
    """Batches of both pages in turn, so that whatever else this machine does hits both."""
    with ExitStack() as stack:
        opened = {
            name: stack.enter_context(Connection(served.port, target, HOST))
            for name, target in TARGETS.items()
        }
        octets = {
            name: [connection.exchange() for _ in range(100)][-1]
            for name, connection in opened.items()
        }
        times: dict[str, list[float]] = {name: [] for name in opened}
        for number in range(effort.rounds):
            order = list(opened) if number % 2 else list(reversed(opened))
            for name in order:
                before = cpu_seconds(served.worker)
                for _ in range(effort.batch):
                    opened[name].exchange()
                used = cpu_seconds(served.worker) - before
                times[name].append(used / effort.batch * 1e6)
    pairs = list(zip(times["signed"], times["constant"], strict=True))
    return {
        "signed": spread(times["signed"]),
        "constant": spread(times["constant"]),
        "difference": spread([signed - constant for signed, constant in pairs]),
        "ratio": spread([signed / constant for signed, constant in pairs], 3),
        "html_octets": octets["signed"],
    }


def _throughput(served: Served, effort: Effort) -> dict[str, Any]:
    rates: dict[str, list[float]] = {name: [] for name in TARGETS}
    slowest: dict[str, list[float]] = {name: [] for name in TARGETS}
    for _ in range(effort.load_rounds):
        for name, target in TARGETS.items():
            with ExitStack() as stack:
                connections = [
                    stack.enter_context(Connection(served.port, target, HOST))
                    for _ in range(CONNECTIONS)
                ]
                result = load(connections, effort.load_seconds)
            rates[name].append(result.per_second)
            slowest[name].append(result.p99_ms)
    return {
        "connections": CONNECTIONS,
        **{
            name: {"per_second": spread(rates[name], 0), "p99_ms": spread(slowest[name])}
            for name in TARGETS
        },
    }


def _starts(sandbox: Sandbox, folder: Path, number: int) -> dict[str, Any]:
    walls, cpus = [], []
    for _ in range(number):
        with _served(sandbox, folder, SETUPS["one origin"]) as served:
            walls.append(served.start_wall * 1000)
            cpus.append(served.start_cpu * 1000)
    return {"wall_ms": spread(walls, 0), "cpu_ms": spread(cpus, 0)}
