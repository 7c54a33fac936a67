"""Whatever a server API answers, or this package refuses, has its words in the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dingbridge import catalogue

PACKAGE = Path(catalogue.__file__).parent
SERVER = {entry.code for entry in catalogue.every() if entry.family == "server"}


def said_in(folder: str, pattern: str) -> set[str]:
    found: set[str] = set()
    for path in (PACKAGE / folder).glob("*.py"):
        found |= set(re.findall(pattern, path.read_text(encoding="utf-8")))
    return found


@pytest.mark.row("R43")
def test_every_code_that_the_stand_in_answers_is_explained() -> None:
    oapi = said_in("sandbox", r"OapiError\(\s*(-?\d+)")
    api = said_in("sandbox", r"ApiError\(\s*\d+,\s*\"([\w.]+)\"")
    api |= said_in("sandbox", r"code = \"(invalid[\w.]+)\"")
    assert len(oapi) > 50
    assert len(api) > 25
    assert oapi - SERVER == set()
    assert api - SERVER - {"banned"} - {code for code in api if "Missing" in code} == set()


def test_every_refusal_of_the_client_is_explained() -> None:
    refused = said_in("openapi", r"CallRefused\(\s*\"(\w+)\"") | {"body_not_json"}
    limited = {"limited_here", "paused_by_platform"}
    assert len(refused) > 20
    assert (refused | limited) - SERVER == set()


def test_every_placeholder_of_a_refusal_is_filled_where_it_is_raised() -> None:
    raised: dict[str, set[str]] = {}
    for path in (PACKAGE / "openapi").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        for code, values in re.findall(r"CallRefused\(\s*\"(\w+)\"(?:,\s*(\{[^}]*\}))?", text):
            raised.setdefault(code, set(re.findall(r"\"(\w+)\":", values)))
    for code, values in raised.items():
        (entry,) = catalogue.find(code, "server")
        assert set(entry.placeholders) == values, code


@pytest.mark.row("R44")
@pytest.mark.parametrize("number", range(90002, 90021))
def test_every_limit_of_the_platform_is_explained(number: int) -> None:
    assert str(number) in SERVER


@pytest.mark.row("R40")
def test_the_misprint_of_one_document_leads_to_the_right_code() -> None:
    (entry,) = catalogue.find("430004")
    assert all("43004" in entry.cause[language] for language in catalogue.LANGUAGES)


@pytest.mark.parametrize("code", ["400002", "60001", "71009", "143105", "40006", "45002"])
def test_the_stated_limits_and_conflicts_stand_in_the_words(code: str) -> None:
    needles = {
        "400002": "24",
        "60001": "64",
        "71009": "timeStamp",
        "143105": "50",
        "40006": "2016",
        "45002": "2048",
    }
    (entry,) = catalogue.find(code, "server")
    assert needles[code] in entry.cause["zh"]
    assert needles[code] in entry.cause["en"]
