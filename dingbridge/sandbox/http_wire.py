"""HTTP/1.1 on the wire: reads one request, writes one response."""

import http
import socket
from collections.abc import Iterator
from io import BufferedReader

from dingbridge.sandbox.http_message import (
    HEADER_LIMIT,
    LINE_LIMIT,
    Body,
    Headers,
    RefusedRequest,
    Request,
    Response,
)


def read_request(
    stream: BufferedReader, connection: socket.socket, peer: str, *, secure: bool
) -> Request | None:
    """The next request of a connection, or None at its end; RefusedRequest if it is none."""
    line = stream.readline(LINE_LIMIT)
    if not line:
        return None
    if not line.endswith(b"\n"):
        raise RefusedRequest(414, "the request line is too long")
    parts = line.rstrip(b"\r\n").split(b" ")
    if len(parts) != 3 or not parts[1] or parts[2] not in (b"HTTP/1.1", b"HTTP/1.0"):
        raise RefusedRequest(400, "this is not an HTTP/1.1 request line")
    if not parts[0].isalpha() or not parts[0].isupper():
        raise RefusedRequest(400, "this is not a method")
    headers = _read_headers(stream)
    request = Request(
        method=parts[0].decode("ascii"),
        target=parts[1],
        version=parts[2].decode("ascii"),
        headers=headers,
        body=_body(headers, stream),
        peer=peer,
        connection=connection,
        secure=secure,
    )
    if (request.header("Expect") or "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    return request


def _read_headers(stream: BufferedReader) -> Headers:
    headers: Headers = []
    while len(headers) <= HEADER_LIMIT:
        line = stream.readline(LINE_LIMIT)
        if not line.endswith(b"\n"):
            raise RefusedRequest(431, "a header line is too long, or cut off")
        line = line.rstrip(b"\r\n")
        if not line:
            return headers
        name, colon, value = line.partition(b":")
        if not colon or not name or name.strip() != name or b" " in name or b"\r" in line:
            raise RefusedRequest(400, "a header line is malformed")
        headers.append((name.decode("latin-1"), value.strip(b" \t").decode("latin-1")))
    raise RefusedRequest(431, "too many headers")


def _body(headers: Headers, stream: BufferedReader) -> Body:
    lengths = {value for name, value in headers if name.lower() == "content-length"}
    codings = [value.lower() for name, value in headers if name.lower() == "transfer-encoding"]
    if codings:
        if codings != ["chunked"] or lengths:
            raise RefusedRequest(400, "the length of the body is ambiguous")
        return Body(stream, chunked=True)
    if not lengths:
        return Body(stream)
    length = lengths.pop()
    if lengths or not length.isascii() or not length.isdigit() or len(length) > 15:
        raise RefusedRequest(400, "Content-Length is not one number")
    return Body(stream, length=int(length))


def send_response(connection: socket.socket, request: Request | None, response: Response) -> bool:
    """Writes the response; True if the connection can take another request.

    ``request`` is None where none could be read, and the connection then ends.
    """
    try:
        return _send(connection, request, response)
    finally:
        if response.finish:
            response.finish()


def _send(connection: socket.socket, request: Request | None, response: Response) -> bool:
    bodiless = (
        response.status < 200
        or response.status in (204, 304)
        or (request is not None and request.method == "HEAD")
    )
    keep = request is not None and not response.close and _keeps_alive(request)
    headers, body = list(response.headers), response.body
    chunked = False
    if not bodiless and not response.has("content-length"):
        if isinstance(body, bytes):
            headers.append(("Content-Length", str(len(body))))
        else:
            chunked = request is not None and request.version == "HTTP/1.1"
            keep = keep and chunked
    if chunked:
        headers.append(("Transfer-Encoding", "chunked"))
    headers.append(("Connection", "keep-alive" if keep else "close"))
    connection.sendall(_head(response, headers))
    if isinstance(body, bytes):
        connection.sendall(b"" if bodiless else body)
    elif not bodiless:
        _stream(connection, body, _promised(headers), chunked=chunked)
    return keep and request is not None and _drained(request.body)


def _promised(headers: Headers) -> int | None:
    """The Content-Length, if there is a usable one."""
    for name, value in headers:
        if name.lower() == "content-length" and value.isascii() and value.isdigit():
            return int(value)
    return None


def _head(response: Response, headers: Headers) -> bytes:
    try:
        phrase = response.reason or http.HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {response.status} {phrase}"]
    lines += [f"{name}: {' '.join(value.splitlines())}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _stream(
    connection: socket.socket, blocks: Iterator[bytes], promised: int | None, *, chunked: bool
) -> None:
    sent = 0
    for block in blocks:
        sent += len(block)
        if chunked and block:
            connection.sendall(b"%x\r\n%b\r\n" % (len(block), block))
        else:
            connection.sendall(block)
    if chunked:
        connection.sendall(b"0\r\n\r\n")
    if promised is not None and sent != promised:
        raise ConnectionError("the body is not as long as its header says")


def _keeps_alive(request: Request) -> bool:
    wish = (request.header("Connection") or "").lower()
    return "close" not in wish and (request.version == "HTTP/1.1" or "keep-alive" in wish)


def _drained(body: Body) -> bool:
    """Reads what the handler left of a small body; False if it is not worth waiting for."""
    read = 0
    try:
        for block in body.blocks():
            read += len(block)
            if read > LINE_LIMIT:
                return False
    except RefusedRequest:
        return False
    return True
