"""What the stand-in for the platform knows and how it behaves; all of it can be changed."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from dingbridge.sandbox.call_limits import LIMIT_CHECKS
from dingbridge.sandbox.checks import (
    Check,
    checked,
    json_value,
    list_of,
    number,
    one_of,
    optional,
    patched,
    text,
)
from dingbridge.sandbox.clock import Clock
from dingbridge.sandbox.corp import PERMISSION_CHECKS, Corp
from dingbridge.sandbox.faults import Faults
from dingbridge.sandbox.login_codes import LoginCodes
from dingbridge.sandbox.tokens import TokenStore


@dataclass(frozen=True)
class Identity:
    """The app that the platform knows: its corp, its agent and its key with the secret."""

    corp_id: str = "dingsandbox7c2f9be1"
    agent_id: str = "2890171001"
    client_id: str = "dingsandboxclient01"
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)


@dataclass(frozen=True)
class Behaviour:
    """How the platform behaves; each word is explained where it is used.

    ``algorithm`` and ``query_rule``: verification. ``ticket`` and ``ticket_cap``: TokenStore.
    ``oapi_errors``: whether the older host wraps errors in code 88. ``ip_whitelist``: null is off.
    """

    algorithm: str = "sha256"
    query_rule: str = "decoded"
    ticket: str = "renew"
    ticket_cap: str = "overlap"
    oapi_errors: str = "plain"
    ip_whitelist: tuple[str, ...] | None = None


CLOCK_CHECKS: dict[str, Check] = {
    "speed": number(0, 1_000_000),
    "offset": number(-1e9, 1e9),
    "advance": number(-1e9, 1e9),
}
IDENTITY_CHECKS: dict[str, Check] = {
    name: text(100) for name in ("corp_id", "agent_id", "client_id", "client_secret")
}
BEHAVIOUR_CHECKS: dict[str, Check] = {
    "algorithm": one_of("sha256", "sha1"),
    "query_rule": one_of("decoded", "raw"),
    "ticket": one_of("renew", "replace"),
    "ticket_cap": one_of("overlap", "strict"),
    "oapi_errors": one_of("plain", "wrapped"),
    "ip_whitelist": optional(list_of(text(60))),
}
PLATFORM_CHECKS: dict[str, Check] = {
    **BEHAVIOUR_CHECKS,
    "clock": lambda value: checked(value, CLOCK_CHECKS, "clock"),
    "identity": lambda value: checked(value, IDENTITY_CHECKS, "identity"),
    "faults": json_value,
    "limits": lambda value: checked(value, LIMIT_CHECKS, "limits"),
    "permissions": lambda value: checked(value, PERMISSION_CHECKS, "permissions"),
}


class PlatformState:
    """One platform for the whole sandbox: app, behaviour, clock, faults, tokens and tickets.

    ``changed`` is called after every change, for what must follow it at once.
    """

    def __init__(self, identity: Identity | None = None) -> None:
        self.clock = Clock()
        self.faults = Faults()
        self._lock = threading.Lock()
        self._first_identity = identity or Identity()
        self.changed: Callable[[], None] = lambda: None
        self.reset(tickets=True)

    def reset(self, *, tickets: bool) -> None:
        """Identity, behaviour, clock and faults as at the start; tokens and tickets if wanted."""
        with self._lock:
            self.identity = self._first_identity
            self.behaviour = Behaviour()
            self.clock.reset()
            self.faults.clear()
            self.codes = LoginCodes(self.clock)
            self.corp = Corp(self.clock)
            if tickets:
                self.tokens = TokenStore(self.clock)
        self.changed()

    def patch(self, changes: object) -> None:
        """Takes the admin API's changes, all or, with BadValue, none of them."""
        accepted = checked(changes, PLATFORM_CHECKS, "platform")
        with self._lock:
            if "faults" in accepted:
                self.faults.patch(accepted.pop("faults"))
            self.clock.change(**accepted.pop("clock", {}))
            self.corp.limits.patch(accepted.pop("limits", {}))
            self.corp.permit(accepted.pop("permissions", {}))
            identity = patched(self.identity, accepted.pop("identity", {}))
            if identity != self.identity:
                # Another app has tokens and tickets of its own.
                self.identity, self.tokens = identity, TokenStore(self.clock)
                self.codes = LoginCodes(self.clock)
            self.behaviour = patched(self.behaviour, accepted)
        self.changed()

    def ticket(self) -> str:
        """A ticket as the present behaviour hands it out."""
        return self.tokens.ticket(
            replace=self.behaviour.ticket == "replace",
            strict=self.behaviour.ticket_cap == "strict",
        )

    def describe(self) -> dict[str, Any]:
        """Everything as JSON, without the secret and with tokens and tickets masked."""
        identity = asdict(self.identity)
        del identity["client_secret"]
        return {
            **asdict(self.behaviour),
            "clock": self.clock.describe(),
            "faults": self.faults.describe(),
            "identity": identity,
            **self.corp.describe(),
            **self.tokens.describe(),
        }
