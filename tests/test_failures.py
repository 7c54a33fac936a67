"""What is kept of failures: by everybody, sealed, bounded in number and in time.

The conformance part runs over files and over a real Redis.
"""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest
from redis_server import RedisServer

from dingbridge import failure_shelves, failures
from dingbridge.encryption import Cipher
from dingbridge.failures import KINDS, Failures, open_failures, parse_reference
from dingbridge.page import new_reference
from dingbridge.settings import Settings

pytest_plugins = ["ticket_fixtures"]

KEY = "a store key that is long enough for tests"
WEEK = failure_shelves.LIFE_SECONDS

Open = Callable[..., Failures]


@pytest.fixture(params=["files", "redis"])
def opened(
    request: pytest.FixtureRequest, settings: dict[str, object], tmp_path: Path
) -> Callable[..., Failures]:
    """Opens the failures of one app, as each of its processes does."""
    if request.param == "redis":
        settings["DING_REDIS_URL"] = request.getfixturevalue("redis").url
    settings["DING_STORE_KEYS"] = KEY

    def open_one(machine: str = "one", **changes: object) -> Failures:
        folder = tmp_path / (machine if request.param == "redis" else "one")
        return open_failures(Settings.load({**settings, "DING_INSTANCE": folder, **changes}))

    return open_one


def unbounded(kept: Failures) -> Failures:
    """Without the limit on how many a process keeps at once."""
    kept._rates = {kind: replace_rate() for kind in KINDS}
    return kept


def replace_rate() -> failures.RateLimit:
    return failures.RateLimit(1e9, 10**9)


def note(kept: Failures, reference: str = "ABCD-2345", kind: str = "server", **seen: str) -> None:
    kept.note(reference, kind, "ticket_unavailable", "page", seen)  # type: ignore[arg-type]


def seen_in(kept: Failures, reference: str = "ABCD-2345") -> list[tuple[str, dict[str, str]]]:
    return [(found.kind, dict(found.seen)) for found in kept.find(reference)]


def test_every_worker_and_machine_finds_what_one_has_kept(opened: Open) -> None:
    note(opened("one"), endpoint="/gettoken", request_id="15r0")
    (found,) = opened("two").find("ABCD-2345")
    assert found.code == "ticket_unavailable"
    assert found.seen == {"endpoint": "/gettoken", "request_id": "15r0"}
    assert opened("two").find("ABCD-2346") == []


def test_apps_that_share_a_place_do_not_see_each_other_s(opened: Open) -> None:
    note(opened())
    assert opened(DING_CLIENT_ID="another").find("ABCD-2345") == []


def test_a_report_neither_replaces_nor_hides_what_the_server_saw(opened: Open) -> None:
    kept = opened()
    note(kept, kind="server", endpoint="/gettoken")
    note(kept, kind="reported", message="made up")
    note(kept, kind="signed_in", message="seen")
    assert seen_in(kept) == [
        ("server", {"endpoint": "/gettoken"}),
        ("signed_in", {"message": "seen"}),
        ("reported", {"message": "made up"}),
    ]


def test_a_flood_of_one_kind_pushes_out_its_own_oldest_and_nothing_else(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failure_shelves, "KEPT", 20)
    monkeypatch.setattr(failure_shelves, "FILE_BYTES", 10_000)
    kept = unbounded(opened())
    note(kept, "AAAA-2222", "server")
    for number in range(100):
        note(kept, "BBBB-2222", "reported", message=f"{number} {'x' * 100}")
    assert [kind for kind, _ in seen_in(kept, "AAAA-2222")] == ["server"]
    left = [seen["message"].split()[0] for _, seen in seen_in(kept, "BBBB-2222")]
    assert 10 <= len(left) <= 50
    assert left[0] == "99"
    assert "0" not in left


def test_a_process_keeps_so_many_at_once_and_no_more(opened: Open) -> None:
    kept = opened()
    for _ in range(3 * failures._BURST):
        note(kept, kind="refused")
    assert failures._BURST <= len(kept.find("ABCD-2345")) < 2 * failures._BURST
    note(kept, "CCCC-2222", "server")
    assert kept.find("CCCC-2222")


def test_a_failure_is_forgotten_after_a_week(opened: Open) -> None:
    kept, now = opened(), 1_790_000_000.0
    kept._wall = lambda: now
    note(kept)
    kept._wall = lambda: now + WEEK - 1
    assert kept.find("ABCD-2345")
    kept._wall = lambda: now + WEEK + 1
    assert kept.find("ABCD-2345") == []


def test_what_is_kept_is_sealed_and_without_secrets(
    opened: Open, settings: dict[str, object], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    secret = str(settings["DING_CLIENT_SECRET"])
    kept = opened()
    url = "https://app.example.test/ding/oauth/return?code=code-canary&state=state-canary&x=1"
    note(
        kept,
        request_url=url,
        message=f"no {secret} here",
        page_url="https://h/?access_token=token-canary&authCode=auth-canary#a",
    )
    ((_, seen),) = seen_in(kept)
    assert seen == {
        "request_url": "https://app.example.test/ding/oauth/return?code=***&state=***&x=1",
        "message": "no *** here",
        "page_url": "https://h/?access_token=***&authCode=***#a",
    }
    stored = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    if "DING_REDIS_URL" in settings:
        stored += request.getfixturevalue("redis").keys().values()
    assert stored
    for part in (b"canary", b"app.example.test", b"ABCD-2345", b"ticket_unavailable"):
        assert not any(part in each for each in stored)
    assert seen_in(opened(DING_STORE_KEYS="another key that is as long as a key has to be")) == []


def test_a_key_that_was_rotated_still_reads_what_the_older_one_sealed(opened: Open) -> None:
    note(opened())
    assert opened(DING_STORE_KEYS=f"a newer key that is as long as a key has to be,{KEY}").find(
        "ABCD-2345"
    )


def test_what_json_can_bring_and_no_terminal_can_print_is_replaced(opened: Open) -> None:
    kept = opened()
    note(kept, page_url="https://h/\ud800")
    assert seen_in(kept) == [("server", {"page_url": "https://h/?"})]


def test_texts_are_cut_to_size(opened: Open) -> None:
    kept = opened()
    note(kept, message="m" * 5000, signed_url="u" * 50_000)
    ((_, seen),) = seen_in(kept)
    assert len(seen["message"]) == 500
    assert len(seen["signed_url"]) == 8192


def test_a_secret_that_would_be_cut_in_two_is_masked_as_a_whole(
    opened: Open, settings: dict[str, object]
) -> None:
    secret = str(settings["DING_CLIENT_SECRET"])
    kept = opened()
    note(kept, message="m" * (500 - len(secret) // 2) + secret)
    ((_, seen),) = seen_in(kept)
    assert seen["message"].rstrip("*").strip("m") == ""


@pytest.mark.parametrize(
    "record",
    [
        "not json",
        "[]",
        "{}",
        '{"reference": 1}',
        '{"reference":"ABCD-2345","kind":"server","at":"x","code":"1","family":"","seen":{}}',
        '{"reference":"ABCD-2345","kind":"other","at":1.0,"code":"1","family":"","seen":{}}',
        '{"reference":"ABCD-2345","kind":"server","at":9e99,"code":"1","family":"","seen":{"a":1}}',
    ],
)
def test_a_record_that_is_none_reads_as_absent(opened: Open, record: str) -> None:
    kept = opened()
    note(kept)
    kept._shelves[0].add("server", 1_790_000_000.0, Cipher([KEY]).seal(record))
    assert len(kept.find("ABCD-2345")) == 1


def test_a_report_that_is_copied_to_another_shelf_reads_as_absent(opened: Open) -> None:
    kept = opened()
    note(kept, kind="reported", message="made up")
    (text,) = kept._shelves[0].texts("reported")
    kept._shelves[0].add("server", 1_790_000_000.0, text)
    assert [kind for kind, _ in seen_in(kept)] == ["reported"]


# --- files


def files_of(folder: Path) -> list[Path]:
    return sorted((folder / "failures").iterdir())


@pytest.fixture
def in_files(settings: dict[str, object]) -> Failures:
    return unbounded(open_failures(Settings.load(settings)))


def test_files_are_for_this_user_alone(in_files: Failures, tmp_path: Path) -> None:
    note(in_files)
    (file,) = files_of(tmp_path / "instance")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("damage", [b"\xff\x00nonsense\n", b"", b"gAAAA" * 100])
def test_a_damaged_file_costs_what_was_damaged_and_nothing_else(
    in_files: Failures, tmp_path: Path, damage: bytes
) -> None:
    note(in_files)
    (file,) = files_of(tmp_path / "instance")
    file.write_bytes(damage + b"\n" + file.read_bytes())
    note(in_files, "CCCC-2222")
    assert in_files.find("ABCD-2345")
    assert in_files.find("CCCC-2222")


def test_files_of_last_week_are_removed(
    in_files: Failures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(in_files)
    (old,) = files_of(tmp_path / "instance")
    later = old.stat().st_mtime + WEEK + 10
    monkeypatch.setattr(failure_shelves.time, "time", lambda: later)
    in_files._wall = lambda: later
    note(in_files, "CCCC-2222")
    (new,) = files_of(tmp_path / "instance")
    assert new != old


def test_processes_that_write_at_once_lose_nothing(
    settings: dict[str, object], tmp_path: Path
) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(settings, name)) for name in "AB"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    kept = open_failures(Settings.load(settings))
    found = {seen["number"] for name in "AB" for _, seen in seen_in(kept, f"{name * 4}-2222")}
    assert len(found) == 200


def write_many(settings: dict[str, object], name: str) -> None:
    kept = open_failures(Settings.load(settings))
    for number in range(100):
        note(kept, f"{name * 4}-2222", number=f"{name}{number}", text="x" * 300)


def test_a_full_disk_fails_nothing_and_is_logged(
    in_files: Failures, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "instance" / "failures"
    folder.rmdir()  # as good as a disk that takes nothing, also for root
    note(in_files)
    assert "failure_not_kept reference=ABCD-2345" in caplog.text
    assert in_files.find("ABCD-2345") == []


# --- Redis


def test_while_redis_is_away_the_machine_keeps_it_and_nobody_waits_twice(
    settings: dict[str, object], redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    settings["DING_REDIS_URL"] = redis.url
    kept = open_failures(Settings.load(settings))
    note(kept, "AAAA-2222")
    redis.kill()
    try:
        note(kept, "BBBB-2222")
        note(kept, "CCCC-2222")
        assert kept.find("BBBB-2222")
        assert kept.find("CCCC-2222")
    finally:
        redis.start()
    assert caplog.text.count("failures in redis") == 1


def test_a_value_of_another_kind_in_redis_reads_as_absent(
    settings: dict[str, object], redis: RedisServer
) -> None:
    settings["DING_REDIS_URL"] = redis.url
    kept = open_failures(Settings.load(settings))
    note(kept)
    with redis.client() as client:
        for key in list(client.scan_iter()):
            client.set(key, "planted")
    assert kept.find("ABCD-2345") == []
    note(kept, "CCCC-2222")
    assert kept.find("CCCC-2222")


def test_redis_lets_all_of_it_go_after_a_week(
    settings: dict[str, object], redis: RedisServer
) -> None:
    settings["DING_REDIS_URL"] = redis.url
    note(open_failures(Settings.load(settings)))
    with redis.client() as client:
        lives = [client.ttl(key) for key in client.scan_iter()]
    assert lives
    assert all(0 < life <= WEEK for life in lives)


# --- references


@pytest.mark.parametrize("written", ["ABCD-2345", "abcd-2345", " ABCD2345 ", "abcd 2345"])
def test_a_reference_is_read_however_a_person_repeats_it(written: str) -> None:
    assert parse_reference(written) == "ABCD-2345"


@pytest.mark.parametrize("written", ["", "ABCD", "ABCD-234", "ABC0-2345", "52013", "../../etc"])
def test_what_is_no_reference_is_none(written: str) -> None:
    assert parse_reference(written) is None


def test_every_reference_that_is_made_can_be_looked_up() -> None:
    made = [new_reference() for _ in range(500)]
    assert [parse_reference(reference) for reference in made] == made
