"""Redirects whose Location reaches the browser byte for byte, and what they are made of."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Response
from werkzeug.datastructures import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class ExactRedirect(Response):
    """A redirect to exactly `location`.

    Werkzeug parses and writes anew what `flask.redirect` is given: a bare `?` is lost and `{` or
    `%zz` come back encoded, so that the browser ends on another URL than it began with.
    """

    def __init__(self, location: str, status: int = 302) -> None:
        """`location`: an absolute URL or a path, in printable ASCII as browsers send it.

        Raises ValueError for anything else, which could become a header of its own.
        """
        if not location.isascii() or not location.isprintable() or " " in location:
            raise ValueError("a Location is printable ASCII without blanks")
        super().__init__(status=status, headers={"Location": location})

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """The headers as Werkzeug sends them, with the Location as it was given."""
        headers = super().get_wsgi_headers(environ)
        headers["Location"] = self.headers["Location"]
        return headers


def is_local(target: str) -> bool:
    """Whether a text is a path of the same origin, so that a redirect to it cannot lead away."""
    return (
        target.startswith("/")
        and not target.startswith(("//", "/\\"))
        and target.isascii()
        and target.isprintable()
        and " " not in target
    )


# What may stand in a path as it is (RFC 3986, 3.3), and escapes: a proxy's prefix has its own.
_PATH = "/%!$&'()*+,;=:@"


def browser_path(script_root: str) -> str:
    """`request.script_root` as browsers write it, for links and redirects.

    WSGI servers hand on decoded under which path they mount the app (`/日报`). A `?` in it would
    end a link's path there, and letters beyond ASCII cannot stand in a Location.
    """
    return quote(script_root, safe=_PATH)


_PLAIN = re.compile(r"/[A-Za-z0-9._~/-]*")


def pack_target(target: str) -> str:
    """A local target as the value of a parameter that needs no escapes, whatever it holds.

    URLs that the app emits hold neither `%` nor `+`, so that every rule signs them alike. A plain
    path stands as it is, anything else as `~` and base64 of its URL-safe kind.
    """
    if _PLAIN.fullmatch(target):
        return target
    return "~" + urlsafe_b64encode(target.encode()).decode().rstrip("=")


def unpack_target(value: str) -> str:
    """The target that `pack_target` packed; "" for what it cannot have made."""
    if not value.startswith("~"):
        return value
    try:
        return urlsafe_b64decode(value[1:] + "=" * (-len(value[1:]) % 4)).decode()
    except ValueError:
        return ""
