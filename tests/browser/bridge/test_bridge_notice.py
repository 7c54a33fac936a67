"""The notice: a sentence and a reference for visitors, everything for developers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bridge_visitor import Visitor, pages_app

Make = Callable[..., Any]
LEAST_TARGET = 44  # CSS pixels


def test_a_visitor_reads_a_sentence_and_a_reference_and_no_internals(visitors: Make) -> None:
    visitor = visitors(corp="ding-of-somebody-else")
    visitor.open("/granted")
    visitor.state("error")
    visitor.page.wait_for_selector(".dingbridge-notice")
    text = visitor.notice()
    detail = visitor.heard[0][1]
    assert detail["message"] in text
    assert detail["reference"] in text
    for internal in ("5201", "corpId", "http", "dd.config", detail["remedy"]):
        assert internal not in text
    assert visitor.page.query_selector(".dingbridge-details") is None


def test_the_notice_is_read_out_and_large_enough_to_touch(visitors: Make) -> None:
    visitor = visitors(corp="ding-of-somebody-else")
    page = visitor.open("/granted")
    alert = page.wait_for_selector(".dingbridge-notice [role=alert]")
    assert alert.inner_text()
    box = page.query_selector(".dingbridge-retry").bounding_box()
    assert box["width"] >= LEAST_TARGET
    assert box["height"] >= LEAST_TARGET


def test_the_notice_goes_where_the_page_wants_it(visitors: Make) -> None:
    visitor = visitors(corp="ding-of-somebody-else")
    page = visitor.open("/prepared")
    page.wait_for_selector("[data-dingbridge-notice] > .dingbridge-notice")
    assert page.query_selector(".dingbridge-floating") is None
    visitor.open("/granted")
    page.wait_for_selector("body > .dingbridge-floating")


def test_try_again_loads_the_document_anew(visitors: Make) -> None:
    visitor = visitors(corp="ding-of-somebody-else")
    page = visitor.open("/granted#/route")
    page.wait_for_selector(".dingbridge-retry")
    visitor.set(corp=None)
    page.click(".dingbridge-retry")
    assert visitor.state("ready") == "ready"
    assert (visitor.documents(), visitor.grants_asked()) == (2, 2)
    assert page.url.endswith("/granted#/route")


@pytest.mark.row("R16")
def test_a_developer_reads_code_cause_remedy_and_both_urls(
    developers: Make, platform_rules: Make, shots: Path
) -> None:
    platform_rules(algorithm="sha1")
    visitor = developers()
    page = visitor.open("/?a=b")
    page.wait_for_selector(".dingbridge-details")
    text = visitor.notice()
    assert "3 / 52013" in text
    assert visitor.heard[0][1]["remedy"] in text
    assert text.count(page.url) >= 3  # signed, seen by the platform, shown by the browser
    assert page.query_selector(".dingbridge-url mark") is None
    page.screenshot(path=str(shots / "bridge-error-developer.png"), full_page=True)


@pytest.mark.row("R16")
def test_the_first_differing_character_of_the_urls_is_marked(
    clients: Make, tmp_path: Path, shots: Path
) -> None:
    """The page moved and was signed anew, but this client checks where it was entered."""
    with pages_app(tmp_path, DING_DEBUG="1") as (sandbox, _):
        mark_differences(clients(sandbox, url_rule="entry"), shots)


def mark_differences(visitor: Visitor, shots: Path) -> None:
    page = visitor.open("/moved")
    page.wait_for_selector(".dingbridge-details")
    marks = page.eval_on_selector_all(
        ".dingbridge-url",
        "codes => codes.map(code => code.querySelector('mark') && "
        "[code.querySelector('mark').previousSibling.data, code.querySelector('mark').innerText])",
    )
    same = visitor.sandbox.phone_url + "moved"
    assert marks == [[same, "/"], [same, "␃"], [same, "/"]]
    page.screenshot(path=str(shots / "bridge-url-differs.png"), full_page=True)


def test_no_ticket_reaches_the_page(developers: Make, platform_rules: Make) -> None:
    platform_rules(algorithm="sha1")
    visitor = developers()
    page = visitor.open("/")
    page.wait_for_selector(".dingbridge-details")
    assert "ticketList:[…]" in visitor.notice()
