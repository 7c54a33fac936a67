"""Changes the two things that the phone changes in a page: the script, and who may frame it."""

import re
from collections.abc import Iterator, Sequence

from dingbridge.sandbox.http_message import Headers

SCRIPT = b'<script src="/__sandbox__/container.js"></script>'
SEARCHED = 64 * 1024

_LANDMARKS = re.compile(
    rb"""<!--.*?(?:-->|\Z)                                     # head in a comment is none
    |(?P<head><head(?:\s(?:[^>"']|"[^"]*"|'[^']*')*)?/?>)
    |(?P<html><html(?:\s(?:[^>"']|"[^"]*"|'[^']*')*)?/?>)
    |(?P<doctype><!doctype[^>]*>)
    |(?P<body><(?:body|script|title|p|div|h1)[\s/>])""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)


def insertion_point(start: bytes, *, whole: bool) -> int | None:
    """Where the script goes: behind ``<head…>``, else ``<html…>``, else the doctype, else first.

    None while ``start`` may still go on to a head; with ``whole`` there is always an answer.
    """
    place = 3 if start.startswith(b"\xef\xbb\xbf") else 0
    for found in _LANDMARKS.finditer(start):
        if found["head"]:
            return found.end()
        if found["body"]:
            return place
        if found["html"] or found["doctype"]:
            place = found.end()
    return place if whole else None


def injected(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The page with the script in it; all else byte for byte, and passed on as it comes."""
    held = b""
    for block in blocks:
        held += block
        place = insertion_point(held, whole=len(held) >= SEARCHED)
        if place is not None:
            yield held[:place] + SCRIPT + held[place:]
            yield from blocks
            return
    place = insertion_point(held, whole=True) or 0
    yield held[:place] + SCRIPT + held[place:]


def framed_by(headers: Headers, origins: Sequence[str]) -> Headers:
    """The headers with ``origins`` added to each policy's frame-ancestors; no other change."""
    return [
        (name, _policies(value, origins) if name.lower() == "content-security-policy" else value)
        for name, value in headers
    ]


def _policies(value: str, origins: Sequence[str]) -> str:
    return ",".join(
        ";".join(_directive(directive, origins) for directive in policy.split(";"))
        for policy in value.split(",")
    )


def _directive(directive: str, origins: Sequence[str]) -> str:
    words = directive.split()
    if not words or words[0].lower() != "frame-ancestors":
        return directive
    kept = [word for word in words[1:] if word.lower() != "'none'"]
    lead = directive[: len(directive) - len(directive.lstrip())]
    return lead + " ".join([words[0], *kept, *(word for word in origins if word not in kept)])
