"""What one simulated client keeps: the photographs on the phone, and its person's drive (钉盘)."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from dingbridge.sandbox.photographs import NAMES, photograph

KEPT_BYTES = 256 << 20
NAME_CHARACTERS = 200
SPACE_ID = "24600001"
# Folders by id; the first is where a file goes when nobody chooses.
FOLDERS = {"70001": "我的文件", "70002": "外勤资料", "70003": "资产与合同"}
# What a drive holds from the start, so that there is something to choose.
_PRESENT = (("外勤须知.txt", "拍照前先打卡。\n位置写到门牌号。\n".encode()),)


class StorageFull(Exception):
    """There is no room for another file."""


@dataclass(frozen=True)
class Kept:
    """One file: a photograph, or one of the drive in ``folder`` (its id)."""

    identity: str
    name: str
    content: bytes
    folder: str = ""
    at: float = 0.0

    @property
    def kind(self) -> str:
        """The extension without its dot, in lower case."""
        return PurePosixPath(self.name).suffix.removeprefix(".").lower()

    def in_drive(self) -> dict[str, Any]:
        """As the client's drive APIs name a file."""
        return {
            "spaceId": SPACE_ID,
            "fileId": self.identity,
            "fileName": self.name,
            "fileSize": len(self.content),
            "fileType": self.kind,
        }


class PhoneStorage:
    """Photographs and drive of one device; every method is safe for threads."""

    def __init__(self, device: str, now: Callable[[], float] = time.time) -> None:
        self.device = device
        self._now = now
        self._lock = threading.Lock()
        self._photos = [Kept(f"p{number}", name, b"") for number, name in enumerate(NAMES, 1)]
        self._files = [
            Kept(f"1000{number}", name, content, next(iter(FOLDERS)), now())
            for number, (name, content) in enumerate(_PRESENT, 1)
        ]

    def photos(self) -> list[Kept]:
        """All photographs, the newest first; the drawn ones come without their content."""
        with self._lock:
            return list(self._photos)

    def photo(self, identity: object) -> Kept | None:
        """A photograph with its content."""
        with self._lock:
            found = next((one for one in self._photos if one.identity == identity), None)
        if found and not found.content:
            return Kept(found.identity, found.name, photograph(found.name))
        return found

    def add_photo(self, name: str, content: bytes) -> Kept:
        """A photograph of the person's own."""
        kept = Kept(f"p{secrets.token_urlsafe(9)}", plain_name(name), content, at=self._now())
        with self._lock:
            self._require_room(content)
            self._photos.insert(0, kept)
        return kept

    def files(self) -> list[Kept]:
        """The drive's files, the newest first."""
        with self._lock:
            return list(self._files)

    def file(self, identity: object) -> Kept | None:
        """A file of the drive."""
        return next((one for one in self.files() if one.identity == identity), None)

    def save(self, name: str, content: bytes, folder: str) -> Kept:
        """Puts a file into the drive; a name that is taken there gets a number."""
        with self._lock:
            self._require_room(content)
            taken = {one.name for one in self._files if one.folder == folder}
            identity = str(secrets.randbelow(10**10) + 10**10)
            kept = Kept(identity, _free(plain_name(name), taken), content, folder, self._now())
            self._files.insert(0, kept)
        return kept

    def _require_room(self, content: bytes) -> None:
        held = sum(len(one.content) for one in (*self._photos, *self._files))
        if held + len(content) > KEPT_BYTES:
            raise StorageFull


def plain_name(name: str) -> str:
    """``name`` as a drive can show it: in one line, not a path, and not endless."""
    parts = name.replace("\\", "/").split("/")
    shown = "".join(each for each in parts[-1] if each.isprintable()).strip()
    if shown.strip(".") == "":
        shown = "未命名"
    stem, dot, kind = shown.rpartition(".")
    if dot and len(kind) <= 10:
        return stem[: NAME_CHARACTERS - len(kind) - 1] + dot + kind
    return shown[:NAME_CHARACTERS]


def _free(name: str, taken: set[str]) -> str:
    path, number = PurePosixPath(name), 1
    while name in taken:
        name, number = f"{path.stem}({number}){path.suffix}", number + 1
    return name
