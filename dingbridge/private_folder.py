"""Folders and files that belong to this app alone."""

from __future__ import annotations

import errno
import os
import shlex
import stat
from pathlib import Path

from dingbridge.errors import Fault, SettingsError


def private_folder(path: Path, setting: str = "DING_INSTANCE") -> Path:
    """The folder `path`, with mode 0700: made if it is not there, else checked and closed.

    Whoever can write into it could plant tokens or hold the locks, and whoever owns it can write
    into it. `setting` is the one that names it.

    Raises SettingsError with the command that mends it.
    """
    path = path.absolute()
    quoted = shlex.quote(str(path))
    try:
        missing = [folder for folder in (path, *path.parents) if not folder.exists()]
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in reversed(missing):
            give_to_owner(folder)
        found = path.stat()
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTDIR, errno.EROFS):  # no folder can be made here
            wanted = f"{setting} 写一个可写的文件夹 / name a folder that can be written to"
            raise SettingsError([Fault(setting, f"{path}: {error.strerror}", wanted)]) from None
        raise _unsafe(setting, f"{path}: {error.strerror}", f"mkdir -p -m 700 {quoted}") from None
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise _unsafe(
            setting, f"{path}: 其他用户可写 / others can write to it", f"chmod go-w {quoted}"
        )
    # Root may look after another user's folder (`flask ding …` as root); nobody else may.
    if (user := os.geteuid()) not in {0, found.st_uid}:
        raise _unsafe(
            setting,
            f"{path}: 属于其他用户 / belongs to another user",
            f"sudo chown -R {user} {quoted}",
        )
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        path.chmod(0o700)  # what people store and type is nobody else's to read either
    return path


def give_to_owner(path: Path, file: int | None = None) -> None:
    """Let what root has just made at `path` belong to the owner of the folder that it lies in: the
    app, which runs as that user, has to be able to use it. Nothing happens for other users.

    `file` is the open file, where another process may rename it meanwhile.
    """
    if os.geteuid() == 0:
        owner = path.parent.stat()
        if file is not None:
            os.fchown(file, owner.st_uid, owner.st_gid)
        else:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _unsafe(setting: str, wrong: str, command: str) -> SettingsError:
    return SettingsError([Fault(setting, wrong, f"执行 / run: {command}")])
