"""The parent page of the single-page part: what every address of its views is served with."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import app as micro_app
from microapp.spa_pages import VIEWS
from microapp.words import words

BUILT = Path(micro_app.__file__).resolve().parent / "static" / "vendor"
ADDRESSES = [
    *(f"{base}{view}" for base in ("/spa/", "/spa-links/") for view in ("", *VIEWS)),
    "/spa-hash/",
]


@pytest.fixture
def client(settings: dict[str, object]) -> FlaskClient:
    return micro_app.create_app(settings).test_client()


def data_block(page: str) -> dict[str, object]:
    found = re.search(r'id="dingbridge">(.*?)</script>', page, re.DOTALL)
    assert found
    block: dict[str, object] = json.loads(found[1])
    return block


@pytest.mark.row("R13")
@pytest.mark.parametrize("address", ADDRESSES)
def test_every_view_is_served_by_a_parent_page_that_declares_the_apis_of_all(
    client: FlaskClient, address: str
) -> None:
    page = client.get(address, headers={"Host": "app.example.test"}).text
    block = data_block(page)
    assert block["apis"].keys() == {  # type: ignore[attr-defined]
        "device.geolocation.get",
        "biz.contact.complexPicker",
        "biz.navigation.setTitle",
    }
    assert block["url"] == f"https://app.example.test{address}"


@pytest.mark.parametrize("address", ["/spa/nothing", "/spa/visit/1", "/spa-links/x", "/spa-hash/x"])
def test_an_address_that_is_no_view_is_not_found(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


def test_the_words_for_a_refused_call_are_in_the_page_so_that_a_refresh_asks_nobody(
    client: FlaskClient,
) -> None:
    said = data_block(client.get("/spa/visit").text)["words"]
    assert said["7"]["message"]  # type: ignore[index]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_title_tabs_and_words_are_in_the_visitors_language(client: FlaskClient, lang: str) -> None:
    client.set_cookie("lang", lang)
    page = client.get("/spa/visit").text
    said = words("en" if lang == "en" else "zh")
    assert f"<title>{said['spa_visit']}</title>" in page
    for view in VIEWS:
        assert f">{said[f'spa_{view}']}</a>" in page
    given = re.search(r'id="spa-words">(.*?)</script>', page, re.DOTALL)
    assert given
    assert json.loads(given[1])["spa_customer"] == said["spa_customer"]


def test_links_carry_the_colour_of_the_bar(client: FlaskClient) -> None:
    page = client.get("/spa-hash/?dd_nav_bgcolor=FF112233").text
    assert 'href="/spa-hash/?dd_nav_bgcolor=FF112233#/visit"' in page
    page = client.get("/spa/visit?dd_nav_bgcolor=FF112233").text
    assert 'href="/spa/saved?dd_nav_bgcolor=FF112233"' in page


def test_the_page_asks_at_once_for_every_module_that_its_views_need(client: FlaskClient) -> None:
    for address, adapter in [("/spa/", "reauth_vue.js"), ("/spa-links/", "reauth_links.js")]:
        static = client.application.extensions["dingbridge"]["dingbridge"].static
        asked = re.findall(
            rf'"modulepreload" href="{static.path}([\w.]+)"', client.get(address).text
        )
        assert {*static.imports("reauth.js"), "reauth.js", adapter} <= {*asked, "bridge.js"}
        assert len(asked) == len(set(asked))


def test_without_scripts_the_page_says_so_and_leads_on(client: FlaskClient) -> None:
    page = client.get("/spa/").text
    assert words("zh")["without_script"] in page
    assert 'href="/spa/visit"' in page


def test_what_is_built_needs_no_compiler_in_the_browser_and_shares_the_pages_modules() -> None:
    script = (BUILT / "spa.js").read_text(encoding="utf-8")
    assert not re.search(r"\beval\(|new Function|\bFunction\(", script)
    for module in ("reauth.js", "reauth_vue.js"):
        assert f'"../{module}"' in script
        assert (BUILT.parent / module).is_file()
    licence = (BUILT / "spa.LICENSE.txt").read_text(encoding="utf-8")
    assert re.search(r"vue 3\.[\d.]+\n", licence)
    assert licence.count("Permission is hereby granted") == 2
