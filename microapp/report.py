"""Reports: check-ins by day and by person. Administrators see everybody's, others their own."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, current_app, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2.filters import do_truncate
from markupsafe import Markup
from sqlalchemy import Connection, Row

from dingbridge import catalogue
from dingbridge.login.session import SessionUser
from dingbridge.nav_bgcolor import NAME as NAV_COLOUR
from dingbridge.page import escape_json, new_reference
from dingbridge.problems import RequestRefused
from dingbridge.settings import Language
from microapp import report_store
from microapp.context import MicroApp, nav_colour
from microapp.failures import wants_json
from microapp.page_room import fitting, weight
from microapp.paging import parse_id
from microapp.report_csv import csv_lines
from microapp.report_range import PRESETS, DayRange
from microapp.report_store import PersonSum, Scope
from microapp.signed_links import sign, signed
from microapp.tables import USERID_LENGTH, clean
from microapp.words import words

log = logging.getLogger("microapp")

View = Callable[[], ResponseReturnValue]

PEOPLE_SHOWN = 10
ENTRIES_SHOWN = 10
_MOST_SKIPPED = 1_000_000
# Bytes of HTML for rows, where neither the address nor anybody's name takes up any.
_CHARTS_ROOM, _ENTRIES_ROOM = 2810, 3600
_COLOUR_WEIGHT = 210  # of the colour in navigation and form
_DATE_LENGTH = 10  # characters
_LINK = "report"
_COLUMNS = (
    "date",
    "time",
    "name",
    "userid",
    "address",
    "latitude",
    "longitude",
    "accuracy",
    "note",
)


def report_page(micro: MicroApp) -> Blueprint:
    """`GET /report`, the same for scripts at `/report/charts`, and all of it as CSV."""
    page = Blueprint("report", __name__)
    _add_charts(page, micro)
    _add_csv(page, micro)
    return page


def _by_role(micro: MicroApp, view: View) -> View:
    """`view` for who is signed in; an administrator's role is at most an hour old."""
    for_anybody = micro.bridge.login_required(view)
    for_administrators = micro.bridge.admin_required(view)

    def chosen() -> ResponseReturnValue:
        person = micro.bridge.user()
        guarded = for_administrators if person and person.admin else for_anybody
        return guarded()

    return chosen


def _add_charts(page: Blueprint, micro: MicroApp) -> None:
    def report() -> ResponseReturnValue:
        person = micro.person()
        try:
            asked = _asked(micro, person)
            with micro.database.read() as connection:
                shown = _shown(connection, asked, person)
        except RequestRefused as error:
            if wants_json() or error.status not in (403, 422):
                raise
            return _frame(micro, person, refusal=_refusal(micro, error)), error.status
        return _frame(micro, person, asked=asked, **shown)

    by_anybody = _by_role(micro, report)

    def show() -> ResponseReturnValue:
        """The page; without a session its charts say that the visitor is being signed in."""
        return by_anybody() if micro.bridge.user() else _frame(micro, None)

    page.add_url_rule("/report", "show", show)
    # A script that fetches the charts has to learn that the session has expired.
    page.add_url_rule("/report/charts", "charts", by_anybody)


def _add_csv(page: Blueprint, micro: MicroApp) -> None:
    def file() -> ResponseReturnValue:
        """For whoever has no scripts."""
        scope = _asked(micro, micro.person()).scope
        return _csv(micro, scope, micro.bridge.language())

    def link() -> ResponseReturnValue:
        """An address of the file that is good without a session, for ten minutes.

        A script asks for it, and so knows what became of it; a browser that downloads by itself
        tells nobody that the session or the role has to be renewed.
        """
        asked = _asked(micro, micro.person())
        token = sign(_LINK, [*asked.scope.packed(), micro.bridge.language()])
        return jsonify({"url": url_for("report.by_link", t=token)})

    @page.get("/report/link")
    def by_link() -> ResponseReturnValue:
        """The file of a link."""
        *packed, lang = signed(_LINK, request.args.get("t", ""))
        return _csv(micro, Scope.unpacked(*packed), lang)

    page.add_url_rule("/report/checkins.csv", "csv_file", _by_role(micro, file))
    page.add_url_rule("/report/link", "link", _by_role(micro, link), methods=["POST"])


def _csv(micro: MicroApp, scope: Scope, lang: Language) -> Response:
    said = words(lang)
    heads = [said[f"report_csv_{column}"] for column in _COLUMNS]
    chunks = report_store.chunks(micro.database, scope)
    # A store that is away is noticed before the first byte is sent, so that it can be told.
    lines = csv_lines(heads, chain([next(chunks, ())], chunks), micro.zone)
    days = f"{scope.days.first}_{scope.days.last}.csv"
    return Response(lines, headers=_file_headers(f"{said['report_file']}_{days}", days))


@dataclass(frozen=True)
class Asked:
    """What an address asks for: charts, or the list (`is_list`, from the entry `before` on).

    `of` is the person whom an administrator looks at alone, `people` how many come before those
    who are shown.
    """

    scope: Scope
    of: str
    is_list: bool
    before: int | None
    people: int
    colour: str | None

    def address(self) -> Markup:
        """The query of just this."""
        view = "list" if self.is_list else None
        return self.query(view=view, before=self.before, people=self.people)

    def query(self, **more: object) -> Markup:
        """The query of an address of these days, for the attributes of links.

        `&` stands there as it is, which HTML allows before a name and `=`: a page has many links,
        and 15 kB.
        """
        days = self.scope.days
        asked = {"from": days.first, "to": days.last, "person": self.of, NAV_COLOUR: self.colour}
        given = {key: value for key, value in (asked | more).items() if value}
        return Markup(urlencode(given, safe="@"))  # noqa: S704 - nothing else is left by urlencode


def _asked(micro: MicroApp, person: SessionUser) -> Asked:
    """Raises RequestRefused: 403 for somebody else's report, 422 for days that are none, 404."""
    of = clean(request.args.get("person"))[:USERID_LENGTH]
    if of not in ("", person.userid) and not person.admin:
        raise RequestRefused(403, "forbidden")
    days = DayRange.read(request.args, micro.day_of(micro.now()))
    whose = (of or None) if person.admin else person.userid
    return Asked(
        scope=Scope(person.corp, whose, days),
        of=of if person.admin else "",
        is_list=request.args.get("view") == "list",
        before=parse_id(request.args["before"]) if "before" in request.args else None,
        people=min(max(0, request.args.get("people", 0, int)), _MOST_SKIPPED),
        colour=nav_colour(),
    )


def _shown(connection: Connection, asked: Asked, person: SessionUser) -> dict[str, Any]:
    name = report_store.name_of(connection, asked.scope.corp, asked.of) if asked.of else ""
    taken = _taken(asked, person, name)
    more = _list(connection, asked, taken) if asked.is_list else _charts(connection, asked, taken)
    return {"name": name, **more}


def _taken(asked: Asked, person: SessionUser, name: str) -> int:
    """The bytes that addresses and names take up outside of the rows, at most."""
    own, links = request.query_string.decode("latin-1"), 5 if asked.is_list else 4
    addresses = weight(own) + len(escape_json(own)) + links * weight(asked.query())
    names = weight(name or asked.of, asked.of) + len(escape_json(person.public()).encode())
    return addresses + names + (_COLOUR_WEIGHT if asked.colour else 0)


def _list(connection: Connection, asked: Asked, taken: int) -> dict[str, Any]:
    # One more than is shown tells whether there are older ones.
    rows = report_store.latest(
        connection, asked.scope, before=asked.before, limit=ENTRIES_SHOWN + 1
    )
    shown = fitting(rows[:ENTRIES_SHOWN], _weigh_entry, _ENTRIES_ROOM - taken)
    return {"entries": shown, "has_older": len(rows) > len(shown)}


def _weigh_entry(row: Row[Any]) -> int:
    shown = (
        _truncated(row.name, 20),
        _truncated(row.address, 32) or " " * 30,
        _truncated(row.note, 24),
    )
    return 85 + weight(*shown)  # with the markup


def _truncated(text: str, length: int) -> str:
    """As the templates show it."""
    return do_truncate(current_app.jinja_env, text, length)


def _charts(connection: Connection, asked: Asked, taken: int) -> dict[str, Any]:
    unit, sums = asked.scope.days.sums(report_store.by_day(connection, asked.scope))
    people: Sequence[PersonSum] = []
    number = 0
    if asked.scope.userid is None:
        people, number = report_store.by_person(
            connection, asked.scope, skip=asked.people, limit=PEOPLE_SHOWN
        )
    times_of_names = Counter(person.name for person in people)
    namesakes = {name for name, times in times_of_names.items() if times > 1}

    def weigh(one: PersonSum) -> int:
        told_apart = f" ({one.userid})" if one.name in namesakes else ""
        numbers = f"{one.times}{one.days}"
        return 42 + weight(
            asked.query(person=one.userid), _truncated(one.name, 20), told_apart, numbers
        )

    # By month the table has years, of two bytes more than days.
    days = sum((29 if unit == "month" else 27) + len(str(times)) for times in sums.values())
    shown = fitting(people, weigh, _CHARTS_ROOM - taken - days)
    seen = asked.people + len(shown)
    return {
        "unit": unit,
        "sums": sums,
        "total": sum(sums.values()),
        "people": shown,
        "number_of_people": number,
        "next_people": seen if number > seen else None,
        "namesakes": namesakes,
    }


def _frame(micro: MicroApp, person: SessionUser | None, **shown: Any) -> str:
    asked: Asked | None = shown.get("asked")
    days = asked.scope.days if asked else DayRange.read({}, micro.day_of(micro.now()))
    typed = {"from": str(days.first), "to": str(days.last)}
    if asked is None:  # what was refused stays in its fields
        given = {name: request.args[name] for name in typed if name in request.args}
        typed |= {name: text[:_DATE_LENGTH] for name, text in given.items()}
    return render_template(
        "report.html",
        person=person,
        presets=PRESETS,
        typed=typed,
        zone=micro.zone,
        colour=nav_colour(),
        **{"asked": None, "refusal": None, **shown},
    )


def _refusal(micro: MicroApp, error: RequestRefused) -> dict[str, str]:
    """What the page says of it; where rights are missing, with a reference that the log shares."""
    entry = catalogue.explain(error.code, family="page")
    said = {"message": entry.say("message", micro.bridge.language())}
    if error.status == 403:
        said["reference"] = new_reference()
        log.warning("page failed status=403 reason=forbidden reference=%s", said["reference"])
        micro.bridge.note_failure(said["reference"], 403, error, error.code)
    return said


def _file_headers(name: str, plain_name: str) -> dict[str, str]:
    """For a download; `plain_name` is for programs that do not know RFC 6266."""
    return {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": (
            f"attachment; filename=\"{plain_name}\"; filename*=UTF-8''{quote(name)}"
        ),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
