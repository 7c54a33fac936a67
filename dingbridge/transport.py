"""HTTP to the platform: one session per process, bounded in time and size, silent about secrets.

The old generation takes secrets and tokens in the query (`/gettoken?appkey=…&appsecret=…`), and
both `requests` and `urllib3` put URLs into their errors and debug logs. So no error of theirs
leaves this module, and the secrets in what urllib3 logs are blotted out.
"""

from __future__ import annotations

import json as jsons
import logging
import os
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Any, BinaryIO

import requests
from urllib3.exceptions import HTTPError, ProtocolError

from dingbridge.deadline import TimedAdapter, TimedUpload, Upload, is_over, within
from dingbridge.envelopes import read_envelope
from dingbridge.errors import CallRefused, PlatformUnavailable
from dingbridge.redaction import SHORTEST, mask_parameters, names_secret
from dingbridge.settings import Generation, Settings

CONNECT_SECONDS = 3.05  # just over one TCP retransmission, as requests' documentation advises
READ_SECONDS = 5.0
TOTAL_SECONDS = 10.0
BODY_LIMIT = 4 * 1024 * 1024  # bytes
JSON_TYPE = "application/json; charset=utf-8"
_FILE_TIMES = 4  # a file may take so many times as long as any other call
_KEPT_CONNECTIONS = 32  # per base URL; more threads than that open and close connections


class Transport:
    """Calls to both generations of the platform's server API. Safe for threads and forks."""

    def __init__(
        self,
        settings: Settings,
        *,
        read_seconds: float = READ_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        """`read_seconds` bounds each wait for bytes, `total_seconds` the whole call."""
        self._bases = {"old": settings.oapi_url, "new": settings.api_url}
        self._timeout = (min(CONNECT_SECONDS, read_seconds), read_seconds)
        self._total = total_seconds
        self._secrets = settings.secrets()
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
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """One call; the fields of the answer, none where it is of HTTP 2xx and empty.

        `path` begins with a slash. `token` goes where the generation expects it: the query of the
        old one, the header `x-acs-dingtalk-access-token` of the new one (the bearer header that
        one page of the documents names is refused by the platform). `json` is sent as UTF-8, not
        as `\\uXXXX` (which some endpoints refuse, 40033).

        Raises PlatformError and PlatformUnavailable; neither ever holds `params` or `token`.
        CallRefused if `json` cannot be said in JSON, or the rest not in HTTP.
        """
        body = _json_bytes(json)
        with (
            within(self._total),
            self._answer(generation, method, path, params, token, headers, body) as answer,
        ):
            seen = self._seen(answer)
        if generation == "new" and 200 <= answer.status_code < 300 and not seen["body"].strip():
            return {}  # what a deletion answers there
        return read_envelope(**seen, endpoint=path, secrets=self._sent(params or {}, json, token))

    def upload(
        self, path: str, body: Upload, *, params: Mapping[str, str], token: str
    ) -> dict[str, Any]:
        """One call of the old generation whose body is sent as it is read.

        Raises PlatformError and PlatformUnavailable.
        """
        with (
            within(_FILE_TIMES * self._total),
            self._answer("old", "POST", path, params, token, None, body) as answer,
        ):
            seen = self._seen(answer)
        return read_envelope(**seen, endpoint=path, secrets=self._sent(params, None, token))

    def download(
        self,
        path: str,
        *,
        params: Mapping[str, str],
        token: str,
        to: BinaryIO,
        limit: int,
    ) -> tuple[str, int]:
        """A file of the old generation, written to `to` as it comes; its content type and size.

        A file of more than `limit` bytes, or one that takes too long, is given up.

        Raises PlatformError for an answer that is an envelope instead of a file, and
        PlatformUnavailable; OSError is that of `to`.
        """
        kind, size = "", 0
        seen: dict[str, Any] | None = None
        unwritable: OSError | None = None
        with (
            within(_FILE_TIMES * self._total),
            self._answer("old", "GET", path, params, token, None, None) as answer,
        ):
            kind = answer.headers.get("Content-Type", "")
            if answer.status_code != 200 or kind.startswith(("application/json", "text/")):
                seen = self._seen(answer)
            else:
                for part in self._parts(answer, limit):
                    try:
                        to.write(part)
                    except OSError as error:
                        unwritable = error
                        break
                    size += len(part)
        if unwritable is not None:
            raise unwritable
        if seen is not None:
            read_envelope(**seen, endpoint=path, secrets=self._sent(params, None, token))
            status = seen["http_status"]
            raise PlatformUnavailable("platform_unreadable", endpoint=path, http_status=status)
        return kind, size

    @contextmanager
    def _answer(
        self,
        generation: Generation,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        token: str | None,
        headers: Mapping[str, str] | None,
        body: Upload | bytes | None,
    ) -> Iterator[requests.Response]:
        """The answer, its body not yet read; failures below the envelope come out as ours.

        The time that it may take is that of the `within` around.
        """
        query = dict(params or {})
        sent = dict(headers or {})
        if token is not None and generation == "new":
            sent["x-acs-dingtalk-access-token"] = token
        elif token is not None:
            query["access_token"] = token
        if body is not None:
            sent["Content-Type"] = JSON_TYPE if isinstance(body, bytes) else body.content_type
        failure, refused = "", ""
        try:
            with self._open().request(
                method,
                self._bases[generation] + path,
                params=query,
                data=body if isinstance(body, bytes | None) else TimedUpload(body),
                headers=sent,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as answer:
                yield answer
        except UnicodeError as error:  # half a character in the query, or Chinese in a header
            refused = type(error).__name__
        except (requests.RequestException, HTTPError, OSError) as error:
            failure = "platform_timeout" if is_over() else _name(error)
        # Raised out here: chained to an error of theirs it would carry the query or the token.
        if refused:
            raise CallRefused("body_not_json", {"error": refused})
        if failure:
            raise PlatformUnavailable(failure, endpoint=path)

    def _sent(self, query: Mapping[str, str], json: object, token: str | None) -> list[str]:
        """What was sent, or is known to the platform anyway, and must not come back in an error."""
        sent = {**query, **(json if isinstance(json, dict) else {})}
        named = [str(value) for name, value in sent.items() if names_secret(name)]
        secrets = (*named, token or "", *self._secrets)
        return [secret for secret in secrets if len(secret) >= SHORTEST]

    def forget_connections(self) -> None:
        """Drop the session without closing it: after a fork its sockets belong to the parent."""
        self._session = None

    def _open(self) -> requests.Session:
        session = self._session
        if session is None:
            session = _Session()
            # A shared session must not carry the cookies of one call into another.
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            session.headers["Accept-Encoding"] = "identity"
            session.headers["User-Agent"] = "dingbridge"
            session.mount("https://", TimedAdapter(pool_maxsize=_KEPT_CONNECTIONS))
            session.mount("http://", TimedAdapter(pool_maxsize=_KEPT_CONNECTIONS))
            self._session = session
        return session

    def _seen(self, answer: requests.Response) -> dict[str, Any]:
        """Body, HTTP status and request id, as `read_envelope` takes them."""
        return {
            "body": b"".join(self._parts(answer, BODY_LIMIT)),
            "http_status": answer.status_code,
            "request_id": answer.headers.get("x-acs-request-id", ""),
        }

    def _parts(self, answer: requests.Response, room: int) -> Iterator[bytes]:
        """The body as it comes, no more of it than there is room."""
        # read1 returns whatever has come; read and iter_content would wait for a full block.
        while part := answer.raw.read1(65536, decode_content=True):
            room -= len(part)
            if room < 0:
                raise requests.exceptions.ContentDecodingError
            yield part


def _json_bytes(value: object) -> bytes | None:
    if value is None:
        return None
    try:
        return jsons.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        cause = type(error).__name__
    raise CallRefused("body_not_json", {"error": cause})


def _name(error: Exception) -> str:
    """The catalogue's code for a failure below the envelope."""
    told = error.args[0] if error.args else None
    # How a time-out comes out while a body is sent.
    aborted = isinstance(told, ProtocolError) and isinstance(told.args[-1], TimeoutError)
    timeout = isinstance(error, (requests.Timeout, TimeoutError))
    if timeout or aborted or "Timeout" in type(error).__name__:
        return "platform_timeout"
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return "platform_unreadable"
    return "platform_unreachable"


class _Session(requests.Session):
    """Without redirects: requests would read their bodies and parse their targets all the same."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None."""


class _Blot(logging.Filter):
    """Takes secrets out of the URLs that urllib3 logs at debug level."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                mask_parameters(arg) if isinstance(arg, str) else arg for arg in record.args
            )
        return True


_transports: weakref.WeakSet[Transport] = weakref.WeakSet()


def _forget_all_connections() -> None:
    for transport in list(_transports):
        transport.forget_connections()


os.register_at_fork(after_in_child=_forget_all_connections)
logging.getLogger("urllib3.connectionpool").addFilter(_Blot())
