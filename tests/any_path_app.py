"""The micro-app with its signed home page under every path, for tests of URLs.

The real app has one signed page so far; everything else about these is the same. One gunicorn
serves several of them, each with settings of its own on an address of its own: ANY_PATH_APPS is
JSON that maps `127.0.0.1:port` or a Unix socket's path to settings.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response, render_template, request

from app import create_app
from dingbridge.redirects import ExactRedirect

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


# Links as an old Chinese page writes them: its queries leave the browser as GBK bytes.
GBK_LINKS = ("/?名=值", "/页?名=值", "/?a=中&b=%D6%D0", "/中?", "/?签到", "/?q=a b'c\"<>`{}|")
GBK_PAGE = "".join(
    f"<a id=link{number} href='{link.replace(chr(39), '&#39;')}'>链接</a>"
    for number, link in enumerate(GBK_LINKS)
).encode("gbk")


def with_any_path(settings: dict[str, object]) -> Flask:
    """The micro-app, with a page under every path and redirects to anywhere."""
    app = create_app(settings)

    @app.before_request
    def any_page() -> Response | None:
        """The home page instead of none, or the redirect that was asked for.

        `/redirect?status=302&to=/t?` answers with that Location, untouched.
        """
        if request.routing_exception is None:
            return None
        if request.path == "/gbk":
            return Response(GBK_PAGE, content_type="text/html; charset=gbk")
        if request.path == "/redirect":
            to = request.query_string.partition(b"to=")[2].decode("latin-1")
            return ExactRedirect(to, int(request.args["status"]))
        return Response(render_template("home.html"), content_type="text/html; charset=utf-8")

    return app


APPS = {
    address: with_any_path(settings)
    for address, settings in json.loads(os.environ.get("ANY_PATH_APPS", "{}")).items()
}


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Hand the request to the app of the address that it came in by."""
    name = environ["gunicorn.socket"].getsockname()
    address = name if isinstance(name, str) else f"{name[0]}:{name[1]}"
    return APPS[address](environ, start_response)
