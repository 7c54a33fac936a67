"""Check-in: where somebody is now, stored once, and today's list."""

from __future__ import annotations

import secrets

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from dingbridge.problems import RequestRefused
from microapp.checkin_store import NOTE_LENGTH, Place, add, of_day
from microapp.context import MicroApp, back_to
from microapp.failures import wants_json
from microapp.tables import clean, submission_key

_LIMIT = 16 * 1024  # bytes of a posted form


def checkin_page(micro: MicroApp) -> Blueprint:
    """`GET /checkin` and `POST /checkin`."""
    page = Blueprint("checkin", __name__)

    @page.get("/checkin")
    def show() -> str:
        """The page; without a session its list says that it is being signed in."""
        person = micro.bridge.user()
        now = micro.now()
        rows = []
        if person is not None:
            with micro.database.read() as connection:
                rows = list(of_day(connection, person, micro.day_of(now)))
        return render_template(
            "checkin.html",
            person=person,
            checkins=rows,
            zone=micro.zone,
            today=micro.day_of(now),
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
