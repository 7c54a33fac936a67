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
from pathlib import Path

import pytest
from microapp_visitor import ORIGIN, AppVisitor, new_key

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
# What somebody may have stored before: the lists are not empty.
FORMS = {
    "checkin": {
        "latitude": "30.279212",
        "longitude": "120.026208",
        "accuracy": "29",
        "address": "浙江省杭州市余杭区文一西路969号",
        "note": "拜访客户：新合同",
    },
    "scan": {"kind": "qr", "text": "https://example.com/assets/1024?from=label"},
    "chat": {
        "to": "me",
        "kind": "link",
        "title": "巡检报告",
        "text": "三号楼二层，全部正常",
        "url": "https://example.com/report",
    },
    "files": {"file": "拜访客户 合同（终稿）2026年2月27日.txt"},
}


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppVisitor]:
    """Somebody at the app with a ticket: signed pages are longer than unsigned ones."""
    with Sandbox() as sandbox:
        settings = sandbox.environment(tmp_path_factory.mktemp("sizes") / "instance")
        settings |= {"SECRET_KEY": "x" * 32, "DING_DEBUG": "0", "DING_PUBLIC_ORIGINS": ORIGIN}
        made = micro_app.create_app(settings)
        made.extensions["dingbridge"]["dingbridge"].credentials.ticket()
        visitor = AppVisitor(made, "user5031")
        for name, form in FORMS.items():
            for _ in range(10 if name == "files" else 7):  # the lists of a page are full
                posted: dict[str, object] = {**form, "key": new_key()}
                if "file" in form:
                    posted["file"] = (io.BytesIO(b"text"), form["file"])
                assert visitor.post(f"/{name}", posted).status_code == 201
        yield visitor


def pages(visitor: AppVisitor) -> list[str]:
    """Every page of the navigation that the app has."""
    there = [name for name in NAVIGATION if name == "home" or name in visitor.app.blueprints]
    assert len(there) >= 2
    return there


def address(name: str) -> str:
    return "/" if name == "home" else f"/{name}"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_html_of_every_page_is_at_most_15_kb(visitor: AppVisitor, lang: str) -> None:
    visitor.client.set_cookie("lang", lang, domain="app.example.test")
    sizes = {}
    for name in pages(visitor):
        answer = visitor.get(address(name))
        assert '"signature"' in answer.text, name
        sizes[name] = len(answer.data)
    assert {name: size for name, size in sizes.items() if size > HTML_LIMIT} == {}, sizes


def test_the_html_of_a_report_with_all_that_it_shows_is_at_most_15_kb(
    visitor: AppVisitor,
) -> None:
    corp = visitor.app.extensions["dingbridge"]["dingbridge"].settings.corp_id
    person = SessionUser("user5031", "", admin=False, corp=corp, at=0)
    place = Place(30.28, 120.03, 29.0, "浙江省杭州市余杭区文一西路" * 8)
    database = open_database(Settings.load(visitor.app.config))
    with database.write() as connection:
        for day in range(1, 32):
            for number in range(11):
                somebody = replace(person, userid=f"user{number:04}", name="欧阳很长的名字")
                add(
                    connection,
                    somebody,
                    place,
                    key=new_key(),
                    note="等待签收，明天再来" * 20,
                    at=datetime(2025, 3, day, tzinfo=UTC),
                    day=date(2025, 3, day),
                )
    database.close()
    admin = visitor.colleague("manager4220", "张小沙", admin=True)
    for view, shown in (("charts", 41), ("list", 10)):
        answer = admin.get(f"/report?from=2025-03-01&to=2025-03-31&view={view}")
        assert '"signature"' in answer.text
        assert len(re.findall(r"<tr><th scope=row>|<li>", answer.text)) == shown
        assert len(answer.data) <= HTML_LIMIT, view


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
