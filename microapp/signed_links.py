"""Addresses that are good for ten minutes without a session.

Whoever fetches a file for the drive (钉盘), or downloads outside the page, has no cookie.
"""

from __future__ import annotations

from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from dingbridge.problems import RequestRefused

LINK_SECONDS = 600  # the platform's own fetch begins when the person has confirmed


def sign(purpose: str, what: Any) -> str:
    """`what` (of JSON) as a parameter of an address; readable to whoever has it, good once signed.

    `purpose` tells the kinds of links apart: none is good for another.
    """
    return str(_signer(purpose).dumps(what))


def signed(purpose: str, text: str) -> Any:
    """What `sign` was given, at most ten minutes ago.

    Raises RequestRefused (403, `link_expired`) for anything else.
    """
    try:
        return _signer(purpose).loads(text, max_age=LINK_SECONDS)
    except BadData:
        raise RequestRefused(403, "link_expired") from None


def _signer(purpose: str) -> URLSafeTimedSerializer:
    """With the app's keys, older ones still being good."""
    fallbacks = current_app.config.get("SECRET_KEY_FALLBACKS") or []
    keys = [*reversed(fallbacks), current_app.config["SECRET_KEY"]]
    return URLSafeTimedSerializer(keys, salt=f"microapp link {purpose}")
