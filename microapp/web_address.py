"""Whether a text is the address of a web page that a person may be led to."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# Letters that Python's IDNA (2003) writes as others and browsers (2008) do not: ß is no ss there.
_DISPUTED = re.compile("[ßς]")
# A name in its encoded form, or an address of IPv6; browsers would decode a "%".
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")


def host_of(text: str) -> str:
    """The host of an http or https address, as a person should see it; "" for anything else.

    What only looks like such an address is none: with a user's name before the host
    (`https://dingtalk.com@evil.example`), with spaces, control characters or backslashes. A host
    in other letters than ASCII is told in its encoded form, so that none passes for another.
    """
    if not text.isprintable() or any(c.isspace() or c == "\\" for c in text):
        return ""
    try:
        parts = urlsplit(text)
        given = parts.hostname or ""
        host = given.encode("idna").decode()
        has_user = parts.username is not None or parts.password is not None
        _ = parts.port  # what is no port raises
    except ValueError:  # UnicodeError is one
        return ""
    is_clear = _HOST.fullmatch(host) and not _DISPUTED.search(given)
    return host if parts.scheme in ("http", "https") and not has_user and is_clear else ""
