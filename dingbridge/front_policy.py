"""What the operator says about the fronts before the app, prepared for the hot path (pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from dingbridge.forwarding import peer_check
from dingbridge.origin import Origin


class Reason(StrEnum):
    """Why a URL was refused or stays in doubt; names for the log and keys of the catalogue."""

    TARGET_MISSING = "target_missing"
    TARGET_MALFORMED = "target_malformed"
    HOST_MISSING = "host_missing"
    HOST_MALFORMED = "host_malformed"
    HOST_NOT_ALLOWED = "host_not_allowed"
    FORWARDED_MALFORMED = "forwarded_malformed"
    FORWARDED_TOO_SHORT = "forwarded_too_short"
    PREFIX_MALFORMED = "prefix_malformed"
    ORIGINAL_URI_MALFORMED = "original_uri_malformed"
    # From here on: doubts, not refusals.
    ORIGINAL_URI_MISSING = "original_uri_missing"
    FORWARDED_CONTRADICTORY = "forwarded_contradictory"
    PROXY_NOT_TRUSTED = "proxy_not_trusted"
    SCHEME_NOT_ALLOWED = "scheme_not_allowed"
    PORT_NOT_ALLOWED = "port_not_allowed"
    SCHEME_UNKNOWN = "scheme_unknown"
    PORT_UNKNOWN = "port_unknown"


@dataclass(frozen=True)
class FrontPolicy:
    """What stands between browser and app, as the operator says; made once, used per request.

    `origins`: the only origins ever signed for, at least one. `trusted_proxies`: addresses,
    networks or `unix` (a peer on a Unix socket). `hops`: how many trusted proxies append to the
    forwarding lists. `forwarded_port`: believe X-Forwarded-Port too. `original_uri_header`: the
    header in which a trusted proxy that rewrites paths passes the untouched target.
    The other attributes are worked out from these: `sole_origin` where there is one entry only,
    `by_host`, the header's WSGI key, and `remembered`, which `public_origin` keeps for itself.
    Raises ValueError for values that cannot be meant.
    """

    origins: tuple[Origin, ...]
    trusted_proxies: tuple[str, ...] = ()
    hops: int = 1
    forwarded_port: bool = False
    original_uri_header: str | None = None
    sole_origin: str | None = field(init=False, repr=False, compare=False)
    by_host: Mapping[str, tuple[Origin, ...]] = field(init=False, repr=False, compare=False)
    _trusts: Callable[[str], bool] = field(init=False, repr=False, compare=False)
    original_uri_key: str | None = field(init=False, repr=False, compare=False)
    remembered: dict[tuple[object, ...], str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare what each request looks up."""
        origins = tuple(dict.fromkeys(self.origins))
        if not origins:
            raise ValueError("at least one public origin is needed")
        if self.hops < 1:
            raise ValueError("the number of trusted proxies in a row starts at 1")
        listed: dict[str, tuple[Origin, ...]] = {}
        for origin in origins:
            listed[origin.host] = (*listed.get(origin.host, ()), origin)
        name = self.original_uri_header
        prepared: dict[str, object] = {
            "remembered": {},
            "sole_origin": str(origins[0]) if len(origins) == 1 else None,
            "by_host": listed,
            "_trusts": lru_cache(maxsize=1024)(peer_check(self.trusted_proxies)),
            "original_uri_key": f"HTTP_{name.upper().replace('-', '_')}" if name else None,
        }
        for attribute, value in prepared.items():
            object.__setattr__(self, attribute, value)

    def trusts(self, environ: Mapping[str, object]) -> bool:
        """Whether the TCP peer of this request is one of the trusted proxies."""
        if not self.trusted_proxies:
            return False
        address = environ.get("REMOTE_ADDR")
        return isinstance(address, str) and self._trusts(address)
