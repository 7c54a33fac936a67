"""Encryption at rest: MultiFernet over DING_STORE_KEYS, so that a copied disk is no breach.

The first key encrypts, every key decrypts. A new key goes behind the others first, on every
machine, so that all can read it; then in front; and the old ones go when nothing is stored under
them any more.
"""

from __future__ import annotations

import base64
import os
import shlex
import stat
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dingbridge.errors import Fault, SettingsError
from dingbridge.private_folder import give_to_owner, private_folder
from dingbridge.settings import Settings

KEY_FILE = "store.key"


class Cipher:
    """Seals texts and opens them again; safe for threads."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys`, newest first: Fernet keys (32 bytes in URL-safe base64), or other secrets of at
        least 32 characters, from which a key is derived.
        """
        self._fernet = MultiFernet([Fernet(_fernet_key(key)) for key in keys])

    def seal(self, text: str) -> str:
        """`text`, encrypted and authenticated, in URL-safe base64."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """What was sealed, or None if it was sealed by none of these keys or has been changed."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except (InvalidToken, UnicodeError):
            return None


def store_cipher(settings: Settings) -> Cipher:
    """The cipher for what is stored: DING_STORE_KEYS, or a key kept in the instance folder.

    Raises SettingsError if the folder or the key file is open to others or cannot be made.
    """
    return Cipher(settings.store_keys or _kept_keys(settings.instance))


def shared_cipher(settings: Settings) -> Cipher:
    """The cipher for the shared cache, which every machine of the fleet has to read.

    With Redis and without DING_STORE_KEYS the machines have only the app's secret in common: the
    key is derived from it. Whoever has that secret can ask the platform for the tokens anyway.

    Raises SettingsError as `store_cipher` does.
    """
    if settings.redis_url and not settings.store_keys:
        return Cipher([_derived(settings.client_secret, "dingbridge shared cache")])
    return store_cipher(settings)


def _kept_keys(instance: Path) -> list[str]:
    path = private_folder(instance) / KEY_FILE
    quoted = shlex.quote(str(path))
    try:
        if not path.exists():
            _make_key(path)
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise _unusable(f"{path}: 其他用户可读 / others can read it", f"chmod 600 {quoted}")
        keys = path.read_text("utf-8").split()
    except UnicodeDecodeError:
        keys = []
    except FileNotFoundError:  # a link, or it would have been made
        missing = f"没有 / there is no {os.path.realpath(path)}"
        raise _unusable(f"{path}: {missing}", f"rm {quoted}") from None
    except OSError as error:
        raise _unusable(
            f"{path}: {error.strerror}", f"sudo chown {os.geteuid()} {quoted}"
        ) from None
    # A disk that lost power may give back zeros, which anybody could guess.
    if not keys or any(len(key) < 32 or "\0" in key for key in keys):
        raise _unusable(f"{path}: 不是密钥文件 / holds no keys", f"rm {quoted}")
    return keys


def _make_key(path: Path) -> None:
    """Several processes may start at once: the first to link its key wins, and all read that."""
    with NamedTemporaryFile("w", dir=path.parent, prefix=".store-key-") as draft:  # mode 0600
        draft.write(Fernet.generate_key().decode() + "\n")
        draft.flush()
        os.fsync(draft.fileno())
        give_to_owner(Path(draft.name))
        try:
            os.link(draft.name, path)
        except FileExistsError:
            return


def _fernet_key(key: str) -> bytes:
    try:
        if len(base64.b64decode(key, altchars=b"-_", validate=True)) == 32:
            return key.encode()
    except ValueError:  # not base64: a secret of another form
        return _derived(key, "dingbridge store key").encode()
    return _derived(key, "dingbridge store key").encode()


def _derived(secret: str, purpose: str) -> str:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode())
    return base64.urlsafe_b64encode(kdf.derive(secret.encode())).decode()


def _unusable(wrong: str, command: str) -> SettingsError:
    return SettingsError([Fault("DING_STORE_KEYS", wrong, f"执行 / run: {command}")])
