"""A million hostile requests: no unhandled 5xx, and nothing foreign signed."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import re
import socket
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from any_path_server import BLOCK, AnyPathServer
from flask import Flask
from front_servers import ProjectFront
from hostile_requests import (
    ALLOWED,
    HOST,
    OTHER,
    Generator,
    HostileRequest,
    as_environ,
    as_octets,
)
from signature_oracle import (
    Environ,
    Reasons,
    Settings,
    environ_on_the_wire,
    is_another_than_posted,
    is_for_another,
)

from app import create_app
from dingbridge.sandbox.sandbox import Sandbox

pytestmark = [pytest.mark.faults, pytest.mark.row("R04")]

IN_PROCESS = int(os.environ.get("GENERATED_REQUESTS", "1000000"))
OVER_SOCKETS = IN_PROCESS // 25
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
SETUPS: dict[str, dict[str, object]] = {
    "trusting": {"DING_TRUSTED_PROXIES": "127.0.0.1,unix"},
    "believing everything": {
        "DING_TRUSTED_PROXIES": "127.0.0.1,unix",
        "DING_FORWARDED_PORT": "1",
        "DING_PROXY_HOPS": "2",
    },
    "rewritten": {
        "DING_TRUSTED_PROXIES": "127.0.0.1",
        "DING_ORIGINAL_URI_HEADER": "X-Original-URI",
    },
    "alone": {},
}
# A request as the app got it, and the settings of that app.
Arrived = tuple[Environ, Settings]
# How often each answer was given, and what was wrong.
Result = tuple[Counter[str], list[str]]
# What a server may answer about the protocol itself.
PROTOCOL_ANSWERS = {501, 505}


def faults_of(status: int, body: bytes, request: HostileRequest, arrived: Arrived) -> list[str]:
    """What must not be: an unhandled failure, or a signature for what was not asked for."""
    found = []
    if status >= 500 and status not in PROTOCOL_ANSWERS:
        found.append(f"status {status}")
    signed = [url for url in page_urls(body) if url is not None]
    found += [f"signed for {url!r}" for url in signed if is_for_another(url, *arrived)]
    if body.startswith(b'{"config"'):  # of /ding/sign, however its path was written
        url = json.loads(body)["url"]
        if is_another_than_posted(url, request):
            found.append(f"signed on request for {url!r}")
    return found


def name_of(status: int, body: bytes) -> str:
    """Under what an answer is counted."""
    return f"{status} signed" if b'"url":"http' in body else str(status)


def page_urls(body: bytes) -> list[str | None]:
    """What the pages in an answer were signed for; None for one that stays unsigned."""
    return [json.loads(block)["url"] for block in BLOCK.findall(body)]


def needs_a_reason(status: int, body: bytes, request: HostileRequest) -> bool:
    """Whether an answer is a refusal of the page's URL, whose reason has to be in the log."""
    if body.startswith(b'{"error"'):
        return status == 403 and b'"origin_refused"' in body and is_unguarded(request)
    return body == b"Bad Request\n" or None in page_urls(body)


def is_unguarded(request: HostileRequest) -> bool:
    """Whether the guard against other sites' forms, which has a reason of its own, lets it pass."""
    return all(name not in {"Origin", "Referer"} for name, _ in request.headers)


def in_process(job: tuple[int, int, dict[str, str]]) -> Result:
    """Send `count` requests into the app's WSGI callable; what was answered, and the faults."""
    seed, count, environment = job
    reasons = Reasons()
    logging.getLogger().handlers = [reasons]  # also spares the apps handlers of their own
    apps: list[tuple[Flask, dict[str, object]]] = []
    for name, setup in SETUPS.items():
        base = {**environment, "DING_INSTANCE": f"{environment['DING_INSTANCE']}-{seed}-{name}"}
        apps.append((create_app({"SECRET_KEY": "for tests", **base, **setup}), setup))
    generator = Generator(seed)
    answered: Counter[str] = Counter()
    faults: list[str] = []
    for number in range(count):
        request = generator.request()
        app, setup = apps[number % len(apps)]
        environ = as_environ(request)
        reasons.take()
        status, body = call(app, dict(environ))
        answered[name_of(status, body)] += 1
        found = faults_of(status, body, request, (environ, setup))
        if needs_a_reason(status, body, request) and not reasons.take():
            found.append(f"no reason in the log for {status}")
        faults += [f"{fault}: {request}" for fault in found]
    return answered, faults


def call(app: Flask, environ: dict[str, object]) -> tuple[int, bytes]:
    """One WSGI call."""
    got: list[str] = []

    def start_response(status: str, headers: object, exc_info: object = None) -> None:
        got.append(status)

    chunks: Iterable[bytes] = app.wsgi_app(environ, start_response)  # type: ignore[arg-type]
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    return int(got[-1][:3]), body


def report(what: str, count: int, seconds: float, answered: Counter[str]) -> None:
    told = ", ".join(f"{name}: {number}" for name, number in answered.most_common())
    print(f"\n{count} generated requests {what} in {seconds:.0f} s; answers {told}")


def test_a_million_requests_into_the_app(tmp_path: Path) -> None:
    workers = os.cpu_count() or 1
    began = time.monotonic()
    with Sandbox() as sandbox:
        environment = {
            **sandbox.environment(tmp_path / "instance"),
            "DING_PUBLIC_ORIGINS": ",".join(ALLOWED),
            "DING_DEBUG": "0",
        }
        share = IN_PROCESS // (workers * 4)
        jobs = [(seed, share, environment) for seed in range(workers * 4)]
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            results = pool.map(in_process, jobs, chunksize=1)
    answered = sum((result[0] for result in results), Counter())
    faults = [fault for result in results for fault in result[1]]
    report("in process", sum(answered.values()), time.monotonic() - began, answered)
    assert faults[:10] == []
    assert sum(answered.values()) == share * len(jobs)
    assert sum(number for name, number in answered.items() if "signed" in name) > IN_PROCESS // 50


def exchange(port: int, octets: bytes, source: str) -> bytes:
    """Send bytes, say that there are no more, and read what comes."""
    received = bytearray()
    try:
        with socket.create_connection(
            ("127.0.0.1", port), timeout=20, source_address=(source, 0)
        ) as connection:
            connection.sendall(octets)
            with suppress(OSError):  # refused and closed already
                connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
    except (ConnectionResetError, BrokenPipeError):
        # A refusal that comes before everything was sent closes at once; what was said counts.
        return bytes(received)
    return bytes(received)


def over_connections(doors: Sequence[tuple[int, Settings]], seed: int) -> Result:
    """Send one seed's requests to each port in turn; what was answered, and the faults."""
    generator = Generator(seed)
    answered: Counter[str] = Counter()
    faults: list[str] = []
    for number in range(OVER_SOCKETS // 40):
        request = generator.request()
        port, setup = doors[number % len(doors)]
        # Many visitors, since nginx.conf limits requests per address; and the trusted proxy.
        visitor = f"127.1.{seed % 250}.{number // 10 % 250 + 1}"
        source = "127.0.0.1" if setup and number % 2 else visitor
        octets = as_octets(request)
        answers = exchange(port, octets, source)
        statuses = [int(status) for status in STATUS.findall(answers)] or [0]
        body = answers.partition(b"\r\n\r\n")[2]
        answered[name_of(statuses[0], body)] += 1
        arrived = (environ_on_the_wire(octets, source), setup)
        for status in statuses:
            found = faults_of(status, body, request, arrived)
            faults += [f"{fault}: {request}" for fault in found]
    return answered, faults


def test_a_part_of_them_over_real_connections(tmp_path: Path) -> None:
    began = time.monotonic()
    setups = {name: {**s, "DING_PUBLIC_ORIGINS": ",".join(ALLOWED)} for name, s in SETUPS.items()}
    with Sandbox() as sandbox, AnyPathServer(tmp_path, sandbox, setups) as app:
        with ProjectFront(tmp_path, app.url_of("trusting"), [HOST, OTHER]) as nginx:
            # What a visitor says of proxies nginx.conf hands on to no app, however trusting.
            doors = [(nginx.port, {}), *((app.port_of[name], SETUPS[name]) for name in SETUPS)]
            with ThreadPoolExecutor(8) as threads:
                results = list(threads.map(partial(over_connections, doors), range(1000, 1040)))
        output = app.output()
    answered = sum((result[0] for result in results), Counter())
    faults = [fault for result in results for fault in result[1]]
    report("over connections", sum(answered.values()), time.monotonic() - began, answered)
    assert faults[:10] == []
    assert answered["200 signed"] > OVER_SOCKETS // 50
    assert "Traceback" not in output
