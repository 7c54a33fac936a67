"""Check-ins as a CSV file that spreadsheets open as it is meant.

RFC 4180 with CRLF. Excel takes a file for UTF-8 only by its byte order mark. A cell that begins
like a formula would be run by whoever opens the file (OWASP, CSV injection), and what looks like a
number, a date or a time would be written anew: "3-1" as a day in March, a long number rounded. All
these get an apostrophe in front. Who opens the file sees it, and the text behind it as it was.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

BYTE_ORDER_MARK = "\ufeff"
# A short number is shown as it is; Excel writes 12 digits and more in powers of ten.
_SHORT_NUMBER = re.compile(r"0|[1-9][0-9]{0,10}")
_FORMULA = re.compile(r"\s*[=+\-@|%]|[\t\r\n]")
# Nothing but digits and what stands between them in numbers, amounts, dates and times.
_REWRITTEN = re.compile(
    r"\s*(?:true|false)\s*|"
    r"(?=.*\d)(?:[\d\s.,:/()%$€£¥-]|[年月日时時分秒]|上午|下午|"
    r"(?<=[\d\s.])(?:e|[ap]m?)(?![a-z])|"
    r"(?<![a-z])(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)+",
    re.IGNORECASE | re.DOTALL,
)


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
    """Text that a spreadsheet neither runs nor writes anew."""
    # Programs in East Asia read full-width signs and digits as the plain ones.
    seen = unicodedata.normalize("NFKC", text)
    if _SHORT_NUMBER.fullmatch(text):
        return text
    return f"'{text}" if _FORMULA.match(seen) or _REWRITTEN.fullmatch(seen) else text


def _lines(rows: Iterable[Iterable[object]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue().encode()
