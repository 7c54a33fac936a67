"""Uploads of 20 MB through the real nginx to the real gunicorn: dropped, resumed, refused, full."""

from __future__ import annotations

import io
import resource
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest
import requests
from app_server import AppServer
from front_servers import ProjectFront
from raw_http import connect
from uploaded_files import EXE, film

from dingbridge.sandbox.login_codes import SignIn
from dingbridge.sandbox.sandbox import Sandbox
from microapp.files_upload import FILE_BYTES, PIECE_BYTES

CONTENT = film(FILE_BYTES)
ROOM = 1_500_000  # bytes, where there is little
MEMORY_KB = 12 * 1024  # so much more may a process take while 20 MB go through it


@dataclass
class Site:
    """The micro-app in two processes behind nginx, and somebody who is signed in."""

    app: AppServer
    front: ProjectFront
    folder: Path
    visitor: requests.Session
    known: set[Path] = field(default_factory=set)

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """One request as a script of the app's own page makes it."""
        headers = {"Accept": "application/json", "Origin": self.front.url}
        return self.visitor.request(
            method, self.front.url + path, headers=headers, timeout=60, **more
        )

    def begin(self, key: str, name: str = "现场视频.mp4", size: int = FILE_BYTES) -> Any:
        """How far the upload is."""
        wanted = {"key": key, "name": name, "size": size}
        return self.ask("POST", "/files/uploads", json=wanted).json()

    def put(self, key: str, offset: int, piece: bytes) -> requests.Response:
        return self.ask("PUT", f"/files/uploads/{key}/{offset}", data=piece)

    def drop(self, key: str, offset: int, piece: bytes, server: str) -> None:
        """Send half of a piece, and be gone."""
        cookies = "; ".join(f"{one.name}={one.value}" for one in self.visitor.cookies)
        head = (
            f"PUT /files/uploads/{key}/{offset} HTTP/1.1\r\nHost: 127.0.0.1:{self.front.port}\r\n"
            f"Origin: {self.front.url}\r\nCookie: {cookies}\r\nContent-Length: {len(piece)}\r\n\r\n"
        )
        with connect(server) as connection:
            connection.sendall(head.encode() + piece[: len(piece) // 2])

    def form(self, content: bytes, name: str = "whole.mp4") -> requests.Response:
        """Post a form as a browser without JavaScript does."""
        return self.visitor.post(
            f"{self.front.url}/files",
            data={"key": secrets.token_urlsafe(18)},
            files={"file": (name, io.BytesIO(content))},
            headers={"Accept": "text/html", "Origin": self.front.url},
            timeout=60,
        )

    def kept(self) -> list[int]:
        """The sizes of what has come onto the disk since the last time."""
        files = self.folder / "instance" / "files"
        new = {path for path in files.rglob("*") if path.is_file()} - self.known
        self.known |= new
        return sorted(path.stat().st_size for path in new)

    def workers(self) -> list[int]:
        """The process ids of gunicorn's workers."""
        assert self.app._process is not None
        master = self.app._process.pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii")
        return [int(child) for child in children.split()]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("uploads")
    with Sandbox() as sandbox:
        environment = {**sandbox.environment(folder / "instance"), "WEB_CONCURRENCY": "2"}
        app = AppServer(environment, folder)
        front = ProjectFront(folder, app.url, ["127.0.0.1"])
        app._environment |= {
            "DING_PUBLIC_ORIGINS": front.url,
            "DING_TRUSTED_PROXIES": "127.0.0.1",
        }
        with app, front:
            site = Site(app, front, folder, requests.Session())
            corp = sandbox.platform.identity.corp_id
            code = sandbox.platform.codes.client.issue(SignIn("user5031", corp))
            assert site.ask("POST", "/ding/login", json={"code": code, "corpId": corp}).ok
            yield site


@pytest.fixture
def site(running: Site) -> Site:
    """What other tests have left does not count."""
    running.kept()
    return running


@pytest.mark.row("R48")
def test_twenty_megabytes_arrive_whole_though_the_connection_drops_and_the_app_restarts(
    site: Site,
) -> None:
    key, dropped = secrets.token_urlsafe(18), 0
    answer = site.begin(key)
    while "file" not in answer:
        offset = answer["offset"]
        piece = CONTENT[offset : offset + PIECE_BYTES]
        if dropped < 4 and offset >= dropped * 5 * PIECE_BYTES:
            # To nginx, which waits for a whole piece, and to gunicorn itself, which takes the half.
            site.drop(key, offset, piece, site.front.url if dropped % 2 else site.app.url)
            dropped += 1
            if dropped == 3:
                site.app.stop()
                site.app.start()
            answer = site.begin(key)
            assert answer["offset"] in (offset, offset + len(piece) // 2)
        else:
            put = site.put(key, offset, piece)
            # The dropped half may come in between: then the server is asked again.
            answer = put.json() if put.ok else site.begin(key)
    assert (dropped, answer["offset"]) == (4, FILE_BYTES)
    assert site.begin(key) == answer
    got = site.ask("GET", f"/files/{answer['file']}/download")
    assert got.content == CONTENT
    assert "filename*=UTF-8''%E7%8E%B0" in got.headers["Content-Disposition"]
    assert site.kept() == [FILE_BYTES]


def test_twenty_megabytes_fit_into_a_plain_form_and_more_is_refused_with_a_sentence(
    site: Site,
) -> None:
    assert site.form(CONTENT).url == f"{site.front.url}/files"
    # What nginx still lets through, the app refuses; what is larger, nginx does.
    for more in (1, 3 << 20):
        refused = site.form(CONTENT + bytes(more))
        refused.encoding = "utf-8"
        assert refused.status_code == 413
        assert "文件超过 20 MB，没有上传。" in refused.text
    lie = site.form(EXE + CONTENT)
    assert lie.status_code in (413, 415)
    # Nothing else takes so much.
    assert site.ask("POST", "/checkin", data=bytes(2 << 20)).status_code == 413
    assert site.kept() == [FILE_BYTES]


@pytest.mark.parametrize("path", ["/files", "/checkin", "/scan", "/chat", "/ding/sign", "/nowhere"])
@pytest.mark.parametrize("origin", ["https://elsewhere.example", ""])
def test_a_refusal_leaves_nothing_on_a_connection_that_others_go_on_using(
    site: Site, path: str, origin: str
) -> None:
    host, rest = f"127.0.0.1:{site.front.port}", bytes(500_000)  # more than gunicorn takes itself
    refused = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin or site.front.url}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(rest)}\r\n\r\n"
    )
    with connect(site.app.url) as connection:
        connection.sendall(refused.encode() + rest)
        with HTTPResponse(connection, method="POST") as answer:
            answer.begin()
            answer.read()
        assert answer.status >= 400
        assert answer.headers["Connection"] == "keep-alive"
        connection.sendall(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        with HTTPResponse(connection) as answer:
            answer.begin()
            assert answer.status == 200


@contextmanager
def little_room(processes: list[int]) -> Iterator[None]:
    """The system lets no file of these processes grow beyond `ROOM` bytes."""
    limits = {one: resource.prlimit(one, resource.RLIMIT_FSIZE) for one in processes}
    for one, (_, hard) in limits.items():
        resource.prlimit(one, resource.RLIMIT_FSIZE, (ROOM, hard))
    try:
        yield
    finally:
        for one, both in limits.items():
            resource.prlimit(one, resource.RLIMIT_FSIZE, both)


def test_a_full_disk_is_a_sentence_and_a_reference_and_the_upload_goes_on_later(
    site: Site,
) -> None:
    key = secrets.token_urlsafe(18)
    content = film(3 * PIECE_BYTES)
    site.begin(key, size=len(content))
    with little_room(site.workers()):
        assert site.put(key, 0, content[:PIECE_BYTES]).ok
        full = site.put(key, PIECE_BYTES, content[PIECE_BYTES : 2 * PIECE_BYTES])
        # What a form brings does not even get into the system's own folder.
        form = site.form(content)
    error = full.json()["error"]
    assert (full.status_code, error["code"]) == (507, "file_disk_full")
    assert error["reference"] in site.app.output()
    assert form.status_code == 507
    assert "服务器的空间不够" in form.text
    assert site.begin(key, size=len(content))["offset"] == PIECE_BYTES
    for offset in (PIECE_BYTES, 2 * PIECE_BYTES):
        answer = site.put(key, offset, content[offset : offset + PIECE_BYTES])
    assert "file" in answer.json()
    assert site.kept() == [len(content)]


def test_no_process_holds_a_file_in_memory(site: Site) -> None:
    key = secrets.token_urlsafe(18)
    assert site.form(film(1000)).ok  # what is loaded once is
    before = {process: peak(process) for process in site.workers()}
    assert site.form(CONTENT).ok
    site.begin(key)
    for offset in range(0, FILE_BYTES, PIECE_BYTES):
        answer = site.put(key, offset, CONTENT[offset : offset + PIECE_BYTES])
    downloaded = site.ask("GET", f"/files/{answer.json()['file']}/download")
    assert downloaded.content == CONTENT
    grown = {process: peak(process) - before[process] for process in site.workers()}
    assert max(grown.values()) < MEMORY_KB, grown


def peak(process: int) -> int:
    """The most memory that a process has had, in kB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0])
