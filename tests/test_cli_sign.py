"""`flask ding sign`, through click's runner and as the real command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dingbridge.cli import ding
from dingbridge.url_candidates import signed_candidates

QUERY = "https://h/a%20b?q=a+b%20c%2Bd&n=%E5%BC%A0#top"


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner(env={"DING_LANG": "en", **environment}).invoke(ding, ["sign", *arguments])


def report(*arguments: str, **environment: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(run(*arguments, "--json", **environment).output)
    return found


def test_the_real_command_needs_neither_an_app_nor_valid_settings(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DING_")}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "ding", "sign", "https://h/?a+b", "--lang", "en"],
        cwd=tmp_path,
        env={**clean, "PYTHONUTF8": "1", "DING_MODE": "nonsense"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "url=https://h/?a b" in done.stdout


@pytest.mark.row("R16")
def test_plain_text_and_every_candidate_are_told() -> None:
    said = report(QUERY)
    assert said["plain_text"] == (
        "jsapi_ticket=<jsapi_ticket>&noncestr=<nonceStr>&timestamp=<timeStamp>"
        "&url=https://h/a%20b?q=a b c+d&n=张"
    )
    assert said["candidates"] == {
        "decoded": "https://h/a%20b?q=a b c+d&n=张",
        "raw": "https://h/a%20b?q=a+b%20c%2Bd&n=%E5%BC%A0",
        "plus_kept": "https://h/a%20b?q=a+b c+d&n=张",
        "whole_decoded": "https://h/a b?q=a b c+d&n=张",
        "whole_plus_kept": "https://h/a b?q=a+b c+d&n=张",
        "query_twice": "https://h/a b?q=a b c d&n=张",
    }
    text = run(QUERY).output
    for form in said["candidates"].values():  # type: ignore[attr-defined]
        assert form in text


def test_a_url_that_every_rule_signs_alike_is_said_to_be_settled() -> None:
    assert "Every rule gives the same form" in run("https://h/a?b=c").output
    assert "所有规则" in run("https://h/a?b=c", "--lang", "zh").output


def test_the_configured_rule_is_the_one_that_is_compared() -> None:
    raw = "https://h/?a+b"
    assert run(raw, "--got", raw).exit_code == 1
    assert run(raw, "--got", raw, DING_SIGNED_QUERY="raw").exit_code == 0
    assert run(raw, "--got", "https://h/?a b").exit_code == 0
    assert run(raw, "--got", "https://h/?a b", DING_SIGNED_QUERY="nonsense").exit_code == 0
    assert report(raw, "--got", raw)["got"] == {
        "url": raw,
        "equal": ["raw", "plus_kept", "whole_plus_kept"],
        "compared_with": "https://h/?a b",
        "first_difference": 13,
        "changed": [],
    }


def test_what_follows_a_hash_is_a_fragment_or_part_of_a_decoded_query() -> None:
    url = "https://h/?a=%23b#frag"
    for got, equal, status in (
        (url, ["raw"], 1),
        ("https://h/?a=%23b", ["raw"], 1),
        (
            "https://h/?a=#b",
            ["decoded", "plus_kept", "whole_decoded", "whole_plus_kept", "query_twice"],
            0,
        ),
        ("https://h/?a=#c", [], 1),
    ):
        assert report(url, "--got", got)["got"]["equal"] == equal  # type: ignore[index]
        assert run(url, "--got", got).exit_code == status
    assert report(url, "--got", "https://h/?a=#c")["got"]["first_difference"] == 15  # type: ignore[index]


def test_the_rule_of_another_app_is_read_by_its_prefix() -> None:
    url = "https://h/?a+b"
    assert report(url, HR_DING_SIGNED_QUERY="raw")["rule"] == "decoded"
    assert report(url, "--prefix", "HR_DING_", HR_DING_SIGNED_QUERY="raw")["rule"] == "raw"


def test_octets_of_a_terminal_that_are_no_text_are_printed_as_such() -> None:
    """A shell hands on whatever was pasted, here a Chinese name in GBK."""
    pasted = b"https://h/?a=\xd6\xd0"
    for options in ((), ("--json",)):
        done = subprocess.run(
            [sys.executable, "-m", "flask", "ding", "sign", pasted, "--got", pasted, *options],
            env={**os.environ, "PYTHONUTF8": "1"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "https://h/?a=\ufffd" in done.stdout


@pytest.mark.row("R16")
@pytest.mark.row("R18")
def test_the_first_difference_is_pointed_at_and_named() -> None:
    done = run("https://h/app", "--got", "https://h/app?#x")
    assert done.exit_code == 1
    assert "differ from character 14 on" in done.output
    assert "a bare question mark at the end was lost" in done.output
    lines = done.output.splitlines()
    caret = next(line for line in lines if line.strip() == "^")
    assert lines[lines.index(caret) - 1][caret.index("^")] == "?"


def test_the_pointer_stands_right_behind_chinese_letters_too() -> None:
    done = run("https://h/?q=%E5%BC%A0&x=1", "--got", "https://h/?q=张&x=2")
    lines = done.output.splitlines()
    caret = next(line for line in lines if line.strip() == "^")
    # Each Chinese letter takes two columns.
    assert caret.index("^") == len("  https://h/?q=张&x=") + 1


@pytest.mark.parametrize(
    ("got", "changed"),
    [
        ("http://h/a%2Fb", ["scheme"]),
        ("https://h:8443/a%2Fb", ["port"]),
        ("https://h//a%2Fb", ["merged_slashes"]),
        ("nonsense", ["no_url"]),
    ],
)
def test_what_changed_has_a_name(got: str, changed: list[str]) -> None:
    assert report("https://h/a%2Fb", "--got", got)["got"]["changed"] == changed  # type: ignore[index]


def test_a_malformed_escape_is_told_with_its_place() -> None:
    assert report("https://h/p?a=100%")["malformed"] == 18
    assert "character 18" in run("https://h/p?a=100%").output
    assert report("https://h/p%?a=%25")["malformed"] is None


def test_wrong_usage_is_two_and_nothing_moves_the_cursor() -> None:
    assert run("h/a").exit_code == 2
    assert run().exit_code == 2
    done = run("https://h/?a%1B%5B2J", "--got", "https://h/\x1b[2J")
    assert "\x1b" not in done.output


def test_json_moves_the_cursor_as_little() -> None:
    done = run("https://h/?a=%C2%9B31mX%7F%E2%80%AE", "--json")
    assert not {"\x9b", "\x7f", "\u202e"} & set(done.output)
    assert json.loads(done.output)["signed_form"] == "https://h/?a=\x9b31mX\x7f\u202e"


def test_what_equals_no_form_is_compared_with_the_one_that_it_follows_furthest() -> None:
    got = report("https://h/?a=%20b&c=1", "--got", "https://h/?a=%20b&c=2")["got"]
    assert got["compared_with"] == "https://h/?a=%20b&c=1"  # type: ignore[index]
    assert got["first_difference"] == 21  # type: ignore[index]
    assert "character 21" in run("https://h/?a=%20b&c=1", "--got", "https://h/?a=%20b&c=2").output
    got = report("https://h/?a=%20b&c=1", "--got", "https://h/?a= b&c=2")["got"]
    assert got["first_difference"] == 19  # type: ignore[index]


def test_a_scheme_in_capitals_is_signed_as_browsers_write_it() -> None:
    said = report("HTTPS://ABC.xyz:443/a%20b?q=a+b%20c%2Bd#h")
    assert said["signed_form"] == "https://ABC.xyz:443/a%20b?q=a b c+d"


@pytest.mark.parametrize("query", ["%E4%B8", "100%", "%zz", "%C0%AF", "%ED%A0%80"])
def test_where_javascript_throws_it_has_no_candidate(query: str) -> None:
    assert "plus_kept" not in signed_candidates(f"https://h/?{query}")
