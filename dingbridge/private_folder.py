"""Folders and files that belong to this app alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from dingbridge.errors import Fault, SettingsError


def private_folder(path: Path, setting: str = "DING_INSTANCE") -> Path:
    """The folder `path`, made with mode 0700 if it is not there; an existing one is checked.

    Whoever can write into it could plant tokens or hold the locks, and whoever owns it can write
    into it. `setting` is the one that names it.

    Raises SettingsError with the command that mends it.
    """
    path = path.absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
    except OSError as error:
        raise _unsafe(setting, f"{path}: {error.strerror}", f"mkdir -p -m 700 {path}") from None
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise _unsafe(
            setting, f"{path}: 其他用户可写 / others can write to it", f"chmod go-w {path}"
        )
    # Root may look after another user's folder (`flask ding …` as root); nobody else may.
    if os.geteuid() not in {0, found.st_uid}:
        raise _unsafe(
            setting, f"{path}: 属于其他用户 / belongs to another user", f"chown $(id -u) {path}"
        )
    return path


def _unsafe(setting: str, wrong: str, command: str) -> SettingsError:
    return SettingsError([Fault(setting, wrong, f"执行 / run: {command}")])
