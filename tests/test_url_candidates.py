"""The forms that the platform's samples would sign."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from url_fixtures import load

from dingbridge.url_candidates import signed_candidates


def test_the_default_comes_first_and_a_plain_url_has_one_form() -> None:
    forms = signed_candidates("https://h/a?b=c#d")
    assert next(iter(forms)) == "decoded"
    assert set(forms.values()) == {"https://h/a?b=c"}


@pytest.mark.row("R07")
def test_the_default_candidate_is_what_javas_routine_gives() -> None:
    for url, decoded in load("decoding.json")["urls"]:
        assert signed_candidates(url)["decoded"] == (decoded or url)


@pytest.mark.row("R07")
def test_the_other_candidates_are_what_node_and_php_answered() -> None:
    """decodeURIComponent over the query, null where it throws, and urldecode over the whole."""
    rows = load("decoding.json")["other_samples"]
    assert len(rows) >= 400
    for url, of_node, of_php in rows:
        forms = signed_candidates(url)
        assert (forms.get("plus_kept"), forms["whole_decoded"]) == (of_node, of_php)


@pytest.mark.parametrize(
    ("url", "plus_kept", "whole_decoded"),
    [
        ("https://h/a+b?c+d%20e", "https://h/a+b?c+d e", "https://h/a b?c d e"),
        ("https://h/%E4%B8%AD?%E4%B8%AD", "https://h/%E4%B8%AD?中", "https://h/中?中"),
        ("https://h/?%2525", "https://h/?%25", "https://h/?%25"),
        ("https://h/?100%", None, "https://h/?100%"),
        ("https://h/?%D6%D0", None, "https://h/?\\xd6\\xd0"),
        ("https://h/?中%41", "https://h/?中A", "https://h/?中A"),
    ],
)
def test_javascript_and_php_decode_otherwise(
    url: str, plus_kept: str | None, whole_decoded: str
) -> None:
    forms = signed_candidates(url)
    assert forms.get("plus_kept") == plus_kept
    assert forms["whole_decoded"] == whole_decoded


@pytest.mark.parametrize(
    ("url", "whole_plus_kept", "query_twice"),
    [
        ("https://h/a+b?c+d%20e", "https://h/a+b?c+d e", "https://h/a b?c d e"),
        ("https://h/%2B?%252B%2520", "https://h/+?%2B%20", "https://h/+?+ "),
        ("https://h/%3Fa?%2525", "https://h/?a?%25", "https://h/?a?%"),
        ("https://h/?a=100%25", "https://h/?a=100%", None),  # the second time % stands alone
        ("https://h/?100%", None, None),
        ("https://h/?%D6%D0", None, "https://h/?\ufffd\ufffd"),
    ],
)
def test_older_samples_decode_more(
    url: str, whole_plus_kept: str | None, query_twice: str | None
) -> None:
    forms = signed_candidates(url)
    assert forms.get("whole_plus_kept") == whole_plus_kept
    assert forms.get("query_twice") == query_twice


@given(st.text() | st.just("http://h/?\ud800"))
def test_any_text_has_candidates(text: str) -> None:
    assert {"decoded", "raw", "whole_decoded"} <= set(signed_candidates(text))
