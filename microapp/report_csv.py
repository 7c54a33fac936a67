"""Check-ins as a CSV file that spreadsheets open as it is meant.

RFC 4180 with CRLF. Excel takes a file for UTF-8 only by its byte order mark. A cell that begins
like a formula would be run by whoever opens the file (OWASP, CSV injection), and a long number
would be rounded: both get an apostrophe in front, with which spreadsheets mark plain text.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

BYTE_ORDER_MARK = "\ufeff"
# Programs in East Asia also take the full-width signs; numbers have 15 digits in Excel.
_NO_PLAIN_TEXT = re.compile(r"\s*[=+\-@|%＝＋－＠]|[\t\r\n]|0[0-9]+$|[0-9]{12,}$")


def csv_lines(
    heads: Sequence[str], chunks: Iterable[Sequence[Row[Any]]], zone: ZoneInfo
) -> Iterator[bytes]:
    """The file in pieces: a line of `heads`, then one for each check-in; times are of `zone`."""
    yield BYTE_ORDER_MARK.encode() + _lines([heads])
    for rows in filter(None, chunks):  # an empty piece would end an HTTP answer
        yield _lines(_cells(row, zone) for row in rows)


def _cells(row: Row[Any], zone: ZoneInfo) -> list[object]:
    local = row.at.astimezone(zone)
    return [
        f"{local:%Y-%m-%d}",
        f"{local:%H:%M:%S}",
        plain(row.name),
        plain(row.userid),
        plain(row.address),
        f"{row.latitude:.6f}",
        f"{row.longitude:.6f}",
        round(row.accuracy),
        plain(row.note),
    ]


def plain(text: str) -> str:
    """Text that a spreadsheet shows as it is and never runs."""
    return f"'{text}" if _NO_PLAIN_TEXT.match(text) else text


def _lines(rows: Iterable[Iterable[object]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue().encode()
