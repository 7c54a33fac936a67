"""What every test may use: settings that work, the sandbox, the app as it is served."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from jinja2 import FileSystemBytecodeCache

# How long an example takes says something about the machine, not about the code.
hypothesis_settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Hand each test's rows on to its report, which also crosses from worker to controller."""
    for item in items:
        rows = [str(row) for mark in item.iter_markers("row") for row in mark.args]
        item.user_properties.extend(("row", row) for row in rows)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the rows of the demands against the tests that show them."""
    shown: dict[str, set[str]] = defaultdict(set)
    for report in terminalreporter.stats.get("passed", []):
        for name, row in report.user_properties:
            if name == "row":
                shown[row].add(report.nodeid)
    if shown:
        terminalreporter.section("rows of the demands and the tests that show them")
        for row in sorted(shown):
            first, *more = sorted(shown[row])
            rest = f" and {len(more)} more" if more else ""
            terminalreporter.write_line(f"{row}  {first}{rest}")


@pytest.fixture(autouse=True, scope="session")
def _templates_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hundreds of apps are made here, each of which would compile the same templates."""
    cache = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(Flask.jinja_options, "bytecode_cache", cache)
        yield


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, object]:
    """Settings that are complete and right, for an app that nobody asks for a ticket."""
    return {
        "SECRET_KEY": "a session key for tests only",
        "DING_CORP_ID": "ding0123456789abcdef",
        "DING_AGENT_ID": "1234567890",
        "DING_CLIENT_ID": "dingclientidfortests",
        "DING_CLIENT_SECRET": "the-client-secret-canary",
        "DING_PUBLIC_ORIGINS": "https://app.example.test",
        "DING_OAPI_URL": "http://127.0.0.1:9",
        "DING_API_URL": "http://127.0.0.1:9",
        "DING_INSTANCE": str(tmp_path / "instance"),
    }


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own environment must not change what a test sees."""
    for name in [name for name in os.environ if name.startswith("DING_")]:
        monkeypatch.delenv(name)
