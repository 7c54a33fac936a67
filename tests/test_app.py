"""The micro-app as a WSGI app: pages, headers, language, health, how it starts."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask, session
from redis_server import running_redis

import app as micro_app
from dingbridge import SettingsError
from dingbridge.sandbox.sandbox import Sandbox
from microapp.words import words

ROOT = Path(__file__).resolve().parent.parent


def test_importing_needs_no_settings_and_the_app_is_made_when_first_asked_for() -> None:
    script = "import app; print('imported'); app.app"
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.stdout.strip() == "imported"
    assert answer.returncode != 0
    assert "DING_CORP_ID" in answer.stderr
    assert "SECRET_KEY" in answer.stderr
    with pytest.raises(AttributeError, match="no attribute 'application'"):
        _ = micro_app.application


def test_the_session_key_is_one_of_the_faults(settings: dict[str, object]) -> None:
    settings["SECRET_KEY"] = ""
    with pytest.raises(SettingsError) as caught:
        micro_app.create_app(settings)
    assert [fault.name for fault in caught.value.faults] == ["SECRET_KEY"]
    settings["DING_AGENT_ID"] = "x"
    with pytest.raises(SettingsError) as caught:
        micro_app.create_app(settings)
    assert [fault.name for fault in caught.value.faults] == ["SECRET_KEY", "DING_AGENT_ID"]


def test_older_session_keys_may_be_listed(
    settings: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", "old-one,older-one")
    made = micro_app.create_app(settings)
    assert made.config["SECRET_KEY_FALLBACKS"] == ["old-one", "older-one"]


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_method_that_a_page_has_not_is_refused_with_those_that_it_has(
    settings: dict[str, object], accept: str
) -> None:
    client = micro_app.create_app(settings).test_client()
    response = client.put("/language", headers={"Accept": accept})
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


def test_the_home_page_is_an_error_page_for_the_bridge_but_still_a_page_without_a_ticket(
    settings: dict[str, object],
) -> None:
    response = micro_app.create_app(settings).test_client().get("/")
    assert response.status_code == 200
    assert 'data-bridge="error"' in response.text
    (sentence, reference) = re.findall(
        r'role="alert">\s*<p>(.+?)</p>.*?<code>(.+?)</code>', response.text, re.DOTALL
    )[0]
    assert len(sentence) > 5
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}", reference)


def test_pages_have_a_policy_without_unsafe_parts_that_lets_the_pc_client_frame_them(
    settings: dict[str, object],
) -> None:
    headers = micro_app.create_app(settings).test_client().get("/").headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'self' https://*.dingtalk.com" in policy
    # Bridges that work through iframes with a scheme of their own must not be stopped.
    assert "frame-src" not in policy
    assert "default-src" not in policy
    assert "upgrade-insecure-requests" not in policy
    assert "X-Frame-Options" not in headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_client_sdk_from_elsewhere_is_allowed_by_the_policy(
    settings: dict[str, object],
) -> None:
    settings["DING_JSAPI_URL"] = "https://cdn.example.test:8443/dd.js"
    headers = micro_app.create_app(settings).test_client().get("/").headers
    assert "script-src 'self' https://cdn.example.test:8443;" in headers["Content-Security-Policy"]


def test_pages_hold_no_inline_code_or_style(settings: dict[str, object]) -> None:
    client = micro_app.create_app(settings).test_client()
    for path in ("/", "/none"):
        text = client.get(path).text
        assert not re.search(r"\son[a-z]+=|style=|<style|javascript:", text)
        for tag in re.findall(r"<script[^>]*>", text):
            assert "src=" in tag or 'type="application/json"' in tag


def loads_the_sdk(app: Flask, page: str) -> bool:
    """By itself, or with the built bridge, which has it in front."""
    static = app.extensions["dingbridge"]["dingbridge"].static
    return f'{static.path}{"bridge.js" if static.has_sdk else "vendor/dingtalk.js"}"' in page


@pytest.mark.row("R20")
def test_every_page_loads_the_client_sdk_or_is_a_plain_failure(
    settings: dict[str, object],
) -> None:
    client = micro_app.create_app(settings).test_client()
    for rule in client.application.url_map.iter_rules():
        pages = "GET" in (rule.methods or ()) and not rule.arguments
        response = client.get(str(rule)) if pages else None
        if (
            response is not None
            and response.mimetype == "text/html"
            and response.status_code == 200
        ):
            assert loads_the_sdk(client.application, response.text), rule


def test_the_language_is_chosen_by_the_visitor_and_kept(settings: dict[str, object]) -> None:
    client = micro_app.create_app(settings).test_client()
    assert words("zh")["bridge_heading"] in client.get("/").text
    response = client.post("/language", data={"lang": "en", "back": "/?x=1"})
    assert response.status_code == 303
    assert response.headers["Location"] == "/?x=1"
    page = client.get("/").text
    assert words("en")["bridge_heading"] in page
    assert '<html lang="en"' in page
    client.post("/language", data={"lang": "zh"})
    assert words("zh")["bridge_heading"] in client.get("/").text


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "", "/\r\nX: y", "x"]
)
def test_the_way_back_stays_on_this_site(settings: dict[str, object], back: str) -> None:
    client = micro_app.create_app(settings).test_client()
    response = client.post("/language", data={"lang": "en", "back": back})
    assert response.headers["Location"] == "/"


@pytest.mark.parametrize(
    ("origin", "attributes"),
    [
        ("https://app.example.test", {"Secure", "HttpOnly", "SameSite=None", "Partitioned"}),
        ("http://app.example.test", {"HttpOnly", "SameSite=Lax"}),
    ],
)
def test_cookies_live_in_the_pc_client_s_frame_over_https_and_are_lax_over_http(
    settings: dict[str, object], origin: str, attributes: set[str]
) -> None:
    settings["DING_PUBLIC_ORIGINS"] = origin
    made = micro_app.create_app(settings)

    @made.get("/keep")
    def keep() -> str:
        session["x"] = 1
        return ""

    client = made.test_client()
    for response in (client.get("/keep"), client.post("/language", data={"lang": "en"})):
        parts = set(response.headers["Set-Cookie"].split("; "))
        kept = {
            p for p in parts if p.split("=")[0] in {"Secure", "HttpOnly", "SameSite", "Partitioned"}
        }
        assert kept == attributes


def test_what_does_not_exist_has_a_page_with_a_reference_that_the_log_shares(
    settings: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    response = micro_app.create_app(settings).test_client().get("/none")
    assert response.status_code == 404
    reference = re.findall(r"<code>(.+?)</code>", response.text)[0]
    assert reference in caplog.text


def test_slashes_are_neither_merged_nor_added_by_a_redirect(settings: dict[str, object]) -> None:
    """Flask's own redirects lose a bare question mark."""
    client = micro_app.create_app(settings).test_client()
    for path in ("/ding//me", "/files//1", "/checkin//"):
        response = client.get(f"https://app.example.test{path}?")
        assert (response.status_code, response.headers.get("Location")) == (404, None)


def test_an_unforeseen_error_has_a_bland_page_with_a_reference(
    settings: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    made = micro_app.create_app(settings)

    @made.get("/broken")
    def broken() -> str:
        raise RuntimeError("the-inner-reason")

    response = made.test_client().get("/broken")
    assert response.status_code == 500
    assert "the-inner-reason" not in response.text
    assert "the-inner-reason" in caplog.text
    assert re.findall(r"<code>(.+?)</code>", response.text)[0] in caplog.text


def test_a_process_that_answers_is_alive_and_one_without_a_ticket_is_not_ready(
    settings: dict[str, object],
) -> None:
    client = micro_app.create_app(settings).test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json is not None
    assert response.json["status"] in {"token_unavailable", "ticket_unavailable"}
    assert response.json["credentials"]["token"]["error"] == "platform_unreachable"
    assert str(settings["DING_CLIENT_SECRET"]) not in response.text


def test_a_process_that_nobody_visited_becomes_ready_and_tells_ages_only(
    settings: dict[str, object],
) -> None:
    with Sandbox() as sandbox:
        given = {**settings, **sandbox.environment(Path(str(settings["DING_INSTANCE"])))}
        made = micro_app.create_app(given)
        response = made.test_client().get("/readyz")
        secrets = [made.extensions["dingbridge"]["dingbridge"].credentials.ticket()]
    assert response.status_code == 200
    assert response.json is not None
    assert response.json["status"] == "ok"
    assert response.json["credentials"]["ticket"]["state"] == "fresh"
    assert response.json["credentials"]["ticket"]["age"] < 60
    assert not any(secret in response.text for secret in secrets)


def test_a_process_whose_redis_takes_no_writes_says_so_and_is_ready(
    settings: dict[str, object],
) -> None:
    with Sandbox() as sandbox, running_redis() as redis:
        redis.refuse_writes("readonly")
        environment = sandbox.environment(Path(str(settings["DING_INSTANCE"])))
        made = micro_app.create_app({**settings, **environment, "DING_REDIS_URL": redis.url})
        response = made.test_client().get("/readyz")
    assert response.status_code == 200
    assert response.json is not None
    assert response.json["credentials"]["caches"] == {"files": True, "redis": False}


def test_slashes_are_neither_added_nor_merged_by_a_redirect(settings: dict[str, object]) -> None:
    client = micro_app.create_app(settings).test_client()
    for path in ("/healthz/", "//healthz"):
        response = client.open(environ_overrides={"PATH_INFO": path})
        assert response.status_code in {200, 404}


def test_sentences_exist_in_both_languages() -> None:
    assert words("zh").keys() == words("en").keys()
    assert all(words("zh").values())
    assert all(words("en").values())


def test_every_setting_of_the_package_stands_in_both_tables_of_the_readme() -> None:
    text = (ROOT / "dingbridge" / "settings.py").read_text(encoding="utf-8")
    names = re.findall(r'reader\.read\("([A-Z_]+)"', text)
    assert len(names) > 20
    for readme in ("README.md", "README.en.md"):
        table = (ROOT / readme).read_text(encoding="utf-8")
        missing = [name for name in names if f"`DING_{name}`" not in table]
        assert not missing
