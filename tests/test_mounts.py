"""The app under a path of the server in front of it (SCRIPT_NAME): its links and redirects are
written as browsers write paths, whatever the path holds.
"""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
import requests
from flask import Flask
from login_app import ORIGIN, Visitor, login_app
from microapp_visitor import PAGE, AppVisitor, new_key
from sandbox_server import SandboxClient
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

import app as micro_app
from dingbridge.redirects import pack_target

pytest_plugins = ["sandbox_fixtures"]

PAGES = ("", "checkin", "scan", "chat", "files", "report", "spa/", "spa-hash/", "spa-links/", "no")
MOUNTS = [
    ("", ""),
    ("/日报", "/%E6%97%A5%E6%8A%A5"),
    ("/my app", "/my%20app"),
    ("/who?/#1", "/who%3F/%231"),
    ("/a+b;c=(d)@e", "/a+b;c=(d)@e"),  # no browser escapes these
]
mounts = pytest.mark.parametrize(("mount", "written"), MOUNTS)


def mounted(app: Flask, mount: str) -> Flask:
    """The app with a server in front that hands its path on decoded, as WSGI has it."""
    if mount:
        path = mount.encode().decode("latin-1")
        wrap = DispatcherMiddleware(NotFound(), {path: app.wsgi_app})
        app.wsgi_app = wrap  # type: ignore[method-assign]  # Flask's documented way
    return app


@pytest.fixture
def login(sandbox: SandboxClient, tmp_path: Path, mount: str) -> Visitor:
    """Somebody in a browser at an app with sign-in."""
    return Visitor(mounted(login_app(sandbox, tmp_path), mount), sandbox)


@pytest.fixture
def visitor(settings: dict[str, object], mount: str) -> AppVisitor:
    """Somebody signed in to the micro-app."""
    return AppVisitor(mounted(micro_app.create_app(settings), mount))


def choose(address: str, **fields: str) -> str:
    """What a person does on the login page; the target to which they are sent back."""
    response = requests.post(address, data=fields, allow_redirects=False, timeout=10)
    return response.headers["Location"].removeprefix(ORIGIN)


@mounts
@pytest.mark.parametrize("following", ["", "/page?a=1"])
def test_a_browser_signs_in_and_comes_back(login: Visitor, written: str, following: str) -> None:
    asked = f"?next={pack_target(written + following)}" if following else ""
    there = login.get(f"{written}/ding/oauth{asked}").headers["Location"]
    back = choose(there, user="user5031")
    assert back.startswith(f"{written}/ding/oauth/return?")
    response = login.get(back)
    assert (response.status_code, response.headers["Location"]) == (
        302,
        written + (following or "/"),
    )
    assert login.get(f"{written}/mine").text == "欧阳若兰"


@mounts
def test_a_refused_sign_in_leads_home_or_tries_again(login: Visitor, written: str) -> None:
    there = login.get(f"{written}/ding/oauth").headers["Location"]
    refused = login.get(choose(there, cancel="1"))
    assert refused.status_code == 403
    assert links(refused.text) >= {
        f"{written}/",
        f"{written}/ding/oauth?next={pack_target(f'{written}/')}",
    }


@mounts
def test_whoever_signs_out_is_sent_home(login: Visitor, written: str) -> None:
    response = login.post(f"{written}/ding/logout", Accept="text/html")
    assert (response.status_code, response.headers["Location"]) == (303, f"{written}/")


@mounts
def test_every_link_of_the_micro_app_stays_below_the_mount(
    visitor: AppVisitor, mount: str, written: str
) -> None:
    for page in PAGES:
        text = visitor.get(f"{written}/{page}?dd_nav_bgcolor=FF5E97F6").text
        found = links(text)
        assert len(found) > 8
        assert [link for link in found if not link.startswith(f"{written}/")] == [], page
        assert mount == written or mount not in text


def links(page: str) -> set[str]:
    """Every address on this site that a page holds, in its attributes and in its data."""
    found = re.findall(r'="(/[^"]*)"|"(?:\w+)": ?"(/[^"]*)"', page)
    return {html.unescape(one or other) for one, other in found}


@mounts
def test_a_form_without_scripts_leads_back_to_its_page(visitor: AppVisitor, written: str) -> None:
    form = {"key": new_key(), "kind": "qr", "text": "A-1024"}
    response = visitor.post(f"{written}/scan?dd_nav_bgcolor=FF5E97F6", form, Accept=PAGE["Accept"])
    assert response.status_code == 303
    assert response.headers["Location"] == f"{written}/scan?dd_nav_bgcolor=FF5E97F6"


@mounts
@pytest.mark.parametrize("back", ["/scan?x=%20", ""])
def test_a_chosen_language_leads_back(visitor: AppVisitor, written: str, back: str) -> None:
    form = {"lang": "en", "back": back and written + back}
    response = visitor.post(f"{written}/language", form)
    assert response.headers["Location"] == written + (back or "/")


@mounts
def test_a_page_whose_own_address_cannot_be_a_link_names_home_instead(
    visitor: AppVisitor, written: str
) -> None:
    # A path that begins with two slashes would name a host.
    environ = {"RAW_URI": f"/{written}/", "REQUEST_URI": f"/{written}/"}
    page = visitor.client.get(f"{written}/", base_url=ORIGIN, environ_overrides=environ)
    assert f'name="back" value="{html.escape(written)}/"' in page.text
