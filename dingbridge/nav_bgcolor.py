"""`dd_nav_bgcolor`: the colour of the client's navigation bar, asked for in a page's URL (pure).

Source: the platform's document on navigation bars; the client reads AARRGGBB without `#` or `0x`.
It is an ordinary parameter of the query, and so part of the URL that is signed.
"""

from __future__ import annotations

import re

NAME = "dd_nav_bgcolor"

_COLOUR = re.compile(r"(?:[0-9A-Fa-f]{2})?[0-9A-Fa-f]{6}")
_GIVEN = re.compile(rf"(?:^|&){NAME}=([^&]*)")


def parse_nav_bgcolor(query: str) -> str | None:
    """The colour that a query string asks for as AARRGGBB in upper case, or None.

    Of several the first counts, as in the client; a malformed one is ignored, and so are those
    behind it.
    """
    given = _GIVEN.search(query)
    if given is None or not _COLOUR.fullmatch(given[1]):
        return None
    return given[1].upper().rjust(8, "F")


def with_nav_bgcolor(url: str, colour: str) -> str:
    """`url` with the colour in its query, in place of any that stands there; a fragment stays last.

    `colour` is AARRGGBB, or RRGGBB meaning opaque, also with a `#`. Everything else in the URL is
    left as it is, byte for byte.

    Raises ValueError for a colour that the client would not understand.
    """
    digits = colour.removeprefix("#")
    if not _COLOUR.fullmatch(digits):
        raise ValueError(f"{colour!r} is neither AARRGGBB nor RRGGBB")
    address, mark, fragment = url.partition("#")
    path, _, query = address.partition("?")
    parts = query.split("&") if query else []
    kept = [part for part in parts if part.partition("=")[0] != NAME]
    kept.append(f"{NAME}={digits.upper().rjust(8, 'F')}")
    return f"{path}?{'&'.join(kept)}{mark}{fragment}"
