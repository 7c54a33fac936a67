"""Names for what a front did to a URL."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from url_fixtures import corpus, policy_for

from dingbridge import catalogue
from dingbridge.page_url import page_url
from dingbridge.url_difference import first_difference, name_changes


@pytest.mark.row("R05")
@pytest.mark.parametrize(
    ("signed", "shown", "names"),
    [
        ("https://h/a", "https://h/a", ()),
        ("http://h/a#b", "http://h/a#c", ()),
        ("http://h/a", "https://h/a", ("scheme",)),
        ("HTTP://h/a", "http://h/a", ("scheme",)),
        ("http://h:8080/a", "https://h/a", ("scheme", "port")),
        ("https://h/a", "https://h:443/a", ("port",)),
        ("http://[::1]/a", "http://[::1]:80/a", ("port",)),
        ("https://h/a", "https://h:8443/a", ("port",)),
        ("https://H/a", "https://h/a", ("host_case",)),
        ("https://inner:5000/a", "https://h/a", ("host", "port")),
        ("https://h/a", "https://h/a?", ("bare_question_mark",)),
        ("https://h/a/b", "https://h/a%2Fb", ("path_escapes",)),
        ("https://h/%E4", "https://h/%e4", ("escape_case",)),
        ("https://h/?%E4", "https://h/?%e4", ("escape_case",)),
        ("https://h/a/b", "https://h//a///b", ("merged_slashes",)),
        ("https://h/a/b", "https://h//a%2Fb", ("path_escapes", "merged_slashes")),
        ("https://h/a", "https://h/h5/a", ("prefix",)),
        ("https://h/x", "https://h/y", ("path",)),
        ("https://h/?q=a b", "https://h/?q=a%20b", ("query_escapes",)),
        ("https://h/?q=a%20b", "https://h/?q=a+b", ("query_escapes",)),
        ("https://h/?a=1&b=2", "https://h/?b=2&a=1", ("query_order",)),
        ("https://h/?a=&b=1", "https://h/?a&&b=1&", ("query_escapes",)),
        ("https://h/?a=1", "https://h/?a=1&a=1", ("query_pruned",)),
        ("https://h/?a=2", "https://h/?z=%zz&b=1;c&a=2&", ("query_pruned",)),
        ("https://h/?a=2", "https://h/?a=3", ("query",)),
        ("https://h/", "https://h/?a", ("query_pruned",)),
        ("", "https://h/", ("no_url",)),
        ("https://h", "https://h/", ("path",)),
    ],
)
def test_a_change_has_a_name(signed: str, shown: str, names: tuple[str, ...]) -> None:
    assert name_changes(signed, shown) == names


def test_every_measured_change_has_the_names_that_its_own_bytes_and_front_tell() -> None:
    seen = defaultdict(set)
    for row in corpus():
        if row.expect == "mismatch":
            names = name_changes(page_url(row.environ, policy_for(row.profile)), row.href)
            assert names == row.changes, row
            seen[row.front].update(names)
    path = {"escape_case", "path_escapes", "merged_slashes"}
    assert seen == {
        "nginx_uri_slash": {*path, "bare_question_mark"},
        "nginx_rewrite": {"path_escapes", "merged_slashes", "bare_question_mark"},
        "apache_default": path,
        "frps_http": {"query_pruned"},
        "frp_https2http": {"query_pruned"},
        "nginx_$host+port": {"host", "port"},
    }


def test_every_name_has_words_for_people() -> None:
    words = catalogue.titles("signing")
    for documented in re.findall(r"`([a-z_]+)`", name_changes.__doc__ or ""):
        assert documented in words


def test_the_first_difference_is_a_place_in_both() -> None:
    assert first_difference("abc", "abd") == 2
    assert first_difference("ab", "abc") == 2
    assert first_difference("", "a") == 0
    assert first_difference("a", "a") is None


urls = st.from_regex(
    r"https?://[hH:8.]{1,5}(/[/a%2fF]{0,6})?(\?[a=&%2fF+]{0,8})?(#a)?", fullmatch=True
)


# The last are such as JSON can bring.
@given(st.text() | urls | urls.map(lambda url: url + "\ud800"), st.text() | urls)
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    names = name_changes(one, other)
    same = one.partition("#")[0] == other.partition("#")[0]
    assert names == ("no_url",) or (not names) == same
    place = first_difference(one, other)
    assert (place is None) == (one == other)
    assert place is None or one[:place] == other[:place]
