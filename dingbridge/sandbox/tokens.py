"""The platform's own store of access tokens and jsapi tickets, and how long each is good."""

import secrets
import threading
from dataclasses import dataclass

from dingbridge.sandbox.clock import Clock

LIFE = 7200.0
CAP = 86_400.0  # a ticket is renewed at most this long after it was made


@dataclass
class Issued:
    """A value with the platform's seconds of its making and of its end."""

    value: str
    made: float
    ends: float


class TokenStore:
    """Access tokens and tickets of one app.

    A repeated request within life returns the same value and renews it for 7200 s. A ticket dies
    24 h after it was made. As an answer always promises 7200 s, ``overlap`` hands out a new ticket
    as soon as the present one could not be renewed that far, and both are good until the old one's
    cap; ``strict`` returns the old one up to its last second. ``replace`` is the behaviour that
    older documents describe: each request makes a new ticket and ends the one before.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Issued | None = None
        self._tickets: list[Issued] = []

    def access_token(self) -> str:
        """The present access token, renewed, or a new one."""
        now = self._clock.now()
        with self._lock:
            if self._token is None or self._token.ends <= now:
                self._token = Issued(secrets.token_hex(16), now, now)
            self._token.ends = now + LIFE
            return self._token.value

    def accepts(self, token: str) -> bool:
        """Whether that is a live access token."""
        now = self._clock.now()
        with self._lock:
            return (
                self._token is not None
                and secrets.compare_digest(self._token.value.encode(), token.encode())
                and self._token.ends > now
            )

    def ticket(self, *, replace: bool = False, strict: bool = False) -> str:
        """The present ticket, renewed, or a new one."""
        now = self._clock.now()
        with self._lock:
            if replace:
                self._tickets.clear()
            self._drop_dead(now)
            newest = self._tickets[-1] if self._tickets else None
            if newest is None or (not strict and newest.made + CAP < now + LIFE):
                newest = Issued(secrets.token_urlsafe(64)[:86], now, now)
                self._tickets.append(newest)
            newest.ends = min(now + LIFE, newest.made + CAP)
            return newest.value

    def live_tickets(self) -> list[str]:
        """The tickets that a signature may have been made with, newest first."""
        now = self._clock.now()
        with self._lock:
            self._drop_dead(now)
            return [ticket.value for ticket in reversed(self._tickets)]

    def revoke_tickets(self) -> int:
        """Ends every ticket at once; how many there were."""
        with self._lock:
            count = len(self._tickets)
            self._tickets.clear()
            return count

    def revoke_token(self) -> int:
        """Ends the access token at once; how many there were."""
        with self._lock:
            count = int(self._token is not None)
            self._token = None
            return count

    def describe(self) -> dict[str, object]:
        """Ages and remaining seconds, newest first; values masked."""
        now = self._clock.now()
        with self._lock:
            self._drop_dead(now)
            tokens = [self._token] if self._token and self._token.ends > now else []
            tickets = list(reversed(self._tickets))
        return {
            "tokens": [_shown(token, now) for token in tokens],
            "tickets": [_shown(ticket, now) for ticket in tickets],
        }

    def _drop_dead(self, now: float) -> None:
        self._tickets = [ticket for ticket in self._tickets if ticket.ends > now]


def unknown_ticket() -> str:
    """A ticket that looks right and that verification does not know."""
    return secrets.token_urlsafe(64)[:86]


def masked(value: str) -> str:
    """Enough of a token to tell two apart, and no more."""
    return value[:4] + "***"


def _shown(issued: Issued, now: float) -> dict[str, object]:
    return {
        "value": masked(issued.value),
        "age": round(now - issued.made, 3),
        "left": round(issued.ends - now, 3),
    }
