"""The forms of one URL that the platform's samples would sign (pure).

They disagree about the query; which one a client verifies only a real client can tell. For a URL
without `%` and `+` all are the same.
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from dingbridge.signature import signed_form


def signed_candidates(url: str) -> dict[str, str]:
    """Each form under its name, the default first.

    `decoded` and `raw` are the rules of DING_SIGNED_QUERY. `plus_kept` is JavaScript's
    decodeURIComponent over the query and missing where that throws; `whole_decoded` is PHP's
    urldecode over the whole URL, octets that are no UTF-8 written as `\\xd6`.
    """
    forms = {"decoded": signed_form(url, "decoded"), "raw": signed_form(url, "raw")}
    raw = forms["raw"]
    base, mark, query = raw.partition("?")
    plus_kept = _as_javascript(query)
    if plus_kept is not None:
        forms["plus_kept"] = base + mark + plus_kept
    forms["whole_decoded"] = _decode(raw.replace("+", " "))
    return forms


def _as_javascript(query: str) -> str | None:
    escapes = query.count("%")
    octets = query.encode("utf-8", "surrogatepass")
    decoded = unquote_to_bytes(octets)
    valid = (len(octets) - len(decoded)) // 2
    try:
        return decoded.decode() if valid == escapes else None
    except UnicodeDecodeError:
        return None


def _decode(text: str) -> str:
    octets = unquote_to_bytes(text.encode("utf-8", "surrogatepass"))
    return octets.decode("utf-8", "backslashreplace")
