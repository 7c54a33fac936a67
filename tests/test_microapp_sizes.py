"""What a page weighs: HTML at most 15 kB, scripts and styles at most 40 kB gzip.

The client SDK does not count, and neither does a library that one page needs for itself.
"""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path

import pytest
from microapp_visitor import JSON, ORIGIN, AppVisitor, new_key

import app as micro_app
from dingbridge.login.session import SessionUser
from dingbridge.sandbox.sandbox import Sandbox
from dingbridge.settings import Settings
from dingbridge.static_files import BUILT, MODULES
from microapp.checkin_store import Place, add
from microapp.database import open_database
from microapp.pages import NAVIGATION

HTML_LIMIT = 15_000
ASSETS_LIMIT = 40_000
SDK = MODULES / "vendor" / "dingtalk.js"
# By page: files below static/ that are its library.
LIBRARIES = {"report": ("vendor/charts.js", f"{BUILT}/vendor/charts.js")}
PLACE = {"latitude": "30.279212", "longitude": "120.026208", "accuracy": "29"}
# Characters of one byte, of three, and of one that is five in HTML.
LETTERS = ("a", "长", "&")
NAME = "欧阳若兰" * 3


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppVisitor]:
    """Somebody at the app with a ticket: signed pages are longer than unsigned ones."""
    with Sandbox() as sandbox:
        settings = sandbox.environment(tmp_path_factory.mktemp("sizes") / "instance")
        settings |= {"SECRET_KEY": "x" * 32, "DING_DEBUG": "0", "DING_PUBLIC_ORIGINS": ORIGIN}
        made = micro_app.create_app(settings)
        made.extensions["dingbridge"]["dingbridge"].credentials.ticket()
        yield AppVisitor(made, "user5031", NAME)


def pages(visitor: AppVisitor) -> list[str]:
    """Every page of the navigation that the app has."""
    there = [name for name in NAVIGATION if name == "home" or name in visitor.app.blueprints]
    assert len(there) >= 2
    return there


def address(name: str) -> str:
    return "/" if name == "home" else f"/{name}"


def fill(visitor: AppVisitor, letter: str) -> list[str]:
    """Store as much of everything as people can; the pages of what was stored last."""
    long = "https://example.com/" + letter * 100
    for number in range(12):
        posts: list[tuple[str, dict[str, object]]] = [
            ("checkin", {**PLACE, "address": letter * 200, "note": letter * 500}),
            ("scan", {"kind": "qr", "text": letter * 7089}),
            ("scan", {"kind": "qr", "text": long}),
            ("chat", {"to": "me", "kind": "link", "title": letter * 64, "text": letter * 200,
                      "url": "https://example.com"}),
            ("files", {"file": (io.BytesIO(b"text"), f"{number}{letter * 80}.txt")}),
        ]  # fmt: skip
        ids = []
        for name, form in posts:
            answer = visitor.post(f"/{name}", {**form, "key": new_key()})
            assert answer.status_code == 201, answer.text
            ids.append((answer.json or {}).get("file") or (answer.json or {})["id"])
        chosen = {"openConversationId": f"chat-{number}", "title": letter * 200}
        kept = visitor.client.post("/chat/choices", json=chosen, headers=JSON, base_url=ORIGIN)
        assert kept.status_code == 200
    return [f"/scan/{ids[1]}", f"/scan/{ids[2]}", f"/files/{ids[4]}"]


@pytest.mark.parametrize("letter", LETTERS)
def test_the_html_of_every_page_is_at_most_15_kb_whatever_people_type(
    visitor: AppVisitor, letter: str
) -> None:
    somebody = visitor.colleague(f"user{ord(letter)}", NAME)
    everything = [*map(address, pages(visitor)), "/spa/", *fill(somebody, letter)]
    sizes = {}
    for lang in ("zh", "en"):
        somebody.client.set_cookie("lang", lang, domain="app.example.test")
        for name in [*everything, "/report?view=list"]:
            answer = somebody.get(name)
            assert answer.status_code == 200
            assert '"signature"' in answer.text, name
            sizes[name, lang] = len(answer.data)
    assert {name: size for name, size in sizes.items() if size > HTML_LIMIT} == {}, sizes


@pytest.mark.parametrize("page", ["checkin", "scan", "chat", "files"])
def test_pages_of_long_lists_hold_every_row_once(visitor: AppVisitor, page: str) -> None:
    somebody = visitor.colleague(f"user-{page}", NAME)
    fill(somebody, "长")
    older, counted = f"/{page}", 0
    while older:
        text = somebody.get(older).text
        items = re.findall(
            r"<li[ >](?:(?!</li>).)*list-time|<li><a class=\"file\"", text, re.DOTALL
        )
        assert items
        counted += len(items)
        older = (re.findall(rf'href="(/{page}\?before=\d+)"', text) or [""])[0]
    assert counted == (24 if page == "scan" else 12)


# Months of check-ins: names, userids of 64 characters at most, and how many people fit.
MONTHS = {
    3: ("欧阳很长的名字", "user{:04}", 10),
    5: ("&" * 17, "user{:04}", 1),
    7: ("&" * 25, "{:064}", 1),
    8: ("长" * 80, "wang.lei@corp-1_{:048}", 1),
}


@pytest.fixture(scope="module")
def reported(visitor: AppVisitor) -> AppVisitor:
    """The visitor, once eleven people have checked in on every day of each of those months."""
    corp = visitor.app.extensions["dingbridge"]["dingbridge"].settings.corp_id
    place = Place(30.28, 120.03, 29.0, "浙江省杭州市余杭区文一西路" * 8)
    database = open_database(Settings.load(visitor.app.config))
    with database.write() as connection:
        for month, (name, userid, _) in MONTHS.items():
            for number, day in product(range(11), range(1, 32)):
                add(
                    connection,
                    SessionUser(userid.format(number), name, admin=False, corp=corp, at=0),
                    replace(place, address="&" * 200) if "&" in name else place,
                    key=new_key(),
                    note="&" * 200 if "&" in name else "等待签收，明天再来" * 20,
                    at=datetime(2025, month, day, tzinfo=UTC),
                    day=date(2025, month, day),
                )
    database.close()
    return visitor


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("own_name", ["张小沙", "&" * 60])
def test_the_html_of_a_report_with_all_that_it_shows_is_at_most_15_kb(
    reported: AppVisitor, month: int, own_name: str
) -> None:
    admin = reported.colleague("manager4220", own_name, admin=True)
    _, userid, fitting = MONTHS[month]
    days = f"from=2025-{month:02}-01&to=2025-{month:02}-31"
    sizes = {}
    for lang, colour, whose, view in product(
        ("zh", "en"),
        ("", "&dd_nav_bgcolor=FF0B62D6"),
        ("", f"&person={userid.format(7)}"),
        ("charts", "list"),
    ):
        admin.client.set_cookie("lang", lang, domain="app.example.test")
        answer = admin.get(f"/report?{days}{whose}&view={view}{colour}")
        assert '"signature"' in answer.text
        rows = len(re.findall(r"<tr><th scope=row>|<li>", answer.text))
        least = fitting if own_name == "张小沙" and not colour else 1
        shown = {"list": least, "charts": 31 if whose else 31 + least}
        assert shown[view] <= rows <= 41
        sizes[lang, colour, whose, view] = len(answer.data)
    assert {name: size for name, size in sizes.items() if size > HTML_LIMIT} == {}, sizes


@pytest.mark.parametrize("last", ["2025-08-31", "2025-12-31"])
@pytest.mark.parametrize("view", ["charts&people=1", "list"])
def test_the_html_of_a_report_of_long_ranges_is_at_most_15_kb(
    reported: AppVisitor, last: str, view: str
) -> None:
    admin = reported.colleague("manager4220", "&" * 60, admin=True)
    admin.client.set_cookie("lang", "en", domain="app.example.test")
    colour = "dd_nav_bgcolor=FF0B62D6"
    page = f"/report?from=2025-03-04&to={last}&view={view}&{colour}"
    for _ in range(5):
        answer = admin.get(page)
        assert len(answer.data) <= HTML_LIMIT, page
        further = re.findall(r'href="(\?[^"]*&(?:people|before)=\d+)"', answer.text)
        assert further, page
        page = f"/report{further[0]}"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_ten_people_whose_names_are_not_alike_fit_in_any_colour(
    visitor: AppVisitor, lang: str
) -> None:
    corp = visitor.app.extensions["dingbridge"]["dingbridge"].settings.corp_id
    database = open_database(Settings.load(visitor.app.config))
    with database.write() as connection:
        for number, day in product(range(11), range(1, 32)):
            name = "欧阳若" + "兰雪梅竹菊松柏桐桂枫柳"[number]
            add(
                connection,
                SessionUser(f"user{number:04}", name, admin=False, corp=corp, at=0),
                Place(30.28, 120.03, 29.0, ""),
                key=f"{lang}-{number:08}-{day:08}",
                note="",
                at=datetime(2025, 10, day, tzinfo=UTC),
                day=date(2025, 10, day),
            )
    database.close()
    admin = visitor.colleague("manager4220", "张小沙", admin=True)
    admin.client.set_cookie("lang", lang, domain="app.example.test")
    page = admin.get("/report?from=2025-10-01&to=2025-10-31&dd_nav_bgcolor=FF0B62D6")
    assert len(re.findall(r"<tr><th scope=row>", page.text)) == 41
    assert len(page.data) <= HTML_LIMIT


def test_scripts_and_styles_of_every_page_are_at_most_40_kb(visitor: AppVisitor) -> None:
    sizes = {}
    for name in pages(visitor):
        text = visitor.get(address(name)).text
        named = re.findall(r'(?:src|href)="/static/v-\w+/([\w./-]+\.(?:js|css))"', text)
        own = dict.fromkeys(n for n in named if MODULES / n != SDK)
        counted = [n for n in own if n not in LIBRARIES.get(name, ())]
        assert len(counted) > 5
        sizes[name] = sum(weight(MODULES / n) for n in counted)
    assert {name: size for name, size in sizes.items() if size > ASSETS_LIMIT} == {}, sizes


def weight(path: Path) -> int:
    """Bytes on the wire; where the SDK is part of the bridge's file it does not count."""
    size = packed(path)
    return size - packed(SDK) if path == MODULES / BUILT / "bridge.js" else size


def packed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 6))
