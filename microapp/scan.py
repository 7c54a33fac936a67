"""Scan: codes and tags that the client reads, stored once, with a list of them."""

from __future__ import annotations

import secrets

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from dingbridge.problems import RequestRefused
from microapp.context import MicroApp, back_to
from microapp.failures import wants_json
from microapp.page_room import cut, weight
from microapp.paging import EMPTY, Room, newest, page_before, parse_id
from microapp.scan_store import KINDS, SEPARATORS, TEXT_LENGTH, add, delete, scans
from microapp.tables import clean, require_own, submission_key
from microapp.web_address import host_of

PAGE_SIZE = 6
SHOWN_LENGTH = 120  # characters of a text in the list; the rest stands on a page of its own
_LIMIT = 64 * 1024  # bytes of a posted form
_PART = 4000  # bytes of HTML that a text takes of its own page
_LONGEST_LINK = 1500
_LIST = Room(PAGE_SIZE, 2300, lambda row: 330 + 2 * weight(row.text[:SHOWN_LENGTH]))


def scan_page(micro: MicroApp) -> Blueprint:
    """`/scan`, and `/scan/ID` for one text as a whole."""
    page = Blueprint("scan", __name__)

    @page.get("/scan")
    def show() -> str:
        """The page; without a session its list says that it is being signed in."""
        person = micro.bridge.user()
        before = page_before(request.args.get("before"))
        listed = EMPTY
        if person is not None:
            with micro.database.read() as connection:
                listed = newest(connection, scans, person, before, _LIST)
        return render_template(
            "scan.html",
            person=person,
            listed=listed,
            before=before,
            zone=micro.zone,
            host_of=host_of,
            shown_length=SHOWN_LENGTH,
            text_length=TEXT_LENGTH,
            key=secrets.token_urlsafe(18),
        )

    @page.post("/scan")
    @micro.bridge.login_required
    def store() -> ResponseReturnValue:
        """Store a text: 201, or 200 where it is stored already; a plain form goes back."""
        request.max_content_length = _LIMIT
        key = submission_key(request.form.get("key"))
        kind = request.form.get("kind")
        text = clean(request.form.get("text"), kept=SEPARATORS)
        if kind not in KINDS:
            raise RequestRefused(400, "bad_request")
        if not text.strip():
            raise RequestRefused(422, "incomplete")
        if len(text) > TEXT_LENGTH:
            raise RequestRefused(413, "too_large")
        now = micro.now()
        with micro.database.write() as connection:
            row, is_new = add(
                connection,
                micro.person(),
                key=key,
                kind=kind,
                text=text,
                at=now,
                day=micro.day_of(now),
            )
        if not wants_json():
            return back_to("/scan")
        return jsonify({"id": row.id}), 201 if is_new else 200

    _add_rows(page, micro)
    return page


def _add_rows(page: Blueprint, micro: MicroApp) -> None:
    """What is done with one row."""

    @page.get("/scan/<row_id>")
    @micro.bridge.login_required
    def show_one(row_id: str) -> ResponseReturnValue:
        """One text: as a whole, or from the character `from` on as much as fits."""
        with micro.database.read() as connection:
            row = require_own(connection, scans, micro.person(), parse_id(row_id))
        begin = max(0, request.args.get("from", 0, int))
        shown = cut(row.text[begin:], _PART)
        end = begin + len(shown)
        return render_template(
            "scan_text.html",
            row=row,
            shown=shown,
            rest=end if end < len(row.text) else None,
            host=host_of(row.text) if weight(row.text) <= _LONGEST_LINK else "",
            zone=micro.zone,
        )

    @page.post("/scan/delete")
    @micro.bridge.login_required
    def remove() -> ResponseReturnValue:
        """Delete one; 404 where it is gone already, or somebody else's."""
        row_id = parse_id(request.form.get("id", ""))
        with micro.database.write() as connection:
            delete(connection, micro.person(), row_id)
        if not wants_json():
            return back_to("/scan")
        return jsonify({"id": row_id})
