"""Security headers and the session cookie, as pages inside DingTalk's clients need them.

Pure but for the session interface: what goes into a header is decided by a few lines here.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

# The PC client shows apps in a frame of its own pages (platform/jsapi: hostOrigin ends so).
FRAME_ANCESTORS = "'self' https://*.dingtalk.com"


def security_headers(jsapi_url: str | None) -> dict[str, str]:
    """The headers of every HTML page; `jsapi_url` is where the client SDK is loaded from.

    There is neither `default-src` nor `frame-src`: some native bridges work by pointing an
    iframe at a scheme of their own, and both would stop them. Nor is there
    `upgrade-insecure-requests`, which breaks stores that speak plain http (R66).
    """
    scripts = "'self'"
    if jsapi_url and not jsapi_url.startswith("/"):
        parts = urlsplit(jsapi_url)
        scripts += f" {parts.scheme}://{parts.netloc}"
    policy = [
        f"script-src {scripts}",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        f"frame-ancestors {FRAME_ANCESTORS}",
    ]
    return {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        # A signed page is good for one browser, one URL and one ticket: no cache may keep it.
        "Cache-Control": "no-store",
    }


class SessionCookie(SecureCookieSessionInterface):
    """Flask's session, whose cookie also lives inside the PC client's frame.

    Over https the cookie is `Secure; SameSite=None; Partitioned`: in a frame of another origin a
    Lax cookie is never stored. Over http browsers refuse those, and it is Lax.
    """

    def __init__(self, over_https: Callable[[], bool]) -> None:
        """`over_https` says of the current request whether the browser speaks https."""
        self._over_https = over_https

    def get_cookie_secure(self, app: Flask) -> bool:
        """Secure over https."""
        return self._over_https()

    def get_cookie_samesite(self, app: Flask) -> str:
        """None over https, else Lax."""
        return "None" if self._over_https() else "Lax"

    def get_cookie_partitioned(self, app: Flask) -> bool:
        """Partitioned over https."""
        return self._over_https()
