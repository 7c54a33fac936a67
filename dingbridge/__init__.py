"""DingTalk H5 micro-apps on Flask.

`DingBridge` signs an app's pages for exactly the URL that the browser has, and serves what those
pages need under `/ding/*`. See README.en.md for the settings and docs/ for everything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dingbridge.errors import (
    CredentialUnavailable,
    DingBridgeError,
    PageUrlRefused,
    PageUrlUncertain,
    PlatformError,
    PlatformUnavailable,
    SettingsError,
    SignatureError,
)

if TYPE_CHECKING:
    from dingbridge.extension import DingBridge

__all__ = [
    "CredentialUnavailable",
    "DingBridge",
    "DingBridgeError",
    "PageUrlRefused",
    "PageUrlUncertain",
    "PlatformError",
    "PlatformUnavailable",
    "SettingsError",
    "SignatureError",
]


def __getattr__(name: str) -> object:
    """`DingBridge`, when it is first asked for: the pure modules, and the sandbox, which must not
    load what it judges, are imported without it and without Flask.
    """
    if name == "DingBridge":
        from dingbridge.extension import DingBridge  # noqa: PLC0415

        return DingBridge
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
