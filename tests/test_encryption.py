"""dingbridge.encryption: what is stored is sealed, and keys can be rotated."""

from __future__ import annotations

import base64
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from dingbridge.encryption import KEY_FILE, Cipher, shared_cipher, store_cipher
from dingbridge.errors import SettingsError
from dingbridge.settings import Settings

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def loaded(settings: dict[str, object]) -> Settings:
    return Settings.load(settings)


def test_what_was_sealed_can_be_opened_and_does_not_show() -> None:
    cipher = Cipher([NEW])
    sealed = cipher.seal("jsapi-ticket-票")
    assert "jsapi-ticket" not in sealed
    assert cipher.open(sealed) == "jsapi-ticket-票"


def test_a_new_key_in_front_seals_and_the_old_one_behind_it_still_opens() -> None:
    sealed_before = Cipher([OLD]).seal("before")
    rotated = Cipher([NEW, OLD])
    assert rotated.open(sealed_before) == "before"
    assert Cipher([NEW]).open(rotated.seal("after")) == "after"
    assert Cipher([NEW]).open(sealed_before) is None


@pytest.mark.parametrize("position", [0, 10, 40, -10, -1])
def test_a_changed_seal_reads_as_nothing(position: int) -> None:
    changed = bytearray(base64.urlsafe_b64decode(Cipher([NEW]).seal("value")))
    changed[position] ^= 1
    assert Cipher([NEW]).open(base64.urlsafe_b64encode(changed).decode()) is None


@pytest.mark.parametrize("sealed", ["", "x", "票", "gAAAAA==", "gAAAAABl", "\ud800"])
def test_nonsense_reads_as_nothing(sealed: str) -> None:
    assert Cipher([NEW]).open(sealed) is None


@pytest.mark.parametrize(
    "key",
    [secrets.token_hex(32), secrets.token_urlsafe(40), "a phrase of more than 32 characters, yes"],
    ids=["hex", "base64", "phrase"],
)
def test_a_long_secret_of_any_form_serves_as_a_key(key: str) -> None:
    assert Cipher([key]).open(Cipher([key, NEW]).seal("value")) == "value"
    assert Cipher([key + "!"]).open(Cipher([key]).seal("value")) is None


def test_without_keys_one_is_made_and_kept_for_the_owner_alone(loaded: Settings) -> None:
    sealed = store_cipher(loaded).seal("value")
    kept = loaded.instance / KEY_FILE
    assert kept.stat().st_mode & 0o777 == 0o600
    assert loaded.instance.stat().st_mode & 0o777 == 0o700
    assert store_cipher(loaded).open(sealed) == "value"


def test_processes_that_start_at_once_agree_on_one_key(loaded: Settings) -> None:
    with ThreadPoolExecutor(16) as pool:
        ciphers = list(pool.map(lambda _: store_cipher(loaded), range(32)))
    sealed = ciphers[0].seal("value")
    assert {cipher.open(sealed) for cipher in ciphers} == {"value"}
    assert [path.name for path in loaded.instance.iterdir()] == [KEY_FILE]


def test_given_keys_are_used_and_none_is_kept(loaded: Settings) -> None:
    given = replace(loaded, store_keys=(NEW, OLD))
    assert store_cipher(given).open(Cipher([OLD]).seal("value")) == "value"
    assert not (given.instance / KEY_FILE).exists()


def test_machines_that_share_only_redis_can_read_each_other(
    loaded: Settings, tmp_path: Path
) -> None:
    one = replace(loaded, redis_url="redis://127.0.0.1:1/0", instance=tmp_path / "one")
    two = replace(one, instance=tmp_path / "two")
    assert shared_cipher(two).open(shared_cipher(one).seal("value")) == "value"
    stranger = replace(two, client_secret="another secret")
    assert shared_cipher(stranger).open(shared_cipher(one).seal("value")) is None
    # What only one machine stores is still sealed with that machine's own key.
    assert store_cipher(one).open(shared_cipher(one).seal("value")) is None


def test_given_keys_seal_the_shared_cache_too(loaded: Settings) -> None:
    given = replace(loaded, redis_url="redis://127.0.0.1:1/0", store_keys=(NEW,))
    assert Cipher([NEW]).open(shared_cipher(given).seal("value")) == "value"


def test_a_key_file_that_others_can_read_is_refused_with_the_command(loaded: Settings) -> None:
    store_cipher(loaded)
    path = loaded.instance / KEY_FILE
    path.chmod(0o640)
    with pytest.raises(SettingsError, match=f"chmod 600 {path}"):
        store_cipher(loaded)


@pytest.mark.parametrize(
    "content",
    [b"", b"short", b"\n\n", b"\xff\xfe\x00" + bytes(60), bytes(45), NEW.encode("utf-16")],
    ids=["empty", "short", "blank", "no text", "zeros", "utf-16"],
)
def test_a_spoiled_key_file_is_named(loaded: Settings, content: bytes) -> None:
    store_cipher(loaded)
    (loaded.instance / KEY_FILE).write_bytes(content)
    with pytest.raises(SettingsError, match=f"{KEY_FILE}: .*holds no keys"):
        store_cipher(loaded)


def test_a_link_to_a_key_file_that_is_not_there_says_where_it_leads(loaded: Settings) -> None:
    loaded.instance.mkdir(mode=0o700)
    path, target = loaded.instance / KEY_FILE, loaded.instance.parent / "not mounted" / "key"
    path.symlink_to(target)
    with pytest.raises(SettingsError) as refused:
        store_cipher(loaded)
    assert f"{path}: " in str(refused.value)
    assert str(target) in str(refused.value)
    assert f"rm {path}" in str(refused.value)
    assert "chown" not in str(refused.value)


def test_a_key_file_that_cannot_be_read_is_named(loaded: Settings) -> None:
    loaded.instance.mkdir(mode=0o700)
    (loaded.instance / KEY_FILE).mkdir(mode=0o700)
    with pytest.raises(SettingsError, match=KEY_FILE):
        store_cipher(loaded)


def test_no_key_shows_in_an_error(loaded: Settings) -> None:
    store_cipher(loaded)
    path = loaded.instance / KEY_FILE
    key = path.read_text().strip()
    path.chmod(0o644)
    with pytest.raises(SettingsError) as refused:
        store_cipher(loaded)
    assert key not in str(refused.value)
