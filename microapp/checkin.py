"""Check-in: where somebody is now, stored once, and today's list."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Row

from dingbridge.problems import RequestRefused
from microapp.checkin_store import NOTE_LENGTH, Place, add, checkins, count
from microapp.context import MicroApp, back_to
from microapp.failures import wants_json
from microapp.page_room import cut, weight
from microapp.paging import EMPTY, Room, newest, page_before
from microapp.tables import clean, submission_key

_LIMIT = 16 * 1024  # bytes of a posted form
# Bytes of HTML: notes and addresses of the greatest length stay whole, unless they are all marks.
_ADDRESS_ROOM, _NOTE_ROOM = 610, 1510


def _weigh(row: Row[Any]) -> int:
    return 360 + weight(cut(row.address, _ADDRESS_ROOM), cut(row.note, _NOTE_ROOM))


LIST = Room(rows=8, octets=2600, weigh=_weigh)


def checkin_page(micro: MicroApp) -> Blueprint:
    """`GET /checkin` and `POST /checkin`."""
    page = Blueprint("checkin", __name__)

    @page.get("/checkin")
    def show() -> str:
        """The page; without a session its list says that it is being signed in."""
        person = micro.bridge.user()
        today = micro.day_of(micro.now())
        before = page_before(request.args.get("before"))
        listed, number = EMPTY, 0
        if person is not None:
            with micro.database.read() as connection:
                listed = newest(connection, checkins, person, before, LIST, checkins.c.day == today)
                number = count(connection, person, today)
        return render_template(
            "checkin.html",
            person=person,
            listed=listed,
            number=number,
            before=before,
            rooms={"address": _ADDRESS_ROOM, "note": _NOTE_ROOM},
            zone=micro.zone,
            today=today,
            key=secrets.token_urlsafe(18),
            note_length=NOTE_LENGTH,
        )

    @page.post("/checkin")
    @micro.bridge.login_required
    def store() -> ResponseReturnValue:
        """Store a check-in: 201, or 200 where it is stored already; a plain form goes back."""
        request.max_content_length = _LIMIT
        key = submission_key(request.form.get("key"))
        place = Place.read(request.form)
        note = clean(request.form.get("note"))
        if len(note) > NOTE_LENGTH:
            raise RequestRefused(413, "too_large")
        now = micro.now()
        with micro.database.write() as connection:
            row, is_new = add(
                connection,
                micro.person(),
                place,
                key=key,
                note=note,
                at=now,
                day=micro.day_of(now),
            )
        if not wants_json():
            return back_to("/checkin")
        time = row.at.astimezone(micro.zone)
        return jsonify({"id": row.id, "time": f"{time:%H:%M}"}), 201 if is_new else 200

    return page
