"""What may be signed for a hostile request, worked out with code apart from the package's."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping

from hostile_requests import ALLOWED, HostileRequest
from url_fixtures import parse_raw, wsgi_environ

from dingbridge.page_url import Reason

Environ = Mapping[str, object]
Settings = Mapping[str, object]

_URL = re.compile(r"(https?://([a-z0-9.]+)(?::[0-9]+)?)(/[!\"$-~]*)")
_FORWARDED_HOST = re.compile(r'host="?([^";,]*)', re.IGNORECASE)
_LISTED_HOSTS = {origin.split("/")[2].partition(":")[0] for origin in ALLOWED}
_REASONS = set(Reason)


class Reasons(logging.Handler):
    """Keeps the names of reasons that are logged; cheap, since nothing is formatted."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._seen: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.args, tuple):
            self._seen.update(str(value) for value in record.args)

    def take(self) -> set[str]:
        """The names since the last call."""
        seen, self._seen = self._seen, set()
        return seen & _REASONS


def is_for_another(url: str, environ: Environ, settings: Settings) -> bool:
    """Whether a page's URL is not the one that was asked for, as far as this is to be believed."""
    found = _URL.fullmatch(url)
    if found is None or found[1] not in ALLOWED:
        return True
    trusted = _is_trusted(environ, settings)
    hops = int(str(settings.get("DING_PROXY_HOPS", 1)))
    if trusted and "DING_ORIGINAL_URI_HEADER" in settings:
        target = environ.get("HTTP_X_ORIGINAL_URI")
    else:
        prefix = _last(environ, "HTTP_X_FORWARDED_PREFIX", hops) if trusted else []
        target = f"{''.join(prefix)}{environ['RAW_URI']}"
    return found[3] != target or found[2] not in _hosts(environ, trusted, hops)


def is_another_than_posted(url: str, request: HostileRequest) -> bool:
    """Whether /ding/sign signed for anything but the allowed URL that was posted."""
    found = _URL.fullmatch(url)
    posted = json.loads(request.body)["url"].partition("#")[0]
    return found is None or found[1] not in ALLOWED or url != posted


def environ_on_the_wire(octets: bytes, source: str) -> dict[str, object]:
    """The first request in these bytes, as gunicorn hands it to the app."""
    return wsgi_environ(*parse_raw(octets.decode("latin-1")), source)


def _is_trusted(environ: Environ, settings: Settings) -> bool:
    peers = str(settings.get("DING_TRUSTED_PROXIES", "")).split(",")
    return (environ["REMOTE_ADDR"] or "unix") in peers


def _hosts(environ: Environ, trusted: bool, hops: int) -> set[str]:
    """The hosts that may be signed for: a listed one that a trusted proxy names goes first."""
    asked = _bare(str(environ.get("HTTP_HOST", "")))
    if not trusted:
        return {asked}
    forwarded = _last(environ, "HTTP_X_FORWARDED_HOST", hops)
    if len(forwarded) == hops and forwarded[0].lower() in _LISTED_HOSTS:
        return {forwarded[0].lower()}
    header = re.sub(r"\\(.)", r"\1", str(environ.get("HTTP_FORWARDED", "")))
    return {asked, *map(_bare, [*forwarded[:1], *_FORWARDED_HOST.findall(header)])}


def _last(environ: Environ, key: str, count: int) -> list[str]:
    return [part.strip(" \t") for part in str(environ.get(key, "")).split(",")[-count:]]


def _bare(authority: str) -> str:
    return authority.strip(" \t").lower().partition(":")[0]
