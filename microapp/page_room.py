"""How much of what people typed fits into a page, which has 15 kB of HTML at most."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TypeVar

from markupsafe import escape

Item = TypeVar("Item")


def weight(*texts: str) -> int:
    """The bytes that texts take up in HTML."""
    return sum(len(escape(text).encode()) for text in texts)


def cut(text: str, room: int) -> str:
    """The beginning of a text that takes up at most `room` bytes."""
    if weight(text) <= room:
        return text
    return text[: bisect_right(list(accumulate(map(weight, text))), room)]


def fitting(rows: Sequence[Item], weigh: Callable[[Item], int], room: int) -> Sequence[Item]:
    """The first rows that take up at most `room` bytes together, but one at least."""
    return rows[: max(1, bisect_right(list(accumulate(map(weigh, rows))), room))]
