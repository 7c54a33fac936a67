"""The micro-app with its signed home page under every path, for tests of URLs.

The real app has one signed page so far; everything else about this one is the same.
"""

from __future__ import annotations

from flask import Response, render_template, request
from werkzeug.exceptions import NotFound

from app import create_app

app = create_app()


@app.errorhandler(NotFound)
def any_page(error: NotFound) -> Response:
    """The home page instead of a page that is not there, or a redirect that was asked for.

    `/redirect?status=302&to=/t?` answers with that Location, untouched.
    """
    if request.path == "/redirect":
        to = request.query_string.partition(b"to=")[2].decode("latin-1")
        return Response(status=int(request.args["status"]), headers={"Location": to})
    return Response(render_template("home.html"), content_type="text/html; charset=utf-8")
