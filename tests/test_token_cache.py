"""dingbridge.token_cache: Flask-Caching without pickle, eviction and long waits.

The conformance part runs over files and over a real Redis.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis_server import RedisServer, running_redis

from dingbridge import token_cache
from dingbridge.errors import SettingsError
from dingbridge.failure_shelves import RedisShelves
from dingbridge.openapi.ledger import LocalLedger, Wait
from dingbridge.openapi.redis_ledger import RedisLedger
from dingbridge.private_folder import private_folder
from dingbridge.token_cache import (
    CacheUnavailable,
    TokenCache,
    file_cache,
    redis_cache,
    redis_client,
)

pytest_plugins = ["ticket_fixtures"]

KEY = "dingbridge:0123:ticket"
PLANTED: list[str] = []


class Planted:
    """What an attacker would leave in a cache that unpickles."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return PLANTED.append, ("ran",)


class Place:
    """A cache and what lies in it, byte for byte."""

    def __init__(
        self, cache: TokenCache, read: Callable[[], bytes], write: Callable[[bytes], None]
    ) -> None:
        self.cache, self.read, self.write = cache, read, write


@pytest.fixture(params=["files", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("redis")
        client = redis_client(server.url)
        return Place(
            redis_cache(client), lambda: client.get(KEY) or b"", lambda data: client.set(KEY, data)
        )
    folder = tmp_path / "cache"
    cache = file_cache(folder)
    cache.write(KEY, "first")
    (path,) = folder.iterdir()
    # The first four bytes are cachelib's time of expiry, where 0 is never.
    return Place(cache, path.read_bytes, lambda data: path.write_bytes(b"\0\0\0\0" + data) and None)


def test_what_was_written_is_read(place: Place) -> None:
    place.cache.write(KEY, "sealed text")
    assert place.cache.read(KEY) == "sealed text"
    place.cache.write(KEY, "another")
    assert place.cache.read(KEY) == "another"


def test_what_nobody_wrote_is_absent(place: Place) -> None:
    assert place.cache.read("dingbridge:0123:token") is None
    assert place.cache.reachable


def test_it_lies_there_as_json_and_not_as_pickle(place: Place) -> None:
    place.cache.write(KEY, "sealed text")
    assert b'"sealed text"' in place.read()


def test_a_planted_pickle_does_not_run(place: Place) -> None:
    place.write(pickle.dumps(Planted()))
    assert place.cache.read(KEY) is None
    place.write(b"!" + pickle.dumps(Planted()))
    assert place.cache.read(KEY) is None
    assert PLANTED == []


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b'"half writ',
        b"{}",
        b"7",
        b"null",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        json.dumps("x" * 70_000).encode(),
    ],
    ids=["empty", "half", "object", "number", "null", "bytes", "deep", "long"],
)
def test_whatever_else_lies_there_is_absent_and_can_be_replaced(place: Place, entry: bytes) -> None:
    place.write(entry)
    assert place.cache.read(KEY) is None
    place.cache.write(KEY, "mended")
    assert place.cache.read(KEY) == "mended"


def test_many_entries_evict_none(place: Place) -> None:
    for number in range(600):
        place.cache.write(f"{KEY}:{number}", str(number))
    assert place.cache.read(f"{KEY}:0") == "0"


# --- files


@pytest.fixture
def files(tmp_path: Path) -> TokenCache:
    return file_cache(tmp_path / "cache")


def test_folder_and_files_are_for_the_owner_alone(files: TokenCache, tmp_path: Path) -> None:
    files.write(KEY, "value")
    (path,) = (tmp_path / "cache").iterdir()
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_others_can_write_to_is_refused_with_the_command(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    with pytest.raises(SettingsError, match="chmod go-w"):
        file_cache(tmp_path / "cache")


def test_a_file_that_cannot_be_read_is_absent_at_once(files: TokenCache, tmp_path: Path) -> None:
    files.write(KEY, "value")
    (path,) = (tmp_path / "cache").iterdir()
    path.unlink()
    path.mkdir()  # root reads any file, but nobody reads a folder as one
    began = time.monotonic()
    assert files.read(KEY) is None
    assert time.monotonic() - began < 1


def test_a_folder_that_is_gone_makes_writing_fail_and_reading_absent(
    files: TokenCache, tmp_path: Path
) -> None:
    (tmp_path / "cache").rmdir()
    with pytest.raises(CacheUnavailable):
        files.write(KEY, "value")
    assert files.read(KEY) is None
    assert files.reachable
    assert not files.well


def test_after_a_failure_nothing_is_tried_for_a_moment_and_then_it_works(
    files: TokenCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").rmdir()
    with pytest.raises(CacheUnavailable):
        files.write(KEY, "value")
    (tmp_path / "cache").mkdir(mode=0o700)
    with pytest.raises(CacheUnavailable):
        files.write(KEY, "value")
    now = time.monotonic() + token_cache.PAUSE_SECONDS
    monkeypatch.setattr(token_cache.time, "monotonic", lambda: now)
    files.write(KEY, "value")
    assert files.read(KEY) == "value"
    assert files.well


FULL = """
import resource, sys
from pathlib import Path
from dingbridge.token_cache import CacheUnavailable, file_cache

cache = file_cache(Path(sys.argv[1]))
cache.write("kept", "value")
resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))  # a write beyond fails as on a full disk
try:
    cache.write("kept", "x" * 500)
except CacheUnavailable:
    print("refused", cache.read("kept"))
"""


def test_a_full_disk_is_not_filled_further_with_drafts(tmp_path: Path) -> None:
    # What measures coverage would write to the full disk too, and complain.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "cache")],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert done.stdout.split() == ["refused", "value"]
    assert "Traceback" not in done.stderr
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_what_killed_writers_left_behind_is_cleared_when_it_is_old(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o700)
    old, new = folder / "old.__wz_cache", folder / "new.__wz_cache"
    old.write_bytes(b"")
    new.write_bytes(b"")
    os.utime(old, (1, 1))
    file_cache(folder)
    assert [path.name for path in folder.iterdir()] == [new.name]


# --- Redis


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


def test_a_record_in_redis_goes_away_by_itself_in_the_end(redis: RedisServer) -> None:
    redis_cache(redis_client(redis.url)).write(KEY, "value")
    with redis.client() as client:
        assert 24 * 3600 < client.ttl(KEY) <= token_cache.REDIS_LIFE


def test_a_key_of_another_type_reads_as_absent_and_is_replaced(redis: RedisServer) -> None:
    cache = redis_cache(redis_client(redis.url))
    with redis.client() as client:
        client.rpush(KEY, "a list")
    assert cache.read(KEY) is None
    cache.write(KEY, "value")
    assert cache.read(KEY) == "value"


@pytest.mark.parametrize("trouble", ["killed", "frozen"])
def test_a_redis_that_is_away_costs_one_short_wait_and_then_nothing(
    own_redis: RedisServer, trouble: str
) -> None:
    cache = redis_cache(redis_client(own_redis.url))
    cache.write(KEY, "value")
    own_redis.kill() if trouble == "killed" else own_redis.freeze()
    began = time.monotonic()
    with pytest.raises(CacheUnavailable):
        cache.read(KEY)
    assert time.monotonic() - began < token_cache.REDIS_SECONDS + 0.35
    assert not cache.reachable
    assert not cache.well
    began = time.monotonic()
    for _ in range(100):
        with pytest.raises(CacheUnavailable):
            cache.read(KEY)
    assert time.monotonic() - began < 0.1


def test_a_redis_that_is_back_is_used_again(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = redis_cache(redis_client(own_redis.url))
    own_redis.kill()
    with pytest.raises(CacheUnavailable):
        cache.read(KEY)
    own_redis.start()
    now = time.monotonic() + token_cache.PAUSE_SECONDS
    monkeypatch.setattr(token_cache.time, "monotonic", lambda: now)
    assert cache.read(KEY) is None
    assert cache.reachable


def test_a_dropped_connection_is_opened_anew_without_an_error(redis: RedisServer) -> None:
    cache = redis_cache(redis_client(redis.url))
    cache.write(KEY, "value")
    with redis.client() as client:
        client.client_kill_filter(_type="normal", skipme=True)
    assert cache.read(KEY) == "value"


@pytest.mark.parametrize("option", ["decode_responses=true", "decode_responses=false"])
def test_an_address_that_asks_for_text_gets_bytes_all_the_same(
    redis: RedisServer, tmp_path: Path, option: str
) -> None:
    client = redis_client(f"{redis.url}?{option}")
    cache = redis_cache(client)
    cache.write(KEY, "票")
    assert cache.read(KEY) == "票"
    shelves = RedisShelves(client, "owner")
    shelves.add("server", time.time(), "text")
    assert shelves.texts("server") == ["text"]
    ledger = RedisLedger(client, LocalLedger(private_folder(tmp_path / "limits"), 1))
    assert ledger.pause("scope", 5.0, "90018", age=0.0, stated=True) == 5.0
    found = ledger.enter([], ["scope"])
    assert isinstance(found, Wait)
    assert found.code == "90018"


def test_options_of_the_address_that_are_none_are_a_fault_that_does_not_repeat_it() -> None:
    with pytest.raises(SettingsError, match="DING_REDIS_URL") as wrong:
        redis_client("redis://:canary@127.0.0.1:6379/0?socket_timeout=soon")
    assert "canary" not in str(wrong.value)


def test_without_the_extra_the_settings_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "redis.retry", None)
    with pytest.raises(SettingsError, match=r"dingbridge\[redis\]"):
        redis_client("redis://127.0.0.1:6379/0")


@pytest.mark.parametrize("how", ["readonly", "full"])
def test_a_redis_that_takes_no_writes_can_be_read_and_is_not_well(
    own_redis: RedisServer, how: str
) -> None:
    cache = redis_cache(redis_client(own_redis.url))
    cache.write(KEY, "value")
    assert cache.well
    own_redis.refuse_writes(how)
    with pytest.raises(CacheUnavailable):
        cache.write(KEY, "another")
    assert cache.read(KEY) == "value"
    assert cache.reachable
    assert not cache.well
