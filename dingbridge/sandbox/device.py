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
    list_of,
    mapping,
    number,
    one_of,
    optional,
    patched,
    record,
    table_of,
    text,
    whole,
    written,
)
from dingbridge.sandbox.grants import NEEDS_GRANT
from dingbridge.sandbox.places import EAST, NORTH, SOUTH, WEST, Place, address_at

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

CODE_CHARACTERS = 3000  # what the largest QR code holds
# What lies before the camera, and on the phone's back. One is long, and one is hostile.
CODES: tuple[Mapping[str, str], ...] = (
    {"kind": "qr", "text": "https://example.com/asset/A-1024"},
    {"kind": "bar", "text": "6901234567892"},
    {"kind": "qr", "text": "资产编号：沙箱-0042；位置：三号楼二层机房；保管人：欧阳若兰"},
    {"kind": "bar", "text": "SN20260115-8842"},
    {"kind": "qr", "text": "<script>alert('扫码')</script>"},
    {"kind": "qr", "text": "巡检记录" + "，第一项正常" * 120},
)
TAGS = ("沙箱资产 A-1024", "三号楼二层 · 配电间", "<b>标签</b>")


@dataclass(frozen=True)
class Device:
    """One simulated client. ``results`` and ``errors`` stand in for what it would answer.

    ``url_rule``: which of the page's URLs it has the signature checked for. ``grant_life``: how
    long a grant lasts. ``error_shape``: string code and errorMessage, or number and message.
    ``late_ms``, ``grant_ms``: milliseconds until a late bridge is up, and to answer dd.config.
    ``answers``: who answers what a client asks a person, where the sandbox's page is around the
    app: ``person``, or ``automatic`` as everywhere else. ``codes``, ``tags``: what can be scanned
    and read. ``chat``: the openConversationId of the chat that is chosen automatically.
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
    answers: str = "person"
    place: Place = field(default_factory=Place)
    codes: tuple[Mapping[str, str], ...] = CODES
    tags: tuple[str, ...] = TAGS
    chat: str | None = None
    results: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, Any] = field(default_factory=dict)

    @property
    def user_agent(self) -> str | None:
        """The User-Agent that this client sends; None leaves the browser's own."""
        form = USER_AGENTS.get(self.platform)
        return form and form.format(version=self.version, language=self.language)

    @property
    def reads_tags(self) -> bool:
        """Whether it can read NFC tags: Android does, with the hardware for it."""
        return self.platform == "android" and self.nfc

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
        if "place" in accepted:
            accepted["place"] = patched(self.place, accepted["place"])
        return patched(self, accepted)

    def describe(self, corp_id: str) -> dict[str, Any]:
        """All settings as JSON, with corp, user agent, and the address of the place."""
        return {
            **dataclasses.asdict(self),
            "corp": self.corp or corp_id,
            "user_agent": self.user_agent,
            "address": str(address_at(self.place)),
        }

    def for_container(self, corp_id: str, name: str) -> dict[str, Any]:
        """What the container script is told: the settings, and which APIs need a grant."""
        told = self.describe(corp_id)
        for kept in KEPT_FROM_PAGE:
            del told[kept]
        return {**told, "device": name, "needs_grant": sorted(NEEDS_GRANT)}


# A page must not read from the container what it could only get by asking the client.
KEPT_FROM_PAGE = ("results", "errors", "place", "address", "codes", "tags", "chat", "answers")


def _merged(present: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**present, **new}.items() if value is not None}


PLACE_CHECKS: dict[str, Check] = {
    "longitude": number(WEST, EAST),
    "latitude": number(SOUTH, NORTH),
    "accuracy": number(1, 10_000),
}
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
    "answers": one_of("person", "automatic"),
    "place": lambda value: checked(value, PLACE_CHECKS, "place"),
    "codes": list_of(record({"kind": one_of("qr", "bar"), "text": written(CODE_CHARACTERS)}), 50),
    "tags": list_of(written(CODE_CHARACTERS), 50),
    "chat": optional(text(100)),
    "results": table_of(json_value),
    "errors": table_of(json_value),
}
