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
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from any_path_server import BLOCK, AnyPathServer
from flask import Flask
from front_servers import ProjectFront
from hostile_requests import ALLOWED, HOST, Generator, HostileRequest, as_environ, as_octets

from app import create_app
from dingbridge.page_url import origin_of
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
# What a server may answer about the protocol itself.
PROTOCOL_ANSWERS = {501, 505}


def faults_of(status: int, body: bytes, request: HostileRequest) -> list[str]:
    """What must not be: an unhandled failure, or a signature for something foreign."""
    found = []
    if status >= 500 and status not in PROTOCOL_ANSWERS:
        found.append(f"status {status}")
    urls = [json.loads(block)["url"] for block in BLOCK.findall(body)]
    if body.startswith(b'{"config"'):  # of /ding/sign, however its path was written
        urls.append(json.loads(body)["url"])
    for url in urls:
        if url is not None and str(origin_of(url)) not in ALLOWED:
            found.append(f"signed for {url}")
        if url is not None and not (url.isascii() and url.isprintable() and " " not in url):
            found.append(f"signed a malformed {url!r}")
    return found


def in_process(job: tuple[int, int, dict[str, str]]) -> tuple[Counter[str], list[str]]:
    """Send `count` requests into the app's WSGI callable; what was answered, and the faults."""
    seed, count, environment = job
    logging.disable(logging.CRITICAL)
    apps: list[Flask] = []
    for name, setup in SETUPS.items():
        base = {**environment, "DING_INSTANCE": f"{environment['DING_INSTANCE']}-{seed}-{name}"}
        apps.append(create_app({"SECRET_KEY": "for tests", **base, **setup}))
    generator = Generator(seed)
    answered: Counter[str] = Counter()
    faults: list[str] = []
    for number in range(count):
        request = generator.request()
        status, body = call(apps[number % len(apps)], as_environ(request))
        signed = b'"url":"http' in body
        answered[f"{status}{' signed' if signed else ''}"] += 1
        faults += [f"{fault}: {request}" for fault in faults_of(status, body, request)]
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


def test_a_part_of_them_over_real_connections(tmp_path: Path) -> None:
    began = time.monotonic()
    answered: Counter[str] = Counter()
    faults: list[str] = []
    setups = {name: {**s, "DING_PUBLIC_ORIGINS": ",".join(ALLOWED)} for name, s in SETUPS.items()}
    with Sandbox() as sandbox, AnyPathServer(tmp_path, sandbox, setups) as app:
        with ProjectFront(tmp_path, app.url_of("trusting"), [HOST]) as nginx:
            ports = [nginx.port, *app.port_of.values()]

            def send(seed: int) -> tuple[Counter[str], list[str]]:
                generator = Generator(seed)
                told: Counter[str] = Counter()
                wrong: list[str] = []
                for number in range(OVER_SOCKETS // 40):
                    request = generator.request()
                    port = ports[number % len(ports)]
                    # Many visitors: nginx.conf limits requests per address.
                    source = f"127.1.{seed % 250}.{number // 10 % 250 + 1}"
                    octets = exchange(port, as_octets(request), source)
                    statuses = [int(status) for status in STATUS.findall(octets)] or [0]
                    told[str(statuses[0])] += 1
                    body = octets.partition(b"\r\n\r\n")[2]
                    wrong += [
                        f"{fault}: {request}"
                        for status in statuses
                        for fault in faults_of(status, body, request)
                    ]
                return told, wrong

            with ThreadPoolExecutor(8) as threads:
                for told, wrong in threads.map(send, range(1000, 1040)):
                    answered += told
                    faults += wrong
        output = app.output()
    report("over connections", sum(answered.values()), time.monotonic() - began, answered)
    assert faults[:10] == []
    assert "Traceback" not in output
