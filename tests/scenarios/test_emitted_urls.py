"""A crawl of the micro-app: every URL that it emits is signed alike under every rule."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from chat_stage import NAME, USERID
from chat_stage import form as chat_form
from flask.testing import FlaskClient
from microapp_visitor import AppVisitor, new_key
from test_microapp_checkin import form as checkin_form
from test_microapp_files import post_whole, upload
from test_microapp_scan import form as scan_form
from uploaded_files import png
from werkzeug.test import TestResponse

from app import create_app
from dingbridge.sandbox.sandbox import Sandbox
from dingbridge.url_candidates import signed_candidates

ORIGIN = "https://app.example.test"
LINKS = {"href", "src", "action", "formaction", "poster", "cite"}
# Addresses that the pages' scripts read from their elements.
LINKS |= {f"data-{name}" for name in ("address", "base", "charts", "choices", "link", "uploads")}


class Emitted(HTMLParser):
    """The URLs in one page, those in its data block, and among them those that a form posts to."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.posted: list[str] = []
        self._in_block = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.urls += [value for name, value in attrs if name in LINKS and value]
        if tag == "form" and ("method", "post") in attrs:
            self.posted += [value for name, value in attrs if name == "action" and value]
        self._in_block = tag == "script" and ("id", "dingbridge") in attrs

    def handle_data(self, data: str) -> None:
        if self._in_block:
            self.urls += json.loads(data)["endpoints"].values()

    def handle_endtag(self, tag: str) -> None:
        self._in_block = False


def crawl(
    client: FlaskClient, start: list[str], prefix: str = ""
) -> tuple[set[str], set[str], set[str]]:
    """Every URL emitted by what can be reached from `start`, what was read, where forms post to."""
    emitted: set[str] = set()
    read: set[str] = set()
    posted: set[str] = set()
    waiting = list(start)
    headers = {"X-Forwarded-Prefix": prefix} if prefix else {}
    while waiting:
        page = waiting.pop()
        if page in read:
            continue
        read.add(page)
        target = page.removeprefix(ORIGIN).removeprefix(prefix)
        response = client.get(target, headers={**headers, "Accept": "text/html"}, base_url=ORIGIN)
        found = [response.headers["Location"]] if "Location" in response.headers else []
        if response.mimetype == "text/html":
            parser = Emitted()
            parser.feed(response.text)
            found += parser.urls
            posted.update(parser.posted)
        response.close()
        absolute = {urljoin(f"{ORIGIN}{prefix}{target}", url).partition("#")[0] for url in found}
        # What leads to the platform (its login page) is encoded as the platform asks for.
        own = {url for url in absolute if url.startswith(f"{ORIGIN}/")}
        emitted |= own
        waiting += own
    return emitted, read, posted


def awkward(url: str) -> bool:
    """Whether two rules could sign two forms of it, or a front could lose a part of it."""
    parts = urlsplit(url)
    bare = url.endswith("?")
    return bare or "%" in url or "+" in parts.query or len(set(signed_candidates(url).values())) > 1


@pytest.mark.row("R07")
@pytest.mark.row("R04")
@pytest.mark.parametrize("prefix", ["", "/h5"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_emitted_url_is_the_same_under_every_rule(
    settings: dict[str, object], prefix: str, lang: str
) -> None:
    trusting = {"DING_TRUSTED_PROXIES": "127.0.0.1", "DING_LANG": lang, "DING_DEBUG": "1"}
    client = create_app({**settings, **trusting}).test_client()
    start = [f"{prefix}/", f"{prefix}/?a=1", f"{prefix}/?dd_nav_bgcolor=FF5E97F6"]
    start += [f"{prefix}/no-such-page", f"{prefix}/ding/", f"{prefix}/diagnose/"]
    emitted, read, _ = crawl(client, [f"{ORIGIN}{page}" for page in start], prefix)
    assert len(emitted) >= 8
    assert len(read) > len(start)
    assert sorted(url for url in emitted if awkward(url)) == []
    assert all(url.startswith(f"{ORIGIN}{prefix}/") for url in emitted if ORIGIN in url)


def with_rows(visitor: AppVisitor, count: int = 21) -> AppVisitor:
    """More of everything than one page shows, by somebody whose userid is of every kind."""
    colleague = visitor.colleague("wang.lei@corp-1_x", "王磊")
    for _ in range(count):
        assert visitor.post("/scan", scan_form(text="长" * 1500)).status_code == 201
        assert upload(visitor, "三号楼 100%+?.png", png(), way="whole").status_code < 400
        for person in (visitor, colleague):
            assert person.post("/checkin", checkin_form()).status_code == 201
        visitor.post("/chat", chat_form())  # cannot be sent here, and is kept all the same
    return visitor


@pytest.mark.row("R07")
@pytest.mark.row("R04")
def test_every_url_of_the_pages_of_somebody_signed_in_is_so_too(
    settings: dict[str, object],
) -> None:
    app = create_app({**settings, "DING_TRUSTED_PROXIES": "127.0.0.1", "DING_DEBUG": "1"})
    visitor = with_rows(AppVisitor(app, admin=True))
    emitted, read, _ = crawl(visitor.client, [f"{ORIGIN}/h5/"], "/h5")
    pages = {url.removeprefix(f"{ORIGIN}/h5").rstrip("0123456789") for url in read}
    assert {f"/{name}?before=" for name in ("chat", "files", "scan")} <= pages
    assert {"/checkin", "/files/", "/scan/", "/report/checkins.csv"} <= {
        page.partition("?")[0] for page in pages
    }
    assert any("person=wang.lei@corp-1_x&view=list&before=" in page for page in pages)
    assert sorted(url for url in emitted if awkward(url)) == []
    assert all(url.startswith(f"{ORIGIN}/h5/") for url in emitted)


def form_answers(visitor: AppVisitor) -> dict[str, TestResponse]:
    """What each plain form under the prefix /h5 is answered, by its address."""
    bar = "?dd_nav_bgcolor=FF5E97F6"
    plain = {"Accept": "text/html", "X-Forwarded-Prefix": "/h5"}
    forms: dict[str, dict[str, object]] = {
        f"/scan{bar}": scan_form(),
        f"/scan/delete{bar}": {"id": 1},
        f"/checkin{bar}": checkin_form(),
        f"/chat{bar}": chat_form(),
        f"/chat/1/delivery{bar}": {},
        "/language": {"lang": "en", "back": f"/h5/report{bar}"},
    }
    answers = {path: visitor.post(path, form, **plain) for path, form in forms.items()}
    answers["/files"] = post_whole(visitor, "三号楼 100%+?.png", png(), new_key(), **plain)
    for path in (f"/files/1/delete{bar}", "/ding/logout"):
        answers[path] = visitor.post(path, {}, **plain)
    return answers


@pytest.mark.row("R07")
@pytest.mark.row("R04")
def test_where_every_plain_form_leads_is_the_same_under_every_rule(
    settings: dict[str, object], tmp_path: Path
) -> None:
    with Sandbox() as sandbox:
        platform = sandbox.environment(tmp_path / "instance")
        own = {"DING_PUBLIC_ORIGINS": ORIGIN, "DING_TRUSTED_PROXIES": "127.0.0.1"}
        app = create_app({**settings, **platform, **own})
        visitor = with_rows(AppVisitor(app, USERID, NAME, admin=True), 1)
        _, _, posted = crawl(visitor.client, [f"{ORIGIN}/h5/"], "/h5")
        answers = form_answers(visitor)
    addresses = {f"/h5{urlsplit(path).path}" for path in answers}
    assert {re.sub("/[0-9]+", "/1", urlsplit(url).path) for url in posted} == addresses
    assert {answer.status_code for answer in answers.values()} == {303}
    led = [urljoin(ORIGIN, answer.headers["Location"]) for answer in answers.values()]
    assert [url for url in led if awkward(url) or not url.startswith(f"{ORIGIN}/h5/")] == []


def test_the_crawl_sees_what_it_looks_for() -> None:
    for url in ("https://h/?", "https://h/?a%20b", "https://h/?a+b", "https://h/%41"):
        assert awkward(url)
    parser = Emitted()
    parser.feed('<a href="/a?">x</a><form action="/b"><button formaction="/c"></button></form>')
    parser.feed('<form method="post" action="/e"></form>')
    parser.feed('<script id="dingbridge" type="application/json">{"endpoints":{"x":"/d"}}</script>')
    assert parser.urls == ["/a?", "/b", "/c", "/e", "/d"]
    assert parser.posted == ["/e"]
