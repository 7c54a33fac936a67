"""Where the browser modules are, and that a page asks for all of them at once."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask, render_template_string

from dingbridge import DingBridge
from dingbridge.static_files import MODULES, imports, preloads, static_version

IMPORTED = re.compile(r'from "\./([^"]+)"')


def test_a_page_names_every_module_that_the_bridge_needs(settings: dict[str, object]) -> None:
    app = Flask("foreign")
    app.config.update(settings)
    DingBridge(app).ticket_source = lambda: "ticket-canary"
    app.add_url_rule("/", "page", lambda: render_template_string("{{ dingbridge() }}"))
    browser = app.test_client()
    page = browser.get("/").text
    named = re.findall(r'<link rel="modulepreload" href="([^"]+)">', page)
    named += re.findall(r'<script type="module" src="([^"]+)"', page)
    assert any(address.endswith("/bridge.js") for address in named)
    for address in named:
        answer = browser.get(address, buffered=True)
        assert answer.status_code == 200
        folder = address.rpartition("/")[0]
        assert {f"{folder}/{name}" for name in IMPORTED.findall(answer.text)} <= set(named)


def test_the_sdk_is_asked_for_before_anything_else(settings: dict[str, object]) -> None:
    app = Flask("foreign")
    app.config.update(settings | {"DING_JSAPI_URL": "https://cdn.example.test/dd.js?a=1&b=2"})
    DingBridge(app).ticket_source = lambda: "ticket-canary"
    with app.test_request_context("/", environ_overrides={"RAW_URI": "/"}):
        page = render_template_string("{{ dingbridge() }}")
    first, _, _ = page.partition("\n")
    address = "https://cdn.example.test/dd.js?a=1&amp;b=2"
    assert first == f'<link rel="preload" as="script" href="{address}">'
    assert f'<script src="{address}" defer>' in page


def test_imports_are_found_through_other_modules_and_named_once() -> None:
    found = imports("home.js")
    assert found[0] == "bridge.js"
    assert {"bridge_connection.js", "bridge_errors.js", "bridge_urls.js"} < set(found)
    assert len(found) == len(set(found))
    assert imports("bridge_urls.js") == ()
    assert all((MODULES / name).is_file() for name in found)


def test_an_address_cannot_leave_its_attribute() -> None:
    links = preloads('/a"><b>/', "bridge_notice.js")
    assert links == '<link rel="modulepreload" href="/a&#34;&gt;&lt;b&gt;/bridge_urls.js">\n'


def test_the_version_changes_with_every_byte_and_name(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1", encoding="utf-8")
    versions = [static_version(tmp_path)]
    (tmp_path / "a.js").write_text("2", encoding="utf-8")
    versions.append(static_version(tmp_path))
    (tmp_path / "a.js").rename(tmp_path / "b.js")
    versions.append(static_version(tmp_path))
    assert len(set(versions)) == 3
    assert static_version(tmp_path) == versions[-1]
