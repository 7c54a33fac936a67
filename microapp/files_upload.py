"""Uploads: in pieces, so that a dropped connection costs one piece, or whole from a plain form.

    POST /files/uploads {"key", "name", "size"}   begins, or tells how much is there already
    PUT  /files/uploads/KEY/OFFSET                the piece that follows OFFSET bytes
    DELETE /files/uploads/KEY                     the person has changed their mind

Each answers `{"offset", "size"}`, with `"file"` (its id) once all of it is there. Whoever does not
know how a request ended begins again with the same key: what has arrived stays.
"""

from __future__ import annotations

import re
from os import SEEK_END
from typing import Any, NamedTuple

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Row

from dingbridge.problems import RequestRefused, body, json_body
from microapp.context import MicroApp, back_to
from microapp.failures import wants_json
from microapp.file_names import extension, file_name
from microapp.file_shelf import FileShelf, open_shelf, refusing_when_full
from microapp.file_types import BEGINNING, FILE_TYPES, FileType, is_what_it_says
from microapp.files_store import (
    Wanted,
    begin,
    finish,
    give_up,
    require_upload,
    require_wanted,
    sweep,
)
from microapp.tables import submission_key

FILE_BYTES = 20 << 20  # 20 MB as computers count, which is more than as people do
PIECE_BYTES = 1 << 20  # as nginx.conf lets through by default
_FORM_BYTES = 16 * 1024  # what a form has beside its file


def add_uploads(page: Blueprint, micro: MicroApp) -> None:
    """Mount the routes for uploads."""

    @page.post("/files/uploads")
    @micro.bridge.login_required
    def begin_upload() -> ResponseReturnValue:
        """201 for a new upload, 200 for one that goes on or is done."""
        posted = json_body(_FORM_BYTES)
        upload = _begun(micro, _wanted(posted.get("key"), posted.get("name"), posted.get("size")))
        return jsonify(_progress(micro, *upload)), 200 if upload.offset else 201

    @page.put("/files/uploads/<key>/<offset>")
    @micro.bridge.login_required
    def store_piece(key: str, offset: str) -> ResponseReturnValue:
        """Store a piece; the last one makes it a file."""
        piece = body(PIECE_BYTES)
        if not re.fullmatch(r"[0-9]{1,9}", offset):
            raise RequestRefused(400, "bad_request")
        with micro.database.read() as connection:
            row = require_upload(connection, micro.person(), submission_key(key))
        return jsonify(_progress(micro, row, _stored(micro, row, int(offset), piece)))

    @page.delete("/files/uploads/<key>")
    @micro.bridge.login_required
    def stop_upload(key: str) -> ResponseReturnValue:
        """The person has changed their mind; also where there is no such upload."""
        with micro.database.write() as connection:
            give_up(connection, micro.person(), submission_key(key), micro.now())
        sweep(micro.database, shelf_of(micro), micro.now())
        return jsonify({})

    @page.post("/files")
    @micro.bridge.login_required
    def store_whole() -> ResponseReturnValue:
        """A plain form with one file: 201, or 200 where it is stored already."""
        request.max_content_length = FILE_BYTES + _FORM_BYTES
        if (request.content_length or 0) > request.max_content_length:
            raise RequestRefused(413, "file_too_large")
        with refusing_when_full():  # what is large waits in a file of the system's
            sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise RequestRefused(400, "bad_request")
        wanted = _wanted(request.form.get("key"), sent.filename, sent.stream.seek(0, SEEK_END))
        row, offset, is_file = _begun(micro, wanted)
        is_new = offset < row.size
        while offset < row.size:
            sent.stream.seek(offset)
            offset = _stored(micro, row, offset, sent.stream.read(PIECE_BYTES))
        answer = _progress(micro, row, offset, is_file)
        if not wants_json():
            return back_to("/files")
        return jsonify(answer), 201 if is_new else 200


def shelf_of(micro: MicroApp) -> FileShelf:
    """Where the app keeps its files."""
    return open_shelf(micro.bridge.settings)


def _wanted(key: object, name: object, size: object) -> Wanted:
    """What is to be uploaded.

    Raises RequestRefused for what cannot be: `file_type_refused`, `file_too_large`, …
    """
    key = submission_key(key)
    if not isinstance(name, str) or isinstance(size, bool) or not isinstance(size, int):
        raise RequestRefused(400, "bad_request")
    cleaned = file_name(name)
    if extension(cleaned) not in FILE_TYPES:
        raise RequestRefused(415, "file_type_refused")
    if size > FILE_BYTES:
        raise RequestRefused(413, "file_too_large")
    if size < 1:
        raise RequestRefused(422, "file_empty")
    return Wanted(key, cleaned, size)


class _Begun(NamedTuple):
    """An upload, or the file that it is already, and how many of its bytes are there."""

    row: Row[Any]
    offset: int
    is_file: bool


def _begun(micro: MicroApp, wanted: Wanted) -> _Begun:
    now = micro.now()
    sweep(micro.database, shelf_of(micro), now)
    quota = micro.bridge.settings.files_quota * 1_000_000
    with micro.database.write() as connection:
        row, is_file = begin(connection, micro.person(), wanted, quota=quota, now=now)
        if not is_file:
            # In the transaction: once others know of the upload they may clear it away, and a
            # file made after that would belong to nobody.
            shelf_of(micro).create(row.token)
    offset = row.size if is_file else shelf_of(micro).size(row.token)
    return _Begun(row, offset, is_file)


def _stored(micro: MicroApp, row: Row[Any], offset: int, piece: bytes) -> int:
    """Store a piece; how many bytes there are now.

    Raises RequestRefused, early where the first bytes tell that the file is not what it says.
    """
    head = piece[:BEGINNING]
    if offset == 0 and len(head) == min(BEGINNING, row.size) and not _type(row).begins(head):
        raise _refused_as_lie(micro, row)
    return shelf_of(micro).append(row.token, offset, piece, row.size)


def _progress(micro: MicroApp, row: Row[Any], offset: int, is_file: bool = False) -> dict[str, int]:
    """The answer. An upload that is whole becomes a file, if it is what it says."""
    answer = {"offset": offset, "size": row.size}
    if is_file:  # it may be deleted by now, and must not become one again
        return {**answer, "file": row.id}
    if offset < row.size:
        return answer
    if not _is_honest(micro, row):
        raise _refused_as_lie(micro, row)
    now = micro.now()
    with micro.database.write() as connection:
        stored = finish(connection, micro.person(), row, at=now, day=micro.day_of(now))
    return {**answer, "file": stored.id}


def _is_honest(micro: MicroApp, row: Row[Any]) -> bool:
    """Whether the bytes are of the type that the name says. Raises as `require_wanted`, and
    RequestRefused (500, `file_lost`) where they are gone all the same.
    """
    try:
        with shelf_of(micro).open(row.token) as file:
            return is_what_it_says(_type(row), file)
    except RequestRefused:
        with micro.database.read() as connection:
            require_wanted(connection, micro.person(), row, micro.now())
        raise


def _refused_as_lie(micro: MicroApp, row: Row[Any]) -> RequestRefused:
    """The refusal; nothing of the file stays."""
    now = micro.now()
    with micro.database.write() as connection:
        give_up(connection, micro.person(), row.key, now)
    sweep(micro.database, shelf_of(micro), now)
    return RequestRefused(415, "file_type_lies")


def _type(row: Row[Any]) -> FileType:
    return FILE_TYPES[extension(row.file_name)]
