"""The URL that the browser shows, rebuilt from one WSGI request (pure).

The exact URL is an allowed public origin followed by the raw request target, never parsed, decoded
or quoted again: measured with Chromium, `location.href` without its fragment equals
scheme + "://" + Host + target byte for byte, and everything that WSGI derives from the target
(PATH_INFO, QUERY_STRING, `request.url`) has lost the difference between `%2F` and `/`, `%e4` and
`%E4`, `/a` and `/a?`.

What is believed, and from whom:

- Only origins in `FrontPolicy.origins` are ever returned. With one entry no header matters for it.
- Forwarding headers count only when the TCP peer is in `FrontPolicy.trusted_proxies`. From such a
  peer the value `hops` from the right is read, since each proxy appends what it saw.
- A forwarded host that is not allowed gives way to an allowed `Host`. What headers leave out, the
  list of origins settles where exactly one candidate is left.
- A request that cannot be one of ours raises PageUrlRefused; where several origins stay possible,
  PageUrlUncertain. Both carry one of the names of `Reason`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from dingbridge.errors import PageUrlRefused, PageUrlUncertain
from dingbridge.front_policy import FrontPolicy, Reason
from dingbridge.origin import Origin, origin_of
from dingbridge.public_origin import public_origin

__all__ = [
    "FrontPolicy",
    "Origin",
    "Reason",
    "allowed_href",
    "is_https",
    "origin_of",
    "page_target",
    "page_url",
    "public_prefix",
]

# Origin-form, printable ASCII, no fragment (RFC 9112, 3.2.1); browsers send nothing else.
_TARGET = re.compile(r'/[!"$-~]*')
_SEGMENT = r"/(?!\.\.?(?:/|\Z))(?:[A-Za-z0-9._~-]|%(?!2[EeFf])[0-9A-Fa-f]{2})+"
_PREFIX = re.compile(f"(?:{_SEGMENT})+")


def page_url(environ: Mapping[str, object], policy: FrontPolicy) -> str:
    """The URL that the browser shows for this request, without the fragment it never sends.

    Raises PageUrlRefused and PageUrlUncertain with one of the names of `Reason`.
    """
    # The commonest page first: each call on its way costs it some 3 µs (docs/benchmarks.md).
    trusted = bool(policy.trusted_proxies) and policy.trusts(environ)
    origin = policy.sole_origin or public_origin(environ, policy, trusted)
    target = environ.get("RAW_URI")
    if trusted or type(target) is not str or not _TARGET.fullmatch(target):
        target = _target(environ, policy, trusted)
    return origin + target


def page_target(environ: Mapping[str, object], policy: FrontPolicy) -> str:
    """Path and query of `page_url`, for a link or redirect back to the page itself.

    Raises PageUrlRefused and PageUrlUncertain. A path that begins with `//` names a host where it
    stands as a link: put the origin before it, or do not use it.
    """
    return _target(environ, policy, policy.trusts(environ))


def public_prefix(environ: Mapping[str, object], policy: FrontPolicy) -> str:
    """The path prefix that trusted proxies strip and name (X-Forwarded-Prefix), or "".

    It belongs before every link that the app emits (SCRIPT_NAME). Raises PageUrlRefused.
    """
    return _prefix(environ, policy) if policy.trusts(environ) else ""


def is_https(environ: Mapping[str, object], policy: FrontPolicy) -> bool:
    """Whether the browser speaks https, as far as is known: for its cookies.

    What the list of origins settles alone is settled whatever else of the URL is in doubt.
    """
    if len(schemes := {origin.scheme for origin in policy.origins}) == 1:
        return "https" in schemes
    try:
        return public_origin(environ, policy, policy.trusts(environ)).startswith("https:")
    except (PageUrlRefused, PageUrlUncertain):
        return False


def allowed_href(href: str, policy: FrontPolicy) -> str:
    """The URL that a page says it has, without its fragment, if it is one that may be signed.

    Raises PageUrlRefused: `host_not_allowed` for whatever does not begin with an allowed origin,
    `target_malformed` for what follows one but is in no browser's `location.href`.
    """
    url = href.partition("#")[0]
    try:
        origin = origin_of(url)
    except ValueError:
        raise PageUrlRefused(Reason.HOST_NOT_ALLOWED) from None
    printed = str(origin)
    # Browsers print an origin in one way only, so what is written otherwise is no location.href.
    if origin not in policy.origins or not url.startswith(printed):
        raise PageUrlRefused(Reason.HOST_NOT_ALLOWED)
    if not _TARGET.fullmatch(url, len(printed)):
        raise PageUrlRefused(Reason.TARGET_MALFORMED)
    return url


def _target(environ: Mapping[str, object], policy: FrontPolicy, trusted: bool) -> str:
    """The path and query that the browser asked for, byte for byte."""
    key = policy.original_uri_key
    if trusted and key:
        original = environ.get(key)
        if original is None:
            raise PageUrlUncertain(Reason.ORIGINAL_URI_MISSING)
        # A comma is legal in a target, so this header is never read as a list.
        if not isinstance(original, str) or not _TARGET.fullmatch(original):
            raise PageUrlRefused(Reason.ORIGINAL_URI_MALFORMED)
        return original
    target = environ.get("RAW_URI")
    if target is None:
        target = environ.get("REQUEST_URI")
    if not isinstance(target, str):
        raise PageUrlRefused(Reason.TARGET_MISSING)
    if not _TARGET.fullmatch(target):
        raise PageUrlRefused(Reason.TARGET_MALFORMED)
    return _prefix(environ, policy) + target if trusted else target


def _prefix(environ: Mapping[str, object], policy: FrontPolicy) -> str:
    """What the trusted proxies have stripped. Each that strips appends its own part, and one that
    strips nothing appends nothing; what stands further left is the visitor's.
    """
    header = environ.get("HTTP_X_FORWARDED_PREFIX")
    if header is None:
        return ""
    if not isinstance(header, str):
        raise PageUrlRefused(Reason.PREFIX_MALFORMED)
    prefix = "".join([part.strip(" \t") for part in header.split(",")[-policy.hops :]])
    if prefix and not _PREFIX.fullmatch(prefix):
        raise PageUrlRefused(Reason.PREFIX_MALFORMED)
    return prefix
