"""What was known when something failed, by the reference that the visitor reads.

Each failure is sealed and put on a shelf of its kind, where every worker and machine finds it:
in Redis where there is one, else (and while Redis is away) in files of the instance folder. A
shelf is bounded in number and in time, and full ones lose their oldest. Who fills which is what
keeps a hostile client from pushing out what others need: what anybody can bring about at will
(`refused`), and what a page reports without a session (`reported`), have shelves of their own,
apart from what the server itself saw and from what people who are signed in report.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from dingbridge.encryption import Cipher, shared_cipher
from dingbridge.failure_shelves import LIFE_SECONDS, FileShelves, RedisShelves, Shelves
from dingbridge.private_folder import private_folder
from dingbridge.rate_limit import RateLimit
from dingbridge.redaction import mask_parameters, mask_values
from dingbridge.settings import Settings
from dingbridge.token_cache import CacheUnavailable, redis_client

log = logging.getLogger(__name__)

# `server`: pages that stay unsigned, and whatever else the server or the platform failed at.
# `login`: sign-ins that the platform failed at or did not allow the app. `refused`: requests, and
# codes of a sign-in, that were answered with 4xx. `signed_in` and `reported`: what pages say of
# themselves, with and without a session.
Kind = Literal["server", "login", "refused", "signed_in", "reported"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# So many failures of a kind, and then so many a second, each process keeps; the log has them all.
_BURST, _RATE = 200, 5.0
_URL_LIMIT = 8192  # characters of an address
_TEXT_LIMIT = 500  # characters of anything else

# As references are made (dingbridge.page), written in whatever way a person repeats one.
_REFERENCE = re.compile(r"([2-9A-HJ-NP-Z]{4})[-\s]?([2-9A-HJ-NP-Z]{4})", re.IGNORECASE)


@dataclass(frozen=True)
class Failure:
    """One failure. `at` is in seconds since 1970; `seen` is what was known, as texts by name.

    `family` is where the catalogue has the code: `page`, `server`, or empty for anywhere.
    """

    reference: str
    kind: Kind
    at: float
    code: str
    family: str
    seen: Mapping[str, str]


class Failures:
    """The failures of one app. Safe for threads and forks; nothing here ever raises."""

    def __init__(
        self,
        shelves: Sequence[Shelves],
        cipher: Cipher,
        secrets: Sequence[str] = (),
        wall: Callable[[], float] = time.time,
    ) -> None:
        """The first of `shelves` that can be reached is used. `secrets` are never kept."""
        self._shelves = shelves
        self._cipher = cipher
        self._secrets = secrets
        self._wall = wall
        self._rates = {kind: RateLimit(_RATE, _BURST) for kind in KINDS}
        _every.add(self)

    def note(
        self, reference: str, kind: Kind, code: str, family: str, seen: Mapping[str, str]
    ) -> None:
        """Keep a failure. What is too much or cannot be kept anywhere stands in the log alone."""
        if not self._rates[kind].allows():
            return
        kept = {name: self._bounded(name, text) for name, text in seen.items() if text}
        failure = Failure(reference, kind, self._wall(), self._masked(code), family, kept)
        text = self._cipher.seal(json.dumps(asdict(failure)))
        for shelves in self._shelves:
            try:
                shelves.add(kind, failure.at, text)
            except CacheUnavailable:
                continue
            return
        log.warning("failure_not_kept reference=%s", reference)

    def find(self, reference: str) -> list[Failure]:
        """All that is known under a reference, what the server saw first, the newest first.

        Whatever lies there that this app has not sealed, or has sealed for another shelf, counts
        as absent.
        """
        found: list[Failure] = []
        for kind in KINDS:
            of_kind = (f for f in self._on_shelf(kind) if f.reference == reference)
            found += sorted(of_kind, key=lambda failure: -failure.at)
        return found

    def _on_shelf(self, kind: Kind) -> Iterator[Failure]:
        oldest = self._wall() - LIFE_SECONDS
        for shelves in self._shelves:
            try:
                texts = shelves.texts(kind)
            except CacheUnavailable:
                continue
            for text in texts:
                failure = self._opened(text)
                if failure is not None and failure.kind == kind and failure.at >= oldest:
                    yield failure

    def _opened(self, text: str) -> Failure | None:
        opened = self._cipher.open(text)
        try:
            return None if opened is None else _read(json.loads(opened))
        except (ValueError, RecursionError):
            return None

    def _bounded(self, name: str, text: str) -> str:
        printable = text.encode(errors="replace").decode()  # JSON may bring a lone surrogate
        # Masked as a whole: of a secret that is cut in two the first half would stay.
        return self._masked(printable)[: _URL_LIMIT if name.endswith("url") else _TEXT_LIMIT]

    def _masked(self, text: str) -> str:
        return mask_parameters(mask_values(text, self._secrets))

    def _after_fork(self) -> None:
        self._rates = {kind: RateLimit(_RATE, _BURST) for kind in KINDS}
        for shelves in self._shelves:
            shelves.after_fork()


def open_failures(settings: Settings) -> Failures:
    """Where an app with these settings keeps its failures.

    Raises SettingsError if the instance folder cannot be used, and if Redis is asked for without
    its extra.
    """
    owner = hashlib.sha256(f"{settings.corp_id}\0{settings.client_id}".encode()).hexdigest()[:16]
    folder = private_folder(private_folder(settings.instance) / "failures")
    shelves: list[Shelves] = [FileShelves(folder, owner)]
    if settings.redis_url:
        shelves.insert(0, RedisShelves(redis_client(settings.redis_url), owner))
    return Failures(shelves, shared_cipher(settings), settings.secrets())


def parse_reference(text: str) -> str | None:
    """A reference in the form in which it is kept, or None for what is none."""
    found = _REFERENCE.fullmatch(text.strip())
    return f"{found[1]}-{found[2]}".upper() if found else None


def _read(record: Any) -> Failure | None:
    match record:
        case {
            "reference": str() as reference,
            "kind": str() as kind,
            "at": float() as at,
            "code": str() as code,
            "family": str() as family,
            "seen": dict() as seen,
        } if kind in KINDS and all(isinstance(text, str) for text in seen.values()):
            return Failure(reference, kind, at, code, family, seen)
    return None


_every: weakref.WeakSet[Failures] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for failures in list(_every):
        failures._after_fork()  # noqa: SLF001  # a part of the class


os.register_at_fork(after_in_child=_after_fork_in_child)
