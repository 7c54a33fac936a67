"""Faults of the platform, on demand: per endpoint, per group or for everything."""

import contextlib
import socket
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dingbridge.sandbox.checks import (
    BadValue,
    Check,
    checked,
    mapping,
    number,
    one_of,
    optional,
    text,
    whole,
)
from dingbridge.sandbox.http_message import DropConnection, Request, Response

KINDS = (
    "refuse",
    "hang",
    "reset",
    "lost",
    "http500",
    "html",
    "busy",
    "limited",
    "wrong_types",
    "slow",
    "bad_ticket",
    "custom",
)

BAN_PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>405</title></head>
<body><h1>很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。</h1></body></html>
"""


@dataclass
class Fault:
    """One fault: ``times`` calls are left to it, None for ever; the rest belongs to some kinds."""

    kind: str
    times: int | None = None
    seconds: float = 30.0
    status: int = 200
    content_type: str = "application/json"
    body: str = ""

    def describe(self) -> dict[str, Any]:
        """The fault as it was set, with the calls that are left."""
        shown: dict[str, Any] = {"kind": self.kind}
        if self.times is not None:
            shown["times"] = self.times
        if self.kind == "slow":
            shown["seconds"] = self.seconds
        if self.kind == "custom":
            shown.update(status=self.status, content_type=self.content_type, body=self.body)
        return shown


CHECKS: dict[str, Check] = {
    "kind": one_of(*KINDS),
    "times": optional(whole(1, 1_000_000)),
    "seconds": number(0, 3600),
    "status": whole(200, 599),
    "content_type": text(100),
    "body": optional(lambda value: value),
}


class Faults:
    """The faults that are set, looked up by exact path, then by group, then under ``*``."""

    def __init__(self) -> None:
        self._targets = {"*"}
        self._lock = threading.Lock()
        self._set: dict[str, Fault] = {}
        self.stopping = threading.Event()

    def know(self, *targets: Iterable[str]) -> None:
        """Takes paths and groups as targets from now on."""
        self._targets.update(*targets)

    def patch(self, changes: object) -> None:
        """Sets or, by null, removes faults; null as a whole removes all. BadValue on nonsense."""
        if changes is None:
            self.clear()
            return
        accepted = {
            target: self._parse(target, fault)
            for target, fault in mapping(changes, "faults").items()
        }
        with self._lock:
            for target, fault in accepted.items():
                if fault is None:
                    self._set.pop(target, None)
                else:
                    self._set[target] = fault

    def _parse(self, target: str, fault: object) -> Fault | None:
        if target not in self._targets:
            known = ", ".join(sorted(self._targets))
            raise BadValue(f"faults: there is no endpoint {target[:80]!r}; there are: {known}")
        if fault is None:
            return None
        wanted = {"kind": fault} if isinstance(fault, str) else fault
        accepted = checked(wanted, CHECKS, f"fault of {target}")
        if "kind" not in accepted:
            raise BadValue(f"fault of {target}: kind is missing")
        body = accepted.get("body", "")
        if not isinstance(body, str):
            raise BadValue(f"fault of {target}: body must be a string")
        return Fault(**accepted)

    def clear(self) -> None:
        """Everything works again."""
        with self._lock:
            self._set.clear()

    def take(self, path: str, group: str) -> Fault | None:
        """The fault for this call, if any; counts down those that are for a few calls only."""
        with self._lock:
            for target in (path, group, "*"):
                fault = self._set.get(target)
                if fault is None:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        del self._set[target]
                return fault
        return None

    @property
    def refuses_all(self) -> bool:
        """Whether connections are to be refused before anything is asked."""
        with self._lock:
            fault = self._set.get("*")
            return fault is not None and fault.kind == "refuse" and fault.times is None

    def describe(self) -> dict[str, Any]:
        """The faults that are set, by target."""
        with self._lock:
            return {target: fault.describe() for target, fault in self._set.items()}

    def endure(self, fault: Fault, request: Request) -> Response | None:
        """Plays the faults that look alike on every endpoint; None where the call goes on."""
        if fault.kind == "refuse":
            raise DropConnection
        if fault.kind == "reset":
            raise DropConnection(reset=True)
        if fault.kind == "hang":
            self._hang(request)
        if fault.kind == "slow":
            self.stopping.wait(fault.seconds)
        if fault.kind == "html":
            page = BAN_PAGE.encode()
            return Response(405, [("Content-Type", "text/html; charset=utf-8")], page)
        if fault.kind == "http500":
            plain = [("Content-Type", "text/plain; charset=utf-8")]
            return Response(500, plain, b"Internal Server Error")
        if fault.kind == "custom":
            kind = [("Content-Type", fault.content_type)]
            return Response(fault.status, kind, fault.body.encode("utf-8", "surrogatepass"))
        return None

    def _hang(self, request: Request) -> None:
        """Says nothing until the caller gives up or the sandbox stops."""
        request.connection.settimeout(0.2)
        while not self.stopping.is_set():
            with contextlib.suppress(TimeoutError):
                request.connection.recv(1, socket.MSG_PEEK)
                break
        raise DropConnection
