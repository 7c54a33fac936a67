"""How often the platform lets this app call, and what it means by each refusal.

Today an app may call one API 20 times a second (standard edition; 60 with the development pack;
document "call frequency and throttling", 2026), and since 2016 the platform counts by the minute:
1500 calls per corp and API; for third-party apps 2000 per vendor and API, 1500 per vendor, corp
and API, 1000 per suite, corp and API. One address may make 10000 calls in 20 seconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from types import MappingProxyType

from dingbridge.backoff import BAN_PAUSE
from dingbridge.envelopes import is_limit
from dingbridge.errors import PlatformError
from dingbridge.openapi.ledger import Limit
from dingbridge.settings import Mode

MINUTE = 60.0
CORP_PER_MINUTE = 1500
VENDOR_PER_MINUTE = 2000
VENDOR_CORP_PER_MINUTE = 1500
SUITE_CORP_PER_MINUTE = 1000
ADDRESS_CALLS, ADDRESS_SECONDS = 10_000, 20.0

# Seconds to wait where the platform does not say how long.
QPS_PAUSE = 1.0
UNSTATED_PAUSE = 10.0
QUOTA_PAUSE = 600.0

_CHINA = timezone(timedelta(hours=8))
# As in "… 从 2018-12-09 15:01:10 到 … , 处罚将在 2018-12-09 15:01:11 结束"; "限制将在" since 2026.
_STATED_END = re.compile(r"(?:处罚|限制)将在\s*(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\s*结束")
_STATED_BEGIN = re.compile(r"到\s*(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")

# Which scope each code closes (error code table; the new names say it themselves).
_SCOPES = MappingProxyType(
    {
        "90001": "app",
        "90002": "api",
        "90003": "corp",
        "90004": "app",
        "90005": "corp_api",
        "90006": "app_api",
        "90007": "vendor_corp",
        "90008": "vendor_corp_api",
        "90009": "vendor",
        "90010": "vendor_api",
        "90011": "app",
        "90012": "app_api",
        "90013": "app_corp",
        "90014": "app_corp_api",
        "90017": "address",
        "90018": "app_api",
        "90020": "quota",
        "platform_banned": "address",
        "QpsLimitForApi": "api",
        "QpmLimitForApi": "api",
        "QpsLimitForSuitekeyAndOrgAndApi": "app_corp_api",
        "QpmLimitForSuitekeyAndOrgAndApi": "app_corp_api",
        "ApiCountLimitForOrg": "quota",
    }
)
_BY_SECOND = frozenset({"90002", "90018"})

# In paths of the new generation; an id of letters alone could be a word of the path otherwise.
_FOLLOWED_BY_IDS = frozenset(
    {"calendars", "chat", "events", "sheets", "spaces", "users", "workbooks"}
)

# APIs that the monthly quota does not count (document "APIs outside the call quota"), by prefix.
_UNCOUNTED = (
    "/gettoken",
    "/get_jsapi_ticket",
    "/sso/",
    "/sns/",
    "/service/",
    "/user/",
    "/department/",
    "/topapi/user/",
    "/topapi/v2/user/",
    "/topapi/v2/department/",
    "/topapi/role/",
    "/topapi/extcontact/",
    "/topapi/org/",
    "/topapi/smartwork/hrm/",
    "/v1.0/oauth2/",
    "/v1.0/contact/",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """In whose name calls are made; `platform` names the platform's addresses, not a secret."""

    platform: str
    mode: Mode
    app: str
    corp: str
    rate: int
    quota: int

    def limits(self, api: str) -> list[Limit]:
        """What a call of `api` has to keep within."""
        keys = self.scopes(api)

        def limit(scope: str, count: int, seconds: float) -> Limit:
            return Limit(keys[scope], count, seconds)

        address = limit("address", ADDRESS_CALLS, ADDRESS_SECONDS)
        if self.mode == "internal":
            return [
                limit("app_api", self.rate, 1.0),
                limit("corp_api", CORP_PER_MINUTE, MINUTE),
                address,
            ]
        return [
            limit("app_corp_api", self.rate, 1.0),
            limit("app_corp_api", SUITE_CORP_PER_MINUTE, MINUTE),
            limit("vendor_corp_api", VENDOR_CORP_PER_MINUTE, MINUTE),
            limit("vendor_api", VENDOR_PER_MINUTE, MINUTE),
            address,
        ]

    def scopes(self, api: str) -> dict[str, str]:
        """The keys of everything that may be closed to a call of `api`, by scope.

        All third-party apps that keep their books in one place count as one vendor's.
        """
        app, corp = self.app, self.corp
        parts = {
            "address": (),
            "api": (api,),
            "app": (app,),
            "app_api": (app, api),
            "app_corp": (app, corp),
            "app_corp_api": (app, corp, api),
            "corp": (corp,),
            "corp_api": (corp, api),
            "vendor": (),
            "vendor_api": (api,),
            "vendor_corp": (corp,),
            "vendor_corp_api": (corp, api),
            "quota": (corp,),
        }
        keys = {name: ":".join((self.platform, name, *part)) for name, part in parts.items()}
        if not is_counted(api):
            del keys["quota"]
        return keys

    def counter(self, now: float) -> str:
        """The name of this month's count; the month is China's. `now`: seconds since 1970."""
        month = datetime.fromtimestamp(now, _CHINA).strftime("%Y-%m")
        return f"quota-{self.platform}-{self.corp or self.app}-{month}"


@dataclass(frozen=True, slots=True)
class Closure:
    """What a refusal of the platform closes, and for how many seconds."""

    scope: str
    seconds: float
    code: str
    stated: bool = False


def closure(error: PlatformError, now: float) -> Closure | None:
    """What `error` closes, or None if it is no limit. `now`: seconds since 1970."""
    if error.code == "platform_banned":
        minutes = error.values.get("minutes", "")
        stated = minutes.isdecimal() and 0 < int(minutes) <= 60
        return Closure("address", int(minutes) * 60.0 if stated else BAN_PAUSE, error.code, stated)
    if not is_limit(error):
        return None
    code = error.sub_code if error.sub_code.isdecimal() else error.code
    name = code.rpartition(".")[2]
    scope = _SCOPES.get(name, "app_api")
    if (seconds := _stated(error.platform_message, now)) is not None:
        return Closure(scope, seconds, code, stated=True)
    if scope == "quota":
        return Closure(scope, QUOTA_PAUSE, code, stated=True)
    if scope == "address":
        return Closure(scope, BAN_PAUSE, code)
    by_second = code in _BY_SECOND or name.startswith("Qps")
    return Closure(scope, QPS_PAUSE if by_second else UNSTATED_PAUSE, code)


def api_of(method: str, path: str) -> str:
    """The API that a path belongs to, ids left out: `/v1.0/im/chat/{}/convert…`.

    What counts as an id is guessed (anything with a digit, very long, or behind a word that ids
    follow) and matters for counting only. The old generation has no ids in its paths, and counts
    no methods apart.
    """
    if not is_new(path):
        return path
    parts = path.strip("/").split("/")
    # Version and product (`oauth2`) are words, whatever they look like.
    named = ["{}" if _is_id(part, before) else part for before, part in pairwise(parts[1:])]
    return f"{method} /{'/'.join((*parts[:2], *named))}"


def _is_id(part: str, before: str) -> bool:
    """Whether the part of a path that follows `before` is an id."""
    if before in _FOLLOWED_BY_IDS and part != "me":
        return True
    return re.fullmatch(r"[A-Za-z_-]{1,40}", part) is None


def is_new(path: str) -> bool:
    """Whether a path belongs to the new generation, api.dingtalk.com."""
    return re.match(r"/v\d+\.\d+/", path) is not None


def is_counted(api: str) -> bool:
    """Whether the monthly quota counts calls of `api`."""
    return not api.partition(" ")[2].startswith(_UNCOUNTED) and not api.startswith(_UNCOUNTED)


def _stated(message: str, now: float) -> float | None:
    """Seconds until the end that the platform's words name, or None.

    Our clock may be wrong, so the time that the words themselves span is the better witness where
    both differ by more than a minute.
    """
    end = _STATED_END.search(message)
    if end is None:
        return None
    try:
        until = _china_time(end[1])
        begin = _STATED_BEGIN.search(message)
        span = until - _china_time(begin[1]) if begin else until - now
    except ValueError:
        return None
    left = until - now
    seconds = left if 0 < left <= span + MINUTE else span
    return min(max(seconds, QPS_PAUSE), 24 * 3600.0)


def _china_time(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_CHINA).timestamp()
