"""Another Flask app on the package: pages that declare what the bridge's tests need.

Served by `AppServer(…, app="bridge_pages:app", arguments=("--pythonpath", "tests"))`. It has
neither this project's templates nor its headers, only `{{ dingbridge(…) }}`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from flask import Flask, Response, render_template_string

from dingbridge import DingBridge

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<link rel="icon" href="data:,">
{before}
{tags}
<title>{name}</title>
</head>
<body><h1>{name}</h1>{body}</body>
</html>
"""
MOVE = "<script>history.replaceState(null, '', '/moved/here?x=%2F')</script>"
PAGES = {
    "granted": {"tags": "{{ dingbridge('device.geolocation.get', 'biz.util.scan') }}"},
    "free": {"tags": "{{ dingbridge('biz.util.scan', 'device.nfc.nfcRead') }}"},
    "none": {"tags": "{{ dingbridge() }}"},
    "service-window": {"tags": "{{ dingbridge('device.geolocation.get', type=1) }}"},
    "moved": {
        "tags": "{{ dingbridge('device.geolocation.get', 'biz.util.scan') }}",
        "before": MOVE,
    },
    "moved-service-window": {
        "tags": "{{ dingbridge('device.geolocation.get', type=1) }}",
        "before": MOVE,
    },
    # A script may leave an address behind that is too long for any server.
    "lost": {
        "tags": "{{ dingbridge('device.geolocation.get', 'biz.util.scan') }}",
        "before": "<script>history.replaceState(null, '', '/?x=' + 'a'.repeat(20000))</script>",
    },
    "readme": {
        "tags": "{{ dingbridge('device.geolocation.get', 'biz.util.scan') }}",
        "body": '<script type="module" src="/readme.js"></script>',
    },
    "prepared": {
        "tags": "{{ dingbridge('device.geolocation.get') }}",
        "body": "<div data-dingbridge-notice></div>",
    },
}


def of_readme() -> Response:
    """The script that README shows to authors of other apps."""
    readme = Path(__file__).resolve().parent.parent / "README.en.md"
    (script,) = re.findall(
        r"^```js\n(.+?)^```$", readme.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    return Response(script, mimetype="text/javascript")


def create_app() -> Flask:
    """The app, with settings from the environment."""
    made = Flask(__name__)
    made.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
    DingBridge(made)
    for name, parts in PAGES.items():
        source = PAGE.format(name=name, **{"before": "", "body": "", **parts})
        made.add_url_rule(f"/{name}", name, lambda source=source: render_template_string(source))
    made.add_url_rule("/readme.js", "of_readme", of_readme)
    made.add_url_rule("/healthz", "healthz", lambda: "ok")
    return made


app = create_app()
