"""Which files may be uploaded: an extension of this list, and a content that is what it says.

A content is judged by what its format demands, never by what the sender says of it.
"""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

BEGINNING = 64  # bytes that `begins` wants to see
_BLOCK = 1 << 16
# A directory of a zip file is judged up to this size; Office's own are a few kilobytes.
_DIRECTORY_BYTES = 1 << 20
# Of text; HTML and XML are none, whatever they are called.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_MARKUP = re.compile(
    r"<(?:!doctype|\?xml|html|head|body|script|svg|iframe|!--)", re.IGNORECASE | re.ASCII
)
_HEIC = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


def _any_content(_file: BinaryIO) -> bool:
    return True


@dataclass(frozen=True)
class FileType:
    """A kind of file. `begins` judges its first bytes, `holds` the file as a whole; `is_picture`:
    browsers show it, and it can hold no script.
    """

    mime: str
    begins: Callable[[bytes], bool]
    holds: Callable[[BinaryIO], bool] = _any_content
    is_picture: bool = False


def _starts(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(signatures)


def _box(*kinds: bytes) -> Callable[[bytes], bool]:
    """ISO 14496-12: a file is boxes of a length and a kind of four letters."""
    return lambda head: head[4:8] in kinds


def _is_heic(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC


def _is_webp(head: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:12] == b"WEBP"


def _is_film(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and not _is_heic(head)


def _office(folder: str) -> Callable[[BinaryIO], bool]:
    """ECMA-376: a zip file with a list of types, and the document's parts in a folder."""
    return lambda file: (
        "[Content_Types].xml" in (names := _zip_names(file))
        and any(name.startswith(f"{folder}/") for name in names)
    )


def _zip_names(file: BinaryIO) -> set[str]:
    """The names in a zip file's directory; none where that is broken or larger than Office's."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _BLOCK - 22))
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) - end < 22:
        return set()
    length, start = struct.unpack_from("<II", tail, end + 12)
    if length > _DIRECTORY_BYTES:
        return set()
    file.seek(start)
    directory, names, at = file.read(length), set(), 0
    while directory[at : at + 4] == b"PK\x01\x02" and at + 46 <= len(directory):
        name, extra, comment = struct.unpack_from("<HHH", directory, at + 28)
        names.add(directory[at + 46 : at + 46 + name].decode("utf-8", "replace"))
        at += 46 + name + extra + comment
    return names


def _is_text(file: BinaryIO) -> bool:
    """UTF-8, UTF-16 with its mark, or what Windows writes in Chinese; no markup, no controls."""
    file.seek(0)
    mark = file.read(3)
    if mark.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _reads_as(file, "utf-16")
    return _reads_as(file, "utf-8-sig") or _reads_as(file, "gb18030")


def _reads_as(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    is_start = True
    try:
        while block := file.read(_BLOCK):
            text = decoder.decode(block)
            if _CONTROLS.search(text) or (is_start and _MARKUP.match(text.lstrip())):
                return False
            is_start = False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


_ZIP = _starts(b"PK\x03\x04")
_OLE = _starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_JPEG = FileType("image/jpeg", _starts(b"\xff\xd8\xff"), is_picture=True)
_HEIF = FileType("image/heic", _is_heic)
_OPEN_XML = "application/vnd.openxmlformats-officedocument."

FILE_TYPES: dict[str, FileType] = {
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "png": FileType("image/png", _starts(b"\x89PNG\r\n\x1a\n"), is_picture=True),
    "gif": FileType("image/gif", _starts(b"GIF87a", b"GIF89a"), is_picture=True),
    "webp": FileType("image/webp", _is_webp, is_picture=True),
    "heic": _HEIF,
    "heif": _HEIF,
    "mp4": FileType("video/mp4", _is_film),
    # QuickTime's own files need not begin with their type.
    "mov": FileType("video/quicktime", _box(b"ftyp", b"moov", b"mdat", b"wide", b"free")),
    "pdf": FileType("application/pdf", _starts(b"%PDF-")),
    "doc": FileType("application/msword", _OLE),
    "xls": FileType("application/vnd.ms-excel", _OLE),
    "ppt": FileType("application/vnd.ms-powerpoint", _OLE),
    "docx": FileType(f"{_OPEN_XML}wordprocessingml.document", _ZIP, _office("word")),
    "xlsx": FileType(f"{_OPEN_XML}spreadsheetml.sheet", _ZIP, _office("xl")),
    "pptx": FileType(f"{_OPEN_XML}presentationml.presentation", _ZIP, _office("ppt")),
    "txt": FileType("text/plain", _starts(b""), _is_text),
    "csv": FileType("text/csv", _starts(b""), _is_text),
}

# For <input accept>: pictures and films by type, documents by extension. Without HEIC: where a
# page does not ask for it, an iPhone hands over JPEG, which everybody can look at.
ACCEPTED = ",".join(
    dict.fromkeys(
        kind.mime if kind.mime.startswith(("image/", "video/")) else f".{extension}"
        for extension, kind in FILE_TYPES.items()
        if kind is not _HEIF
    )
)


def is_what_it_says(kind: FileType, file: BinaryIO) -> bool:
    """Whether a whole file is of this kind. Reads it in blocks."""
    file.seek(0)
    return kind.begins(file.read(BEGINNING)) and kind.holds(file)
