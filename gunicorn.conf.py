"""Production settings of gunicorn; `make serve` reads them. Every one can be set from outside."""

import os
import re
from http import HTTPStatus
from typing import Any

from gunicorn.http.errors import ParseException
from gunicorn.util import write_error
from gunicorn.workers.gthread import ThreadWorker
from werkzeug.exceptions import ClientDisconnected

bind = os.environ.get("BIND", "127.0.0.1:8080")
# Also for the workers themselves: without Redis they divide the platform's limits among them.
workers = int(os.environ.setdefault("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("THREADS", "8"))

# The URL of a micro-app may be long (signed parameters, Chinese text percent-encoded): nginx's
# buffers end at 8 KiB, and gunicorn's own default of 4094 would answer 414 before that.
limit_request_line = 8190
# nginx hands the same target on in this header, so that one line is longer than any it takes.
limit_request_field_size = limit_request_line + len("X-Original-URI: ")

# Who is believed about scheme, host and prefix is said once, in DING_TRUSTED_PROXIES. Gunicorn
# itself believes nobody, so that a contradiction between headers cannot end a request here.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}

keepalive = 75
graceful_timeout = 10
accesslog = os.environ.get("ACCESS_LOG")
errorlog = "-"
# Heartbeats in memory: a slow disk must not look like a dead worker.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112, S108
# From version 25 on gunicorn would put a control socket into the home folder.
control_socket_disable = True


_STATUSES = {
    "LimitRequestLine": HTTPStatus.REQUEST_URI_TOO_LONG,
    "LimitRequestHeaders": HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "UnsupportedTransferCoding": HTTPStatus.NOT_IMPLEMENTED,
    "ExpectationFailed": HTTPStatus.EXPECTATION_FAILED,
}
# Not the visitor's fault; not every version of gunicorn has all of them.
_OUR_FAULTS = {"ConfigurationProblem", "InvalidResponseHeader", "InvalidResponseHeaderName"}


class Worker(ThreadWorker):
    """Gunicorn's gthread, but for what it says of a request that is none.

    It would send back and log what it could not read; here the visitor gets a bland answer, and
    the log the reason as a name (`invalid_header_name`), without the query that may be in it.
    """

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Called by gunicorn for whatever ends a request."""
        kind = type(exc).__name__
        if not isinstance(exc, ParseException) or kind in _OUR_FAULTS:
            super().handle_error(req, client, addr, exc)
            return
        status = _STATUSES.get(kind, HTTPStatus.BAD_REQUEST)
        reason = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind).lower()
        peer = addr[0] if addr else "unix"
        self.log.warning("request refused reason=%s status=%d ip=%s", reason, status, peer)
        try:
            write_error(client, status.value, status.phrase, "")
        except OSError:
            self.log.debug("the visitor has left")


worker_class = Worker


class _Chunks:
    """A body's reader for which broken chunks are the visitor's fault: 400 instead of 500."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def read(self, size: int) -> bytes:
        try:
            return bytes(self._reader.read(size))
        except (OSError, ParseException) as error:  # which of them depends on the version
            raise ClientDisconnected from error


def pre_request(_worker: Any, request: Any) -> None:
    """Called by gunicorn before the app is."""
    request.body.reader = _Chunks(request.body.reader)
