"""Contents to upload: the smallest that are what they say, and some that are not."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence


def png(width: int = 24, height: int = 16, colour: tuple[int, int, int] = (30, 120, 200)) -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = (b"\0" + bytes(colour) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def office(*parts: str) -> bytes:
    """A zip file with a list of types and these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("[Content_Types].xml", *parts):
            archive.writestr(name, "<a/>")
    return file.getvalue()


def archive(names: Sequence[str]) -> bytes:
    """A zip file of these empty members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name in names:
            made.writestr(name, "")
    return file.getvalue()


def film(size: int) -> bytes:
    """An MP4 file's first box, and what is not looked at, of `size` bytes in all."""
    pattern = bytes(range(251))
    head = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2"
    body = pattern * (size // len(pattern) + 1)
    return (head + body)[:size]


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
EXE = b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0" + bytes(112)
HTML = b"<!doctype html><script>alert(document.cookie)</script>"
SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
)
HONEST = {
    "照片.jpg": b"\xff\xd8\xff\xe0" + bytes(100),
    "照片.jpeg": b"\xff\xd8\xff\xe1" + bytes(100),
    "图.png": png(),
    "a.gif": b"GIF89a" + bytes(40),
    "a.webp": b"RIFF\x24\0\0\0WEBPVP8 " + bytes(40),
    "a.heic": b"\0\0\0\x18ftypheic" + bytes(40),
    "a.heif": b"\0\0\0\x18ftypmif1" + bytes(40),
    "a.mp4": film(500),
    "a.mov": b"\0\0\0\x14ftypqt  " + bytes(40),
    "old.mov": b"\0\0\0\x08wide\0\0\1\0mdat" + bytes(40),
    "合同.pdf": PDF,
    "a.doc": OLE,
    "a.xls": OLE,
    "a.ppt": OLE,
    "方案.docx": office("word/document.xml"),
    "a.xlsx": office("xl/workbook.xml", "_rels/.rels"),
    "a.pptx": office("ppt/presentation.xml"),
    "笔记.txt": "今天拜访客户，<b>新合同</b>\r\n\t第二行".encode(),
    "gbk.txt": "今天拜访客户".encode("gb18030"),
    "mark.csv": "姓名,次数\r\n王磊,3\r\n".encode("utf-8-sig"),
    "wide.csv": "姓名,次数".encode("utf-16"),
    "one.txt": b"a",
}
LIES = {
    "program as picture.jpg": EXE,
    "page as picture.png": HTML,
    "page as text.txt": b"\n  " + HTML,
    "page in utf-16.txt": HTML.decode().encode("utf-16"),
    "marked page.csv": b"\xef\xbb\xbf" + HTML,
    "drawing as picture.gif": SVG,
    "drawing as text.txt": SVG,
    "program as text.txt": EXE,
    "binary far inside.txt": b"a" * 200_000 + b"\0",
    "no encoding.txt": b"\xff\xff\xff",
    "cut in a letter.txt": "🚚".encode()[:3],
    "png as jpg.jpg": png(),
    "jpg as png.png": b"\xff\xd8\xff\xe0",
    "heic as film.mp4": b"\0\0\0\x18ftypheic" + bytes(40),
    "film as heic.heic": film(100),
    "page as paper.pdf": HTML,
    "archive as document.docx": archive(["a.txt"]),
    "sheet as document.docx": office("xl/workbook.xml"),
    "no list of types.xlsx": archive(["xl/workbook.xml"]),
    "broken archive.docx": office("word/document.xml")[:-30],
    "only its beginning.docx": b"PK\x03\x04" + bytes(100),
    "end that points nowhere.docx": b"PK\x03\x04" + b"PK\x05\x06" + b"\xff" * 18,
    "too many members.xlsx": archive([f"xl/{n:0200d}" for n in range(4500)]),
    "new office as old.doc": office("word/document.xml"),
    "short.png": b"\x89PN",
}
