"""Files: what somebody has uploaded: listed, looked at, downloaded, deleted, and linked for the
drive (钉盘).
"""

from __future__ import annotations

import secrets
from typing import Any, cast

from flask import (
    Blueprint,
    Flask,
    Response,
    jsonify,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from sqlalchemy import Row

from dingbridge.problems import RequestRefused
from microapp.context import MicroApp, back_to
from microapp.failures import wants_json
from microapp.file_names import extension
from microapp.file_shelf import open_shelf
from microapp.file_types import ACCEPTED, FILE_TYPES
from microapp.files_store import files, linked, remove, sweep, used
from microapp.files_upload import add_uploads, shelf_of
from microapp.page_room import weight
from microapp.paging import EMPTY, Room, newest, page_before
from microapp.signed_links import sign, signed
from microapp.tables import require_own

_LIST = Room(10, 3000, lambda row: 235 + weight(row.file_name))
_LINK = "file"
# Nothing that is served may run, load or be framed by others, whatever a browser makes of it.
_HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
_ID = "<int(max=9007199254740991):file_id>"


def files_page(micro: MicroApp) -> Blueprint:
    """`/files` and everything below it."""
    page = Blueprint("files", __name__)

    @page.record_once
    def find_fault(setup: BlueprintSetupState) -> None:
        """A folder that cannot be used is told when the app starts."""
        open_shelf(micro.bridge.settings_of(cast(Flask, setup.app)))

    _add_list(page, micro)
    _add_contents(page, micro)
    add_uploads(page, micro)
    return page


def _add_list(page: Blueprint, micro: MicroApp) -> None:
    @page.get("/files")
    def show() -> str:
        """The page; without a session its list says that it is being signed in."""
        person = micro.bridge.user()
        before = page_before(request.args.get("before"))
        listed, taken = EMPTY, 0
        if person is not None:
            with micro.database.read() as connection:
                listed = newest(connection, files, person, before, _LIST)
                taken = used(connection, person, micro.now())
        return render_template(
            "files.html",
            person=person,
            files=listed.rows,
            older=listed.older,
            before=before,
            used=taken,
            quota=micro.bridge.settings.files_quota,
            zone=micro.zone,
            extension=extension,
            accepted=ACCEPTED,
            key=secrets.token_urlsafe(18),
        )

    @page.get(f"/files/{_ID}")
    @micro.bridge.login_required
    def show_one(file_id: int) -> str:
        """One file: what it is, a picture's picture, and what can be done with it."""
        row = _own(micro, file_id)
        name_ends = extension(row.file_name)
        return render_template(
            "file.html",
            file=row,
            is_picture=FILE_TYPES[name_ends].is_picture,
            extension=extension,
            zone=micro.zone,
        )

    @page.post(f"/files/{_ID}/delete")
    @micro.bridge.login_required
    def delete(file_id: int) -> ResponseReturnValue:
        """Delete a file: 200; a plain form goes to the list."""
        now = micro.now()
        with micro.database.write() as connection:
            remove(connection, micro.person(), file_id, now)
        sweep(micro.database, shelf_of(micro), now)
        return jsonify({}) if wants_json() else back_to("/files")


def _add_contents(page: Blueprint, micro: MicroApp) -> None:
    @page.get(f"/files/{_ID}/download")
    @micro.bridge.login_required
    def download(file_id: int) -> Response:
        """The file, to be kept; nothing that a browser would open in the app's name."""
        return _served(micro, _own(micro, file_id), as_attachment=True)

    @page.get(f"/files/{_ID}/content")
    @micro.bridge.login_required
    def content(file_id: int) -> Response:
        """The file, to be looked at inside a page: pictures alone."""
        row = _own(micro, file_id)
        if not FILE_TYPES[extension(row.file_name)].is_picture:
            raise RequestRefused(404, "not_found")
        return _served(micro, row, as_attachment=False)

    @page.post(f"/files/{_ID}/link")
    @micro.bridge.login_required
    def link(file_id: int) -> ResponseReturnValue:
        """An address of the file that is good without a session, for ten minutes."""
        row = _own(micro, file_id)
        url = url_for("files.by_link", t=sign(_LINK, row.token))
        return jsonify({"url": url, "name": row.file_name})

    @page.get("/files/link")
    def by_link() -> Response:
        """The file of a link."""
        token = signed(_LINK, request.args.get("t", ""))
        with micro.database.read() as connection:
            row = linked(connection, token)
        return _served(micro, row, as_attachment=True)


def _own(micro: MicroApp, file_id: int) -> Row[Any]:
    with micro.database.read() as connection:
        return require_own(connection, files, micro.person(), file_id)


def _served(micro: MicroApp, row: Row[Any], *, as_attachment: bool) -> Response:
    """A file in blocks, with its name in any language (RFC 5987), as nothing but its own type."""
    kind = FILE_TYPES[extension(row.file_name)]
    with shelf_of(micro).open(row.token):
        pass  # it is there
    response = send_file(
        shelf_of(micro).path(row.token).absolute(),
        mimetype=kind.mime,
        as_attachment=as_attachment,
        download_name=row.file_name,
        etag=row.token,
        last_modified=row.at,
    )
    response.headers.update(_HARMLESS)
    # Whoever uses the device next is to ask again.
    response.headers["Cache-Control"] = "private, no-cache"
    return response
