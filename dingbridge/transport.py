"""HTTP to the platform: one session per process, bounded in time and size, silent about secrets.

The old generation takes secrets and tokens in the query (`/gettoken?appkey=…&appsecret=…`), and
both `requests` and `urllib3` put URLs into their errors and debug logs. So no error of theirs
leaves this module, and the secrets in what urllib3 logs are blotted out.
"""

from __future__ import annotations

import logging
import os
import re
import time
import weakref
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from dingbridge.envelopes import read_envelope
from dingbridge.errors import PlatformUnavailable
from dingbridge.settings import Generation, Settings

CONNECT_SECONDS = 3.05  # just over one TCP retransmission, as requests' documentation advises
READ_SECONDS = 5.0
TOTAL_SECONDS = 10.0
BODY_LIMIT = 4 * 1024 * 1024  # bytes

_SECRET_PARAMETER = re.compile(
    r"(\w*(?:secret|token|ticket|signature)\w*=)[^&\s\"']+", re.IGNORECASE
)


class Transport:
    """Calls to both generations of the platform's server API. Safe for threads and forks."""

    def __init__(
        self,
        settings: Settings,
        *,
        read_seconds: float = READ_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        """`read_seconds` bounds each wait for bytes, `total_seconds` the whole body."""
        self._bases = {"old": settings.oapi_url, "new": settings.api_url}
        self._timeout = (min(CONNECT_SECONDS, read_seconds), read_seconds)
        self._total = total_seconds
        self._session: requests.Session | None = None
        _transports.add(self)

    def call(
        self,
        generation: Generation,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        token: str | None = None,
    ) -> dict[str, Any]:
        """One call; the fields of the answer.

        `path` begins with a slash. `token` goes where the generation expects it: the query of the
        old one, the header `x-acs-dingtalk-access-token` of the new one (the bearer header that
        one page of the documents names is refused by the platform).

        Raises PlatformError and PlatformUnavailable; neither ever holds `params` or `token`.
        """
        query = dict(params or {})
        headers = {}
        if token is not None and generation == "new":
            headers["x-acs-dingtalk-access-token"] = token
        elif token is not None:
            query["access_token"] = token
        failure = ""
        body, status, request_id = b"", 0, ""
        try:
            with self._open().request(
                method,
                self._bases[generation] + path,
                params=query,
                json=json,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as answer:
                status = answer.status_code
                request_id = answer.headers.get("x-acs-request-id", "")
                body = self._read(answer)
        except (requests.RequestException, HTTPError, OSError) as error:
            failure = _name(error)
        # Raised out here: chained to an error of requests it would carry the URL with its query.
        if failure:
            raise PlatformUnavailable(failure, endpoint=path)
        return read_envelope(body, endpoint=path, http_status=status, request_id=request_id)

    def forget_connections(self) -> None:
        """Drop the session without closing it: after a fork its sockets belong to the parent."""
        self._session = None

    def _open(self) -> requests.Session:
        session = self._session
        if session is None:
            session = requests.Session()
            # A shared session must not carry the cookies of one call into another.
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            session.headers["Accept-Encoding"] = "identity"
            session.headers["User-Agent"] = "dingbridge"
            self._session = session
        return session

    def _read(self, answer: requests.Response) -> bytes:
        """The body, however slowly it drips, within the total time and size."""
        deadline = time.monotonic() + self._total
        parts: list[bytes] = []
        room = BODY_LIMIT
        # read1 returns whatever has come; read and iter_content would wait for a full block.
        while part := answer.raw.read1(65536, decode_content=True):
            room -= len(part)
            if room < 0:
                raise requests.exceptions.ContentDecodingError
            if time.monotonic() > deadline:
                raise requests.Timeout
            parts.append(part)
        return b"".join(parts)


def _name(error: Exception) -> str:
    """The catalogue's code for a failure below the envelope."""
    if isinstance(error, (requests.Timeout, TimeoutError)) or "Timeout" in type(error).__name__:
        return "platform_timeout"
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return "platform_unreadable"
    return "platform_unreachable"


class _Blot(logging.Filter):
    """Takes secrets out of the URLs that urllib3 logs at debug level."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                _SECRET_PARAMETER.sub(r"\1…", arg) if isinstance(arg, str) else arg
                for arg in record.args
            )
        return True


_transports: weakref.WeakSet[Transport] = weakref.WeakSet()


def _forget_all_connections() -> None:
    for transport in list(_transports):
        transport.forget_connections()


os.register_at_fork(after_in_child=_forget_all_connections)
logging.getLogger("urllib3.connectionpool").addFilter(_Blot())
