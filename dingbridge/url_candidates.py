"""The forms of one URL that the platform's samples would sign (pure).

They disagree about the query; which one a client verifies only a real client can tell. For a URL
without `%` and `+` all are the same.
"""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import unquote_to_bytes

from dingbridge.signature import signed_form
from dingbridge.url_decoding import MalformedEscapeError, java_decode


def signed_candidates(url: str) -> dict[str, str]:
    """Each form under its name, the default first.

    `decoded` and `raw` are the rules of DING_SIGNED_QUERY. `plus_kept` and `whole_plus_kept` are
    JavaScript's decodeURIComponent over the query and over the whole URL, `query_twice` is Java's
    decoder over the whole URL and then over its query again; each is missing where it throws.
    `whole_decoded` is PHP's urldecode over the whole URL, octets that are no UTF-8 written as
    `\\xd6`.
    """
    forms = {"decoded": signed_form(url, "decoded"), "raw": signed_form(url, "raw")}
    raw = forms["raw"]
    base, mark, query = raw.partition("?")
    plus_kept = _as_javascript(query)
    if plus_kept is not None:
        forms["plus_kept"] = base + mark + plus_kept
    forms["whole_decoded"] = _decode(raw.replace("+", " "))
    whole_plus_kept = _as_javascript(raw)
    if whole_plus_kept is not None:
        forms["whole_plus_kept"] = whole_plus_kept
    with suppress(MalformedEscapeError):
        base, mark, query = java_decode(raw).partition("?")
        forms["query_twice"] = base + mark + java_decode(query)
    return forms


def _as_javascript(text: str) -> str | None:
    escapes = text.count("%")
    octets = text.encode("utf-8", "surrogatepass")
    decoded = unquote_to_bytes(octets)
    valid = (len(octets) - len(decoded)) // 2
    try:
        return decoded.decode() if valid == escapes else None
    except UnicodeDecodeError:
        return None


def _decode(text: str) -> str:
    octets = unquote_to_bytes(text.encode("utf-8", "surrogatepass"))
    return octets.decode("utf-8", "backslashreplace")
