"""Settings: one frozen object, all faults in one message."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from dingbridge.errors import SettingsError
from dingbridge.settings import Settings, language

WHOLE = {
    "DING_CORP_ID": "ding0123456789abcdef",
    "DING_AGENT_ID": "1234567890",
    "DING_CLIENT_ID": "dingclientid",
    "DING_CLIENT_SECRET": "canary-secret",
    "DING_PUBLIC_ORIGINS": "https://app.example.test",
}


def faults_of(**changed: object) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        Settings.load({**WHOLE, **changed})
    return {fault.name: fault.wrong for fault in caught.value.faults}


def test_five_settings_are_enough_and_the_rest_has_safe_defaults() -> None:
    settings = Settings.load(WHOLE)
    assert settings.corp_id == "ding0123456789abcdef"
    assert settings.public_origins == ("https://app.example.test",)
    assert settings.trusted_proxies == ()
    assert (settings.signature, settings.signed_query) == ("sha256", "decoded")
    assert (settings.api_generation, settings.lang, settings.mode) == ("new", "zh", "internal")
    assert settings.oapi_url == "https://oapi.dingtalk.com"
    assert settings.api_url == "https://api.dingtalk.com"
    assert not settings.debug
    assert settings.instance == Path("instance")


def test_the_object_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings.load(WHOLE).corp_id = "other"  # type: ignore[misc]


@pytest.mark.row("R59")
def test_every_fault_is_in_one_message_with_the_place_in_the_console() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load({"DING_AGENT_ID": "12a", "DING_SIGNATURE": "md5", "DING_PROXY_HOPS": "0"})
    message = str(caught.value)
    for name in ("CORP_ID", "AGENT_ID", "CLIENT_ID", "CLIENT_SECRET", "PUBLIC_ORIGINS"):
        assert f"DING_{name}" in message
    assert "DING_SIGNATURE" in message
    assert "DING_PROXY_HOPS" in message
    assert "开发者后台首页右上角" in message
    assert "凭证与基础信息" in message
    assert "developer console" in message


def test_a_secret_stands_neither_in_the_faults_nor_in_the_object_s_repr() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load({**WHOLE, "DING_CLIENT_SECRET": "canary secret", "DING_AGENT_ID": ""})
    assert "canary" not in str(caught.value)
    assert "canary" not in repr(Settings.load(WHOLE))
    with pytest.raises(SettingsError) as caught:
        Settings.load({**WHOLE, "DING_REDIS_URL": "http://:canary@127.0.0.1/0"})
    assert "canary" not in str(caught.value)
    with pytest.raises(SettingsError) as caught:
        Settings.load({**WHOLE, "DING_DATABASE_URL": "mysql://:canary@127.0.0.1/app"})
    assert "canary" not in str(caught.value)


def test_a_mode_that_is_none_hides_no_other_fault() -> None:
    faults = faults_of(DING_MODE="personal", DING_CORP_ID="", DING_AGENT_ID="")
    assert set(faults) == {"DING_MODE", "DING_CORP_ID", "DING_AGENT_ID"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DING_CORP_ID", "$CORPID$"),
        ("DING_CORP_ID", "ding with space"),
        ("DING_AGENT_ID", "agent"),
        ("DING_DATABASE_URL", "mysql://127.0.0.1/app"),
        ("DING_DATABASE_URL", "app.db"),
        ("DING_TIME_ZONE", "Asia/Nowhere"),
        ("DING_CHAT_WAY", "pigeon"),
        ("DING_TIME_ZONE", "../etc/passwd"),
        ("DING_PUBLIC_ORIGINS", "app.example.test"),
        ("DING_PUBLIC_ORIGINS", "https://app.example.test/path"),
        ("DING_PUBLIC_ORIGINS", "https://user@app.example.test"),
        ("DING_PUBLIC_ORIGINS", "ftp://app.example.test"),
        ("DING_PUBLIC_ORIGINS", "https://app.example.test:99999"),
        ("DING_PUBLIC_ORIGINS", ","),
        ("DING_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("DING_TRUSTED_PROXIES", "everybody"),
        ("DING_PROXY_HOPS", "many"),
        ("DING_FORWARDED_PORT", "yes"),
        ("DING_ORIGINAL_URI_HEADER", "X Original"),
        ("DING_SIGNED_QUERY", "twice"),
        ("DING_API_GENERATION", "v3"),
        ("DING_MODE", "personal"),
        ("DING_LANG", "fr"),
        ("DING_OAPI_URL", "http://oapi.dingtalk.com"),
        ("DING_API_URL", "not a url"),
        ("DING_OAPI_URL", "https://oapi.example.test/?q=1"),
        ("DING_OAPI_URL", "https://oapi.example.test/?"),
        ("DING_OAPI_URL", "https://oapi.example.test/#"),
        ("DING_OAPI_URL", "https://oapi.example.test/a b"),
        ("DING_OAPI_URL", "https://user:secret@oapi.example.test"),
        ("DING_JSAPI_URL", "ftp://example.test/dd.js"),
        ("DING_JSAPI_URL", "//example.test/dd.js"),
        ("DING_JSAPI_URL", "/\\example.test/dd.js"),
        ("DING_JSAPI_URL", "https://example.test;script-src/dd.js"),
        ("DING_JSAPI_URL", "https://example.test/a dd.js"),
        ("DING_REDIS_URL", "memcached://127.0.0.1"),
        ("DING_REDIS_URL", "redis://[::1"),
        ("DING_REDIS_URL", "REDIS://127.0.0.1"),
        ("DING_STORE_KEYS", "short"),
    ],
)
def test_a_value_that_cannot_be_meant_is_named(name: str, value: str) -> None:
    assert set(faults_of(**{name: value})) == {name}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_plain_http_to_the_platform_is_for_loopback_only(host: str) -> None:
    settings = Settings.load({**WHOLE, "DING_OAPI_URL": f"http://{host}:8003/"})
    assert settings.oapi_url == f"http://{host}:8003"


def test_lists_may_hold_blanks_and_repetitions() -> None:
    settings = Settings.load(
        {
            **WHOLE,
            "DING_PUBLIC_ORIGINS": " https://a.test, https://b.test:8443 ,https://a.test/ ,",
            "DING_TRUSTED_PROXIES": "127.0.0.1, unix,10.0.0.0/8",
            "DING_DEVELOPERS": "u1,u2",
        }
    )
    assert settings.public_origins == ("https://a.test", "https://b.test:8443")
    assert settings.trusted_proxies == ("127.0.0.1/32", "unix", "10.0.0.0/8")
    assert settings.developers == {"u1", "u2"}


def test_flask_s_own_types_are_read_too() -> None:
    settings = Settings.load(
        {
            **WHOLE,
            "DING_AGENT_ID": 1234567890,
            "DING_DEBUG": True,
            "DING_FORWARDED_PORT": False,
            "DING_PUBLIC_ORIGINS": ["https://a.test", "https://b.test"],
            "DING_JSAPI_URL": "https://cdn.example.test/dd.js",
            "DING_REDIS_URL": None,
        }
    )
    assert settings.agent_id == "1234567890"
    assert settings.debug
    assert not settings.forwarded_port
    assert len(settings.public_origins) == 2
    assert settings.jsapi_url == "https://cdn.example.test/dd.js"
    assert settings.redis_url is None


def test_another_prefix_reads_another_app_s_settings() -> None:
    renamed = {name.replace("DING_", "HR_DING_"): value for name, value in WHOLE.items()}
    assert Settings.load(renamed, "HR_DING_").client_id == "dingclientid"
    with pytest.raises(SettingsError) as caught:
        Settings.load(WHOLE, "HR_DING_")
    assert all(fault.name.startswith("HR_DING_") for fault in caught.value.faults)


def test_a_third_party_app_needs_neither_corp_nor_agent() -> None:
    settings = Settings.load({**WHOLE, "DING_MODE": "isv", "DING_CORP_ID": "", "DING_AGENT_ID": ""})
    assert (settings.mode, settings.corp_id, settings.agent_id) == ("isv", "", "")


def test_only_languages_that_exist_are_chosen() -> None:
    assert language("en", "zh") == "en"
    assert language("fr", "zh") == "zh"
    assert language(None, "en") == "en"
