"""The bytes of uploaded files: in a private folder, under names that nobody chose.

What is told to be stored is on the disk (fsync), so that a resumed upload never builds on bytes
that a crash has lost. Which bytes are a file is said by the database alone; see `files_store`.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dingbridge.private_folder import private_folder
from dingbridge.problems import RequestRefused
from dingbridge.settings import Settings

# EFBIG: longer than the system lets this process's files be.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class FileShelf:
    """A folder of files by token; safe for processes that share it."""

    def __init__(self, folder: Path) -> None:
        """`folder`: from `open_shelf`."""
        self._folder = folder

    def path(self, token: str) -> Path:
        """Where the bytes of this token are."""
        return self._folder / token[:2] / token

    def size(self, token: str) -> int:
        """How many bytes there are so far."""
        try:
            return self.path(token).stat().st_size
        except FileNotFoundError:
            return 0

    def create(self, token: str) -> None:
        """Make room for the first piece; what is there already stays."""
        path = self.path(token)
        with refusing_when_full():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600))
            _sync(path.parent)

    def append(self, token: str, offset: int, piece: bytes, whole: int) -> int:
        """Store a piece that follows the first `offset` bytes of `whole`; the new size.

        Raises RequestRefused: 409 `upload_out_of_step` where other bytes come next, 507
        `file_disk_full`; then nothing of the piece is kept.
        """
        try:
            opened = self.path(token).open("r+b", buffering=0)
        except FileNotFoundError:  # cleared away
            raise RequestRefused(409, "upload_out_of_step") from None
        with opened as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file.fileno()).st_size != offset or not 0 < len(piece) <= whole - offset:
                raise RequestRefused(409, "upload_out_of_step")
            try:
                with refusing_when_full():
                    _write(file.fileno(), piece, offset)
            except BaseException:
                file.truncate(offset)
                raise
        return offset + len(piece)

    def open(self, token: str) -> BinaryIO:
        """For reading. Raises RequestRefused (500, `file_lost`) where the bytes are gone."""
        try:
            return self.path(token).open("rb")
        except FileNotFoundError:
            raise RequestRefused(500, "file_lost") from None

    def discard(self, token: str) -> None:
        """Remove the bytes, if they are there."""
        self.path(token).unlink(missing_ok=True)


@contextmanager
def refusing_when_full() -> Iterator[None]:
    """RequestRefused (507, `file_disk_full`) for the system's words for it."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise RequestRefused(507, "file_disk_full", {"reason": str(error.strerror)}) from error


def open_shelf(settings: Settings) -> FileShelf:
    """The shelf that the settings name.

    Raises SettingsError for a folder that cannot be made or is open to others.
    """
    if settings.files_folder is not None:
        return FileShelf(private_folder(settings.files_folder, "DING_FILES_FOLDER"))
    return FileShelf(private_folder(private_folder(settings.instance) / "files"))


def _write(file: int, piece: bytes, offset: int) -> None:
    left = memoryview(piece)
    while left:
        written = os.pwrite(file, left, offset)
        left, offset = left[written:], offset + written
    os.fsync(file)


def _sync(folder: Path) -> None:
    """A new name is on the disk with its folder."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
