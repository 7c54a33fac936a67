"""Where the browser modules are, and that a page asks for all of them at once."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from app_server import ROOT
from flask import Flask, render_template_string

from dingbridge import DingBridge
from dingbridge.static_files import BUILT, MODULES, StaticFiles, static_version

IMPORTED = re.compile(r'from ?"\./([^"]+)"')


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


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The static files as they are written, in a folder of their own."""
    return Path(
        shutil.copytree(MODULES, tmp_path / "static", ignore=shutil.ignore_patterns("vendor"))
    )


@pytest.fixture
def built(sources: Path) -> Path:
    """The same folder, with an SDK and with the copy that a build makes in it."""
    (sources / "vendor").mkdir()
    shutil.copy(MODULES / "vendor" / "dingtalk.js", sources / "vendor")
    run = [sys.executable, ROOT / "assets" / "node.py", ROOT / "assets" / "build_modules.mjs"]
    subprocess.run([*run, sources], check=True, capture_output=True)
    return sources


def test_imports_are_found_through_other_modules_and_named_once(sources: Path) -> None:
    files = StaticFiles.find("/static", sources)
    found = files.imports("home.js")
    assert found[0] == "bridge.js"
    assert {"bridge_connection.js", "bridge_errors.js", "bridge_urls.js"} < set(found)
    assert len(found) == len(set(found))
    assert files.imports("bridge_urls.js") == ()
    assert all((sources / name).is_file() for name in found)


def test_the_built_bridge_is_one_small_script_with_the_sdk_in_front(built: Path) -> None:
    files = StaticFiles.find("/static", built)
    assert files.has_sdk
    assert files.imports("bridge.js") == ()
    bridge = (built / BUILT / "bridge.js").read_text(encoding="utf-8")
    sdk = (built / "vendor" / "dingtalk.js").read_text(encoding="utf-8")
    own_script = """document.querySelector("script[src$='/bridge.js']").src"""
    for as_script, in_a_module in (
        ("var dd=", "window.dd="),
        (
            "document.currentScript&&document.currentScript.src",
            f'{own_script}.replace("bridge.js","vendor/dingtalk.js")',
        ),
    ):
        assert sdk.count(as_script) == 1
        sdk = sdk.replace(as_script, in_a_module)
    # Chrome reads its compile hint in the first line alone.
    assert bridge.startswith(f"//# allFunctionsCalledOnLoad\n{sdk.rstrip()}")
    sources = sum(file.stat().st_size for file in built.glob("bridge*.js"))
    assert len(bridge) - len(sdk) < sources / 2


def test_the_built_modules_offer_what_the_sources_do_and_share_one_bridge(built: Path) -> None:
    files = StaticFiles.find("/static", built)
    for name in ("bridge.js", "login.js", "reauth.js"):
        source = (built / name).read_text(encoding="utf-8")
        public = re.findall(r"(?m)^export (?:async )?(?:function|const|class) (\w+)", source)
        text = (built / BUILT / name).read_text(encoding="utf-8")
        offered = re.findall(r"export ?\{([^}]*)\}", text)
        assert public
        assert {word.split()[-1] for word in offered[0].split(",")} >= set(public)
        assert name == "bridge.js" or "bridge.js" in files.imports(name)
    assert (built / BUILT / "icon.svg").read_bytes() == (built / "icon.svg").read_bytes()
    for name in ("first.js", "outdated.js", "app.css"):
        assert 0 < (built / BUILT / name).stat().st_size < (built / name).stat().st_size


def test_the_built_copy_has_every_file_that_a_page_names(built: Path) -> None:
    templates = "".join(file.read_text("utf-8") for file in (ROOT / "templates").glob("*.html"))
    named = set(re.findall(r"\{\{ static \}\}(\w+\.\w+)", templates))
    named |= set(re.findall(r'page_script\("(\w+\.js)"\)', templates))
    named |= {"bridge.js", "bridge.css", "first.js", "outdated.js", "login.js", "login.css"}
    for script in ("spa.js", "spa_links.js"):
        source = (MODULES / "vendor" / script).read_text(encoding="utf-8")
        named |= set(re.findall(r'from ?"\.\./(\w+\.js)"', source))
    assert {"reauth.js", "login.js", "app.css", "home.js"} < named
    assert [name for name in named if not (built / BUILT / name).is_file()] == []


def test_a_changed_source_is_served_until_the_next_build(built: Path) -> None:
    path = StaticFiles.find("/static", built).path
    assert re.fullmatch("/static/v-[0-9a-f]{12}/vendor/built/", path)
    with (built / "bridge.css").open("a", encoding="utf-8") as style:
        style.write("/* changed */")
    changed = StaticFiles.find("/static", built)
    assert re.fullmatch("/static/v-[0-9a-f]{12}/", changed.path)
    assert not changed.has_sdk
    assert not path.startswith(changed.path)
    assert "bridge_lane.js" in changed.imports("bridge.js")


def test_an_sdk_from_elsewhere_is_never_loaded_beside_our_own(built: Path) -> None:
    files = StaticFiles.find("/static", built, own_sdk=False)
    assert not files.has_sdk
    assert re.fullmatch("/static/v-[0-9a-f]{12}/", files.path)


@pytest.mark.parametrize("is_built", [True, False])
def test_pages_and_scripts_meet_one_copy_of_each_module(
    settings: dict[str, object], built: Path, monkeypatch: pytest.MonkeyPatch, is_built: bool
) -> None:
    if not is_built:
        shutil.rmtree(built / BUILT)
    files = StaticFiles.find("/ding/static", built)
    monkeypatch.setattr("dingbridge.extension.StaticFiles.find", lambda *_, **__: files)
    app = Flask("foreign")
    app.config.update(settings)
    DingBridge(app).ticket_source = lambda: "ticket-canary"
    with app.test_request_context("/", environ_overrides={"RAW_URI": "/"}):
        page = render_template_string("{{ dingbridge() }}{{ dingbridge.login() }}")
    found = re.findall(r'(?:src|href)="(/ding/static/v-[^"]*/)([\w.]+\.\w+)"', page)
    sdk = [(f"{files.path}vendor/", "dingtalk.js")]
    assert {folder for folder, name in found if name != "dingtalk.js"} == {files.path}
    assert set(sdk) & set(found) == (set() if is_built else set(sdk))


def test_an_address_cannot_leave_its_attribute(sources: Path) -> None:
    files = StaticFiles.find("/static", sources)
    links = files.preloads('/a"><b>', "bridge_notice.js")
    assert links == (
        f'<link rel="modulepreload" href="/a&#34;&gt;&lt;b&gt;{files.path}bridge_urls.js">\n'
    )


def test_the_version_changes_with_every_byte_and_name(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1", encoding="utf-8")
    versions = [static_version(tmp_path)]
    (tmp_path / "a.js").write_text("2", encoding="utf-8")
    versions.append(static_version(tmp_path))
    (tmp_path / "a.js").rename(tmp_path / "b.js")
    versions.append(static_version(tmp_path))
    assert len(set(versions)) == 3
    assert static_version(tmp_path) == versions[-1]
