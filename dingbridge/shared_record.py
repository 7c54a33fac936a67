"""One small record that every process of the fleet holds, and that no lost cache can lose.

It lies in the memory of each process and in each cache (files, and Redis if there is one). The
highest sequence number wins everywhere, so caches that were flushed, went away for a while or were
written by a straggler come right by themselves: whoever looks brings the laggards up to date.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Sequence
from typing import Any

from dingbridge.clock import Clock
from dingbridge.encryption import Cipher
from dingbridge.token_cache import CacheUnavailable, TokenCache

log = logging.getLogger(__name__)


class SharedRecord:
    """A JSON object under one key; safe for threads."""

    def __init__(
        self, key: str, caches: Sequence[TokenCache], cipher: Cipher, clock: Clock
    ) -> None:
        """`key` holds no secret. It is sealed in with the record, so that one that was copied from
        elsewhere is not taken for this one.
        """
        self._key = key
        self._caches = caches
        self._cipher = cipher
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[str | None, int]] = {}
        self._told = False
        self.newest: tuple[int, dict[str, Any]] = (0, {})

    @property
    def sequence(self) -> int:
        """The number of the newest record, 0 before there is any."""
        return self.newest[0]

    @property
    def fields(self) -> dict[str, Any]:
        """The newest record, empty before there is any."""
        return self.newest[1]

    def look(self) -> bool:
        """Read every cache that can be reached; whether a newer record was found."""
        with self._lock:
            before = self.sequence
            found = [(cache, self._read(cache)) for cache in self._caches]
            for cache, sequence in found:
                if sequence is not None and self._is_due(cache, sequence):
                    self._write(cache)
            return self.sequence > before

    def publish(self, fields: dict[str, Any]) -> None:
        """Make `fields` the record of the whole fleet."""
        with self._lock:
            # The wall clock keeps the numbers growing after every cache and memory was lost, the
            # maximum after the clock was set back.
            sequence = max(self.sequence + 1, int(self._clock.wall() * 1000))
            self.newest = (sequence, fields)
            for cache in self._caches:
                self._write(cache)

    def after_fork(self) -> None:
        """Whoever held the lock stayed in the parent."""
        self._lock = threading.Lock()

    def _read(self, cache: TokenCache) -> int | None:
        """The sequence number that lies there, 0 if nothing of ours does, None if unreachable."""
        try:
            text = cache.read(self._key)
        except CacheUnavailable:
            return None
        known = self._seen.get(cache.name)
        if known is not None and known[0] == text:
            return known[1]
        sequence, fields = self._open(text)
        self._seen[cache.name] = (text, sequence)
        if sequence > self.sequence:
            self.newest = (sequence, fields)
        return sequence

    def _is_due(self, cache: TokenCache, sequence: int) -> bool:
        """Whether the record is to be written to `cache`, which has that of `sequence`.

        A cache that refused the last write is tried with what it has already: where another
        process has brought it up to date, nothing else would show that it takes writes again.
        """
        return sequence < self.sequence or (self.sequence > 0 and not cache.well)

    def _open(self, text: str | None) -> tuple[int, dict[str, Any]]:
        if text is None:
            return 0, {}
        match self._unsealed(text):
            case {"key": self._key, "sequence": int() as sequence, "fields": dict() as fields}:
                return sequence, fields
        if not self._told:
            # Machines with different DING_STORE_KEYS would overwrite each other without a word.
            log.warning("record_unreadable key=%s", self._key)
        self._told = True
        return 0, {}

    def _unsealed(self, text: str) -> object:
        try:
            return json.loads(self._cipher.open(text) or "null")
        except ValueError:
            return None

    def _write(self, cache: TokenCache) -> None:
        record = {"key": self._key, "sequence": self.sequence, "fields": self.fields}
        text = self._cipher.seal(json.dumps(record))
        try:
            cache.write(self._key, text)
        except CacheUnavailable:
            return  # the cache has said so; it is brought up to date when it is back
        self._seen[cache.name] = (text, self.sequence)
