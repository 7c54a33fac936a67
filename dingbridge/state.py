"""What one bridge holds for one app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dingbridge.credentials import Credentials
from dingbridge.page import PageSigner
from dingbridge.page_url import FrontPolicy
from dingbridge.settings import Language, Settings


@dataclass(frozen=True)
class BridgeState:
    """Everything that one bridge holds for one app; two bridges share none of it.

    `static_path` is where the browser modules are, `url_prefix` where the routes are, both
    without a proxy's path prefix; the two functions speak of the current request.
    """

    name: str
    settings: Settings
    policy: FrontPolicy
    credentials: Credentials
    signer: PageSigner
    static_path: str
    url_prefix: str
    language: Callable[[], Language]
    is_developer: Callable[[], bool]
