"""The browser modules' own tests run in Node; here each of their files is one test."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "tests" / "js").glob("*.test.js"))
ROWS = {"errors": ("R16",), "urls": ("R04", "R16"), "first": ("R20",)}


def test_the_javascript_tests_are_found() -> None:
    assert {file.stem for file in FILES} >= {"errors.test", "urls.test", "lane.test", "first.test"}


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(file, id=name, marks=[pytest.mark.row(row) for row in ROWS.get(name, ())])
        for file in FILES
        for name in [file.name.removesuffix(".test.js")]
    ],
)
def test_the_javascript_tests_pass(file: Path) -> None:
    run = subprocess.run(
        [sys.executable, ROOT / "assets" / "node.py", "--test", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
