"""The settings: one frozen object, and all faults at once.

They come from the environment, a `.env` file or Flask's configuration, never from the browser.
`Settings.load` reads them all, collects everything that is wrong, and raises one `SettingsError`
whose message says of each what is wrong and where in DingTalk's developer console
(open-dev.dingtalk.com) the right value stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal, cast
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dingbridge.errors import Fault, SettingsError
from dingbridge.origin import Origin

Mode = Literal["internal", "isv"]
Algorithm = Literal["sha256", "sha1"]
QueryRule = Literal["decoded", "raw"]
Generation = Literal["new", "old"]
ChatWay = Literal["robot", "cid"]
Language = Literal["zh", "en"]

# Where a person finds or mends each value. Chinese first: the console speaks Chinese.
WHERE = {
    "SECRET_KEY": "Flask 会话密钥，自行生成 / Flask's session key; make one: "
    "python -c 'import secrets; print(secrets.token_urlsafe(32))'",
    "CORP_ID": "开发者后台首页右上角 CorpId / developer console, home page, top right: CorpId",
    "AGENT_ID": "应用详情 → 凭证与基础信息 → AgentId / "
    "the app → Credentials & Basic Info → AgentId",
    "CLIENT_ID": "应用详情 → 凭证与基础信息 → Client ID（原 AppKey / SuiteKey） / "
    "the app → Credentials & Basic Info → Client ID (formerly AppKey, SuiteKey)",
    "CLIENT_SECRET": "应用详情 → 凭证与基础信息 → Client Secret（原 AppSecret / SuiteSecret） / "
    "the app → Credentials & Basic Info → Client Secret (formerly AppSecret, SuiteSecret)",
    "PUBLIC_ORIGINS": "与 应用详情 → 网页应用 → 应用首页地址 的协议、域名、端口一致，如 "
    "https://app.example.com / scheme, host and port of the app's home page address "
    "(the app → Web App), for example https://app.example.com",
}
HERE = "见 README 的设置表 / see the table of settings in README.en.md"


# Without a value they are None; as defaults of the reader that would mean "required".
_OPTIONAL = ("original_uri_header", "jsapi_url", "redis_url", "database_url", "files_folder")


class _Wrong(ValueError):
    """A value that cannot be used; the text says why, without the value if it is a secret."""


@dataclass(frozen=True)
class Settings:
    """Everything that an operator can set, checked. Field names are the settings' names without
    their prefix, in lower case; the README's table says what each means.
    """

    corp_id: str
    agent_id: str
    client_id: str
    client_secret: str
    public_origins: tuple[str, ...]
    mode: Mode = "internal"
    app_id: str = ""
    store_keys: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    proxy_hops: int = 1
    forwarded_port: bool = False
    original_uri_header: str | None = None
    signature: Algorithm = "sha256"
    signed_query: QueryRule = "decoded"
    api_generation: Generation = "new"
    oapi_url: str = "https://oapi.dingtalk.com"
    api_url: str = "https://api.dingtalk.com"
    login_url: str = "https://login.dingtalk.com"
    jsapi_url: str | None = None
    redis_url: str | None = None
    database_url: str | None = None
    time_zone: str = "Asia/Shanghai"
    chat_way: ChatWay = "robot"
    files_folder: Path | None = None
    files_quota: int = 500
    api_rate: int = 20
    api_quota: int = 5000
    workers: int = 1
    instance: Path = Path("instance")
    debug: bool = False
    developers: frozenset[str] = frozenset()
    lang: Language = "zh"

    def __repr__(self) -> str:
        """Without the secrets, so that the object may stand in a log."""
        return f"Settings(mode={self.mode!r}, corp_id={self.corp_id!r}, agent_id={self.agent_id!r})"

    def secrets(self) -> tuple[str, ...]:
        """Every value that must stand nowhere, the longest first."""
        places = (urlsplit(url) for url in (self.redis_url, self.database_url) if url)
        found = {self.client_secret, *self.store_keys, *(place.password or "" for place in places)}
        return tuple(sorted(found - {""}, key=len, reverse=True))

    @classmethod
    def load(cls, source: Mapping[str, object], prefix: str = "DING_") -> Settings:
        """Read and check the settings whose names begin with `prefix`.

        `source` maps names to strings (Flask's configuration may hold numbers and booleans too);
        an absent, `None` or blank value means the default.

        Raises SettingsError with every fault.
        """
        reader = _Reader(source, prefix)
        mode = reader.read("MODE", _choice("internal", "isv"), "internal")
        internal = mode != "isv"  # also where it is none of them, so that all faults are said
        values: dict[str, object] = {
            "mode": mode,
            "corp_id": reader.read("CORP_ID", _corp_id, None if internal else ""),
            "agent_id": reader.read("AGENT_ID", _digits, None if internal else ""),
            "client_id": reader.read("CLIENT_ID", _word, None),
            "client_secret": reader.read("CLIENT_SECRET", _word, None),
            "public_origins": reader.read("PUBLIC_ORIGINS", _list_of(_origin), None),
            "app_id": reader.read("APP_ID", _word, ""),
            "store_keys": reader.read("STORE_KEYS", _list_of(_store_key), ()),
            "trusted_proxies": reader.read("TRUSTED_PROXIES", _list_of(_peer), ()),
            "proxy_hops": reader.read("PROXY_HOPS", _hops, 1),
            "forwarded_port": reader.read("FORWARDED_PORT", _flag, False),
            "original_uri_header": reader.read("ORIGINAL_URI_HEADER", _header_name, ""),
            "signature": reader.read("SIGNATURE", _choice("sha256", "sha1"), "sha256"),
            "signed_query": reader.read("SIGNED_QUERY", _choice("decoded", "raw"), "decoded"),
            "api_generation": reader.read("API_GENERATION", _choice("new", "old"), "new"),
            "oapi_url": reader.read("OAPI_URL", _base_url, cls.oapi_url),
            "api_url": reader.read("API_URL", _base_url, cls.api_url),
            "login_url": reader.read("LOGIN_URL", _base_url, cls.login_url),
            "jsapi_url": reader.read("JSAPI_URL", _script_url, ""),
            "redis_url": reader.read("REDIS_URL", _redis_url, ""),
            "database_url": reader.read("DATABASE_URL", _database_url, ""),
            "time_zone": reader.read("TIME_ZONE", _time_zone, cls.time_zone),
            "files_folder": reader.read("FILES_FOLDER", Path, ""),
            "files_quota": reader.read("FILES_QUOTA", _whole(1, 10**6), cls.files_quota),
            "chat_way": reader.read("CHAT_WAY", _choice("robot", "cid"), cls.chat_way),
            "api_rate": reader.read("API_RATE", _whole(1, 1000), cls.api_rate),
            "api_quota": reader.read("API_QUOTA", _whole(0, 10**9), cls.api_quota),
            "workers": reader.read("WORKERS", _whole(1, 10_000), _web_concurrency(source)),
            "instance": reader.read("INSTANCE", Path, Path("instance")),
            "debug": reader.read("DEBUG", _flag, False),
            "developers": reader.read("DEVELOPERS", _set_of(_word), frozenset()),
            "lang": reader.read("LANG", _choice("zh", "en"), "zh"),
        }
        reader.finish()
        for name in _OPTIONAL:
            values[name] = values[name] or None
        return cls(**values)  # type: ignore[arg-type]  # each value was parsed to its field's type


class _Reader:
    """Reads one setting after the other and remembers every fault."""

    def __init__(self, source: Mapping[str, object], prefix: str) -> None:
        self._source = source
        self._prefix = prefix
        self._faults: list[Fault] = []

    def read(self, name: str, parse: Callable[[str], object], default: object) -> object:
        """The parsed value or the default; with a default of `None` the setting is required.

        `None` is also what comes back after a fault was noted.
        """
        text = _text(self._source.get(self._prefix + name))
        if not text:
            if default is None:
                self._fault(name, "缺少 / missing")
            return default
        try:
            return parse(text)
        except _Wrong as error:
            self._fault(name, str(error))
            return None

    def finish(self) -> None:
        """Raise SettingsError if anything was wrong."""
        if self._faults:
            raise SettingsError(self._faults)

    def _fault(self, name: str, wrong: str) -> None:
        self._faults.append(Fault(self._prefix + name, wrong, WHERE.get(name, HERE)))


def _text(value: object) -> str:
    """A setting as text: Flask's configuration may hold numbers, booleans and lists."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (list, tuple, set, frozenset)):
        return ",".join(str(item) for item in value)
    return str(value).strip()


def _list_of(parse: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    def parse_list(text: str) -> tuple[str, ...]:
        items = [item.strip() for item in text.split(",") if item.strip()]
        if not items:
            raise _Wrong("空列表 / an empty list")
        return tuple(dict.fromkeys(parse(item) for item in items))

    return parse_list


def _set_of(parse: Callable[[str], str]) -> Callable[[str], frozenset[str]]:
    return lambda text: frozenset(_list_of(parse)(text))


def _choice(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise _Wrong(f"{text!r} 不是 / is none of {', '.join(allowed)}")
        return text

    return parse


def _flag(text: str) -> bool:
    return _choice("0", "1")(text) == "1"


def _word(text: str) -> str:
    if not re.fullmatch(r"[!-~]+", text):
        raise _Wrong("含空白或非 ASCII 字符 / holds white space or non-ASCII characters")
    return text


def _corp_id(text: str) -> str:
    if "$" in text:
        raise _Wrong(
            "$CORPID$ 是首页地址里的占位符，不是企业的 CorpId / "
            "$CORPID$ is the placeholder of home page addresses, not a corp's id"
        )
    return _word(text)


def _digits(text: str) -> str:
    if not re.fullmatch(r"[0-9]+", text):
        raise _Wrong(f"{text!r} 应为纯数字 / has to be digits only")
    return text


def _store_key(text: str) -> str:
    if len(text) < 32:
        raise _Wrong("每个密钥至少 32 个字符 / each key needs at least 32 characters")
    return text


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,10}", text) or not low <= int(text) <= high:
            raise _Wrong(f"{text!r} 应为 {low} 到 {high} / has to be from {low} to {high}")
        return int(text)

    return parse


def _web_concurrency(source: Mapping[str, object]) -> int:
    """The number of processes, as gunicorn and many platforms know it."""
    text = _text(source.get("WEB_CONCURRENCY"))
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,3}", text) else Settings.workers


def _hops(text: str) -> int:
    if not re.fullmatch(r"[1-9]|1[0-6]", text):
        raise _Wrong(f"{text!r} 应为 1 到 16 / has to be from 1 to 16")
    return int(text)


def _header_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", text):
        raise _Wrong(f"{text!r} 不是请求头名称 / is no header's name")
    return text


def _peer(text: str) -> str:
    if text == "unix":
        return text
    try:
        return str(ip_network(text))
    except ValueError:
        raise _Wrong(f"{text!r} 不是地址、网段或 unix / is no address, network or 'unix'") from None


def _origin(text: str) -> str:
    parts = _parts(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _Wrong(f"{text!r} 应形如 / has to look like https://host[:port]")
    if parts.path.rstrip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise _Wrong(
            f"{text!r} 只写协议、域名、端口 / scheme, host and port only, without a path or query"
        )
    try:
        return str(Origin.parse(text.rstrip("/")))
    except ValueError as error:
        raise _Wrong(f"域名或端口有误 / host or port: {error}") from None


def _base_url(text: str) -> str:
    if "?" in text or "#" in text:  # also where nothing follows them
        raise _Wrong(f"{text!r} 不带 ? 和 # / has no ? and no #")
    return _https_url(_word(text)).rstrip("/")


def _https_url(text: str) -> str:
    """What pages or calls may go to; its host can stand in a header."""
    parts = _parts(text)
    if "@" in parts.netloc:
        raise _Wrong("不带用户名和密码 / has no user and no password")
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        try:
            Origin.parse(f"{parts.scheme}://{parts.netloc}")
        except ValueError as error:
            raise _Wrong(f"域名或端口有误 / host or port: {error}") from None
        return text
    raise _Wrong(f"{text!r} 应为 https；http 仅限本机 / https only; plain http only on loopback")


def _script_url(text: str) -> str:
    return text if re.fullmatch(r"/(?!/)[!-[\]-~]*", text) else _https_url(_word(text))


def _redis_url(text: str) -> str:
    # The value may hold a password: it is not repeated.
    _parts(text, shown=False)
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise _Wrong("应以 redis:// rediss:// 或 unix:// 开头 / has to begin so")
    return text


def _database_url(text: str) -> str:
    # The value may hold a password: it is not repeated.
    scheme = _parts(text, shown=False).scheme.partition("+")[0]
    if scheme not in {"sqlite", "postgresql", "postgres"}:
        raise _Wrong("应以 postgresql:// 或 sqlite:/// 开头 / has to begin so")
    return text


def _time_zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _Wrong(f"{text!r} 不是时区名称 / is no time zone's name") from None


def _parts(text: str, *, shown: bool = True) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises on a port that is none
    except ValueError:
        raise _Wrong(
            f"{text!r} 不是 URL / is no URL" if shown else "不是 URL / is no URL"
        ) from None
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def language(text: str | None, default: Language) -> Language:
    """The visitor's choice if it is a language that exists, else the default."""
    return cast(Language, text) if text in {"zh", "en"} else default
