"""The package as others install it: without this checkout, with the browser modules inside."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parent.parent
APP = """
import json
from flask import Flask, render_template_string
from dingbridge import DingBridge

app = Flask(__name__)
app.config.update(json.loads(%r))
bridge = DingBridge(app)
app.add_url_rule("/", "page", lambda: render_template_string("{{ dingbridge('biz.util.scan') }}"))
client = app.test_client()
page = client.get("/", base_url="https://app.example.test").text
served = {name: client.get(f"/ding/static/{name}").status_code for name in %r}
print(json.dumps({"page": page, "served": served}))
"""
# What a page names by itself; the rest is imported by these.
NAMED = ("bridge.js", "first.js", "outdated.js", "bridge.css", "login.js", "reauth.js")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, as an installation lays it out."""
    folder = tmp_path_factory.mktemp("wheel")
    built = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*built, "-w", str(folder), str(ROOT)], check=True)
    (wheel,) = folder.glob("*.whl")
    ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def test_an_app_elsewhere_renders_and_serves_what_its_pages_name(
    unpacked: Path, tmp_path: Path, settings: dict[str, object]
) -> None:
    given = json.dumps({name: str(value) for name, value in settings.items()})
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", APP % (given, NAMED)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "sdk_missing" in answer.stderr
    assert "DING_JSAPI_URL" in answer.stderr
    seen = json.loads(answer.stdout)
    assert seen["served"] == dict.fromkeys(NAMED, 200)
    assert re.search(r'src="/ding/static/v-[0-9a-f]+/bridge\.js"', seen["page"])
    assert (unpacked / "dingbridge" / "py.typed").is_file()


def test_it_holds_nothing_that_was_built_or_written_for_this_app(unpacked: Path) -> None:
    assert {path.name for path in unpacked.iterdir() if path.suffix != ".dist-info"} == {
        "dingbridge"
    }
    assert not (unpacked / "dingbridge" / "static" / "vendor").exists()
