"""The browser login's way there and back (document "sign in to third-party websites", OAuth 2).

`state` is signed, ten minutes good, and bound to the browser by a cookie with a random text of its
own: without that, anybody could send a visitor a return address and sign them in as somebody else.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from itsdangerous import BadData, URLSafeTimedSerializer

from dingbridge.login.refusals import LoginRefused
from dingbridge.settings import Settings

STATE_SECONDS = 600
NEXT_LIMIT = 2048
_NONCE_BYTES = 24


def new_nonce() -> str:
    """A random text for the browser's cookie."""
    return secrets.token_urlsafe(_NONCE_BYTES)


@dataclass(frozen=True)
class States:
    """Makes and reads `state` for one bridge."""

    keys: Sequence[bytes]  # oldest first, as itsdangerous has them
    name: str

    def make(self, nonce: str, following: str) -> str:
        """A state for the browser that has `nonce`, which goes on to the path `following`."""
        text: str | bytes = self._serializer().dumps([_digest(nonce), following])
        return text if isinstance(text, str) else text.decode()

    def read(self, state: str, nonce: str) -> str:
        """Where to go on. Raises LoginRefused (`oauth_state`)."""
        try:
            told = self._serializer().loads(state, max_age=STATE_SECONDS)
        except BadData:
            raise LoginRefused("oauth_state", 403) from None
        digest, following = told
        if not nonce or not secrets.compare_digest(digest, _digest(nonce)):
            raise LoginRefused("oauth_state", 403)
        return str(following)

    def _serializer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            list(self.keys),
            salt=f"dingbridge oauth {self.name}",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )


def authorise_url(settings: Settings, redirect_uri: str, state: str) -> str:
    """The address of DingTalk's login page, every parameter encoded (R33).

    `redirect_uri` is absolute; its domain has to be registered in the console.
    """
    parameters = {
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "client_id": settings.client_id,
        "scope": "openid corpid",
        "state": state,
        "prompt": "consent",
        "corpId": settings.corp_id,
    }
    query = urlencode({k: v for k, v in parameters.items() if v}, quote_via=quote, safe="")
    return f"{settings.login_url}/oauth2/auth?{query}"


def _digest(nonce: str) -> str:
    return hashlib.sha256(nonce.encode("utf-8", "surrogatepass")).hexdigest()
