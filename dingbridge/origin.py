"""Web origins, printed as a browser prints them in `location.href` (pure).

Rules: WHATWG URL, sections "host parsing" and "origin". Measured with Chromium: host names appear
in lower case and as punycode, IPv6 addresses compressed, the scheme's own port never.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from unicodedata import ucd_3_2_0

DEFAULT_PORTS = {"http": 80, "https": 443}

# The stdlib's IDNA 2003 and the browsers' UTS 46 agree on every letter of Unicode 3.2 (IDNA 2003
# knows no others) but these.
_DEVIATIONS = re.compile(
    "[ßς\u115f\u1160\u13a0-\u13f4\u17b4\u17b5\u1806\u200c\u200d\u3164\uffa0"
    "\U0002f868\U0002f874\U0002f91f\U0002f95f\U0002f9bf]"
)
_AUTHORITY = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?", re.ASCII)
_ABSOLUTE = re.compile(r"([A-Za-z]+)://([^/?#]*)")
_LOOKS_LIKE_IPV4 = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9a-fA-F]*)\.?")


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port; `port` is always a number, also where a browser hides it."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Origin:
        """Read `scheme://host[:port]`, as an operator writes it in a setting.

        Upper case, Unicode names and explicit default ports are brought to the browser's form.
        Raises ValueError, saying what is wrong, for anything else.
        """
        parts = _ABSOLUTE.fullmatch(text)
        if parts is None:
            raise ValueError(f"{text!r} is not scheme://host[:port]")
        scheme = parts[1].lower()
        if scheme not in DEFAULT_PORTS:
            raise ValueError(f"{text!r}: only http and https have pages")
        host, port = split_authority(_to_ascii(parts[2]))
        return cls(scheme, host, DEFAULT_PORTS[scheme] if port is None else port)

    def __str__(self) -> str:
        """As the browser prints it: the scheme's own port is left out."""
        if self.port == DEFAULT_PORTS[self.scheme]:
            return f"{self.scheme}://{self.host}"
        return f"{self.scheme}://{self.host}:{self.port}"


def origin_of(url: str) -> Origin:
    """The origin of an absolute http or https URL. Raises ValueError.

    The authority is read strictly: user names, backslashes and odd characters are errors, so that
    no second reader can see another host in the same text. Browsers print it in ASCII; anything
    else is refused unread, since turning a long one into punycode takes a tenth of a second.
    """
    parts = _ABSOLUTE.match(url)
    if parts is None or not parts[0].isascii():
        raise ValueError("not an absolute http or https URL")
    return Origin.parse(parts[0])


@lru_cache(maxsize=256)
def split_authority(text: str) -> tuple[str, int | None]:
    """Host and port of a Host header's value; the port is None where none is given.

    The host comes back in the browser's form. Raises ValueError.
    """
    if not text.isascii():
        raise ValueError("the host is not ASCII")
    match = _AUTHORITY.fullmatch(text.lower())
    if match is None:
        raise ValueError(f"{text!r} is not host[:port]")
    host, digits = match[1], match[2]
    port = None if digits is None else int(digits)
    if port is not None and port > 65535:
        raise ValueError(f"{text!r}: there is no such port")
    if host[0] == "[":
        host = f"[{_compress(IPv6Address(host[1:-1]))}]"
    elif _LOOKS_LIKE_IPV4.fullmatch(host):
        # A browser rewrites 0x7f.1 to 127.0.0.1, so only the canonical form is ever sent.
        host = str(IPv4Address(host))
    return host, port


def _compress(address: IPv6Address) -> str:
    """The address as browsers write it; newer Pythons print mapped IPv4 with dots."""
    mapped = address.ipv4_mapped
    if mapped is None:
        return address.compressed
    number = int(mapped)
    return f"::ffff:{number >> 16:x}:{number & 0xFFFF:x}"


def _to_ascii(authority: str) -> str:
    """The authority with a Unicode host name as punycode, as the browser sends it."""
    if authority.isascii():
        return authority
    name, colon, port = authority.partition(":")
    if _DEVIATIONS.search(name) or any(ucd_3_2_0.category(letter) == "Cn" for letter in name):
        raise ValueError(f"{name!r}: write the name as the browser's address bar copies it (xn--…)")
    return name.encode("idna").decode("ascii") + colon + port
