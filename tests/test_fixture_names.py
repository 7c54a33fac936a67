"""Fixtures that test files share: a name means one thing, whatever is collected first."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

FOLDER = Path(__file__).parent


def fixtures(file: Path) -> list[str]:
    """The names of the fixtures that a module defines."""
    return [
        node.name
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and any("fixture" in ast.unparse(decorator) for decorator in node.decorator_list)
    ]


def test_no_two_shared_files_define_a_fixture_of_the_same_name() -> None:
    # Of two plugins the one that happens to be imported last would win, for every test after it.
    where = defaultdict(list)
    files = sorted(FOLDER.glob("*_fixtures.py"))
    for file in files:
        for name in fixtures(file):
            where[name].append(file.name)
    assert {"login_fixtures.py", "store_fixtures.py"} <= {file.name for file in files}
    assert {name: names for name, names in where.items() if len(names) > 1} == {}
