"""The sandbox's own page and the container script, read from ``static/`` at each request."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dingbridge.sandbox.http_message import RefusedRequest, Response, text_response

FOLDER = Path(__file__).with_name("static")
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}


def static_file(name: str) -> Response:
    """The file of that name; RefusedRequest (404) if there is none to be had."""
    parts = name.split("/")
    path = FOLDER.joinpath(*parts)
    allowed = all(part and part[0] != "." and part.isprintable() for part in parts)
    if not allowed or path.suffix not in KINDS or not path.is_file():
        raise RefusedRequest(404, "there is no such file")
    headers = [("Content-Type", KINDS[path.suffix]), ("Cache-Control", "no-store")]
    return Response(200, headers, path.read_bytes())


def container_script(device: Mapping[str, Any]) -> Response:
    """The container: the files that ``container.json`` lists, in one function with its DEVICE.

    The function keeps everything of it out of the page's own names.
    """
    names = json.loads((FOLDER / "container.json").read_text("utf-8"))
    parts = [(FOLDER / name).read_text("utf-8") for name in names]
    settings = json.dumps(device, ensure_ascii=True)
    script = "\n".join(["(() => {", f"const DEVICE = {settings};", *parts, "})();", ""])
    return text_response(script, kind="text/javascript")
