"""Contents of uploads: what they say they are, or refused."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uploaded_files import HONEST, LIES

from microapp.file_names import extension
from microapp.file_types import ACCEPTED, FILE_TYPES, is_what_it_says


def judge(name: str, content: bytes) -> bool:
    return is_what_it_says(FILE_TYPES[extension(name)], io.BytesIO(content))


@pytest.mark.parametrize("name", HONEST)
def test_what_is_what_it_says_is_taken(name: str) -> None:
    assert judge(name, HONEST[name])


def test_every_kind_that_is_allowed_has_been_judged() -> None:
    assert {extension(name) for name in HONEST} == set(FILE_TYPES)


@pytest.mark.parametrize("name", LIES)
def test_what_lies_about_its_type_is_refused(name: str) -> None:
    assert not judge(name, LIES[name])


@given(st.sampled_from(sorted(FILE_TYPES)), st.binary(max_size=300))
def test_no_content_makes_a_judge_stumble(kind: str, content: bytes) -> None:
    head = HONEST[next(name for name in HONEST if extension(name) == kind)][:30]
    assert isinstance(judge(f"a.{kind}", head + content), bool)


def test_no_kind_that_is_allowed_is_one_that_browsers_run() -> None:
    kinds = " ".join(kind.mime for kind in FILE_TYPES.values())
    assert not any(word in kinds for word in ("html", "svg", "xml;", "javascript", "/xml", "+xml"))


def test_an_iphone_is_asked_for_pictures_that_everybody_can_look_at() -> None:
    assert "image/jpeg" in ACCEPTED
    assert "heic" not in ACCEPTED
    assert "image/*" not in ACCEPTED
