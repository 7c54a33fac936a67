"""What happened: every call of the bridge and of the platform, and counts of them."""

import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

Entry = dict[str, Any]
KEPT = 5000


class Journal:
    """A bounded list of calls, numbered from 1 on for the life of the sandbox.

    Entries of kind ``native`` and ``document`` belong to a device; those of the platform to all.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._number = 0
        self._closed = False
        self._counts: dict[tuple[str, str | None], dict[str, dict[str, Any]]] = {}

    def record(
        self, kind: str, name: str, *, outcome: str, device: str | None = None, **facts: Any
    ) -> Entry:
        """Adds an entry: ``name`` is what was called, ``outcome`` a short word for the answer."""
        with self._changed:
            self._number += 1
            entry = {"n": self._number, "at": round(time.time(), 3), "kind": kind}
            if device is not None:
                entry["device"] = device
            entry.update(facts)
            self._entries.append(entry)
            counts = self._counts.setdefault((kind, device), {})
            count = counts.setdefault(name, {"calls": 0, "outcomes": {}})
            count["calls"] += 1
            count["outcomes"][outcome] = count["outcomes"].get(outcome, 0) + 1
            self._changed.notify_all()
            return entry

    def since(self, number: int, device: str | None = None) -> list[Entry]:
        """The entries after ``number``: of one device and of the platform, or all."""
        with self._changed:
            return [
                entry for entry in self._entries if entry["n"] > number and _concerns(entry, device)
            ]

    def wait(self, number: int, device: str | None, seconds: float) -> tuple[list[Entry], int]:
        """Like ``since``, but waits up to ``seconds``; with the number reached so far."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._number > number, seconds)
            reached = self._number
        return [entry for entry in self.since(number, device) if entry["n"] <= reached], reached

    def close(self) -> None:
        """Lets everybody go who waits; nobody waits any more from here on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether the sandbox has stopped."""
        return self._closed

    @property
    def last(self) -> int:
        """The number of the newest entry, 0 before the first."""
        with self._changed:
            return self._number

    def counters(self, device: str) -> dict[str, Any]:
        """Calls and outcomes by name, for the platform and for one device."""
        with self._changed:
            return {
                "platform": _copy(self._counts.get(("platform", None), {})),
                "native": _copy(self._counts.get(("native", device), {})),
                "documents": _copy(self._counts.get(("document", device), {})),
            }

    def forget(self, device: str | None = None) -> None:
        """Empties list and counters, of one device only if it is named; numbers go on."""
        with self._changed:
            kept = [entry for entry in self._entries if device and entry.get("device") != device]
            self._entries = deque(kept, maxlen=KEPT)
            self._counts = {
                key: value for key, value in self._counts.items() if device and key[1] != device
            }


def _concerns(entry: Mapping[str, Any], device: str | None) -> bool:
    return device is None or entry.get("device") in (None, device)


def _copy(counts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        name: {"calls": count["calls"], "outcomes": dict(count["outcomes"])}
        for name, count in counts.items()
    }
