"""Reading answers: what is documented is taken, what lies about its type is named and refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dingbridge.errors import PlatformUnavailable
from dingbridge.openapi.answers import Answer


def read(value: object) -> Answer:
    return Answer({"field": value}, "/some/path", "result.")


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        (Answer.text, "张三", "张三"),
        (Answer.text, None, ""),
        (Answer.text, "一行\n\t两行", "一行\n\t两行"),
        (Answer.text, "a\x00b\x1b[2Jc\x7f", "a\ufffdb\ufffd[2Jc\ufffd"),
        (Answer.identifier, "user 𠮷-1", "user 𠮷-1"),
        (Answer.number, 100, 100),
        (Answer.number, "100", 100),
        (Answer.number, "-1", -1),
        (Answer.flag, True, True),
        (Answer.flag, "true", True),
        (Answer.flag, "false", False),
        (Answer.flag, None, False),
        (Answer.texts, ["a", "b"], ("a", "b")),
        (Answer.texts, None, ()),
        (Answer.numbers, [1, "2"], (1, 2)),
    ],
)
def test_fields_are_read_in_every_documented_spelling(
    reader: Callable[[Answer, str], object], value: object, expected: object
) -> None:
    assert reader(read(value), "field") == expected


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (Answer.text, 5),
        (Answer.text, ["a"]),
        (Answer.text, "x" * 20_001),
        (Answer.identifier, ""),
        (Answer.identifier, "a\nb"),
        (Answer.identifier, "a\x00b"),
        (Answer.identifier, "a\ufffd"),  # two damaged ones must not become the same person
        (Answer.identifier, "a\u202eb"),
        (Answer.texts, ["a", "b\n"]),
        (Answer.required, ""),
        (Answer.required, None),
        (Answer.number, True),
        (Answer.number, 1.5),
        (Answer.number, "eins"),
        (Answer.number, "9" * 5000),
        (Answer.number, None),
        (Answer.flag, "yes"),
        (Answer.flag, 1),
        (Answer.texts, "a,b"),
        (Answer.texts, [1]),
        (Answer.numbers, [[]]),
        (Answer.object, []),
        (Answer.object, "{}"),
    ],
)
def test_a_field_of_the_wrong_type_is_named_and_nothing_of_it_used(
    reader: Callable[[Answer, str], Any], value: object
) -> None:
    with pytest.raises(PlatformUnavailable) as caught:
        reader(read(value), "field")
    assert caught.value.code == "platform_unreadable"
    assert caught.value.endpoint == "/some/path"
    assert caught.value.values["field"] == "result.field"


def test_a_list_with_something_else_in_it_is_refused() -> None:
    with pytest.raises(PlatformUnavailable):
        list(read([{}, None]).objects("field"))


def test_blank_is_given_and_null_is_not() -> None:
    assert "field" in read("")
    assert "field" not in read(None)
    assert "other" not in read("")


def test_nested_fields_are_named_with_their_place() -> None:
    outer = Answer({"result": {"list": [{"dept_id": "x"}]}}, "/p")
    (inner,) = outer.object("result").objects("list")
    with pytest.raises(PlatformUnavailable) as caught:
        inner.number("dept_id")
    assert caught.value.values["field"] == "result.list.dept_id"
