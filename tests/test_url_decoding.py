"""Decoding as Java's URLDecoder does, against what two JDKs answered."""

from __future__ import annotations

import pytest
from url_fixtures import load

from dingbridge.signature import signed_form
from dingbridge.url_decoding import MalformedEscapeError, java_decode


def decoded(text: str) -> str | None:
    try:
        return java_decode(text)
    except MalformedEscapeError:
        return None


@pytest.mark.row("R07")
def test_texts_decode_as_two_jdks_decoded_them() -> None:
    rows = load("decoding.json")["texts"]
    assert len(rows) >= 1000
    assert [row for row in rows if decoded(row[0]) != row[1]] == []
    assert sum(row[1] is None for row in rows) >= 100


@pytest.mark.row("R07")
def test_urls_are_signed_in_the_form_that_javas_routine_gives_them() -> None:
    rows = load("decoding.json")["urls"]
    assert len(rows) >= 400
    # Where Java throws (None), the query stays as it is.
    assert [row for row in rows if signed_form(row[0], "decoded") != (row[1] or row[0])] == []


def test_a_malformed_escape_is_named_by_its_place() -> None:
    for text, place in (("100%", 3), ("%2%35", 0), ("a+%E4%zz", 5), ("%", 0), ("%+5", 0)):
        with pytest.raises(MalformedEscapeError) as caught:
            java_decode(text)
        assert caught.value.position == place


def test_surrogates_become_one_replacement_each_as_in_java() -> None:
    assert java_decode("%ED%A0%80") == "\ufffd"
    assert java_decode("%ED%A0%80%ED%B0%80x") == "\ufffd\ufffdx"
    assert java_decode("%ED%A0x") == "\ufffdx"
    assert java_decode("%ED%9F%BF") == "\ud7ff"
