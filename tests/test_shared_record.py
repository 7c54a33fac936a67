"""dingbridge.shared_record: the newest record wins everywhere, and no lost cache loses it.

Runs over two caches in files: what differs between files and Redis is shown by test_token_cache.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from dingbridge.clock import Clock
from dingbridge.encryption import Cipher
from dingbridge.shared_record import SharedRecord
from dingbridge.token_cache import TokenCache, file_cache

KEY = "dingbridge:0123:ticket"
CIPHER = Cipher([Fernet.generate_key().decode()])


class Caches:
    def __init__(self, folder: Path) -> None:
        self.first, self.second = (file_cache(folder / name) for name in ("first", "second"))
        self.second.name = "second"
        self.wall = 1_700_000_000.0
        self._folder = folder

    def record(self, *caches: TokenCache, key: str = KEY, cipher: Cipher = CIPHER) -> SharedRecord:
        clock = Clock(lambda: self.wall, lambda: 0.0, "boot")
        return SharedRecord(key, caches or (self.first, self.second), cipher, clock)

    def empty(self, name: str) -> None:
        for path in (self._folder / name).iterdir():
            path.unlink()


@pytest.fixture
def caches(tmp_path: Path) -> Caches:
    return Caches(tmp_path)


def test_what_one_publishes_another_finds(caches: Caches) -> None:
    caches.record().publish({"value": "one"})
    other = caches.record()
    assert other.look()
    assert other.fields == {"value": "one"}
    assert not other.look()


def test_before_anything_was_published_there_is_nothing(caches: Caches) -> None:
    record = caches.record()
    assert not record.look()
    assert record.newest == (0, {})


def test_the_newest_of_several_caches_wins_and_the_laggard_is_brought_up_to_date(
    caches: Caches,
) -> None:
    caches.record(caches.second).publish({"value": "old"})
    caches.wall += 1
    caches.record(caches.first).publish({"value": "new"})
    both = caches.record()
    both.look()
    assert both.fields == {"value": "new"}
    only_second = caches.record(caches.second)
    only_second.look()
    assert only_second.fields == {"value": "new"}


@pytest.mark.parametrize("lost", [["first"], ["second"], ["first", "second"]])
def test_a_flushed_cache_is_filled_again_from_memory(caches: Caches, lost: list[str]) -> None:
    record = caches.record()
    record.publish({"value": "kept"})
    for name in lost:
        caches.empty(name)
    record.look()
    for cache in (caches.first, caches.second):
        newcomer = caches.record(cache)
        newcomer.look()
        assert newcomer.fields == {"value": "kept"}


def test_a_straggler_that_overwrites_a_newer_record_is_overruled(caches: Caches) -> None:
    straggler, other = caches.record(), caches.record()
    straggler.publish({"value": "old"})
    other.look()
    old = caches.first.read(KEY)
    assert old
    other.publish({"value": "new"})
    caches.first.write(KEY, old)
    assert not other.look()
    assert straggler.look()
    assert straggler.fields == {"value": "new"}


def test_numbers_grow_when_the_clock_is_set_back(caches: Caches) -> None:
    record = caches.record()
    record.publish({"value": "one"})
    caches.wall -= 1_000_000
    record.publish({"value": "two"})
    other = caches.record()
    other.look()
    assert other.fields == {"value": "two"}


def test_numbers_grow_when_caches_and_memory_are_lost(caches: Caches) -> None:
    before = caches.record()
    before.publish({})
    for name in ("first", "second"):
        caches.empty(name)
    caches.wall += 1
    after = caches.record()
    after.publish({})
    assert after.sequence > before.sequence


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not sealed",
        CIPHER.seal("not JSON"),
        CIPHER.seal(""),
        CIPHER.seal("[]"),
        CIPHER.seal("{}"),
        CIPHER.seal(json.dumps({"key": KEY, "sequence": "9", "fields": {}})),
        CIPHER.seal(json.dumps({"key": KEY, "sequence": 9, "fields": []})),
        Cipher([Fernet.generate_key().decode()]).seal(
            json.dumps({"key": KEY, "sequence": 9_999_999_999_999, "fields": {"value": "foreign"}})
        ),
        CIPHER.seal(
            json.dumps(
                {"key": "another key", "sequence": 9_999_999_999_999, "fields": {"value": "moved"}}
            )
        ),
    ],
    ids=[
        "empty",
        "open",
        "text",
        "nothing",
        "list",
        "bare",
        "sequence",
        "fields",
        "foreign",
        "moved",
    ],
)
def test_corrupt_planted_and_foreign_entries_read_as_absent(caches: Caches, text: str) -> None:
    for cache in (caches.first, caches.second):
        cache.write(KEY, text)
    record = caches.record()
    assert not record.look()
    assert record.newest == (0, {})
    record.publish({"value": "mine"})
    assert record.look() is False
    assert record.fields == {"value": "mine"}


def test_machines_with_different_store_keys_are_told_once(
    caches: Caches, caplog: pytest.LogCaptureFixture
) -> None:
    one = caches.record()
    other = caches.record(cipher=Cipher([Fernet.generate_key().decode()]))
    for _ in range(5):
        one.publish({"value": "one's"})
        other.look()
        other.publish({"value": "the other's"})
        one.look()
    assert caplog.text.count("record_unreadable") == 2  # each of the two says so
    assert KEY in caplog.text


def test_an_entry_that_is_spoiled_later_is_written_again(caches: Caches) -> None:
    record = caches.record()
    record.publish({"value": "mine"})
    caches.first.write(KEY, "spoiled")
    record.look()
    newcomer = caches.record(caches.first)
    newcomer.look()
    assert newcomer.fields == {"value": "mine"}


def test_neither_key_nor_entry_shows_the_value(caches: Caches, tmp_path: Path) -> None:
    caches.record().publish({"value": "the-ticket-canary"})
    for path in tmp_path.rglob("*"):
        assert "canary" not in path.name
        assert path.is_dir() or b"canary" not in path.read_bytes()


def test_a_cache_that_is_away_does_not_matter_while_another_is_there(
    caches: Caches, tmp_path: Path
) -> None:
    for path in (tmp_path / "second").iterdir():
        path.unlink()
    (tmp_path / "second").rmdir()
    record = caches.record()
    record.publish({"value": "one"})
    other = caches.record()
    assert other.look()
    assert other.fields == {"value": "one"}
