"""Awkward URLs in the real Chromium: is the page signed for exactly its own address?"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from any_path_app import GBK_LINKS
from awkward_urls import (
    HOST,
    KINDS,
    LONG,
    MIXED,
    NAMES,
    OF_EACH_KIND,
    SPELLINGS,
    TARGETS,
    awkward_kinds,
)
from playwright.sync_api import Browser
from url_fronts import Fronts, measured_pages

pytestmark = [pytest.mark.row("R04"), pytest.mark.row("R05")]

OF_ONE_ORIGIN = [f"http://{HOST}{target}" for target in dict.fromkeys([*TARGETS, *LONG, *MIXED])]
OF_NAMES = {name: [f"{name}{target}" for target in ("/", "/?", "/a%2Fb?c+d")] for name in NAMES}


def measured_urls() -> list[str]:
    """Some of every origin, one origin after the other: Chromium starts a process for each."""
    rows = measured_pages()
    by_origin = list({row.origin: row for row in rows}.values())
    awkward = sorted({row.href for row in rows if awkward_kinds(row.href)})
    chosen = random.Random(7).sample(awkward, 120)  # noqa: S311 - no secret
    return sorted({*chosen, *(row.href for row in by_origin[::3])})


@pytest.fixture(scope="module")
def fronts(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Fronts]:
    with ExitStack() as stack:
        yield Fronts(tmp_path_factory.mktemp("urls"), browser, stack)


def test_awkward_urls_are_signed_as_the_browser_shows_them(fronts: Fronts) -> None:
    assert fronts.compare(OF_ONE_ORIGIN) == []


def test_three_hundred_of_them_are_awkward_in_themselves_whatever_front_is_tried() -> None:
    of_names = [url for urls in OF_NAMES.values() for url in urls]
    sent = {*OF_ONE_ORIGIN, *measured_urls(), *of_names, *SPELLINGS}
    of_kind = Counter(kind for url in sent for kind in awkward_kinds(url))
    assert sum(1 for url in sent if awkward_kinds(url)) >= 300
    assert {kind for kind, count in of_kind.items() if count >= 4} == KINDS
    assert {*OF_EACH_KIND} <= {*TARGETS, *LONG}


@pytest.mark.parametrize("url", ["http://h/", "https://h/app?x=1", "http://h/a/b.c#d?", "http://h"])
def test_a_plain_url_does_not_count_as_awkward(url: str) -> None:
    assert awkward_kinds(url) == set()


@pytest.mark.row("R60")
def test_measured_urls_of_every_origin_are_signed_as_the_browser_shows_them(fronts: Fronts) -> None:
    urls = measured_urls()
    assert fronts.compare(urls, urls) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_of_name_and_port_is_signed_as_the_browser_shows_it(
    fronts: Fronts, name: str
) -> None:
    assert fronts.compare(OF_NAMES[name], OF_NAMES[name]) == []


def test_other_spellings_of_a_name_are_signed_as_the_browser_shows_them(fronts: Fronts) -> None:
    assert fronts.compare(list(SPELLINGS), list(SPELLINGS.values())) == []


@pytest.mark.parametrize(
    ("origin", "prefix"),
    [
        ("https://two.test", ""),
        ("https://[2001:db8::2]", ""),
        ("https://prefixed.test", "/h5"),
        ("https://prefixed-two.test", "/h5"),
        ("http://rewritten.test", ""),
        ("https://rewritten-two.test", ""),
        ("http://haproxy.test", ""),
        ("https://haproxy.test", ""),
        ("http://apache.test", ""),
        ("http://caddy.test", ""),
    ],
)
def test_behind_other_fronts_the_page_is_signed_as_the_browser_shows_it(
    fronts: Fronts, origin: str, prefix: str
) -> None:
    # Apache merges leading slashes; the page heals that, see the tests of healing.
    targets = [
        t
        for t in OF_EACH_KIND
        if not (origin == "http://apache.test" and t.startswith(("//", "/\\")))
    ]
    assert fronts.compare([f"{origin}{prefix}{target}" for target in targets]) == []


@pytest.mark.parametrize("origin", [f"https://{HOST}", f"https://{HOST}:8443"])
def test_over_tls_a_page_comes_by_http_2_and_is_signed(fronts: Fronts, origin: str) -> None:
    assert fronts.compare([f"{origin}/a%2Fb?"]) == []
    protocol = "performance.getEntriesByType('navigation')[0].nextHopProtocol"
    assert fronts.page.evaluate(protocol) == "h2"


def test_links_of_a_gbk_page_are_signed_as_the_browser_sends_them(fronts: Fronts) -> None:
    for number in range(len(GBK_LINKS)):
        fronts.page.goto(f"http://{HOST}/gbk")
        with fronts.page.expect_navigation(wait_until="domcontentloaded"):
            fronts.page.click(f"#link{number}")
        assert fronts.fault() is None
        assert "gbk" not in fronts.page.url
    fronts.page.goto(f"http://{HOST}/gbk")
    with fronts.page.expect_navigation(wait_until="domcontentloaded"):
        fronts.page.click("#link0")
    assert fronts.page.evaluate("location.href") == f"http://{HOST}/?%C3%FB=%D6%B5"


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("http://plain.test/?", f"https://{HOST}/?"),
        ("http://plain.test//a%2Fb?c+d&%zz", f"https://{HOST}//a%2Fb?c+d&%zz"),
        (f"https://{HOST}:8443/redirect?status=302&to=/t?", f"https://{HOST}:8443/t?"),
        (f"https://{HOST}/redirect?status=307&to=t%2Fx?#a", f"https://{HOST}/t%2Fx?"),
        (f"http://{HOST}:8080/redirect?status=301&to=/?{{}}", f"http://{HOST}:8080/?{{}}"),
        ("https://prefixed.test/h5/redirect?status=302&to=/h5/?", "https://prefixed.test/h5/?"),
    ],
)
def test_redirects_lose_neither_a_bare_question_mark_nor_the_scheme(
    fronts: Fronts, begin: str, end: str
) -> None:
    assert fronts.compare([begin], [end]) == []


@pytest.mark.parametrize("target", ["/", "/?", "/?a=1&b=%E4%B8%AD", "/?a=%2B+%20", "/?{}"])
@pytest.mark.parametrize("origin", [f"https://{HOST}:8443", "https://prefixed.test/h5"])
def test_choosing_the_language_comes_back_to_the_same_url(
    fronts: Fronts, origin: str, target: str
) -> None:
    fronts.page.goto(f"{origin}{target}", wait_until="domcontentloaded")
    with fronts.page.expect_navigation(wait_until="domcontentloaded"):
        fronts.page.click("button[name=lang]")
    assert fronts.fault(f"{origin}{target}") is None
