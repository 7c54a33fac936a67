"""Opens the books that an app's settings name; all bridges of a process share them."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from dingbridge.openapi.ledger import Ledger, LocalLedger
from dingbridge.openapi.redis_ledger import RedisLedger
from dingbridge.private_folder import private_folder
from dingbridge.settings import Settings
from dingbridge.token_cache import redis_client

_lock = threading.Lock()
_open: dict[tuple[Path, int, str | None], tuple[Ledger, LocalLedger]] = {}


def open_ledger(settings: Settings) -> Ledger:
    """The books for `settings`: in Redis where there is one, else in the instance folder.

    Raises SettingsError if the folder cannot be used, and if Redis is asked for without its extra.
    """
    folder = private_folder(private_folder(settings.instance) / "limits")
    name = (folder, settings.workers, settings.redis_url)
    with _lock:
        if name not in _open:
            local = LocalLedger(folder, settings.workers)
            shared = settings.redis_url and RedisLedger(redis_client(settings.redis_url), local)
            _open[name] = (shared or local, local)
        return _open[name][0]


def _after_fork_in_child() -> None:
    global _lock  # noqa: PLW0603  # whoever held it stayed in the parent
    _lock = threading.Lock()
    for ledger, local in _open.values():
        local.after_fork()
        if isinstance(ledger, RedisLedger):
            ledger.after_fork()


os.register_at_fork(after_in_child=_after_fork_in_child)
