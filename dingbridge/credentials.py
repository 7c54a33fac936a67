"""The app's access token and jsapi_ticket, always at hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from dingbridge.errors import CredentialUnavailable, PlatformError
from dingbridge.issuer import Issued, Issuer, PlatformIssuer, TicketSource, ask_source
from dingbridge.settings import Settings
from dingbridge.transport import Transport


class Credentials:
    """One app's token and ticket. Methods are safe to call from any thread."""

    def __init__(
        self,
        settings: Settings,
        issuer: Issuer,
        *,
        name: str = "dingbridge",
        source: Callable[[], TicketSource | None] = lambda: None,
    ) -> None:
        self.name = name
        self.corp_id = settings.corp_id
        self._issuer = issuer
        self._source = source
        self._lock = threading.RLock()
        self._kept: dict[str, tuple[Issued, float]] = {}

    def ticket(self) -> str:
        """The current jsapi_ticket; raises CredentialUnavailable."""
        return self._value("ticket", self._ask_ticket)

    def access_token(self) -> str:
        """The current access token; raises CredentialUnavailable."""
        return self._value("token", self._issuer.token)

    def doubt_ticket(self, reason: str) -> None:
        """A page reports that the platform calls the ticket bad."""
        self._kept.pop("ticket", None)

    def status(self) -> dict[str, object]:
        """The state of both, by age only."""
        now = time.monotonic()
        return {
            kind: {"age": round(now - kept[1], 1)}
            for kind in ("token", "ticket")
            if (kept := self._kept.get(kind))
        }

    def _ask_ticket(self) -> Issued:
        source = self._source()
        return ask_source(source) if source else self._issuer.ticket(self.access_token())

    def _value(self, kind: str, ask: Callable[[], Issued]) -> str:
        with self._lock:
            kept = self._kept.get(kind)
            if kept is None or time.monotonic() - kept[1] > kept[0].seconds * 0.75:
                try:
                    kept = (ask(), time.monotonic())
                except PlatformError as error:
                    raise CredentialUnavailable(f"{kind}_unavailable", error) from error
                self._kept[kind] = kept
            return kept[0].value


def open_credentials(
    settings: Settings,
    *,
    name: str = "dingbridge",
    source: Callable[[], TicketSource | None] = lambda: None,
) -> Credentials:
    """The credentials of the app that `settings` describe.

    `name` keeps several bridges in one process apart; `source` tells the app's own ticket source,
    if it has one, each time that a ticket is needed.
    """
    return Credentials(
        settings, PlatformIssuer(settings, Transport(settings)), name=name, source=source
    )
