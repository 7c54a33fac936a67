"""Where two addresses differ, as lines for a terminal."""

from __future__ import annotations

import unicodedata

from dingbridge.url_difference import first_difference

_AROUND = 30  # characters shown before and after the place


def pointed(one: str, other: str, words: dict[str, str]) -> list[str]:
    """The place of the first difference, both texts around it, and a pointer; none if equal."""
    place = first_difference(one, other)
    if place is None:
        return []
    begin = max(0, place - _AROUND)
    shown = (visible(text[begin : place + _AROUND + 1]) for text in (one, other))
    return [
        words["difference"].replace("{position}", str(place + 1)),
        *(f"  {text}" for text in shown),
        "  " + " " * _columns(visible(one[begin:place])) + "^",
    ]


def visible(text: object) -> str:
    """A text from anywhere, without anything that could move a terminal's cursor."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in str(text))


def _columns(text: str) -> int:
    """How many columns a text takes in a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
