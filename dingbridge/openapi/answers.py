"""Reading the platform's answers: every field is checked before anybody relies on it.

The documents' own samples write numbers and booleans as strings (`"100"`, `"true"`), so these are
taken too; anything else of the wrong type is an error that names the field, and nothing of such an
answer is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dingbridge.errors import PlatformUnavailable

# Neither PostgreSQL nor a terminal takes these as text.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DAMAGED = "\ufffd"
_TEXT_LIMIT = 20_000  # characters; the longest field that is documented has 15000


class Answer:
    """The fields of one object of an answer; `endpoint` stands in errors."""

    def __init__(self, fields: Mapping[str, Any], endpoint: str, where: str = "") -> None:
        """`where` is the object's place in the answer, such as `result.`."""
        self._fields = fields
        self._endpoint = endpoint
        self._where = where

    def __contains__(self, name: str) -> bool:
        """Whether the platform gave the field, be it empty; null counts as not given."""
        return self._fields.get(name) is not None

    def object(self, name: str) -> Answer:
        """A nested object; PlatformUnavailable (`platform_unreadable`) if it is none."""
        value = self._fields.get(name)
        if not isinstance(value, dict):
            raise self.unreadable(name)
        return Answer(value, self._endpoint, f"{self._where}{name}.")

    def objects(self, name: str) -> Iterator[Answer]:
        """A list of objects; absent counts as empty."""
        for value in self._list(name):
            if not isinstance(value, dict):
                raise self.unreadable(name)
            yield Answer(value, self._endpoint, f"{self._where}{name}.")

    def identifier(self, name: str) -> str:
        """A string that names somebody or something: not empty, on one line, undamaged."""
        text = self.required(name)
        if not text.isprintable() or _DAMAGED in text:
            raise self.unreadable(name)
        return text

    def required(self, name: str) -> str:
        """A string that is not empty."""
        text = self.text(name)
        if not text:
            raise self.unreadable(name)
        return text

    def text(self, name: str) -> str:
        """A string, empty where it is absent; U+FFFD stands for controls in it."""
        value = self._fields.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > _TEXT_LIMIT:
            raise self.unreadable(name)
        return _CONTROLS.sub(_DAMAGED, value)

    def number(self, name: str) -> int:
        """A whole number."""
        value = self._fields.get(name)
        if isinstance(value, str) and value.removeprefix("-").isdecimal() and len(value) < 20:
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.unreadable(name)
        return value

    def flag(self, name: str) -> bool:
        """True or false; absent counts as false."""
        value = self._fields.get(name)
        if value is None:
            return False
        if value in ("true", "false"):
            return bool(value == "true")
        if not isinstance(value, bool):
            raise self.unreadable(name)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings, each on one line; absent counts as empty."""
        values = self._list(name)
        if not all(isinstance(value, str) and value.isprintable() for value in values):
            raise self.unreadable(name)
        return tuple(values)

    def numbers(self, name: str) -> tuple[int, ...]:
        """A list of whole numbers; absent counts as empty."""
        values = self._list(name)
        return tuple(
            Answer({name: value}, self._endpoint, self._where).number(name) for value in values
        )

    def raw(self) -> dict[str, Any]:
        """All fields as they came."""
        return dict(self._fields)

    def unreadable(self, name: str) -> PlatformUnavailable:
        """The error that says which field cannot be used."""
        return PlatformUnavailable(
            "platform_unreadable", endpoint=self._endpoint, values={"field": self._where + name}
        )

    def _list(self, name: str) -> list[Any]:
        value = self._fields.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.unreadable(name)
        return value
