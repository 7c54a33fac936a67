"""The benchmarks run and tell what they promise; what the figures are is not for a test."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from app_server import ROOT

from bench.load import Connection, load
from bench.process_cost import cpu_seconds, memory, workers
from bench.report import Goal, goals
from bench.spread import quantile, spread
from bench.stage import build_whole_sdk


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """The results of the smallest run, and its table."""
    out = tmp_path_factory.mktemp("bench") / "results.json"
    run = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--out", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(out.read_text("utf-8")), run.stdout


def test_the_same_page_is_measured_signed_and_with_constant_data(
    quick: tuple[dict[str, Any], str],
) -> None:
    server = quick[0]["server"]
    for cost in server["cpu_us_per_page"].values():
        assert cost["signed"]["median"] > 0
        assert cost["constant"]["median"] > 0
        assert cost["difference"]["n"] == cost["ratio"]["n"] > 0
        assert 2000 < cost["html_octets"] < 15_000
    assert server["throughput"]["signed"]["per_second"]["median"] > 0
    assert server["memory"]["worker"]["pss_kib"] > 1000
    assert server["start"]["cpu_ms"]["median"] > 0
    steps = {name: figures["median"] for name, figures in server["steps_us"].items()}
    assert all(steps.values())
    assert steps["template, whole"] > steps["dingbridge(…), whole"]


def test_every_way_reaches_dd_ready_and_the_cache_answers_the_next_visit(
    quick: tuple[dict[str, Any], str],
) -> None:
    visits = quick[0]["person"]["h2"]
    for visit in ("first", "next"):
        for way in ("dingbridge", "usual", "in place", "home page"):
            # Two round trips' worth of emulated network and the grant are the least.
            assert visits[visit][way]["ready_ms"]["median"] > 300
        assert visits[visit]["dingbridge"]["ratio to usual"]["median"] > 0
    assert visits["next"]["dingbridge"]["requests"] == 1
    assert visits["next"]["in place"]["requests"] == 1
    assert visits["next"]["usual"]["requests"] == 2
    assert visits["first"]["usual"]["octets"] > 2 * visits["first"]["in place"]["octets"]
    assert visits["first"]["dingbridge"]["octets"] > visits["next"]["dingbridge"]["octets"]


def test_reports_are_measured_over_both_engines_and_both_numbers_of_check_ins(
    quick: tuple[dict[str, Any], str],
) -> None:
    reports = quick[0]["report"]
    small, large = map(str, reports["sizes"])
    for engine in ("sqlite", "postgresql"):
        assert len(reports[engine]) == 7
        for figures in reports[engine].values():
            assert figures["ratio"]["median"] > 0
            assert min(figures["peak_kib"].values()) > 10_000
        octets = reports[engine]["CSV, a year"]["octets"]
        assert 1.9 < octets[large] / octets[small] < 2.1


def test_the_table_names_every_goal_with_its_verdict(quick: tuple[dict[str, Any], str]) -> None:
    results, table = quick
    assert results["goals"]
    for goal in results["goals"]:
        assert f"{'met' if goal['met'] else 'MISSED':7} {goal['name']}: " in table
    assert results["server"] is not None
    assert results["machine"]["cores"] >= 1


def test_the_goals_are_those_that_were_set(quick: tuple[dict[str, Any], str]) -> None:
    limits = {
        "signing, .*: µs of processor time a page": 50,
        "HTML, .*: bytes uncompressed": 15_000,
        "h2, .* visit: dd.ready, 75th percentile, ms": 2000,
        "h2, .* visit: ratio to the usual way": 0.6,
        "h2, .* visit: ratio to signed in place": 1,
        ".*: 75th percentile of [0-9]+, ms": 1000,
        ".*: ratio of memory": 1.2,
    }
    found = {
        name: {goal["limit"] for goal in quick[0]["goals"] if re.fullmatch(name, goal["name"])}
        for name in limits
    }
    assert found == {name: {limit} for name, limit in limits.items()}


def test_a_goal_is_met_up_to_its_limit_and_no_half_is_needed_for_the_other() -> None:
    assert Goal("x", 50, 50).met
    assert not Goal("x", 50.1, 50).met
    assert goals(None, None, None) == []


def test_quantiles_are_interpolated_and_the_interval_holds_the_median() -> None:
    assert quantile([4, 1, 3, 2], 0.5) == 2.5
    assert quantile([7], 0.99) == 7
    told = spread([float(number) for number in range(101)])
    assert (told["median"], told["p25"], told["p75"], told["n"]) == (50, 25, 75, 101)
    assert told["low95"] <= 50 <= told["high95"]
    assert told == spread([float(number) for number in range(101)])


def test_processor_time_and_memory_of_another_process_are_read() -> None:
    spin = """\
import sys
print(flush=True)
for line in sys.stdin:
    sum(range(3_000_000))
    print(flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", spin], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        before = cpu_seconds(process.pid)
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.readline()
        assert cpu_seconds(process.pid) - before > 0.001
        sizes = memory(process.pid)
        assert 0 < sizes["pss_kib"] <= sizes["rss_kib"]
        assert workers(process.pid) == []
        process.stdin.close()


def test_load_keeps_every_connection_busy_and_refuses_errors() -> None:
    class Server(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/page" else 500)
            self.send_header("Content-Length", "70000")
            self.end_headers()
            self.wfile.write(b"x" * 70_000)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with Connection(server.server_port, "/page", "h5.example.test") as connection:
            assert connection.exchange() == 70_000
            result = load([connection], 0.05)
            assert result.per_second > 0
            assert result.p99_ms > 0
        with (
            Connection(server.server_port, "/", "h5.example.test") as connection,
            pytest.raises(AssertionError, match="500"),
        ):
            connection.exchange()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_whole_sdk_is_the_whole_npm_package(tmp_path: Path) -> None:
    out = tmp_path / "whole.js"
    build_whole_sdk(out)
    assert 280_000 < out.stat().st_size < 360_000
    assert "runtime.permission.requestJsApis" in out.read_text("utf-8")
