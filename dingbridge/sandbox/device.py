"""The simulated client: what can be set about it, and the user agent it sends."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dingbridge.sandbox.checks import (
    Check,
    ascii_text,
    checked,
    flag,
    json_value,
    mapping,
    one_of,
    optional,
    patched,
    table_of,
    text,
    whole,
)
from dingbridge.sandbox.grants import NEEDS_GRANT

# The forms of real clients; Harmony's is put together from the ArkWeb default, as no sample of
# DingTalk on Harmony is known.
USER_AGENTS = {
    "android": (
        "Mozilla/5.0 (Linux; U; Android 13; zh-CN; 2211133C Build/TKQ1.220905.001) "
        "AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/100.0.4896.58 UWS/5.12.4.0 "
        "Mobile Safari/537.36 AliApp(DingTalk/{version}) com.alibaba.android.rimet/40812007 "
        "Channel/700159 language/{language} UT4Aplus/0.2.25 colorScheme/light"
    ),
    "ios": (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
        "(KHTML, like Gecko) Mobile/21F90 AliApp(DingTalk/{version}) com.laiwang.DingTalk/46766536 "
        "Channel/201200 language/{language} UT4Aplus/0.0.6 WK"
    ),
    "harmony": (
        "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile AliApp(DingTalk/{version}) "
        "language/{language}"
    ),
    "pc": (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/108.0.5359.125 Safari/537.36 dingtalk-win/1.0.0 nw(0.14.7) "
        "DingTalk({version}-Release.250214002) Mojo/1.0.0 Native AppType(release) "
        "Channel/201200 Architecture/x86_64 language/{language}"
    ),
}


@dataclass(frozen=True)
class Device:
    """One simulated client. ``results`` and ``errors`` stand in for what it would answer.

    ``url_rule``: which of the page's URLs it has the signature checked for. ``grant_life``: how
    long a grant lasts. ``error_shape``: string code and errorMessage, or number and message.
    ``late_ms``, ``grant_ms``: milliseconds until a late bridge is up, and to answer dd.config.
    """

    platform: str = "android"
    url_rule: str = "current"
    grant_life: str = "document"
    error_shape: str = "modern"
    bridge: str = "normal"
    late_ms: int = 1500
    grant_ms: int = 0
    location_off: bool = False
    nfc: bool = True
    version: str = "7.6.45"
    language: str = "zh-CN"
    corp: str | None = None
    user: str = "manager4220"
    results: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, Any] = field(default_factory=dict)

    @property
    def user_agent(self) -> str | None:
        """The User-Agent that this client sends; None leaves the browser's own."""
        form = USER_AGENTS.get(self.platform)
        return form and form.format(version=self.version, language=self.language)

    def is_at_least(self, *wanted: int) -> bool:
        """Whether the client's version is that or a later one."""
        parts = [int(part) if part.isdecimal() else 0 for part in self.version.split(".")]
        return parts >= list(wanted)

    def patch(self, changes: object) -> "Device":
        """The device after ``changes``; BadValue names what cannot be taken."""
        accepted = checked(changes, CHECKS, "device")
        for table in ("results", "errors"):
            new = mapping(changes, "device").get(table)
            if isinstance(new, dict):
                accepted[table] = _merged(getattr(self, table), new)
        return patched(self, accepted)

    def describe(self, corp_id: str) -> dict[str, Any]:
        """All settings as JSON, with the corp that is signed in and the user agent."""
        shown = dataclasses.asdict(self)
        return {**shown, "corp": self.corp or corp_id, "user_agent": self.user_agent}

    def for_container(self, corp_id: str, name: str) -> dict[str, Any]:
        """What the container script is told: the settings, and which APIs need a grant."""
        told = self.describe(corp_id)
        for kept in ("results", "errors"):
            del told[kept]
        return {**told, "device": name, "needs_grant": sorted(NEEDS_GRANT)}


def _merged(present: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**present, **new}.items() if value is not None}


CHECKS: dict[str, Check] = {
    "platform": one_of("android", "ios", "harmony", "pc", "none"),
    "url_rule": one_of("current", "entry"),
    "grant_life": one_of("document", "path", "url"),
    "error_shape": one_of("modern", "classic"),
    "bridge": one_of("normal", "late", "never", "failed"),
    "late_ms": whole(0, 600_000),
    "grant_ms": whole(0, 600_000),
    "location_off": flag,
    "nfc": flag,
    "version": ascii_text(40),
    "language": ascii_text(20),
    "corp": optional(text(100)),
    "user": text(100),
    "results": table_of(json_value),
    "errors": table_of(json_value),
}
