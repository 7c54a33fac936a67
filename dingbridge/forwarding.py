"""What trusted proxies say about a request: X-Forwarded-Proto and -Host, and RFC 7239 (pure).

Strict on purpose: a value from a proxy that is believed is either well-formed or the request is
refused. Which peer is believed, and what its words are worth, decides `dingbridge.page_url`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

from dingbridge.origin import split_authority

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"((?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*)"'
_PAIR = re.compile(rf"[ \t]*({_WORD})=(?:({_WORD})|{_QUOTED})[ \t]*(;|,|\Z)")
_ESCAPED = re.compile(r"\\(.)")


class ForwardingError(ValueError):
    """A forwarding header that cannot be read; `reason` is a name of `page_url.Reason`."""

    def __init__(self, reason: str) -> None:
        """`reason`: forwarded_malformed or forwarded_too_short."""
        super().__init__(reason)
        self.reason = reason


class Claim(NamedTuple):
    """What one family of headers says the browser used; None where it says nothing."""

    scheme: str | None
    authority: tuple[str, int | None] | None


def peer_check(trusted_proxies: tuple[str, ...]) -> Callable[[str], bool]:
    """A function that says whether a REMOTE_ADDR is one of the given addresses or networks.

    `unix` stands for a peer on a Unix socket, for which servers give an empty REMOTE_ADDR.
    Raises ValueError for an entry that is neither address, network nor `unix`.
    """
    networks = tuple(_network(entry) for entry in trusted_proxies if entry != "unix")
    unix = "unix" in trusted_proxies

    def trusts(remote_addr: str) -> bool:
        if not remote_addr:
            return unix
        try:
            address = ip_address(remote_addr)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in networks)

    return trusts


def _network(entry: str) -> IPv4Network | IPv6Network:
    """A network as peers are compared with it: one of mapped addresses is the IPv4 one."""
    network = ip_network(entry, strict=False)
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    return network if mapped is None else IPv4Network((int(mapped), network.prefixlen - 96))


def forwarded_claims(environ: Mapping[str, object], hops: int) -> tuple[Claim, ...]:
    """The claims of X-Forwarded-* and of Forwarded, as far as they are there.

    Raises ForwardingError.
    """
    claims = []
    scheme = nth_from_right(environ, "HTTP_X_FORWARDED_PROTO", hops)
    host = nth_from_right(environ, "HTTP_X_FORWARDED_HOST", hops)
    if scheme is not None or host is not None:
        claims.append(_claim(scheme, host))
    header = environ.get("HTTP_FORWARDED")
    if header is not None:
        element = _element(str(header), hops)
        claims.append(_claim(element.get("proto"), element.get("host")))
    return tuple(claims)


def nth_from_right(environ: Mapping[str, object], key: str, hops: int) -> str | None:
    """The value that the outermost trusted proxy put into a list header; None if it said nothing.

    Repeated header lines arrive joined by commas (WSGI). Where the outer proxy sends no such
    header, an inner one that appends to it leaves an empty place (", app.example.com"). Raises
    ForwardingError for a list that is shorter than the number of proxies.
    """
    header = environ.get(key)
    if header is None:
        return None
    values = str(header).split(",")
    if len(values) < hops:
        raise ForwardingError("forwarded_too_short")
    value = values[-hops].strip(" \t")
    return value if value or hops == 1 else None


def _claim(scheme: str | None, host: str | None) -> Claim:
    if scheme is not None:
        scheme = scheme.lower()
        if scheme not in {"http", "https"}:
            raise ForwardingError("forwarded_malformed")
    try:
        return Claim(scheme, None if host is None else split_authority(host))
    except ValueError:
        raise ForwardingError("forwarded_malformed") from None


def _element(header: str, hops: int) -> dict[str, str]:
    """The parameters of the element `hops` from the right (RFC 7239, section 4)."""
    elements: list[dict[str, str]] = [{}]
    position = 0
    while True:
        pair = _PAIR.match(header, position)
        if pair is None:
            raise ForwardingError("forwarded_malformed")
        name, token, quoted, end = pair.groups()
        name = name.lower()
        if name in elements[-1]:
            raise ForwardingError("forwarded_malformed")
        elements[-1][name] = _ESCAPED.sub(r"\1", quoted) if token is None else token
        position = pair.end()
        if end == ",":
            elements.append({})
        elif not end:
            break
    if len(elements) < hops:
        raise ForwardingError("forwarded_too_short")
    return elements[-hops]
