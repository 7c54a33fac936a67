"""The simulated phone: a reverse proxy in front of the app that puts the container into pages.

Request target and Host go through byte for byte, since the signature depends on them.
"""

import html
import socket
from collections.abc import Callable, Iterator
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

from dingbridge.sandbox.device import Device
from dingbridge.sandbox.http_message import (
    BLOCK,
    Headers,
    RefusedRequest,
    Request,
    Response,
    text_response,
)
from dingbridge.sandbox.injection import SCRIPT, framed_by, injected

BODY_LIMIT = 64 << 20
CONNECT_SECONDS = 5.0
READ_SECONDS = 120.0
# RFC 9110, 7.6.1: these concern one connection only.
HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class Proxy:
    """Forwards to ``upstream()`` (``http://host:port``) for the device that ``device`` finds.

    ``framers`` are the origins that may frame the app beside those that it allows itself.
    """

    def __init__(
        self,
        upstream: Callable[[], str],
        device: Callable[[Request], Device],
        framers: Callable[[], list[str]],
    ) -> None:
        self._upstream = upstream
        self._device = device
        self._framers = framers

    def __call__(self, request: Request) -> Response:
        """The app's answer, or a page that says why there is none."""
        device = self._device(request)
        try:
            answer, connection = _forward(request, self._upstream(), device.user_agent)
        except TimeoutError:
            return _unreachable(request, 504, "it did not answer in time")
        except (OSError, HTTPException) as error:
            return _unreachable(request, 502, type(error).__name__)
        return self._response(request, answer, connection, device)

    def _response(
        self, request: Request, answer: HTTPResponse, connection: socket.socket, device: Device
    ) -> Response:
        def finish() -> None:
            answer.close()
            connection.close()

        headers: Headers = framed_by(_end_to_end(answer.getheaders()), self._framers())
        body = _blocks(answer)
        if device.platform != "none" and _is_page(request, answer):
            body = injected(body)
            headers = [
                (name, _longer(value) if name.lower() == "content-length" else value)
                for name, value in headers
            ]
        return Response(answer.status, headers, body, answer.reason, finish=finish)


def _forward(
    request: Request, upstream: str, user_agent: str | None
) -> tuple[HTTPResponse, socket.socket]:
    where = urlsplit(upstream)
    head = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), request.target)]
    for name, value in _to_app(request, user_agent):
        head.append(f"{name}: {value}".encode("latin-1"))
    connection = socket.create_connection(
        (where.hostname or "127.0.0.1", where.port or 80), CONNECT_SECONDS
    )
    try:
        connection.settimeout(READ_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(b"\r\n".join(head) + b"\r\n\r\n")
        _send_body(request, connection)
        answer = HTTPResponse(connection, method=request.method)
        answer.begin()
    except BaseException:
        connection.close()
        raise
    return answer, connection


def _to_app(request: Request, user_agent: str | None) -> Headers:
    # Without Accept-Encoding the page comes in plain bytes, and the script can go into it.
    headers = [
        (name, value)
        for name, value in _end_to_end(request.headers)
        if name.lower() not in ("accept-encoding", "expect")
        and not (user_agent and name.lower() == "user-agent")
    ]
    if user_agent:
        headers.append(("User-Agent", user_agent))
    if request.body.chunked:
        headers.append(("Transfer-Encoding", "chunked"))
    return [*headers, ("Connection", "close")]


def _end_to_end(headers: Headers) -> Headers:
    named = {
        word.strip().lower()
        for name, value in headers
        if name.lower() == "connection"
        for word in value.split(",")
    }
    dropped = HOP_BY_HOP | named - {"host", "content-length"}
    return [(name, value) for name, value in headers if name.lower() not in dropped]


def _send_body(request: Request, connection: socket.socket) -> None:
    sent = 0
    for block in request.body.blocks():
        sent += len(block)
        if sent > BODY_LIMIT:
            raise RefusedRequest(413, f"the body is longer than {BODY_LIMIT} bytes")
        framed = b"%x\r\n%b\r\n" % (len(block), block) if request.body.chunked else block
        if not _taken(connection, framed):
            return
    if request.body.chunked:
        _taken(connection, b"0\r\n\r\n")


def _taken(connection: socket.socket, data: bytes) -> bool:
    """False where the app closed already: one that refuses a body may answer before its end."""
    try:
        connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def _blocks(answer: HTTPResponse) -> Iterator[bytes]:
    try:
        while block := answer.read1(BLOCK):
            yield block
    except HTTPException as cut:
        raise ConnectionError("the app's answer was cut short") from cut


def _is_page(request: Request, answer: HTTPResponse) -> bool:
    kind = (answer.getheader("Content-Type") or "").split(";")[0].strip().lower()
    coded = (answer.getheader("Content-Encoding") or "identity").strip().lower()
    return (
        kind == "text/html"
        and coded == "identity"
        and request.method != "HEAD"
        and answer.status >= 200
        and answer.status not in (204, 206, 304)
    )


def _longer(length: str) -> str:
    return str(int(length) + len(SCRIPT)) if length.isascii() and length.isdigit() else length


def _unreachable(request: Request, status: int, reason: str) -> Response:
    """A page for a person who opened the app while it is away; plain text for everything else."""
    if "text/html" not in (request.header("Accept") or ""):
        return text_response(f"the app cannot be reached: {reason}\n", status)
    return text_response(UNREACHABLE.format(reason=html.escape(reason)), status, "text/html")


UNREACHABLE = """<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>应用没有应答</title>
<style>body{{font:16px/1.6 system-ui,sans-serif;margin:15vh auto;max-width:22rem;padding:0 1.5rem;
text-align:center;color:#333}}a{{display:inline-block;margin-top:1rem;padding:.6rem 1.6rem;
border-radius:.5rem;background:#1677ff;color:#fff;text-decoration:none}}small{{color:#666}}</style>
</head><body><h1>应用没有应答</h1><p>沙箱在运行，但它后面的应用没有应答。五秒后自动重试。</p>
<p lang="en">The sandbox is up, but the app behind it does not answer. Trying again every five
seconds.</p><a href="">重试 · Try again</a><p><small>{reason}</small></p></body></html>
"""
