"""What a front did to a URL, by comparing what was signed with what the browser shows (pure)."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import unquote_to_bytes

# Scheme, host, port, path, and the query with its question mark.
_PARTS = re.compile(r"([^:/?#]*)://([^/?#]*?)(?::([0-9]*))?(/[^?#]*)?(\?[^#]*)?(?:#.*)?", re.DOTALL)
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")


def first_difference(one: str, other: str) -> int | None:
    """The place, counted in characters from 0, at which two texts first differ; None if never."""
    if one == other:
        return None
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return place
    return min(len(one), len(other))


def name_changes(signed: str, shown: str) -> tuple[str, ...]:
    """Names for what differs between the signed URL and the one that the browser shows.

    `scheme`, `host`, `host_case`, `port`; `path_escapes` (`%2F` against `/`), `escape_case`
    (`%e4` against `%E4`), `merged_slashes`, `prefix`, `path`; `bare_question_mark`,
    `query_escapes`, `query_pruned`, `query_order`, `query`. Several may apply; what is no URL
    gives `no_url`. Each part is compared as it is printed: `:80` that is left out is another port,
    and without a name nothing differs but the fragment.
    """
    left, right = _PARTS.fullmatch(signed), _PARTS.fullmatch(shown)
    if left is None or right is None:
        return ("no_url",)
    names: list[str] = []
    if left[1] != right[1]:
        names.append("scheme")
    if left[2] != right[2]:
        names.append("host_case" if left[2].lower() == right[2].lower() else "host")
    if left[3] != right[3]:
        names.append("port")
    if left[4] != right[4]:
        names += _path_changes(left[4] or "", right[4] or "")
    if left[5] != right[5]:
        names.append(_query_change(left[5] or "", right[5] or ""))
    return tuple(names)


def _path_changes(signed: str, shown: str) -> list[str]:
    if _same_case(signed) == _same_case(shown):
        return ["escape_case"]
    if _decoded(signed) == _decoded(shown):
        return ["path_escapes"]
    if _merged(signed) == _merged(shown):
        return ["merged_slashes"]
    if _merged(_decoded(signed)) == _merged(_decoded(shown)):
        return ["path_escapes", "merged_slashes"]
    longer, shorter = sorted((signed, shown), key=len, reverse=True)
    return ["prefix" if longer.endswith(shorter) and shorter.startswith("/") else "path"]


def _query_change(signed: str, shown: str) -> str:
    if {signed, shown} == {"", "?"}:
        return "bare_question_mark"
    if _same_case(signed) == _same_case(shown):
        return "escape_case"
    if _decoded(signed.replace("+", " ")) == _decoded(shown.replace("+", " ")):
        return "query_escapes"
    was, became = _pairs(shown), _pairs(signed)
    if was == became:
        return "query_escapes"
    if Counter(was) == Counter(became):
        return "query_order"
    return "query_pruned" if Counter(became) < Counter(was) else "query"


def _pairs(query: str) -> list[str]:
    """The parameters, each decoded, as a program reads them that writes them anew."""
    parts = query.removeprefix("?").split("&")
    return [_decoded(part.replace("+", " ")).removesuffix("=") for part in parts if part]


def _merged(path: str) -> str:
    return re.sub("/+", "/", path)


def _same_case(text: str) -> str:
    return _ESCAPE.sub(lambda escape: escape[0].upper(), text)


def _decoded(text: str) -> str:
    octets = unquote_to_bytes(text.encode("utf-8", "surrogatepass"))
    return octets.decode("utf-8", "backslashreplace")
