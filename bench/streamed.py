"""One GET as a browser behind the project's nginx makes it, its body read and thrown away."""

from __future__ import annotations

import http.client
import time

from bench.load import FROM_NGINX

PATIENCE = 120  # seconds
_PIECE = 65536


def get(port: int, target: str, host: str, cookie: str) -> tuple[float, int]:
    """Seconds until the last byte was there, and how many bytes the body has."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    headers = {"Host": host, "Cookie": cookie}
    headers |= dict(line.split(": ", 1) for line in FROM_NGINX)
    begin = time.perf_counter()
    connection.request("GET", target, headers=headers)
    answer = connection.getresponse()
    assert answer.status == 200, (answer.status, target)
    octets = 0
    while piece := answer.read(_PIECE):
        octets += len(piece)
    took = time.perf_counter() - begin
    connection.close()
    return took, octets
