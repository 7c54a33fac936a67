"""A client of the server APIs against the sandbox, over real HTTP, with time that need not pass.

with open_stage(tmp_path) as stage:
    stage.openapi.users.get("manager4220")
    assert stage.slept == []
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sandbox_server import SandboxClient, running_sandbox

from dingbridge.credentials import Credentials, open_credentials
from dingbridge.openapi import OpenApi
from dingbridge.openapi.client import Client
from dingbridge.openapi.ledger import LocalLedger
from dingbridge.openapi.limiter import Limiter
from dingbridge.openapi.open_api import caller
from dingbridge.private_folder import private_folder
from dingbridge.settings import Settings
from dingbridge.transport import Transport


@dataclass
class Stage:
    """`slept` holds what the client has waited; the sandbox's clock went on by as much."""

    sandbox: SandboxClient
    settings: Settings
    folder: Path
    offset: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.transport = Transport(self.settings, read_seconds=1.0, total_seconds=4.0)
        self.credentials: Credentials = open_credentials(
            self.settings, transport=self.transport, watched=False
        )
        self.ledger = LocalLedger(
            private_folder(self.folder / "limits"),
            self.settings.workers,
            steady=lambda: self.offset,
            wall=self.wall,
        )
        self.openapi = self.client_of(self.settings)

    def client_of(self, settings: Settings, patience: float = 30.0) -> OpenApi:
        """Another client on the same books, with other settings."""
        limiter = Limiter(caller(settings), self.ledger, wall=self.wall)
        client = Client(
            self.transport, self.credentials, limiter, patience=patience, sleep=self.sleep
        )
        return OpenApi(settings, client)

    def client_over(self, transport: Any) -> OpenApi:
        """A client without limits that speaks through another transport."""
        limiter: Any = NoLimits()
        client = Client(transport, self.credentials, limiter, sleep=lambda _: None)
        return OpenApi(self.settings, client)

    def with_settings(self, **changes: Any) -> OpenApi:
        """A client with changed settings."""
        return self.client_of(replace(self.settings, **changes))

    def wall(self) -> float:
        return self.sandbox.sandbox.platform.clock.now()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.offset += seconds
        self.sandbox.advance(seconds)

    def pass_time(self, seconds: float) -> None:
        """Time passes for client and platform alike, without anybody waiting."""
        self.offset += seconds
        self.sandbox.advance(seconds)

    def calls(self, path: str) -> int:
        return self.sandbox.platform_calls(path)

    def messages(self, user: str | None = None) -> list[dict[str, Any]]:
        """What people have got, or what one of them sees."""
        name = f"messages?user={user}" if user else "messages"
        found: list[dict[str, Any]] = self.sandbox.ask("GET", name).json()["messages"]
        return found


class Tap:
    """The real transport; keeps what was sent."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.sent: list[tuple[str, str, Any]] = []

    def call(self, generation: Any, method: str, path: str, **more: Any) -> dict[str, Any]:
        self.sent.append((method, path, more.get("json")))
        return self._transport.call(generation, method, path, **more)


class NoLimits:
    """A limiter that lets everything through."""

    def turn(self, *_: Any) -> AbstractContextManager[None]:
        return nullcontext()

    def count(self, *_: Any) -> None:
        return None

    def obey(self, *_: Any, **__: Any) -> None:
        return None


def settings_for(sandbox: SandboxClient, folder: Path, **changes: Any) -> Settings:
    """Complete settings for an app of the sandbox's platform."""
    given = {**sandbox.sandbox.environment(folder / "instance"), **changes}
    return Settings.load(given)


@contextmanager
def open_stage(folder: Path, **changes: Any) -> Iterator[Stage]:
    """A sandbox and a client of its own; `changes` are settings by their names."""
    with running_sandbox() as sandbox:
        sandbox.patch_platform(clock={"speed": 0})
        yield Stage(sandbox, settings_for(sandbox, folder, **changes), folder)
