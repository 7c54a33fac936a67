"""The one allowed origin that everything believed about a request points to (pure).

`FrontPolicy` says what is believed. Hosts are looked for in this order: a trusted proxy's word,
then `Host`; the first that is on the list of origins counts. Scheme and port the same way, and
what the headers leave out, the list settles where one candidate is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from dingbridge.errors import PageUrlRefused, PageUrlUncertain
from dingbridge.forwarding import Claim, ForwardingError, forwarded_claims, nth_from_right
from dingbridge.front_policy import FrontPolicy, Reason
from dingbridge.origin import DEFAULT_PORTS, Origin, split_authority

_PORT = re.compile(r"[1-9][0-9]{0,4}")

# Any of these on a request from a peer that is not trusted shows that a proxy stands in between.
_PROXY_MARKS = (
    "HTTP_FORWARDED",
    "HTTP_VIA",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_PROTOCOL",
    "HTTP_X_FORWARDED_SSL",
    "HTTP_X_REAL_IP",
)


# What a trusted proxy's word and the Host header decide between them.
_EVIDENCE = (
    "HTTP_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_FORWARDED",
)
# Some hundred bytes each, up to 40 KB where a visitor sends long headers.
_REMEMBERED = 128


def public_origin(environ: Mapping[str, object], policy: FrontPolicy, trusted: bool) -> str:
    """The one allowed origin that everything believed about the request points to, as printed.

    Raises PageUrlRefused and PageUrlUncertain.
    """
    if not trusted:
        return str(_by_own_connection(environ, _by_host(environ, policy, (), None)))
    evidence = tuple([environ.get(key) for key in _EVIDENCE])
    known = policy.remembered.get(evidence)
    if known is None:
        known = str(_by_trusted_proxy(environ, policy))
        if len(policy.remembered) >= _REMEMBERED:
            policy.remembered.clear()
        policy.remembered[evidence] = known
    return known


def _by_trusted_proxy(environ: Mapping[str, object], policy: FrontPolicy) -> Origin:
    try:
        claims = forwarded_claims(environ, policy.hops)
        port = _forwarded_port(environ, policy) if policy.forwarded_port else None
    except ForwardingError as error:
        raise PageUrlRefused(error.reason) from None
    candidates = _by_host(environ, policy, claims, port)
    scheme = _claimed_scheme(claims)
    if scheme is not None:
        candidates = _keep(candidates, lambda origin: origin.scheme == scheme)
        if not candidates:
            raise PageUrlUncertain(Reason.SCHEME_NOT_ALLOWED)
    return _only(candidates)


def _by_host(
    environ: Mapping[str, object], policy: FrontPolicy, claims: Iterable[Claim], port: int | None
) -> tuple[Origin, ...]:
    """The allowed origins of the first host that is on the list: a forwarded one, else Host."""
    forwarded = [_claimed(claim.authority, policy, port) for claim in claims if claim.authority]
    known = {candidates for candidates in forwarded if candidates}
    if len(known) > 1:
        raise PageUrlUncertain(Reason.FORWARDED_CONTRADICTORY)
    if known:
        return known.pop()
    host = environ.get("HTTP_HOST")
    if not isinstance(host, str) or not host:
        raise PageUrlRefused(Reason.HOST_MISSING)
    try:
        authority = split_authority(host.strip(" \t"))
    except ValueError:
        raise PageUrlRefused(Reason.HOST_MALFORMED) from None
    candidates = _matching(authority, policy, port)
    if candidates:
        return candidates
    if authority[0] not in policy.by_host:
        raise PageUrlRefused(Reason.HOST_NOT_ALLOWED)
    # A Host with a port is the visitor's word, X-Forwarded-Port a proxy's that may be mistaken.
    raise (PageUrlRefused if port is None else PageUrlUncertain)(Reason.PORT_NOT_ALLOWED)


def _claimed(
    authority: tuple[str, int | None], policy: FrontPolicy, port: int | None
) -> tuple[Origin, ...]:
    """The allowed origins that a trusted proxy's word can mean.

    A port that is not on the list counts for nothing: the proxy saw one that is mapped on the way.
    """
    return _matching(authority, policy, port) or policy.by_host.get(authority[0], ())


def _matching(
    authority: tuple[str, int | None], policy: FrontPolicy, port: int | None
) -> tuple[Origin, ...]:
    """The allowed origins that a host, and a port if one is named, can mean."""
    host, named = authority
    candidates = policy.by_host.get(host, ())
    forwarded = _keep(candidates, lambda origin: origin.port == port)
    if forwarded:
        return forwarded
    if named is not None:
        return _keep(candidates, lambda origin: origin.port == named)
    if len(candidates) < 2:
        return candidates
    # No port named: per scheme it is the default port, if that is on the list at all.
    default = _keep(candidates, lambda origin: origin.port == DEFAULT_PORTS[origin.scheme])
    settled = {origin.scheme for origin in default}
    return default + _keep(candidates, lambda origin: origin.scheme not in settled)


def _claimed_scheme(claims: Iterable[Claim]) -> str | None:
    """The one scheme that a trusted proxy names, in whichever headers."""
    schemes = {claim.scheme for claim in claims if claim.scheme is not None}
    if len(schemes) > 1:
        raise PageUrlUncertain(Reason.FORWARDED_CONTRADICTORY)
    return schemes.pop() if schemes else None


def _by_own_connection(environ: Mapping[str, object], candidates: tuple[Origin, ...]) -> Origin:
    """Settle by the connection's own scheme, unless a proxy evidently stands in between.

    A proxy that ends TLS and leaves no trace is mistaken for a direct visitor here; the page then
    sees that its own URL differs, and heals itself.
    """
    if len(candidates) > 1:
        if any(mark in environ for mark in _PROXY_MARKS):
            raise PageUrlUncertain(Reason.PROXY_NOT_TRUSTED)
        scheme = environ.get("wsgi.url_scheme")
        candidates = _keep(candidates, lambda origin: origin.scheme == scheme) or candidates
    return _only(candidates)


def _only(candidates: tuple[Origin, ...]) -> Origin:
    """The candidate that is left. Raises PageUrlUncertain where there are more."""
    if len(candidates) > 1:
        schemes = {origin.scheme for origin in candidates}
        raise PageUrlUncertain(Reason.SCHEME_UNKNOWN if len(schemes) > 1 else Reason.PORT_UNKNOWN)
    return candidates[0]


def _forwarded_port(environ: Mapping[str, object], policy: FrontPolicy) -> int | None:
    value = nth_from_right(environ, "HTTP_X_FORWARDED_PORT", policy.hops)
    if value is None:
        return None
    if not _PORT.fullmatch(value) or int(value) > 65535:
        raise ForwardingError(Reason.FORWARDED_MALFORMED)
    return int(value)


def _keep(origins: tuple[Origin, ...], condition: Callable[[Origin], bool]) -> tuple[Origin, ...]:
    return tuple(filter(condition, origins))
