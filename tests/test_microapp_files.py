"""Files without a browser: uploads in pieces, whose they are, what is refused; both databases."""

from __future__ import annotations

import html
import io
import re
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest
from microapp_visitor import JSON, ORIGIN, AppVisitor, error_code, new_key
from microapp_visitor import PAGE as HTML_PAGE
from sqlalchemy import func, select
from uploaded_files import EXE, HONEST, HTML, LIES, PDF, film, png
from werkzeug.datastructures import FileStorage
from werkzeug.http import parse_options_header
from werkzeug.test import TestResponse, encode_multipart

import app as micro_app
from dingbridge.errors import SettingsError
from dingbridge.login.session import SessionUser
from dingbridge.problems import RequestRefused
from microapp import context
from microapp.database import Database
from microapp.file_shelf import FileShelf
from microapp.files_store import Wanted, begin, files, finish, remove, sweep, uploads
from microapp.files_upload import FILE_BYTES, PIECE_BYTES
from microapp.words import words

pytest_plugins = ["store_fixtures"]

WAYS = ("in pieces", "whole")


@pytest.fixture
def folder(store_settings: dict[str, object]) -> Path:
    """Where the bytes are."""
    return Path(str(store_settings["DING_INSTANCE"])) / "files"


def on_disk(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def begin_upload(
    visitor: AppVisitor, name: object, size: object, key: object = None
) -> TestResponse:
    wanted = {"key": key or new_key(), "name": name, "size": size}
    return visitor.client.post("/files/uploads", json=wanted, headers=JSON, base_url=ORIGIN)


def put_piece(visitor: AppVisitor, key: str, offset: object, piece: bytes) -> TestResponse:
    return visitor.client.put(
        f"/files/uploads/{key}/{offset}", data=piece, headers=JSON, base_url=ORIGIN
    )


def post_whole(
    visitor: AppVisitor, name: str, content: bytes, key: str, **headers: str
) -> TestResponse:
    """Post a plain form with a file, encoded in memory: the test client would leave a file open."""
    fields = {"key": key, "file": FileStorage(io.BytesIO(content), name)}
    boundary, encoded = encode_multipart(fields)
    return visitor.client.post(
        "/files",
        data=encoded,
        content_type=f"multipart/form-data; boundary={boundary}",
        headers={**JSON, **headers},
        base_url=ORIGIN,
    )


def upload(
    visitor: AppVisitor, name: str, content: bytes, *, way: str = "in pieces", size: int = 1 << 18
) -> TestResponse:
    """Upload a file as the page does, or as a plain form; the last answer."""
    key = new_key()
    if way == "whole":
        return post_whole(visitor, name, content, key)
    answer = begin_upload(visitor, name, len(content), key)
    for offset in range(0, len(content), size):
        if answer.status_code >= 400:
            break
        answer = put_piece(visitor, key, offset, content[offset : offset + size])
    return answer


def stored(visitor: AppVisitor, name: str, content: bytes) -> int:
    """Upload what will be taken; the file's id."""
    answer = upload(visitor, name, content)
    assert answer.json is not None, answer.text
    return int(answer.json["file"])


def fetch(visitor: AppVisitor, path: str, **headers: str) -> TestResponse:
    """Get a file, whose own file is closed then."""
    sent = {**HTML_PAGE, **headers}
    return visitor.client.get(path, headers=sent, base_url=ORIGIN, buffered=True)


def listed(visitor: AppVisitor, path: str = "/files") -> list[str]:
    """The names in the list, as they are read."""
    return [html.unescape(name) for name in re.findall(r"<b>(.*?)</b>", visitor.get(path).text)]


@pytest.mark.row("R48")
@pytest.mark.parametrize("way", WAYS)
def test_what_is_uploaded_comes_back_byte_for_byte(visitor: AppVisitor, way: str) -> None:
    assert words("zh")["files_empty"] in visitor.get("/files").text
    content = film(3_000_001)
    answer = upload(visitor, "现场 视频.mp4", content, way=way)
    assert answer.json is not None
    assert answer.json["offset"] == answer.json["size"] == len(content)
    assert listed(visitor) == ["现场 视频.mp4"]
    page = visitor.get(f"/files/{answer.json['file']}")
    assert "现场 视频.mp4" in page.text
    assert "MP4 · 3.0 MB" in page.text
    got = fetch(visitor, f"/files/{answer.json['file']}/download")
    assert got.data == content
    part = fetch(visitor, f"/files/{answer.json['file']}/download", Range="bytes=1000000-1000009")
    assert (part.status_code, part.data) == (206, content[1_000_000:1_000_010])


def test_every_kind_on_the_list_can_be_uploaded(visitor: AppVisitor) -> None:
    refused = [n for n, content in HONEST.items() if upload(visitor, n, content).status_code != 200]
    assert refused == []


# How each kind is known has tests of its own (test_file_types.py).
LIARS = ("program as picture.jpg", "page as text.txt", "sheet as document.docx", "short.png")


@pytest.mark.parametrize("way", WAYS)
def test_an_upload_that_lies_about_its_type_is_refused_and_nothing_stays(
    visitor: AppVisitor, database: Database, folder: Path, way: str
) -> None:
    for name in LIARS:
        answer = upload(visitor, name, LIES[name], way=way)
        assert answer.status_code == 415
        assert error_code(answer) == "file_type_lies"
    assert listed(visitor) == []
    assert on_disk(folder) == []
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(uploads)).scalar_one() == 0


def test_a_large_lie_is_refused_with_its_first_piece(visitor: AppVisitor) -> None:
    key = new_key()
    begin_upload(visitor, "film.mp4", FILE_BYTES, key)
    assert error_code(put_piece(visitor, key, 0, EXE + bytes(1000))) == "file_type_lies"


FORBIDDEN = (
    *("virus.exe", "page.html", "drawing.svg", "data.xml", "run.js", "a.jpg.exe", "none", "a.zip"),
    *("a.jpg\x00.exe", "a.jpg/.exe", "a.htm", "a.php", "a.docm", "图.图", "", "/"),
)


@pytest.mark.parametrize("way", WAYS)
def test_a_forbidden_type_is_refused_with_a_sentence(
    visitor: AppVisitor, folder: Path, way: str
) -> None:
    for name in FORBIDDEN if way == "in pieces" else FORBIDDEN[:8]:
        answer = upload(visitor, name, png(), way=way)
        assert answer.status_code == 415, name
        assert error_code(answer) == "file_type_refused"
        assert answer.json is not None
        assert "可以上传图片" in answer.json["error"]["message"]
    assert listed(visitor) == []
    assert on_disk(folder) == []


TRICKS = {
    "../../../../etc/cron.d/图.png": "图.png",
    "..\\..\\a.png": "a.png",
    "/etc/passwd.png": "passwd.png",
    "图\u202egnp.png": "图gnp.png",
    "aux.png": "_aux.png",
    "e\u0301.png": "é.png",
    "<script>alert(1)</script>.png": "script_.png",
    '"><img src=x onerror=alert(1)>.png': "___img src=x onerror=alert(1)_.png",
    "长" * 300 + ".png": "长" * 83 + ".png",
}


def test_a_name_that_tries_tricks_is_a_harmless_name_and_no_path(
    visitor: AppVisitor, folder: Path
) -> None:
    for name, kept in TRICKS.items():
        file_id = stored(visitor, name, png())
        page = visitor.get("/files").text + visitor.get(f"/files/{file_id}").text
        assert listed(visitor)[0] == kept
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    upload(visitor, "../../etc/whole.png", png(), way="whole")
    assert listed(visitor)[0] == "whole.png"
    for path in on_disk(folder):
        assert re.fullmatch(r"[0-9a-f]{2}/[0-9a-f]{32}", str(path.relative_to(folder)))
        assert path.stat().st_mode & 0o777 == 0o600


def test_bytes_lie_outside_the_static_files_in_a_folder_of_the_apps_own(
    visitor: AppVisitor, folder: Path
) -> None:
    stored(visitor, "图.png", png())
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.is_relative_to(Path(micro_app.__file__).parent / "static")


def test_a_download_carries_its_name_and_can_run_nothing(visitor: AppVisitor) -> None:
    for name in ("图.png", "合同（终稿）.pdf", "a b;c'd%2F.txt", "𠮷🚚.csv"):
        content = {"png": png(), "pdf": PDF}.get(name[-3:], b"text")
        answer = fetch(visitor, f"/files/{stored(visitor, name, content)}/download")
        kind, options = parse_options_header(answer.headers["Content-Disposition"])
        assert (kind, options["filename"]) == ("attachment", name)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert "sandbox" in policy
        assert "default-src 'none'" in policy
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "private, no-cache"


def test_pictures_alone_are_shown_inside_a_page(visitor: AppVisitor) -> None:
    picture = stored(visitor, "图.png", png())
    answer = fetch(visitor, f"/files/{picture}/content")
    assert (answer.data, answer.content_type) == (png(), "image/png")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    again = fetch(visitor, f"/files/{picture}/content", **{"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    for name, content in (("a.pdf", PDF), ("a.txt", b"text"), ("a.heic", HONEST["a.heic"])):
        other = stored(visitor, name, content)
        assert fetch(visitor, f"/files/{other}/content").status_code == 404
        assert f"/files/{other}/content" not in visitor.get(f"/files/{other}").text


def test_another_persons_file_is_not_there_whatever_is_asked(
    visitor: AppVisitor, folder: Path
) -> None:
    file_id = stored(visitor, "工资.png", png())
    colleague = visitor.colleague("user6188")
    assert listed(colleague) == []
    for path in ("", "/download", "/content"):
        answer = colleague.get(f"/files/{file_id}{path}")
        assert answer.status_code == 404
        assert "工资" not in answer.text
        assert answer.text.count("<h1>") == 1
    for action in ("link", "delete"):
        assert error_code(colleague.post(f"/files/{file_id}/{action}", {})) == "not_found"
    assert listed(visitor) == ["工资.png"]
    assert len(on_disk(folder)) == 1


def test_another_persons_upload_cannot_be_continued_nor_stopped(visitor: AppVisitor) -> None:
    key = new_key()
    begin_upload(visitor, "a.txt", 4, key)
    colleague = visitor.colleague("user6188")
    assert error_code(put_piece(colleague, key, 0, b"evil")) == "upload_out_of_step"
    colleague.client.delete(f"/files/uploads/{key}", headers=JSON, base_url=ORIGIN)
    assert put_piece(visitor, key, 0, b"good").status_code == 200


def test_an_upload_that_broke_off_goes_on_where_it_was(visitor: AppVisitor) -> None:
    key, content = new_key(), film(300_000)
    first = begin_upload(visitor, "a.mp4", len(content), key)
    assert (first.status_code, first.json) == (201, {"offset": 0, "size": 300_000})
    put_piece(visitor, key, 0, content[:100_000])
    again = begin_upload(visitor, "a.mp4", len(content), key)
    assert (again.status_code, again.json) == (200, {"offset": 100_000, "size": 300_000})
    assert listed(visitor) == []
    put_piece(visitor, key, 100_000, content[100_000:])
    assert listed(visitor) == ["a.mp4"]


def test_a_piece_that_comes_twice_or_out_of_turn_changes_nothing(visitor: AppVisitor) -> None:
    key = new_key()
    begin_upload(visitor, "a.txt", 6, key)
    assert error_code(put_piece(visitor, key, 2, b"cd")) == "upload_out_of_step"
    assert put_piece(visitor, key, 0, b"abc").json == {"offset": 3, "size": 6}
    assert error_code(put_piece(visitor, key, 0, b"xyz")) == "upload_out_of_step"
    assert error_code(put_piece(visitor, key, 3, b"defg")) == "upload_out_of_step"
    assert error_code(put_piece(visitor, key, 3, b"")) == "upload_out_of_step"
    done = put_piece(visitor, key, 3, b"def").json
    assert done is not None
    assert fetch(visitor, f"/files/{done['file']}/download").data == b"abcdef"


def test_an_offset_that_is_none_is_refused(visitor: AppVisitor) -> None:
    key = new_key()
    begin_upload(visitor, "a.txt", 6, key)
    for offset in ("-1", "1e3", "x", "9" * 30, "９"):
        assert put_piece(visitor, key, offset, b"abc").status_code == 400


def test_two_taps_upload_once(visitor: AppVisitor, folder: Path) -> None:
    key = new_key()
    first = post_whole(visitor, "图.png", png(), key)
    second = post_whole(visitor, "图.png", png(), key)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    assert begin_upload(visitor, "图.png", len(png()), key).json == first.json
    assert listed(visitor) == ["图.png"]
    assert len(on_disk(folder)) == 1


def test_a_key_that_stands_for_another_file_is_told(visitor: AppVisitor) -> None:
    key = new_key()
    begin_upload(visitor, "a.txt", 6, key)
    assert error_code(begin_upload(visitor, "b.txt", 6, key)) == "submitted_before"
    put_piece(visitor, key, 0, b"abcdef")
    assert error_code(begin_upload(visitor, "a.txt", 7, key)) == "submitted_before"
    assert listed(visitor) == ["a.txt"]


def test_many_last_pieces_at_once_make_one_file(visitor: AppVisitor, folder: Path) -> None:
    key, content = new_key(), film(200_000)
    begin_upload(visitor, "a.mp4", len(content), key)
    put_piece(visitor, key, 0, content[:100_000])
    visitors = [visitor.colleague("user5031") for _ in range(6)]
    answers: list[int] = []

    def send(one: AppVisitor) -> None:
        answers.append(put_piece(one, key, 100_000, content[100_000:]).status_code)

    threads = [threading.Thread(target=send, args=(one,)) for one in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409, 409, 409, 409, 409]
    assert listed(visitor) == ["a.mp4"]
    (path,) = on_disk(folder)
    assert path.read_bytes() == content


def test_what_a_crash_left_whole_becomes_a_file_when_it_is_taken_up_again(
    visitor: AppVisitor, database: Database, folder: Path
) -> None:
    """All bytes are there, and the process ended before the database was told."""
    key = new_key()
    begin_upload(visitor, "a.txt", 6, key)
    with database.read() as connection:
        token = connection.execute(select(uploads.c.token)).scalar_one()
    (folder / token[:2] / token).write_bytes(b"abcdef")
    answer = begin_upload(visitor, "a.txt", 6, key)
    assert answer.json is not None
    assert fetch(visitor, f"/files/{answer.json['file']}/download").data == b"abcdef"


def test_a_stopped_upload_leaves_nothing(visitor: AppVisitor, folder: Path) -> None:
    key = new_key()
    begin_upload(visitor, "a.txt", 6, key)
    put_piece(visitor, key, 0, b"abc")
    path = f"/files/uploads/{key}"
    for _ in range(2):
        assert visitor.client.delete(path, headers=JSON, base_url=ORIGIN).status_code == 200
    assert on_disk(folder) == []
    assert error_code(put_piece(visitor, key, 3, b"def")) == "upload_out_of_step"
    assert on_disk(folder) == []


UNWANTED = [
    ({"size": 0}, "file_empty"),
    ({"size": -1}, "file_empty"),
    ({"size": FILE_BYTES + 1}, "file_too_large"),
    ({"size": 10**30}, "file_too_large"),
    ({"size": "12"}, "bad_request"),
    ({"size": 1.5}, "bad_request"),
    ({"size": True}, "bad_request"),
    ({"size": None}, "bad_request"),
    ({"name": None}, "bad_request"),
    ({"name": ["a.txt"]}, "bad_request"),
    ({"key": "short"}, "bad_request"),
    ({"key": "键" * 20}, "bad_request"),
    ({"name": "a" * 20_000}, "too_large"),
]


def test_what_cannot_be_uploaded_is_refused_before_its_bytes_are_sent(
    visitor: AppVisitor, folder: Path
) -> None:
    for wanted, code in UNWANTED:
        posted = {"key": new_key(), "name": "a.txt", "size": 6, **wanted}
        answer = visitor.client.post("/files/uploads", json=posted, headers=JSON, base_url=ORIGIN)
        assert error_code(answer) == code, wanted
    assert on_disk(folder) == []


def test_twenty_megabytes_fit_and_one_byte_more_does_not(visitor: AppVisitor) -> None:
    content = film(FILE_BYTES)
    assert upload(visitor, "whole.mp4", content, way="whole").status_code == 201
    too_large = upload(visitor, "more.mp4", content + b"x", way="whole")
    assert (too_large.status_code, error_code(too_large)) == (413, "file_too_large")
    much_too_large = upload(visitor, "most.mp4", content + bytes(100_000), way="whole")
    assert (much_too_large.status_code, error_code(much_too_large)) == (413, "file_too_large")
    assert listed(visitor) == ["whole.mp4"]


def test_a_piece_that_is_too_large_is_refused(visitor: AppVisitor) -> None:
    key = new_key()
    begin_upload(visitor, "a.mp4", FILE_BYTES, key)
    answer = put_piece(visitor, key, 0, film(PIECE_BYTES + 1))
    assert (answer.status_code, error_code(answer)) == (413, "too_large")


def test_a_form_without_a_file_is_refused(visitor: AppVisitor) -> None:
    for form in ({}, {"file": "text"}, {"file": (io.BytesIO(b""), "")}):
        answer = visitor.post("/files", {"key": new_key(), **form})
        assert error_code(answer) == "bad_request"


@pytest.fixture
def frugal(store_settings: dict[str, object]) -> AppVisitor:
    """Somebody at an app that grants one megabyte to each."""
    return AppVisitor(micro_app.create_app({**store_settings, "DING_FILES_QUOTA": "1"}))


def test_nobody_keeps_more_than_their_quota_and_deleting_makes_room(frugal: AppVisitor) -> None:
    file_id = stored(frugal, "a.mp4", film(600_000))
    answer = upload(frugal, "b.mp4", film(600_000))
    assert (answer.status_code, error_code(answer)) == (403, "file_quota")
    assert answer.json is not None
    assert "先删除不用的文件" in answer.json["error"]["message"]
    assert upload(frugal.colleague("user6188"), "b.mp4", film(600_000)).status_code == 200
    frugal.post(f"/files/{file_id}/delete", {})
    assert upload(frugal, "b.mp4", film(600_000)).status_code == 200
    assert listed(frugal) == ["b.mp4"]


def test_uploads_under_way_count_too_however_many_begin_at_once(frugal: AppVisitor) -> None:
    visitors = [frugal.colleague("user5031") for _ in range(6)]
    answers: list[int] = []

    def send(one: AppVisitor) -> None:
        answers.append(begin_upload(one, "a.mp4", 400_000).status_code)

    threads = [threading.Thread(target=send, args=(one,)) for one in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 201, 403, 403, 403, 403]


def test_the_smallest_files_count_as_what_they_take_up(database: Database) -> None:
    person, now = SessionUser("user5031", "王磊", False, "ding1", 0), datetime.now(UTC)

    def begin_one() -> None:
        with database.write() as connection:
            begin(connection, person, Wanted(new_key(), "a.txt", 1), quota=10_000, now=now)

    begin_one()
    begin_one()
    with pytest.raises(RequestRefused) as caught:
        begin_one()
    assert caught.value.code == "file_quota"


@contextmanager
def little_room(size: int) -> Iterator[None]:
    """The system lets no file of this process grow beyond `size` bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_is_explained_and_the_upload_goes_on_once_there_is_room(
    visitor: AppVisitor, folder: Path
) -> None:
    key, content = new_key(), film(3_000_000)
    begin_upload(visitor, "a.mp4", len(content), key)
    with little_room(1_500_000):
        assert put_piece(visitor, key, 0, content[:1_000_000]).status_code == 200
        answer = put_piece(visitor, key, 1_000_000, content[1_000_000:2_000_000])
    assert (answer.status_code, error_code(answer)) == (507, "file_disk_full")
    assert answer.json is not None
    assert "编号" in answer.json["error"]["message"]
    # Not even the part of the piece for which there was room.
    assert [path.stat().st_size for path in on_disk(folder)] == [1_000_000]
    again = begin_upload(visitor, "a.mp4", len(content), key)
    assert again.json == {"offset": 1_000_000, "size": 3_000_000}
    for offset in (1_000_000, 2_000_000):
        answer = put_piece(visitor, key, offset, content[offset : offset + 1_000_000])
    assert answer.json is not None
    assert fetch(visitor, f"/files/{answer.json['file']}/download").data == content


def test_a_full_disk_is_explained_to_whoever_has_no_scripts(visitor: AppVisitor) -> None:
    with little_room(450_000):
        answer = post_whole(visitor, "a.mp4", film(480_000), new_key(), **HTML_PAGE)
    assert answer.status_code == 507
    assert "<p>服务器的空间不够" in answer.text
    assert listed(visitor) == []


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Lets the app's clock be ahead."""

    def go(ahead: timedelta) -> None:
        class Clock:
            @classmethod
            def now(cls, zone: tzinfo) -> datetime:
                return datetime.now(zone) + ahead

        monkeypatch.setattr(context, "datetime", Clock)

    return go


def test_uploads_that_nobody_goes_on_with_are_cleared_away_after_a_day(
    visitor: AppVisitor, folder: Path, later: Callable[[timedelta], None]
) -> None:
    old, young = new_key(), new_key()
    begin_upload(visitor, "old.txt", 6, old)
    put_piece(visitor, old, 0, b"abc")
    later(timedelta(hours=23))
    begin_upload(visitor, "young.txt", 6, young)
    put_piece(visitor, young, 0, b"def")
    assert len(on_disk(folder)) == 2
    later(timedelta(hours=25))
    assert upload(visitor, "new.txt", b"new").status_code == 200
    assert {path.read_bytes() for path in on_disk(folder)} == {b"def", b"new"}
    assert error_code(put_piece(visitor, old, 3, b"def")) == "upload_out_of_step"
    assert put_piece(visitor, young, 3, b"ghi").status_code == 200


def test_no_request_pays_for_many_leftovers(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "shelf"
    folder.mkdir()
    shelf, person = FileShelf(folder), SessionUser("user5031", "王磊", False, "ding1", 0)
    now = datetime.now(UTC)
    with database.write() as connection:
        for number in range(20):
            wanted = Wanted(f"{new_key()}-{number}", "a.txt", 6)
            row, _ = begin(connection, person, wanted, quota=10**9, now=now - timedelta(days=2))
            shelf.create(row.token)
            shelf.append(row.token, 0, b"abc", 6)
    assert [sweep(database, shelf, now) for _ in range(4)] == [8, 8, 4, 0]
    assert on_disk(folder) == []


def test_deleting_takes_the_bytes_too_and_the_key_does_not_bring_them_back(
    visitor: AppVisitor, database: Database, folder: Path
) -> None:
    key = new_key()
    begin_upload(visitor, "a.txt", 6, key)
    answer = put_piece(visitor, key, 0, b"abcdef").json
    assert answer is not None
    assert visitor.post(f"/files/{answer['file']}/delete", {}).status_code == 200
    assert listed(visitor) == []
    assert on_disk(folder) == []
    with database.read() as connection:
        for table in (files, uploads):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0
    assert fetch(visitor, f"/files/{answer['file']}/download").status_code == 404
    assert begin_upload(visitor, "a.txt", 6, key).json == {"offset": 0, "size": 6}


def test_a_file_that_is_deleted_while_its_last_answer_is_asked_for_again_stays_deleted(
    database: Database,
) -> None:
    """The answer of the last piece was lost; the bytes are not cleared away yet."""
    person, now = SessionUser("user5031", "王磊", False, "ding1", 0), datetime.now(UTC)
    wanted = Wanted(new_key(), "a.txt", 6)
    with database.write() as connection:
        upload, _ = begin(connection, person, wanted, quota=10**9, now=now)
        stored = finish(connection, person, upload, at=now, day=now.date())
    with database.write() as connection:
        again, is_file = begin(connection, person, wanted, quota=10**9, now=now)
        assert is_file
        remove(connection, person, stored.id, now)
    for seen in (upload, again):
        with pytest.raises(RequestRefused) as caught, database.write() as connection:
            finish(connection, person, seen, at=now, day=now.date())
        assert caught.value.code == "upload_out_of_step"
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(files)).scalar_one() == 0


def test_an_upload_whose_time_is_over_becomes_no_file_until_it_is_begun_again(
    database: Database,
) -> None:
    person, begun = SessionUser("user5031", "王磊", False, "ding1", 0), datetime.now(UTC)
    wanted, now = Wanted(new_key(), "a.txt", 6), begun + timedelta(days=2)
    with database.write() as connection:
        upload, _ = begin(connection, person, wanted, quota=10**9, now=begun)
        with pytest.raises(RequestRefused):
            finish(connection, person, upload, at=now, day=now.date())
        begin(connection, person, wanted, quota=10**9, now=now)
        assert finish(connection, person, upload, at=now, day=now.date()).key == wanted.key


@pytest.mark.parametrize("is_swept", [False, True])
def test_a_stop_during_the_last_piece_leaves_no_file(
    visitor: AppVisitor,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_swept: bool,
) -> None:
    key, other = new_key(), visitor.colleague("user5031")
    begin_upload(visitor, "a.txt", 6, key)
    append = FileShelf.append

    def stopped(shelf: FileShelf, *given: Any) -> int:
        size = append(shelf, *given)
        with monkeypatch.context() as patched:
            if not is_swept:
                patched.setattr("microapp.files_upload.sweep", lambda *_: 0)
            path = f"/files/uploads/{key}"
            assert other.client.delete(path, headers=JSON, base_url=ORIGIN).status_code == 200
        return size

    monkeypatch.setattr(FileShelf, "append", stopped)
    answer = put_piece(visitor, key, 0, b"abcdef")
    assert (answer.status_code, error_code(answer)) == (409, "upload_out_of_step")
    assert listed(visitor) == []
    assert len(on_disk(folder)) == (0 if is_swept else 1)


def test_bytes_of_an_upload_that_are_gone_by_themselves_are_told(
    visitor: AppVisitor, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, append = new_key(), FileShelf.append
    begin_upload(visitor, "a.txt", 6, key)

    def lost(shelf: FileShelf, *given: Any) -> int:
        size = append(shelf, *given)
        (path,) = on_disk(folder)
        path.unlink()
        return size

    monkeypatch.setattr(FileShelf, "append", lost)
    answer = put_piece(visitor, key, 0, b"abcdef")
    assert (answer.status_code, error_code(answer)) == (500, "file_lost")


def test_a_file_that_is_being_downloaded_while_it_is_deleted_arrives_whole(
    visitor: AppVisitor,
) -> None:
    content = film(2_000_000)
    file_id = stored(visitor, "a.mp4", content)
    answer = visitor.client.get(
        f"/files/{file_id}/download", headers=HTML_PAGE, base_url=ORIGIN, buffered=False
    )
    visitor.post(f"/files/{file_id}/delete", {})
    assert answer.data == content
    answer.close()


def test_bytes_that_are_gone_are_told_with_a_reference(visitor: AppVisitor, folder: Path) -> None:
    file_id = stored(visitor, "a.txt", b"abcdef")
    (path,) = on_disk(folder)
    path.unlink()
    answer = fetch(visitor, f"/files/{file_id}/download")
    assert answer.status_code == 500
    assert "<p>这个文件的内容在服务器上找不到了" in answer.text
    assert re.search(r"<code>[2-9A-Z]{4}-[2-9A-Z]{4}</code>", answer.text)
    assert str(folder) not in answer.text


def test_a_link_is_good_without_a_session_for_ten_minutes_and_for_its_file_alone(
    visitor: AppVisitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = stored(visitor, "合同.pdf", PDF)
    given = visitor.post(f"/files/{file_id}/link", {}).json
    assert given is not None
    assert given["name"] == "合同.pdf"
    assert re.fullmatch(r"/files/link\?t=[\w.-]+", given["url"])
    visitor.sign_out()
    got = fetch(visitor, given["url"])
    assert (got.status_code, got.data) == (200, PDF)
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert got.headers["Content-Disposition"].startswith("attachment")
    for forged in (given["url"][:-1], given["url"] + "x", "/files/link", "/files/link?t=MQ.x.y"):
        answer = visitor.get(forged)
        assert answer.status_code == 403
        assert "<p>这个下载链接已失效" in answer.text
    moment = datetime.now(UTC).timestamp()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: moment + 590)
    assert fetch(visitor, given["url"]).status_code == 200
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: moment + 610)
    assert visitor.get(given["url"]).status_code == 403


def test_a_link_to_a_deleted_file_leads_nowhere(visitor: AppVisitor) -> None:
    file_id = stored(visitor, "合同.pdf", PDF)
    given = visitor.post(f"/files/{file_id}/link", {}).json
    assert given is not None
    visitor.post(f"/files/{file_id}/delete", {})
    assert visitor.get(given["url"]).status_code == 404
    # What somebody else uploads then is not found in its place.
    stored(visitor.colleague("user6188"), "工资.pdf", PDF)
    assert visitor.get(given["url"]).status_code == 404
    assert visitor.get(f"/files/{file_id}").status_code == 404


def test_links_outlive_a_new_session_key_while_the_old_one_is_listed(
    visitor: AppVisitor, store_settings: dict[str, object]
) -> None:
    file_id = stored(visitor, "合同.pdf", PDF)
    given = visitor.post(f"/files/{file_id}/link", {}).json
    assert given is not None
    old = store_settings["SECRET_KEY"]
    renewed = {**store_settings, "SECRET_KEY": "n" * 40}
    assert AppVisitor(micro_app.create_app(renewed)).get(given["url"]).status_code == 403
    both = {**renewed, "SECRET_KEY_FALLBACKS": [old]}
    assert fetch(AppVisitor(micro_app.create_app(both)), given["url"]).data == PDF


def test_a_long_list_is_read_page_by_page_the_newest_first(visitor: AppVisitor) -> None:
    names = [f"{number:02}.txt" for number in range(23)]
    for name in names:
        stored(visitor, name, b"text")
    read: list[str] = []
    path = "/files"
    while True:
        page = visitor.get(path).text
        read += re.findall(r"<b>(.*?)</b>", page)
        older = re.search(r'href="(/files\?before=\d+)"', page)
        if older is None:
            break
        path = older[1]
    assert read == names[::-1]
    assert words("zh")["files_newest"] in page
    past = visitor.get("/files?before=1").text
    assert words("zh")["files_no_older"] in past


def test_a_page_or_a_file_that_is_none_is_not_there(visitor: AppVisitor) -> None:
    for before in ("x", "-1", "1e9", "9" * 40, "", "1;2"):
        assert visitor.get(f"/files?before={before}").status_code == 404
    for file_id in ("0", "-1", "9" * 16, "9" * 19, "9" * 5000, "1.0", "x", "%31x"):
        for path in ("", "/download", "/content"):
            assert visitor.get(f"/files/{file_id}{path}").status_code == 404


def test_without_a_session_the_page_has_its_frame_and_nothing_is_stored_or_served(
    visitor: AppVisitor, folder: Path
) -> None:
    file_id = stored(visitor, "secret of somebody.txt", b"text")
    visitor.sign_out()
    page = visitor.get("/files")
    assert page.status_code == 200
    assert "data-signed-out" in page.text
    assert "secret of somebody" not in page.text
    for path in ("", "/download", "/content"):
        answer = visitor.get(f"/files/{file_id}{path}")
        assert answer.status_code == 401
        assert "secret of somebody" not in answer.text
    for answer in (
        begin_upload(visitor, "a.txt", 6),
        put_piece(visitor, new_key(), 0, b"abc"),
        upload(visitor, "a.txt", b"text", way="whole"),
        visitor.post(f"/files/{file_id}/link", {}),
        visitor.post(f"/files/{file_id}/delete", {}),
    ):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "DingTalk"
    assert len(on_disk(folder)) == 1


def test_another_sites_form_uploads_and_deletes_nothing(visitor: AppVisitor) -> None:
    file_id = stored(visitor, "a.txt", b"text")
    evil = {"Origin": "https://evil.example"}
    posted = post_whole(visitor, "evil.txt", b"text", new_key(), **evil)
    assert error_code(posted) == "origin_refused"
    assert error_code(visitor.post(f"/files/{file_id}/delete", {}, **evil)) == "origin_refused"
    assert listed(visitor) == ["a.txt"]


def test_a_plain_form_comes_back_to_the_list_and_its_failure_is_a_page(
    visitor: AppVisitor,
) -> None:
    answer = post_whole(visitor, "图.png", png(), new_key(), **HTML_PAGE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/files")
    refused = post_whole(visitor, "图.png", HTML, new_key(), **HTML_PAGE)
    assert refused.status_code == 415
    assert "<p>文件的内容与它的扩展名不符" in refused.text
    (file_id,) = re.findall(r'href="/files/(\d+)"', visitor.get("/files").text)
    page = visitor.get(f"/files/{file_id}").text
    assert "不能恢复。确定要删除“图.png”吗" in html.unescape(page)
    answer = visitor.post(f"/files/{file_id}/delete", {}, **HTML_PAGE)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/files")
    assert listed(visitor) == []


def test_a_folder_of_ones_own_is_used_and_one_that_is_open_to_others_refused(
    store_settings: dict[str, object], tmp_path: Path
) -> None:
    chosen = {**store_settings, "DING_FILES_FOLDER": str(tmp_path / "elsewhere")}
    stored(AppVisitor(micro_app.create_app(chosen)), "a.txt", b"text")
    assert [path.read_bytes() for path in on_disk(tmp_path / "elsewhere")] == [b"text"]
    (tmp_path / "open").mkdir(mode=0o777)
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(SettingsError) as caught:
        micro_app.create_app({**store_settings, "DING_FILES_FOLDER": str(tmp_path / "open")})
    assert [fault.name for fault in caught.value.faults] == ["DING_FILES_FOLDER"]
