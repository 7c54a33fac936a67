"""One gunicorn with several set-ups of the micro-app, and what its pages say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app_server import ROOT, AppServer, free_port
from front_servers import raw_exchange

from dingbridge.sandbox.sandbox import Sandbox

BLOCK = re.compile(rb'<script type="application/json" id="dingbridge">(.*?)</script>', re.DOTALL)


class AnyPathServer(AppServer):
    """`setups` maps a name to the settings in which it differs from the sandbox's.

    `port_of[name]` is where it listens; a set-up whose name begins with `unix` has a socket,
    `socket_of[name]`, instead.
    """

    def __init__(
        self, folder: Path, sandbox: Sandbox, setups: Mapping[str, Mapping[str, object]]
    ) -> None:
        self.port_of: dict[str, int] = {}
        self.socket_of: dict[str, Path] = {}
        apps: dict[str, dict[str, object]] = {}
        binds: list[str] = []
        for name, settings in setups.items():
            if name.startswith("unix"):
                self.socket_of[name] = folder / f"{name}.sock"
                address = str(self.socket_of[name])
                binds.append(f"unix:{address}")
            else:
                self.port_of[name] = free_port()
                address = f"127.0.0.1:{self.port_of[name]}"
                binds.append(address)
            base = sandbox.environment(folder / name)
            apps[address] = {"SECRET_KEY": "for tests only", "DING_DEBUG": "0"} | base | settings
        super().__init__(
            {"ANY_PATH_APPS": json.dumps(apps), "PYTHONPATH": str(ROOT / "tests")},
            folder,
            app="any_path_app:app",
            bind=binds[0],
            arguments=tuple(part for bind in binds[1:] for part in ("--bind", bind)),
        )
        self.port = next(iter(self.port_of.values()))

    def url_of(self, name: str) -> str:
        """The address of one set-up, as a proxy names its upstream."""
        if name in self.socket_of:
            return f"unix:{self.socket_of[name]}"
        return f"http://127.0.0.1:{self.port_of[name]}"


@dataclass(frozen=True)
class Answer:
    """What came back for raw bytes: status (0 for none at all), Location, and the data block."""

    status: int
    location: str | None
    block: dict[str, Any] | None
    octets: bytes

    @property
    def url(self) -> str | None:
        """The URL that the page was signed for."""
        return None if self.block is None else self.block["url"]


def answer_to(port: int, octets: bytes, source: str | None = None) -> Answer:
    """Send raw bytes to a server on loopback and read its answer."""
    return read_answer(raw_exchange(port, octets, source))


def read_answer(octets: bytes) -> Answer:
    """The first answer in what a server sent."""
    line = octets.partition(b"\r\n")[0].split(b" ")
    status = int(line[1]) if len(line) > 1 and line[0].startswith(b"HTTP/") else 0
    location = re.search(
        rb"\r\n[Ll]ocation: ([^\r]*)\r\n", octets.partition(b"\r\n\r\n")[0] + b"\r\n"
    )
    found = BLOCK.search(octets)
    return Answer(
        status,
        location[1].decode("latin-1") if location else None,
        json.loads(found[1]) if found else None,
        octets,
    )


def request_for(target: str, host: str, *headers: tuple[str, str]) -> bytes:
    """The bytes of a GET as a browser would send it, with more headers."""
    lines = [f"GET {target} HTTP/1.1", f"Host: {host}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
