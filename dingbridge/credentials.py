"""The app's access token and jsapi_ticket: always at hand, asked for by one caller of the fleet.

A page reads the ticket from memory. A watcher thread in each process, started on first use, takes
over within a second what any other process or machine has published, and starts refreshes ahead
of time. docs/tickets.md tells the whole story.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import weakref
from collections.abc import Callable
from random import SystemRandom

from dingbridge.clock import Clock
from dingbridge.encryption import shared_cipher
from dingbridge.envelopes import is_token_refused
from dingbridge.errors import CredentialUnavailable, PlatformError
from dingbridge.issuer import Issuer, PlatformIssuer
from dingbridge.lease import LONGEST_LIFE, Issued
from dingbridge.private_folder import private_folder
from dingbridge.refresher import Fleet, Refresher, Supply, at_once, in_a_thread
from dingbridge.settings import Settings
from dingbridge.shared_record import SharedRecord
from dingbridge.single_flight import SingleFlight
from dingbridge.ticket_source import SourceCaller, TicketSource
from dingbridge.token_cache import TokenCache, file_cache, redis_cache, redis_client
from dingbridge.transport import Transport

log = logging.getLogger(__name__)

TICK_SECONDS = (0.2, 0.35)
# Only spreads load. The random module itself is the app's: a thread must not disturb a seed.
_chance = SystemRandom()


class Credentials:
    """One app's token and ticket. Every method is safe to call from any thread."""

    def __init__(
        self,
        issuer: Issuer,
        open_fleet: Callable[[str], Fleet],
        *,
        caches: list[TokenCache],
        source: Callable[[], TicketSource | None] = lambda: None,
        watched: bool = True,
    ) -> None:
        """`open_fleet` gives the shared parts of a name, `caches` are those that they lie in.
        `source` tells the app's own ticket source, if it has one. With `watched=False` nobody but
        the caller calls `tick`.
        """
        self._issuer = issuer
        self._source = source
        self._source_caller = SourceCaller()
        self._caches = caches
        self._watched = watched
        self._token = Refresher(
            "token", open_fleet("token"), Supply(issuer.token), on_use=self._ensure_watched
        )
        self._ticket = Refresher(
            "ticket",
            open_fleet("ticket"),
            Supply(self._ask_for_ticket, cap=LONGEST_LIFE, ready=self._may_ask_for_ticket),
            on_use=self._ensure_watched,
        )
        # Apart from the platform's: during a deployment some processes have a source, some none.
        self._sourced_ticket = Refresher(
            "ticket",
            open_fleet("sourced-ticket"),
            Supply(self._ask_source, cap=LONGEST_LIFE),
            on_use=self._ensure_watched,
        )
        self._make_watch()
        _every_credentials.add(self)

    def ticket(self) -> str:
        """The current jsapi_ticket, from memory while one is valid.

        Raises CredentialUnavailable (`ticket_unavailable`).
        """
        return (self._ticket if self._source() is None else self._sourced_ticket).value()

    def access_token(self) -> str:
        """The current access token, from memory while one is valid.

        Raises CredentialUnavailable (`token_unavailable`).
        """
        return self._token.value()

    def replace_access_token(self, refused: str) -> str:
        """The token to use after the platform has refused `refused`.

        It is asked for anew at most once a minute by the whole fleet, so it may be the same one.

        Raises CredentialUnavailable (`token_unavailable`).
        """
        return self._token.replace(refused)

    def doubt_ticket(self, reason: str) -> None:
        """A page reports that the platform calls the ticket bad (52011, or 52013 over equal URLs).

        The ticket is asked for anew in the background, at most once a minute by the whole fleet,
        however many pages say so; until then the old one stays in use. Returns at once.
        """
        self._ensure_watched()
        self._tickets().doubt()
        log.info("ticket_doubted reason=%s", reason)
        self._wake.set()

    def status(self) -> dict[str, object]:
        """What `/readyz` tells: the state of token and ticket by age, never by value.

        `state` is fresh, due, expired or absent; `age`, `remaining` and `retry_in` are seconds;
        `error` and `sub_code` are what the platform answered last, if it failed. A cache is False
        while it cannot be read or takes no writes.
        """
        return {
            "token": self._token.status(),
            "ticket": self._tickets().status(),
            "caches": {cache.name: cache.well for cache in self._caches},
        }

    def tick(self) -> None:
        """One look around: take over what is newer, refresh what is due."""
        self._token.tick()
        self._tickets().tick()

    def close(self) -> None:
        """Stop watching; the values stay usable until they expire."""
        self._closed = True
        self._wake.set()

    def _tickets(self) -> Refresher:
        return self._ticket if self._source() is None else self._sourced_ticket

    def _ask_source(self) -> Issued:
        source = self._source()
        if source is None:  # taken away since it was due
            raise CredentialUnavailable("ticket_unavailable")
        return self._source_caller.ask(source)

    def _ask_for_ticket(self) -> Issued:
        token = self._token.value()
        try:
            return self._issuer.ticket(token)
        except PlatformError as error:
            if not is_token_refused(error):
                raise
            replacement = self._token.replace(token)
            if replacement == token:
                raise
        return self._issuer.ticket(replacement)

    def _may_ask_for_ticket(self) -> bool:
        return self._token.at_hand() or not self._token.failing()

    def _make_watch(self) -> None:
        self._closed = False
        self._wake = threading.Event()
        self._watching = threading.Lock()
        self._watcher: threading.Thread | None = None

    def _ensure_watched(self) -> None:
        """Start this process's watcher; a fork's child has none until it needs one."""
        if not self._watched or self._closed:
            return
        with self._watching:
            if self._watcher is None or not self._watcher.is_alive():
                self._watcher = threading.Thread(
                    target=_watch,
                    args=(weakref.ref(self), self._wake),
                    name="dingbridge-watcher",
                    daemon=True,
                )
                try:
                    self._watcher.start()
                except RuntimeError as error:  # no more threads: the next caller tries again
                    log.warning("watcher_not_started cause=%s", error)

    def _after_fork(self) -> None:
        closed = self._closed
        self._make_watch()
        self._closed = closed
        for cache in self._caches:
            cache.after_fork()
        for refresher in (self._token, self._ticket, self._sourced_ticket):
            refresher.after_fork()


def open_credentials(
    settings: Settings,
    *,
    name: str = "dingbridge",
    source: Callable[[], TicketSource | None] = lambda: None,
    clock: Clock | None = None,
    transport: Transport | None = None,
    watched: bool = True,
) -> Credentials:
    """The credentials of the app that `settings` describe.

    `name` keeps several bridges in one process apart. `source` tells the app's own ticket source,
    if it has one, each time that it matters. The others are for tests: time, HTTP, and whether
    threads watch and refresh; without them that happens within `tick`.

    Raises SettingsError if the instance folder is open to others or cannot be used, and if Redis
    is asked for without its extra.
    """
    clock = clock or Clock()
    instance = private_folder(settings.instance)
    locks = private_folder(instance / "locks")
    caches = [file_cache(instance / "cache")]
    redis = redis_client(settings.redis_url) if settings.redis_url else None
    if redis is not None:
        caches.append(redis_cache(redis))
    cipher = shared_cipher(settings)
    identity = _identity(settings, name)

    def open_fleet(kind: str) -> Fleet:
        key = f"dingbridge:{identity}:{kind}"
        return Fleet(
            leases=SharedRecord(key, caches, cipher, clock),
            failures=SharedRecord(f"{key}:failures", caches, cipher, clock),
            flight=SingleFlight(
                locks / f"{identity}-{kind}.lock",
                redis,
                f"{key}:lock",
                lambda: caches[-1].reachable,
            ),
            clock=clock,
            spawn=in_a_thread if watched else at_once,
        )

    issuer = PlatformIssuer(settings, transport or Transport(settings))
    return Credentials(issuer, open_fleet, caches=caches, source=source, watched=watched)


def _identity(settings: Settings, name: str) -> str:
    """Whose tokens these are, as a digest without any secret in it.

    The platform's address is part of it: a token of a stand-in is none of the real platform's.
    """
    parts = (
        name,
        settings.mode,
        settings.corp_id,
        settings.client_id,
        settings.api_generation,
        settings.oapi_url,
        settings.api_url,
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _watch(credentials: weakref.ref[Credentials], wake: threading.Event) -> None:
    """Tick until the credentials are closed or nobody has them any more."""
    failing = False
    while True:
        watched = credentials()
        if watched is None or watched._closed:  # noqa: SLF001  # this loop is a part of the class
            return
        try:
            watched.tick()
        except Exception:  # the watcher has to outlive whatever a tick meets
            if not failing:  # four times a second would fill the disk
                log.exception("watcher_failed")
            failing = True
        else:
            failing = False
        del watched
        wake.wait(_chance.uniform(*TICK_SECONDS))
        wake.clear()


_every_credentials: weakref.WeakSet[Credentials] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for credentials in list(_every_credentials):
        credentials._after_fork()  # noqa: SLF001  # a part of the class


os.register_at_fork(after_in_child=_after_fork_in_child)
