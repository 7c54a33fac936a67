"""The extension in any Flask app: what it mounts, what it signs, what several of them share."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from flask import Flask, redirect, render_template_string, session, url_for
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dingbridge import DingBridge, PageUrlRefused, SettingsError
from dingbridge.login.session import SessionUser
from dingbridge.page import escape_json

PAGE = '<!doctype html><html><head>{{ dingbridge("device.geolocation.get") }}</head><body></body>'


def app_with(
    settings: dict[str, object],
    *,
    page: str = PAGE,
    ticket: Callable[[], str] = lambda: "ticket-canary",
    **more: object,
) -> tuple[Flask, DingBridge]:
    app = Flask("foreign")
    app.config.update({**settings, **more})
    bridge = DingBridge()
    bridge.ticket_source = ticket
    bridge.init_app(app)

    @app.get("/", defaults={"path": ""})
    @app.get("/<path:path>")
    def anything(path: str) -> str:
        return render_template_string(page)

    return app, bridge


def data_of(text: str) -> dict[str, object]:
    found = re.search(
        r'<script type="application/json" id="dingbridge">(.*?)</script>', text, re.DOTALL
    )
    assert found, text
    data = json.loads(found[1])
    assert isinstance(data, dict)
    return data


def signature(ticket: str, config: dict[str, str], url: str) -> str:
    plain = f"jsapi_ticket={ticket}&noncestr={config['nonceStr']}"
    plain += f"&timestamp={config['timeStamp']}&url={url}"
    return hashlib.sha256(plain.encode()).hexdigest()


@pytest.mark.row("R06")
@pytest.mark.row("R09")
def test_the_page_carries_one_object_that_was_made_and_signed_on_the_server(
    settings: dict[str, object],
) -> None:
    app, _ = app_with(settings)
    data = data_of(app.test_client().get("/visit?x=1").text)
    assert data["url"] == "https://app.example.test/visit?x=1"
    config = data["config"]
    assert isinstance(config, dict)
    assert set(config) == {
        "agentId",
        "corpId",
        "timeStamp",
        "nonceStr",
        "signature",
        "jsApiList",
    }
    assert config["agentId"] == settings["DING_AGENT_ID"]
    assert config["corpId"] == settings["DING_CORP_ID"]
    assert config["jsApiList"] == ["device.geolocation.get"]
    assert all(isinstance(config[name], str) for name in config if name != "jsApiList")
    expected = signature("ticket-canary", config, "https://app.example.test/visit?x=1")
    assert config["signature"] == expected


@pytest.mark.row("R19")
def test_the_type_of_service_window_apis_is_handed_on(settings: dict[str, object]) -> None:
    page = PAGE.replace('get")', 'get", type=1)')
    app, bridge = app_with(settings, page=page)
    config = data_of(app.test_client().get("/").text)["config"]
    assert isinstance(config, dict)
    assert config["type"] == 1
    with app.test_request_context("/"):
        assert "type" not in bridge.page_config(["biz.util.scan"])["config"]  # type: ignore[operator]


def test_page_config_serves_an_app_that_has_no_templates(settings: dict[str, object]) -> None:
    app, bridge = app_with(settings)
    with app.test_request_context("/spa?tab=2"):
        signed = bridge.page_config(["device.geolocation.get"])
    assert signed["url"] == "https://app.example.test/spa?tab=2"
    assert set(signed) == {"url", "config"}


@pytest.mark.parametrize("apis", ["device.geolocation.get", [1], [None]])
def test_page_config_refuses_what_is_no_list_of_names(
    settings: dict[str, object], apis: list[str]
) -> None:
    app, bridge = app_with(settings)
    with app.test_request_context("/"), pytest.raises(TypeError, match="a list of names"):
        bridge.page_config(apis)


def test_nothing_but_the_prefix_is_mounted(settings: dict[str, object]) -> None:
    app = Flask("foreign")
    before = {str(rule) for rule in app.url_map.iter_rules()}
    app.config.update(settings)
    DingBridge(app)
    added = {str(rule) for rule in app.url_map.iter_rules()} - before
    assert added
    assert all(rule.startswith("/ding/") for rule in added)
    assert "Content-Security-Policy" not in app.test_client().get("/none").headers


@pytest.mark.row("R34")
@pytest.mark.row("R37")
def test_no_secret_token_or_ticket_reaches_the_page_or_the_log(
    settings: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    app, _ = app_with(settings)
    with caplog.at_level(logging.DEBUG):
        response = app.test_client().get("/visit")
    seen = response.text + str(response.headers) + caplog.text
    assert "canary" not in seen
    assert str(settings["DING_CLIENT_ID"]) not in seen


def test_two_bridges_in_one_app_share_nothing(settings: dict[str, object]) -> None:
    app = Flask("two")
    app.config.update(settings)
    app.config.update({k.replace("DING_", "HR_DING_"): v for k, v in settings.items()})
    app.config["HR_DING_CORP_ID"] = "dinghr"
    app.config["HR_DING_PUBLIC_ORIGINS"] = "https://hr.example.test"
    first, second = (
        DingBridge(),
        DingBridge(name="hr", settings_prefix="HR_DING_", url_prefix="/hr/ding"),
    )
    first.ticket_source = lambda: "first-ticket"
    second.ticket_source = lambda: "second-ticket"
    first.init_app(app)
    second.init_app(app)

    @app.get("/both")
    def both() -> str:
        return render_template_string(
            '{{ dingbridge("biz.util.scan") }}|{{ dingbridge_hr("a.b") }}'
        )

    one, other = (data_of(part) for part in app.test_client().get("/both").text.split("|"))
    assert one["url"] == "https://app.example.test/both"
    assert other["url"] == "https://hr.example.test/both"
    for data, ticket in ((one, "first-ticket"), (other, "second-ticket")):
        config = data["config"]
        assert isinstance(config, dict)
        assert config["signature"] == signature(ticket, config, str(data["url"]))
    assert other["config"]["corpId"] == "dinghr"  # type: ignore[index]
    assert other["endpoints"]["sign"] == "/hr/ding/sign"  # type: ignore[index]
    assert first.credentials_of(app) is not second.credentials_of(app)


@pytest.mark.row("R20")
def test_two_bridges_in_one_app_tell_the_prefix_of_a_proxy_once(
    settings: dict[str, object],
) -> None:
    app = Flask("two")
    app.config.update(settings, DING_TRUSTED_PROXIES="127.0.0.1")
    app.config.update({k.replace("DING_", "HR_DING_"): v for k, v in app.config.items()})
    app.config["HR_DING_TRUSTED_PROXIES"] = "127.0.0.1,127.0.0.2"
    DingBridge(app)
    DingBridge(app, name="hr", settings_prefix="HR_DING_", url_prefix="/hr/ding")
    app.add_url_rule("/a", "a", lambda: url_for("a"))
    for peer in ("127.0.0.1", "127.0.0.2"):
        asked = app.test_client().get(
            "/a", headers={"X-Forwarded-Prefix": "/h5"}, environ_overrides={"REMOTE_ADDR": peer}
        )
        assert asked.text == "/h5/a"


def test_one_bridge_may_serve_several_apps(settings: dict[str, object]) -> None:
    bridge = DingBridge()
    bridge.ticket_source = lambda: "t"
    urls = []
    for host in ("one", "two"):
        app = Flask(host)
        app.config.update({**settings, "DING_PUBLIC_ORIGINS": f"https://{host}.example.test"})
        bridge.init_app(app)
        with app.test_request_context("/x"):
            urls.append(bridge.page_config([])["url"])
    assert urls == ["https://one.example.test/x", "https://two.example.test/x"]


@pytest.mark.parametrize(
    "target",
    ["/?</script><script>alert(1)</script>", "/?'&quot;'", "/?a=%E2%80%A8", "/?<!--", "/?]]>"],
)
def test_the_data_is_safe_whatever_the_url_holds(settings: dict[str, object], target: str) -> None:
    app, _ = app_with(settings)
    raw = {"RAW_URI": target, "REQUEST_URI": target}
    browser = app.test_client()
    text = browser.get("/", environ_overrides=raw).text
    assert data_of(text)["url"] == f"https://app.example.test{target}"
    assert text.count("</script>") == browser.get("/").text.count("</script>")
    assert "<!--" not in text


def test_a_url_is_written_in_one_way_with_and_without_a_shortcut(
    settings: dict[str, object],
) -> None:
    app, _ = app_with(settings)
    for target in ("/a?x=1&y=2", "/a?x='1'&y=2"):
        raw = {"RAW_URI": target, "REQUEST_URI": target}
        text = app.test_client().get("/", environ_overrides=raw).text
        assert escape_json(f"https://app.example.test{target}") in text


def test_line_separators_never_stand_raw_in_the_data(settings: dict[str, object]) -> None:
    app, _ = app_with(settings, page='{{ dingbridge("x\u2028y\u2029z") }}')
    text = app.test_client().get("/").text
    assert "\u2028" not in text
    assert "x\u2028y\u2029z" in data_of(text)["apis"]  # type: ignore[operator]


def test_a_page_without_a_ticket_still_renders_and_says_so(
    settings: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> str:
        raise RuntimeError("no ticket-canary today")

    app, _ = app_with(settings, ticket=broken)
    response = app.test_client().get("/visit")
    assert response.status_code == 200
    data = data_of(response.text)
    assert data["config"] is None
    assert data["url"] == "https://app.example.test/visit"
    error = data["error"]
    assert isinstance(error, dict)
    assert error["code"] == "ticket_unavailable"
    assert error["message"]
    assert str(data["reference"]) in caplog.text
    assert "canary" not in caplog.text + response.text


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
@pytest.mark.parametrize(("rule", "query"), [("raw", "%20a+b"), ("decoded", " a b")])
def test_pages_the_api_and_the_route_sign_as_the_settings_say(
    settings: dict[str, object], algorithm: str, rule: str, query: str
) -> None:
    app, bridge = app_with(settings, DING_SIGNATURE=algorithm, DING_SIGNED_QUERY=rule)
    app.add_url_rule("/config", "config", lambda: bridge.page_config([]))
    client, origin = app.test_client(), "https://app.example.test"
    ticket = bridge.credentials_of(app).ticket()

    def is_right(signed: object, path: str) -> bool:
        assert isinstance(signed, dict)
        config = signed["config"]
        plain = (
            f"jsapi_ticket={ticket}&noncestr={config['nonceStr']}"
            f"&timestamp={config['timeStamp']}&url={origin}{path}?{query}"
        )
        return config["signature"] == hashlib.new(algorithm, plain.encode()).hexdigest()

    assert is_right(data_of(client.get("/page?%20a+b").text), "/page")
    assert is_right(client.get("/config?%20a+b").json, "/config")
    asked = {"url": f"{origin}/other?%20a+b"}
    answer = client.post("/ding/sign", json=asked, headers={"Origin": origin})
    assert is_right(answer.json, "/other")


def test_the_settings_about_fronts_reach_the_page(settings: dict[str, object]) -> None:
    app, _ = app_with(
        settings,
        DING_PUBLIC_ORIGINS="https://app.example.test:8443,https://app.example.test:9443",
        DING_TRUSTED_PROXIES="127.0.0.1",
        DING_FORWARDED_PORT="1",
        DING_ORIGINAL_URI_HEADER="X-Original-URI",
    )
    headers = {"X-Forwarded-Port": "9443", "X-Original-URI": "/outer/page?"}
    text = app.test_client().get("/page", base_url="http://app.example.test", headers=headers).text
    assert data_of(text)["url"] == "https://app.example.test:9443/outer/page?"


def test_a_foreign_host_gets_a_bland_400_and_the_log_the_reason(
    settings: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    settings["DING_PUBLIC_ORIGINS"] = "https://a.example.test,https://b.example.test"
    app, bridge = app_with(settings)
    response = app.test_client().get("/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert response.text == "Bad Request\n"
    assert "reason=host_not_allowed host='evil.example'" in caplog.text
    client = app.test_client()
    client.get("/", environ_overrides={"HTTP_HOST": "\x85\u2028" * 99})
    (line,) = caplog.messages[1:]
    assert line.isascii()
    assert line.isprintable()
    assert len(line) < 200
    with (
        app.test_request_context("/", headers={"Host": "evil.example"}),
        pytest.raises(PageUrlRefused),
    ):
        bridge.page_config([])


def test_a_doubt_about_the_url_leaves_the_page_unsigned_with_the_reason(
    settings: dict[str, object],
) -> None:
    settings["DING_PUBLIC_ORIGINS"] = "https://a.example.test,http://a.example.test"
    app, _ = app_with(settings)
    unnamed_proxy = {"Host": "a.example.test", "X-Forwarded-For": "203.0.113.9"}
    response = app.test_client().get("/", headers=unnamed_proxy)
    data = data_of(response.text)
    assert response.status_code == 200
    assert data["url"] is None
    assert data["config"] is None
    assert data["error"]["code"] == "proxy_not_trusted"  # type: ignore[index]
    assert data["error"]["message"]  # type: ignore[index]


def test_settings_come_from_the_app_then_the_environment_then_a_file(
    settings: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("dotenv")
    (folder / ".env").write_text("DING_LANG=en\nDING_CORP_ID=from-file\nDING_AGENT_ID=1\n")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DING_CORP_ID", "from-environment")
    monkeypatch.setenv("DING_AGENT_ID", "2")
    settings["DING_CORP_ID"] = None
    _, bridge = app_with(settings, DING_AGENT_ID="3")
    app = Flask("reader")
    app.config.update({**settings, "DING_AGENT_ID": "3"})
    bridge.init_app(app)
    read = bridge.settings_of(app)
    assert (read.lang, read.corp_id, read.agent_id) == ("en", "from-environment", "3")


def test_a_blank_value_is_the_default_and_hides_what_stands_behind_it(
    settings: dict[str, object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("DING_LANG=en\nDING_SIGNATURE=sha1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DING_LANG", "")
    monkeypatch.setenv("DING_SIGNED_QUERY", "raw")
    app, bridge = app_with(settings, DING_SIGNED_QUERY=" ")
    read = bridge.settings_of(app)
    assert (read.lang, read.signature, read.signed_query) == ("zh", "sha1", "decoded")


def test_a_file_of_settings_that_is_no_text_is_a_fault(
    settings: dict[str, object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_bytes(b"DING_LANG=\xff\xfe")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="UTF-8"):
        app_with(settings)


def test_the_session_s_keys_come_from_the_environment_too_and_blanks_around_them_do_not_count(
    settings: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", " from-environment ")
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", "old-one, older-one,")
    app = Flask("reader")
    app.config.update({name: value for name, value in settings.items() if name != "SECRET_KEY"})
    DingBridge(app)
    assert app.config["SECRET_KEY"] == "from-environment"
    assert app.config["SECRET_KEY_FALLBACKS"] == ["old-one", "older-one"]


def test_wrong_settings_stop_the_app_with_all_faults_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        DingBridge(Flask("empty"))
    names = [fault.name for fault in caught.value.faults]
    assert names[0] == "SECRET_KEY"
    assert len(names) == 6


def test_what_is_wrong_with_folder_keys_and_redis_is_told_at_once_under_the_bridge_s_own_names(
    settings: dict[str, object], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "store.key").write_text("rubbish")
    (tmp_path / "store.key").chmod(0o600)
    app = Flask("second")
    app.config.update({name.replace("DING_", "HR_DING_"): text for name, text in settings.items()})
    app.config.update(HR_DING_INSTANCE=str(tmp_path / "file"), HR_DING_REDIS_URL="redis://h?no=1")
    with pytest.raises(SettingsError) as caught:
        DingBridge(app, name="hr", settings_prefix="HR_DING_", url_prefix="/hr")
    told = [fault.name for fault in caught.value.faults]
    assert told == ["HR_DING_INSTANCE", "HR_DING_REDIS_URL"]
    app.config.update(HR_DING_INSTANCE=str(tmp_path), HR_DING_REDIS_URL="")
    with pytest.raises(SettingsError, match=r"HR_DING_STORE_KEYS.*no keys"):
        DingBridge(app, name="hr", settings_prefix="HR_DING_", url_prefix="/hr")


def test_developers_are_those_on_the_list_or_everybody_in_debug(
    settings: dict[str, object],
) -> None:
    app, bridge = app_with(settings, DING_DEVELOPERS="manager1")

    @app.get("/as/<userid>")
    def signed_in(userid: str) -> str:
        corp = str(settings["DING_CORP_ID"])
        session["dingbridge"] = asdict(SessionUser(userid, "张三", False, corp, int(time.time())))
        return ""

    def developer(client: FlaskClient) -> object:
        return data_of(client.get("/page").text)["developer"]

    client = app.test_client()
    assert developer(client) is False
    client.get("/as/manager1")
    assert developer(client) is True
    client.get("/as/manager2")
    assert developer(client) is False
    debugged, _ = app_with(settings, DING_DEBUG="1", DING_INSTANCE=settings["DING_INSTANCE"])
    assert developer(debugged.test_client()) is True
    assert bridge.name == "dingbridge"


def test_the_visitor_s_choice_of_language_wins(settings: dict[str, object]) -> None:
    app, _ = app_with(settings)
    client = app.test_client()
    assert data_of(client.get("/").text)["lang"] == "zh"
    client.set_cookie("lang", "en")
    assert data_of(client.get("/").text)["lang"] == "en"


@pytest.mark.row("R20")
def test_the_prefix_of_a_trusted_proxy_stands_in_every_address(
    settings: dict[str, object],
) -> None:
    app, _ = app_with(settings, DING_TRUSTED_PROXIES="127.0.0.1")
    client = app.test_client()
    text = client.get("/visit", headers={"X-Forwarded-Prefix": "/h5/hr"}).text
    data = data_of(text)
    assert data["url"] == "https://app.example.test/h5/hr/visit"
    assert data["endpoints"]["sign"] == "/h5/hr/ding/sign"  # type: ignore[index]
    assert re.search(r'src="/h5/hr/ding/static/v-[0-9a-f]+/(?:vendor/built/)?bridge\.js"', text)
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    text = client.get(
        "/visit", headers={"X-Forwarded-Prefix": "/evil"}, environ_overrides=elsewhere
    ).text
    assert "/evil" not in text
    malformed = client.get("/visit", headers={"X-Forwarded-Prefix": '/a"><b'})
    assert malformed.status_code == 400


@pytest.mark.row("R20")
@pytest.mark.parametrize("prefix", ["/h5/%E4%B8%AD", "/h5/%e4%b8%ad", "/a%20b", "/a%25b", "/a%3Fb"])
def test_escapes_in_a_proxy_s_prefix_are_neither_decoded_nor_encoded_again(
    settings: dict[str, object], prefix: str
) -> None:
    page = '{{ dingbridge() }}<a href="{{ url_for("folder") }}"></a>'
    app, _ = app_with(settings, page=page, DING_TRUSTED_PROXIES="127.0.0.1")
    app.add_url_rule("/folder/", "folder", lambda: url_for("folder", _external=True))
    app.add_url_rule("/elsewhere", "elsewhere", lambda: redirect(url_for("folder")))
    client = app.test_client()

    def get(path: str) -> TestResponse:
        origin, headers = "https://app.example.test", {"X-Forwarded-Prefix": prefix}
        return client.get(path, base_url=origin, headers=headers)

    text = get("/visit").text
    data = data_of(text)
    assert data["url"] == f"https://app.example.test{prefix}/visit"
    assert data["endpoints"]["sign"] == f"{prefix}/ding/sign"  # type: ignore[index]
    assert f'src="{prefix}/ding/static/' in text
    assert f'<a href="{prefix}/folder/">' in text
    assert get("/folder/").text == f"https://app.example.test{prefix}/folder/"
    assert get("/folder").headers["Location"] == f"https://app.example.test{prefix}/folder/"
    assert get("/elsewhere").headers["Location"] == f"{prefix}/folder/"


def test_another_address_of_the_client_sdk_is_taken_from_the_settings(
    settings: dict[str, object],
) -> None:
    app, _ = app_with(settings, DING_JSAPI_URL="https://cdn.example.test/dd.js")
    text = app.test_client().get("/").text
    assert '<script src="https://cdn.example.test/dd.js" defer></script>' in text
    assert "vendor/dingtalk.js" not in text


def test_importing_the_pure_parts_loads_neither_flask_nor_requests() -> None:
    script = (
        "import sys, dingbridge, dingbridge.page_url, dingbridge.signature, dingbridge.catalogue;"
        "print([m for m in ('flask', 'requests') if m in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
