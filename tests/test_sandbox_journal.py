"""The list of what happened, and its counts."""

from __future__ import annotations

import threading

from dingbridge.sandbox.journal import KEPT, Journal


def record(journal: Journal, number: int, device: str | None = None) -> None:
    for _ in range(number):
        kind = "native" if device else "platform"
        journal.record(kind, "a.b", outcome="ok", device=device, method="a.b")


def test_it_keeps_the_newest_and_goes_on_counting() -> None:
    journal = Journal()
    record(journal, KEPT + 10)
    assert (len(journal.since(0)), journal.since(0)[0]["n"], journal.last) == (
        KEPT,
        11,
        KEPT + 10,
    )
    assert journal.counters("default")["platform"]["a.b"]["calls"] == KEPT + 10


def test_forgetting_one_device_leaves_the_others_and_the_platform() -> None:
    journal = Journal()
    for device in ("one", "two", None):
        record(journal, 2, device)
    journal.forget("one")
    assert journal.since(0, "one") == journal.since(4)
    assert journal.counters("one")["native"] == {}
    assert journal.counters("two")["native"]["a.b"]["calls"] == 2
    journal.forget()
    assert journal.since(0) == []
    assert journal.counters("two") == {"platform": {}, "native": {}, "documents": {}}
    record(journal, 1)
    assert journal.last == 7


def test_waiting_ends_with_the_first_entry_or_in_time() -> None:
    journal = Journal()
    assert journal.wait(0, None, 0.01) == ([], 0)
    threading.Timer(0.01, record, (journal, 1, "one")).start()
    entries, reached = journal.wait(0, "one", 10)
    assert ([entry["n"] for entry in entries], reached) == ([1], 1)
    assert journal.wait(0, "two", 10) == ([], 1)


def test_nobody_waits_for_a_closed_journal() -> None:
    journal = Journal()
    threading.Timer(0.01, journal.close).start()
    assert journal.wait(0, None, 30) == ([], 0)
    assert journal.closed
