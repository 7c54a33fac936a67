"""The SDK build holds what the templates declare, and the linter knows the WebViews' floor."""

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = {"config", "ready", "error", "on", "off", "checkJsApi", "devConfig", "_invoke"}
FOUR = [
    "device.geolocation.get",
    "biz.util.scan",
    "device.nfc.nfcRead",
    "biz.chat.pickConversation",
]


def python(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def build(
    folder: Path, template: str, *options: str, **environment: str
) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Build the SDK for one template; the outcome, and the script."""
    (folder / "page.html").write_text(template, encoding="utf-8")
    out = folder / "vendor" / "dingtalk.js"
    arguments = ["--templates", folder, "--out", out, *options]
    return python("assets/build.py", *arguments, **environment), out


def declare(*apis: str) -> str:
    return "{{ dingbridge(" + ", ".join(f'"{api}"' for api in apis) + ") }}"


def probe(script: Path, *calls: tuple[str, dict[str, object]]) -> Any:
    """Run the built script; see tests/js/sdk_probe.mjs."""
    run = python("assets/node.py", "tests/js/sdk_probe.mjs", script, json.dumps(calls))
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SDK with four platforms and four APIs."""
    run, script = build(tmp_path_factory.mktemp("four"), declare(*FOUR))
    assert run.returncode == 0, run.stderr
    return script


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SDK with every API."""
    run, script = build(tmp_path_factory.mktemp("whole"), "", DINGBRIDGE_FULL_SDK="1")
    assert run.returncode == 0, run.stderr
    return script


@pytest.mark.row("R12")
def test_the_build_offers_the_declared_apis_by_their_dotted_names_and_no_other(four: Path) -> None:
    offered = set(probe(four)["names"])
    assert offered - CORE - {"compareVersion"} == set(FOUR)
    assert offered > CORE


def test_four_platforms_and_four_apis_stay_a_third_of_the_whole_sdk(
    four: Path, whole: Path
) -> None:
    small, large = (len(gzip.compress(script.read_bytes(), 9)) for script in (four, whole))
    assert small <= 15_500
    assert small * 3 < large


@pytest.mark.parametrize("build_name", ["four", "whole"])
def test_arguments_reach_the_native_side_as_the_page_gave_them(
    build_name: str, request: pytest.FixtureRequest
) -> None:
    given: list[tuple[str, dict[str, object]]] = [
        ("biz.util.scan", {"type": "qrCode"}),
        ("biz.util.scan", {"type": "barCode"}),
        ("device.geolocation.get", {"targetAccuracy": 200, "coordinate": 1}),
        ("biz.chat.pickConversation", {"corpId": "ding1", "isConfirm": False}),
        ("device.nfc.nfcRead", {}),
    ]
    answer = probe(request.getfixturevalue(build_name), *given)
    assert answer["natives"] == [list(call) for call in given]


def test_a_flat_name_keeps_its_own_parameters_beside_the_dotted_one(whole: Path) -> None:
    answer = probe(
        whole,
        ("scan", {"type": "qr"}),
        ("biz.util.scan", {"type": "qrCode"}),
        ("showToast", {"content": "saved", "duration": 2000}),
        ("device.notification.toast", {"text": "saved", "duration": 2}),
        ("getNetworkType", {}),
        ("device.connection.getNetworkType", {}),
        ("openBluetoothAdapter", {}),
    )
    natives = answer["natives"]
    assert [name for name, _ in natives] == [
        "biz.util.scan",
        "biz.util.scan",
        "device.notification.toast",
        "device.notification.toast",
        "device.connection.getNetworkType",
        "device.connection.getNetworkType",
        "runtime.h5nuvabridge.exec",
    ]
    assert [natives[at][1]["type"] for at in (0, 1)] == ["qrCode", "qrCode"]
    assert [(natives[at][1]["text"], natives[at][1]["duration"]) for at in (2, 3)] == [
        ("saved", 2),
        ("saved", 2),
    ]
    assert natives[6][1] == {"_action": "openBluetoothAdapter"}
    # The flat API translates its result, the dotted one hands it through.
    assert "result" not in answer["results"][4]
    assert answer["results"][5] == {"result": "none"}


def test_the_whole_sdk_offers_dotted_and_flat_names(whole: Path) -> None:
    names = set(probe(whole)["names"])
    assert len(names) > 400
    assert {*FOUR, "getLocation", "requestAuthCode", "runtime.permission.requestAuthCodeV2"} < names


def test_a_flat_name_brings_the_dotted_api_along(tmp_path: Path) -> None:
    run, script = build(tmp_path, declare("getLocation", "requestAuthCode", "dd.biz.util.scan"))
    assert run.returncode == 0, run.stderr
    assert set(probe(script)["names"]) - CORE - {"compareVersion"} == {
        "getLocation",
        "device.geolocation.get",
        "requestAuthCode",
        "runtime.permission.requestAuthCodeV2",
        "biz.util.scan",
    }


@pytest.mark.parametrize("name", ["dingtalk.js", "dingtalk_pc.js"])
def test_no_text_becomes_code_and_the_licence_is_named(four: Path, name: str) -> None:
    source = four.with_name(name).read_text(encoding="utf-8")
    assert "eval(" not in source
    assert not re.search(r"\bFunction\(", source)
    assert source.startswith("/*! dingtalk-jsapi 3.")
    assert "MIT" in source.splitlines()[0]
    licence = four.with_name("dingtalk.LICENSE.txt").read_text(encoding="utf-8")
    assert licence.count("Permission is hereby granted") == 1


def test_an_unknown_api_is_refused_with_template_line_and_name(tmp_path: Path) -> None:
    run, script = build(tmp_path, "\n" + declare("biz.utils.scan") + "\n\n" + declare("nothing"))
    assert run.returncode == 1
    first, second = run.stderr.strip().splitlines()
    assert "page.html:2: " in first
    assert '"biz.utils.scan"; did you mean "biz.util.scan"?' in first
    assert "page.html:4: " in second
    assert '"nothing"' in second
    assert not script.exists()


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("{{ dingbridge(name) }}", 1),
        ("\n{{ dingbridge('biz.util.scan', *names) }}", 2),
        ("{% if x %}\n\n{{ dingbridge('biz.util' ~ rest) }}{% endif %}", 3),
        ("\n{% if %}", 2),
    ],
)
def test_what_cannot_be_read_from_the_template_is_refused_with_its_line(
    tmp_path: Path, template: str, line: int
) -> None:
    run, _ = build(tmp_path, template)
    assert run.returncode == 1
    assert f"page.html:{line}: " in run.stderr


def test_declarations_in_blocks_includes_and_other_bridges_count(tmp_path: Path) -> None:
    template = (
        "{% extends 'base.html' %}{% block a %}{% if b %}{{ dingbridge('biz.util.scan', type=1) }}"
        "{% endif %}{% set tags = dingbridge_hr('biz.navigation.setTitle') %}{% endblock %}"
        "{{ dingbridges('not.a.call') }}{{ other.dingbridge('neither') }}"
    )
    run, script = build(tmp_path, template)
    assert run.returncode == 0, run.stderr
    offered = set(probe(script)["names"])
    assert {"biz.util.scan", "biz.navigation.setTitle"} <= offered


def test_a_failed_build_leaves_the_last_script_as_it_was(tmp_path: Path) -> None:
    run, script = build(tmp_path, declare("biz.util.scan"))
    assert run.returncode == 0, run.stderr
    before = script.read_bytes()
    run, script = build(tmp_path, declare("no.such.api"))
    assert run.returncode == 1
    assert script.read_bytes() == before
    assert {file.name for file in script.parent.iterdir()} == {
        "dingtalk.js",
        "dingtalk_pc.js",
        "dingtalk.LICENSE.txt",
    }


def test_the_build_says_how_large_the_script_is(tmp_path: Path) -> None:
    run, script = build(tmp_path, declare("biz.util.scan"))
    assert run.stdout.startswith(f"dingtalk.js: 1 APIs, {script.stat().st_size:,} bytes, ")


@pytest.mark.parametrize(
    ("name", "source", "complaint"),
    [
        ("static/x.js", "export default window.a?.b;", "Parsing error"),
        ("static/x.js", "export default window.a ?? 1;", "Parsing error"),
        ("static/x.js", "export default class { a = 1; }", "Parsing error"),
        ("static/x.js", "export default Promise.allSettled([]);", "Promise.allSettled"),
        ("static/x.js", "export default structuredClone({});", "structuredClone"),
        ("static/x.js", "export default Object.fromEntries([]);", "Object.fromEntries"),
        ("static/first.js", "const a = 1; window.a = a;", "Parsing error"),
        ("dingbridge/sandbox/static/container-x.js", "window.a?.b();", "Parsing error"),
    ],
)
def test_the_linter_refuses_what_the_webviews_lack(name: str, source: str, complaint: str) -> None:
    eslint = [sys.executable, "assets/node.py", "node_modules/eslint/bin/eslint.js"]
    run = subprocess.run(
        [*eslint, "--max-warnings", "0", "--stdin", "--stdin-filename", name],
        cwd=ROOT,
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert complaint in run.stdout


def test_the_browser_modules_have_nothing_that_the_linter_refuses() -> None:
    run = python(
        "assets/node.py", "node_modules/eslint/bin/eslint.js", "--max-warnings", "0", "static"
    )
    assert run.returncode == 0, run.stdout
