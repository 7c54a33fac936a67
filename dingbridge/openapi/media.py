"""Media files: uploaded once, named by media_id from then on (document "upload media files").

Size and type are checked before anything is sent, and the file is read while it is sent: twenty
megabytes take no twenty megabytes of memory.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import BinaryIO, Literal

from dingbridge.errors import CallRefused
from dingbridge.openapi.answers import Answer
from dingbridge.openapi.client import Attempts, Client, Request

Kind = Literal["image", "voice", "video", "file"]

MEGABYTE = 1024 * 1024
UPLOAD_PATH = "/media/upload"
DOWNLOAD_PATH = "/media/downloadFile"

# Today's limits. (In 2016: image 1 MB, file 10 MB; the page on messages still says 10 MB for
# files that are sent as messages.)
LIMITS: MappingProxyType[Kind, int] = MappingProxyType(
    {
        "image": 20 * MEGABYTE,
        "voice": 2 * MEGABYTE,
        "video": 20 * MEGABYTE,
        "file": 20 * MEGABYTE,
    }
)
ENDINGS: MappingProxyType[Kind, frozenset[str]] = MappingProxyType(
    {
        "image": frozenset({"jpg", "jpeg", "gif", "png", "bmp"}),
        "voice": frozenset({"amr", "mp3", "wav"}),
        "video": frozenset({"mp4"}),
        "file": frozenset({"doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "pdf", "rar"}),
    }
)
_HALF = re.compile("[\ud800-\udfff]")
_ZIP, _OLE = (b"PK\x03\x04", b"PK\x05\x06"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
_BEGINNINGS: MappingProxyType[str, tuple[bytes, ...]] = MappingProxyType(
    {
        "jpg": (b"\xff\xd8\xff",),
        "jpeg": (b"\xff\xd8\xff",),
        "gif": (b"GIF87a", b"GIF89a"),
        "png": (b"\x89PNG\r\n\x1a\n",),
        "bmp": (b"BM",),
        "amr": (b"#!AMR",),
        "mp3": (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa"),
        "wav": (b"RIFF",),
        "pdf": (b"%PDF-",),
        "rar": (b"Rar!\x1a\x07",),
        **dict.fromkeys(("zip", "docx", "xlsx", "pptx"), _ZIP),
        **dict.fromkeys(("doc", "xls", "ppt"), _OLE),
    }
)


@dataclass(frozen=True)
class Media:
    """A file that has been uploaded; `created_at` is in milliseconds since 1970."""

    media_id: str
    kind: str
    created_at: int


@dataclass(frozen=True)
class Downloaded:
    """A file that has been written; `size` is in bytes."""

    content_type: str
    size: int


class MediaFiles:
    """Upload and download."""

    def __init__(self, client: Client) -> None:
        """`client` makes the calls."""
        self._client = client

    def upload(self, source: Path | BinaryIO, kind: Kind, *, name: str = "") -> Media:
        """Upload a file, or what a file opened for reading still holds.

        `name` with its ending is what people see; by default that of the file.

        Raises CallRefused (`media_type`, `media_size`, `media_empty`, `media_content`; nothing has
        been sent then), PlatformError, OSError if the file cannot be read.
        """
        name = name or PurePath(str(getattr(source, "name", source))).name
        ending = PurePath(name).suffix.lstrip(".").lower()
        if ending not in ENDINGS[kind]:
            allowed = ", ".join(sorted(ENDINGS[kind]))
            raise CallRefused("media_type", {"type": ending or "?", "allowed": allowed})
        with _opened(source, LIMITS[kind]) as (file, size):
            _check(file, size, kind, ending)
            start = file.tell()

            def exchange(token: str) -> dict[str, object]:
                file.seek(start)
                body = Multipart(name, file, size)
                return self._client.transport.upload(
                    UPLOAD_PATH, body, params={"type": kind}, token=token
                )

            # A file that is uploaded twice is there twice, and nobody minds.
            fields = self._client.attempt(exchange, UPLOAD_PATH, Attempts(repeatable=True))
        answer = Answer(fields, UPLOAD_PATH)
        return Media(
            media_id=answer.identifier("media_id"),
            kind=answer.text("type"),
            created_at=answer.number("created_at") if "created_at" in answer else 0,
        )

    def download(
        self, media_id: str, to: Path | BinaryIO, *, limit: int = 20 * MEGABYTE
    ) -> Downloaded:
        """Write a media file to `to` as it comes.

        A path is written whole or not at all. More than `limit` bytes are not taken. (The endpoint
        is of the 2016 documents; those of 2026 say that media are for use in the client.)

        Raises PlatformError (40007 for an unknown media_id), OSError if it cannot be written.
        """
        if isinstance(to, Path):
            draft = to.with_name(f".{to.name}.{uuid.uuid4().hex}")
            try:
                with draft.open("xb") as file:
                    done = self._download(media_id, file, limit)
                draft.replace(to)
            finally:
                draft.unlink(missing_ok=True)
            return done
        return self._download(media_id, to, limit)

    def received_file_url(self, download_code: str, robot_code: str) -> str:
        """Where a file lies for a while that somebody has sent to the app's robot."""
        path = "/v1.0/robot/messageFiles/download"
        body = {"downloadCode": download_code, "robotCode": robot_code}
        sent = Request("POST", path, json=body, repeatable=True)
        return Answer(self._client.send(sent), path).identifier("downloadUrl")

    def _download(self, media_id: str, to: BinaryIO, limit: int) -> Downloaded:
        # What has been written stays written, so that only a caller may begin anew.
        def exchange(token: str) -> tuple[str, int]:
            return self._client.transport.download(
                DOWNLOAD_PATH, params={"media_id": media_id}, token=token, to=to, limit=limit
            )

        return Downloaded(
            *self._client.attempt(exchange, DOWNLOAD_PATH, Attempts(repeatable=False))
        )


class Multipart:
    """A form with one file, named `media`, read while it is sent."""

    def __init__(self, name: str, file: BinaryIO, size: int) -> None:
        """`file` stands where its content begins and holds `size` bytes from there."""
        boundary = uuid.uuid4().hex
        self.content_type = f"multipart/form-data; boundary={boundary}"
        head = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="media"; filename="{_quoted(name)}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        tail = f"\r\n--{boundary}--\r\n"
        self._parts: list[BinaryIO] = [
            io.BytesIO(head.encode()),
            file,
            io.BytesIO(tail.encode()),
        ]
        self._length = len(head.encode()) + size + len(tail.encode())

    def __len__(self) -> int:
        """Bytes in all."""
        return self._length

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, at most `size`."""
        while self._parts:
            if data := self._parts[0].read(size):
                return data
            del self._parts[0]
        return b""


@contextmanager
def _opened(source: Path | BinaryIO, limit: int) -> Iterator[tuple[BinaryIO, int]]:
    """The file and the bytes that it holds from where it stands.

    What cannot be read twice is copied first, no more of it than the limit allows.
    """
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield file, os.fstat(file.fileno()).st_size
    elif source.seekable():
        start = source.tell()
        size = source.seek(0, os.SEEK_END) - start
        source.seek(start)
        yield source, size
    else:
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(_Bounded(source, limit + 1), copy)
            size = copy.tell()
            copy.seek(0)
            yield copy, size


class _Bounded:
    """No more than the first `left` bytes of a file."""

    def __init__(self, file: BinaryIO, left: int) -> None:
        self._file = file
        self._left = left

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(min(size, self._left) if size >= 0 else self._left)
        self._left -= len(data)
        return data


def _check(file: BinaryIO, size: int, kind: Kind, ending: str) -> None:
    if not size:
        raise CallRefused("media_empty")
    if size > LIMITS[kind]:
        limit = f"{LIMITS[kind] // MEGABYTE} MB"
        raise CallRefused("media_size", {"size": str(size), "limit": limit})
    start = file.tell()
    beginning = file.read(16)
    file.seek(start)
    right = (
        beginning[4:8] == b"ftyp" if ending == "mp4" else beginning.startswith(_BEGINNINGS[ending])
    )
    if not right:
        raise CallRefused("media_content", {"type": ending})


def _quoted(name: str) -> str:
    """A file name in a header as browsers write it: UTF-8, and only these escaped.

    U+FFFD stands for half a character: of a text that was cut, or of another encoding on the disk.
    """
    whole = _HALF.sub("\ufffd", name)
    return whole.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
