"""Media files: checked, streamed up, streamed down."""

from __future__ import annotations

import io
import os
import socket
import threading
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from openapi_stage import Stage, open_stage
from test_transport import TOKEN, answer, serving

from dingbridge.errors import CallRefused, PlatformError, PlatformUnavailable
from dingbridge.openapi.media import MEGABYTE, Kind, Multipart
from dingbridge.transport import Transport

PDF = b"%PDF-1.7\n"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with open_stage(tmp_path) as opened:
        yield opened


def stored(stage: Stage, media_id: str) -> tuple[str, bytes]:
    """Name and content as the platform has them."""
    found = stage.sandbox.sandbox.platform.corp.media.get(media_id)
    assert found
    return found.name, found.content


BEGINNINGS: list[tuple[Kind, str, bytes]] = [
    ("image", "图.jpg", b"\xff\xd8\xff\xe0"),
    ("image", "a.JPEG", b"\xff\xd8\xff\xe1"),
    ("image", "a.gif", b"GIF89a"),
    ("image", "a.png", b"\x89PNG\r\n\x1a\n"),
    ("image", "a.bmp", b"BM"),
    ("voice", "a.amr", b"#!AMR\n"),
    ("voice", "a.mp3", b"ID3\x03"),
    ("voice", "a.wav", b"RIFF\x00\x00\x00\x00WAVE"),
    ("video", "a.mp4", b"\x00\x00\x00\x18ftypmp42"),
    ("file", "报表.pdf", PDF),
    ("file", "a.docx", b"PK\x03\x04"),
    ("file", "a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ("file", "a.rar", b"Rar!\x1a\x07\x01"),
]


@pytest.mark.row("R41")
@pytest.mark.parametrize(("kind", "name", "beginning"), BEGINNINGS)
def test_a_file_of_every_type_arrives_with_its_name_byte_for_byte(
    stage: Stage, tmp_path: Path, kind: Kind, name: str, beginning: bytes
) -> None:
    content = beginning + os.urandom(5000) + b"\r\n--\r\n"
    path = tmp_path / name
    path.write_bytes(content)
    media = stage.openapi.media.upload(path, kind)
    assert (media.kind, stored(stage, media.media_id)) == (kind, (name, content))
    target = io.BytesIO()
    done = stage.openapi.media.download(media.media_id, target)
    assert (target.getvalue(), done.size) == (content, len(content))


@pytest.mark.row("R41")
@pytest.mark.parametrize(
    ("kind", "name", "content", "code"),
    [
        ("image", "a.pdf", PDF, "media_type"),
        ("file", "a.exe", b"MZ", "media_type"),
        ("file", "noending", PDF, "media_type"),
        ("file", "a.pdf", b"", "media_empty"),
        ("file", "a.pdf", b"<html>", "media_content"),
        ("video", "a.mp4", b"ftypmp42", "media_content"),
        ("voice", "a.mp3", b"ID3" + bytes(2 * MEGABYTE), "media_size"),
    ],
)
def test_what_the_platform_would_refuse_is_not_sent(
    stage: Stage, tmp_path: Path, kind: Kind, name: str, content: bytes, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CallRefused) as caught:
        stage.openapi.media.upload(path, kind)
    assert caught.value.code == code
    assert stage.calls("/media/upload") == 0


def test_a_file_of_exactly_the_limit_is_sent_and_takes_no_memory(
    stage: Stage, tmp_path: Path
) -> None:
    path = tmp_path / "大文件.pdf"
    with path.open("wb") as file:
        file.write(PDF)
        file.truncate(20 * MEGABYTE)
    # The sandbox is in this process and keeps the file; this server keeps nothing of it.
    with path.open("rb") as source:
        body = Multipart("大文件.pdf", source, 20 * MEGABYTE)

        def take(connection: socket.socket) -> None:
            head, _, beginning = server.requests[0].partition(b"\r\n\r\n")
            assert f"Content-Length: {len(body)}".encode() in head
            left, buffer = len(body) - len(beginning), bytearray(65_536)
            while left:
                left -= connection.recv_into(buffer)
            connection.sendall(answer(b'{"errcode": 0, "media_id": "@m"}'))

        with serving(take) as server:
            transport = Transport(replace(stage.settings, oapi_url=server.url))
            tracemalloc.start()
            told = transport.upload("/media/upload", body, params={"type": "file"}, token=TOKEN)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
    assert told["media_id"] == "@m"
    assert len(body) > 20 * MEGABYTE
    assert peak < MEGABYTE
    assert stored(stage, stage.openapi.media.upload(path, "file").media_id)[0] == "大文件.pdf"


def test_one_byte_more_than_the_limit_is_refused(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    with path.open("wb") as file:
        file.write(PDF)
        file.truncate(20 * MEGABYTE + 1)
    with pytest.raises(CallRefused) as caught:
        stage.openapi.media.upload(path, "file")
    assert caught.value.values == {"size": str(20 * MEGABYTE + 1), "limit": "20 MB"}


def test_an_open_file_is_uploaded_from_where_it_stands(stage: Stage) -> None:
    source = io.BytesIO(b"header" + PDF + b"rest")
    source.seek(6)
    media = stage.openapi.media.upload(source, "file", name="b.pdf")
    assert stored(stage, media.media_id) == ("b.pdf", PDF + b"rest")


def test_a_pipe_is_uploaded_too(stage: Stage) -> None:
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as file:
            file.write(PDF + bytes(100_000))

    thread = threading.Thread(target=write)
    thread.start()
    with os.fdopen(reading, "rb") as source:
        media = stage.openapi.media.upload(cast("BinaryIO", source), "file", name="p.pdf")
    thread.join()
    assert stored(stage, media.media_id)[1] == PDF + bytes(100_000)


def test_after_a_refused_token_the_file_is_sent_from_its_beginning(stage: Stage) -> None:
    stage.openapi.departments.get(1)
    stage.sandbox.revoke_token()
    media = stage.openapi.media.upload(io.BytesIO(PDF + b"x"), "file", name="a.pdf")
    assert stored(stage, media.media_id)[1] == PDF + b"x"
    assert stage.calls("/media/upload") == 2


@pytest.mark.parametrize("name", ['quo"te.pdf', "new\r\nline.pdf", "名字 с пробелом.pdf"])
def test_a_file_name_cannot_break_out_of_its_header(stage: Stage, name: str) -> None:
    media = stage.openapi.media.upload(io.BytesIO(PDF), "file", name=name)
    got, content = stored(stage, media.media_id)
    assert content == PDF
    assert got == name.replace("\r", "%0D").replace("\n", "%0A")


def test_half_a_character_in_a_file_name_is_replaced(stage: Stage, tmp_path: Path) -> None:
    media = stage.openapi.media.upload(io.BytesIO(PDF), "file", name="日报\ud83d.pdf")
    assert stored(stage, media.media_id) == ("日报\ufffd.pdf", PDF)
    path = tmp_path / os.fsdecode(b"\xc8\xd5.pdf")  # in another encoding than the system's
    path.write_bytes(PDF)
    media = stage.openapi.media.upload(path, "file")
    assert stored(stage, media.media_id) == ("\ufffd\ufffd.pdf", PDF)


def test_an_unknown_media_id_is_an_error_and_leaves_no_file(stage: Stage, tmp_path: Path) -> None:
    target = tmp_path / "got.pdf"
    with pytest.raises(PlatformError) as caught:
        stage.openapi.media.download("@nothing", target)
    assert caught.value.code == "40007"
    assert not list(tmp_path.glob("*got*"))


def test_a_download_to_a_path_is_whole_or_not_there(stage: Stage, tmp_path: Path) -> None:
    media = stage.openapi.media.upload(io.BytesIO(PDF + bytes(5000)), "file", name="a.pdf")
    target = tmp_path / "got.pdf"
    target.write_bytes(b"before")
    with pytest.raises(PlatformUnavailable):
        stage.openapi.media.download(media.media_id, target, limit=100)
    assert target.read_bytes() == b"before"
    stage.openapi.media.download(media.media_id, target)
    assert target.read_bytes() == PDF + bytes(5000)
    assert [path.name for path in tmp_path.glob("*got*")] == ["got.pdf"]


def test_a_target_that_cannot_be_written_is_the_targets_error(stage: Stage) -> None:
    media = stage.openapi.media.upload(io.BytesIO(PDF), "file", name="a.pdf")
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="space"):
        stage.openapi.media.download(media.media_id, cast("BinaryIO", full))


def test_a_page_instead_of_a_file_is_no_file(stage: Stage) -> None:
    stage.sandbox.fault("/media/downloadFile", "custom", body="<html>", content_type="text/html")
    target = io.BytesIO()
    with pytest.raises(PlatformUnavailable) as caught:
        stage.openapi.media.download("@x", target)
    assert caught.value.code == "platform_unreadable"
    assert target.getvalue() == b""


def test_where_a_file_lies_that_the_robot_received(stage: Stage) -> None:
    media = stage.openapi.media.upload(io.BytesIO(PDF), "file", name="a.pdf")
    url = stage.openapi.media.received_file_url(media.media_id, stage.settings.client_id)
    assert url.startswith("https://")
