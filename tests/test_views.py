"""The routes under /ding: what they answer, and what they refuse."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import pytest
from app_server import wait_until
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dingbridge import DingBridge
from dingbridge.outcome import Outcome
from dingbridge.static_files import MODULES, static_version


@pytest.fixture
def asked() -> list[str]:
    """How often, and why, the ticket source was asked."""
    return []


@pytest.fixture
def app(settings: dict[str, object], asked: list[str]) -> Flask:
    app = Flask("views")
    app.config.update(settings)
    bridge = DingBridge()

    def source() -> str:
        asked.append("ticket")
        return f"ticket-canary-{len(asked)}"

    bridge.ticket_source = source
    bridge.init_app(app)
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def post(client: FlaskClient, path: str, body: object, **headers: str) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, data=data, headers={"Content-Type": "application/json", **headers})


class TestSign:
    def test_another_url_of_an_allowed_origin_is_signed_without_an_api_list(
        self, client: FlaskClient
    ) -> None:
        response = post(client, "/ding/sign", {"url": "https://app.example.test/a%2Fb?x=%20"})
        assert response.status_code == 200
        assert response.json["url"] == "https://app.example.test/a%2Fb?x=%20"
        assert response.json["config"]["jsApiList"] == []
        assert "canary" not in response.text

    def test_a_fragment_is_left_out(self, client: FlaskClient) -> None:
        response = post(client, "/ding/sign", {"url": "https://app.example.test/a#/route"})
        assert response.json["url"] == "https://app.example.test/a"

    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.example/",
            "https://app.example.test.evil.example/",
            "https://app.example.test:8443/",
            "http://app.example.test/",
            "https://app.example.test@evil.example/",
            "https://evil.example\\@app.example.test/",
            "//app.example.test/",
            "javascript:alert(1)",
            "",
            "/relative",
        ],
    )
    def test_any_other_url_is_refused(self, client: FlaskClient, url: str) -> None:
        response = post(client, "/ding/sign", {"url": url})
        assert response.status_code == 403
        assert response.json["error"]["code"] == "origin_refused"
        assert "signature" not in response.text

    @pytest.mark.parametrize("rest", ["", "/a b", "/\u4e2d", "/\r\nX: y", "?a", "/\x7f"])
    def test_what_no_browser_shows_of_an_allowed_origin_is_malformed(
        self, client: FlaskClient, rest: str
    ) -> None:
        response = post(client, "/ding/sign", {"url": f"https://app.example.test{rest}"})
        assert response.status_code == 400
        assert response.json["error"]["code"] == "target_malformed"
        assert "signature" not in response.text

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"null", b'{"url": 5}', b"\xff\xfe", b"[" * 10_000]
    )
    def test_what_is_no_such_object_gets_400(self, client: FlaskClient, body: bytes) -> None:
        response = post(client, "/ding/sign", body)
        assert response.status_code == 400
        assert set(response.json["error"]) == {"code", "message", "remedy", "reference"}

    def test_a_page_of_another_origin_is_refused(self, client: FlaskClient) -> None:
        body = {"url": "https://app.example.test/"}
        assert post(client, "/ding/sign", body, Origin="https://evil.example").status_code == 403
        assert post(client, "/ding/sign", body, Origin="null").status_code == 403
        assert (
            post(client, "/ding/sign", body, Origin="https://app.example.test").status_code == 200
        )

    def test_a_body_that_is_too_long_gets_413(self, client: FlaskClient) -> None:
        assert post(client, "/ding/sign", b"x" * 20_000).status_code == 413

    def test_without_a_ticket_the_answer_is_503_with_a_reference_that_the_log_shares(
        self, settings: dict[str, object], caplog: pytest.LogCaptureFixture
    ) -> None:
        app = Flask("broken")
        app.config.update(settings)
        DingBridge(app)
        response = post(app.test_client(), "/ding/sign", {"url": "https://app.example.test/"})
        assert response.status_code == 503
        assert response.headers["Retry-After"]
        error = response.json["error"]
        assert error["code"] in {"ticket_unavailable", "token_unavailable"}
        assert error["message"]
        assert error["reference"] in caplog.text


class TestOtherHosts:
    """With several origins the host decides which; with one it decides nothing."""

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/ding/sign"),
            ("POST", "/ding/outcome"),
            ("POST", "/ding/login"),
            ("POST", "/ding/logout"),
            ("GET", "/ding/me"),
            ("GET", "/ding/oauth"),
            ("GET", "/ding/explain"),
        ],
    )
    def test_a_host_that_is_on_no_list_is_refused_by_every_route(
        self, settings: dict[str, object], method: str, path: str
    ) -> None:
        listed = "https://app.example.test,https://b.example.test,https://b.example.test:8443"
        app = Flask("several")
        app.config.update(settings, DING_PUBLIC_ORIGINS=listed)
        DingBridge(app)
        browser = app.test_client()
        url = "https://app.example.test/"

        def is_refused(host: str, **headers: str) -> bool:
            answer = browser.open(
                path, method=method, json={"url": url}, headers={"Host": host, **headers}
            )
            return (answer.status_code, answer.data) == (400, b"Bad Request\n")

        assert is_refused("evil.example")
        assert is_refused("app.example.test:81")
        assert not is_refused("app.example.test")
        assert not is_refused("b.example.test", Via="x")  # which port is in doubt, the host is not


class TestOutcome:
    def test_a_report_is_logged_with_the_page_s_reference(
        self, client: FlaskClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        report = {
            "state": "error",
            "code": "3",
            "subcode": "52013",
            "reference": "ABCD-2345",
            "signed_url": "https://app.example.test/a",
            "page_url": "https://app.example.test/b",
            "message": "url:[x],ticketList:[aC7Xcanary***]",
        }
        assert post(client, "/ding/outcome", report).status_code == 204
        assert "reference='ABCD-2345'" in caplog.text
        assert "subcode='52013'" in caplog.text
        assert "canary" not in caplog.text

    def test_a_page_that_works_is_not_worth_a_line(
        self, client: FlaskClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO):
            assert post(client, "/ding/outcome", {"state": "ready"}).status_code == 204
        assert not caplog.records

    def test_a_line_of_the_log_cannot_be_forged(
        self, client: FlaskClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        forged = {"state": "error", "message": "x\nERROR forged\x1b[2J"}
        post(client, "/ding/outcome", forged)
        (record,) = caplog.records
        assert "\n" not in record.getMessage()
        assert "\x1b" not in record.getMessage()

    def test_a_lone_surrogate_is_no_text_to_compare_or_to_keep(
        self, client: FlaskClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        page = "https://app.example.test/\ud800"
        report = {"state": "error", "signed_url": page[:-1], "page_url": page, "message": "\udfff"}
        assert post(client, "/ding/outcome", report).status_code == 204
        assert "page_url='https://app.example.test/?'" in caplog.text
        assert "message='?'" in caplog.text
        assert post(client, "/ding/sign", {"url": page}).status_code == 400

    def test_a_report_with_the_longest_urls_arrives_whole(
        self, client: FlaskClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        url = "https://app.example.test/".ljust(8192, "a")
        names = ("signed_url", "page_url", "platform_url")
        report = {"state": "error", "message": "m" * 500, **dict.fromkeys(names, url)}
        assert post(client, "/ding/outcome", report).status_code == 204
        assert all(f"{name}={url!r}" in caplog.text for name in names)

    @pytest.mark.parametrize(
        ("platform_url", "page_url", "is_blamed"),
        [
            ("", "", False),
            ("", "/?a=%20", True),  # the same for all: only the ticket can differ
            ("/?a=%20", "/other", True),
            ("/?a= ", "/other", True),  # as the rule decodes it
            ("/other", "/?a=%20", False),
            ("/other", "/other", False),
        ],
    )
    def test_the_ticket_is_doubted_where_the_platform_had_the_signed_url(
        self, platform_url: str, page_url: str, *, is_blamed: bool
    ) -> None:
        report = Outcome("error", subcode="52013", signed_url="/?a=%20", page_url=page_url)
        assert replace(report, platform_url=platform_url).blames_ticket("decoded") is is_blamed

    @pytest.mark.row("R17")
    @pytest.mark.row("R03")
    def test_reports_of_a_bad_ticket_make_the_server_fetch_one_new_one(
        self, app: Flask, asked: list[str]
    ) -> None:
        client = app.test_client()
        url = {"url": "https://app.example.test/"}
        before = post(client, "/ding/sign", url).json["config"]
        for _ in range(20):
            post(client, "/ding/outcome", {"state": "error", "code": "3", "subcode": "52011"})
        assert before["signature"]
        wait_until(lambda: len(asked) > 1, "a new ticket")
        for _ in range(20):
            post(client, "/ding/outcome", {"state": "error", "code": "3", "subcode": "52011"})
        post(client, "/ding/sign", url)
        assert len(asked) == 2

    def test_a_mismatch_of_urls_does_not_blame_the_ticket(
        self, client: FlaskClient, asked: list[str]
    ) -> None:
        post(client, "/ding/sign", {"url": "https://app.example.test/"})
        report = {
            "state": "error",
            "code": "3",
            "subcode": "52013",
            "signed_url": "https://app.example.test/a",
            "platform_url": "https://app.example.test:443/a",
        }
        post(client, "/ding/outcome", report)
        post(client, "/ding/sign", {"url": "https://app.example.test/"})
        assert len(asked) == 1

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b'{"state": "fine"}', b'{"state": []}', b"\x00" * 50]
    )
    def test_what_is_no_report_gets_400(self, client: FlaskClient, body: bytes) -> None:
        assert post(client, "/ding/outcome", body).status_code == 400

    def test_reports_are_limited_in_number_and_in_size(self, client: FlaskClient) -> None:
        assert post(client, "/ding/outcome", b"x" * 40_000).status_code == 413
        statuses = {
            post(client, "/ding/outcome", {"state": "ready"}).status_code for _ in range(400)
        }
        assert statuses == {204, 429}


@given(body=st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode()))
@hypothesis_settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_sign_and_outcome_take_any_bytes_without_a_5xx(client: FlaskClient, body: bytes) -> None:
    for path in ("/ding/sign", "/ding/outcome"):
        assert post(client, path, body).status_code < 500


OWN = "https://app.example.test/"
texts = st.text(max_size=20) | st.just("\ud800")  # which JSON can bring
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | texts.map(OWN.__add__),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
fields = st.sampled_from(
    [
        "state",
        "code",
        "subcode",
        "url",
        "message",
        "signed_url",
        "page_url",
        "platform_url",
        "reference",
    ]
)


@given(posted=st.dictionaries(fields, json_values | st.just("error") | st.just("52013")))
@hypothesis_settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_fields_of_any_type_are_taken_without_a_5xx(
    client: FlaskClient, posted: dict[str, object]
) -> None:
    for path in ("/ding/sign", "/ding/outcome"):
        assert post(client, path, posted).status_code < 500


class TestExplain:
    @pytest.mark.row("R16")
    def test_a_visitor_reads_what_to_do_and_a_developer_the_cause_too(
        self, settings: dict[str, object], client: FlaskClient
    ) -> None:
        asked = "/ding/explain?code=3&subcode=52013&lang=en"
        visitor = client.get(asked).json
        assert visitor is not None
        assert set(visitor) == {"code", "subcode", "message", "remedy"}
        app = Flask("debugged")
        app.config.update({**settings, "DING_DEBUG": "1"})
        DingBridge(app)
        developer = app.test_client().get(asked).json
        assert developer is not None
        assert "signature" in developer["cause"].lower()
        assert developer["title"]

    def test_the_language_is_the_visitor_s_unless_asked_for(self, client: FlaskClient) -> None:
        chinese = client.get("/ding/explain?code=4").json
        english = client.get("/ding/explain?code=4&lang=en").json
        assert chinese != english
        client.set_cookie("lang", "en")
        assert client.get("/ding/explain?code=4").json == english

    def test_an_unknown_code_has_a_sentence_too(self, client: FlaskClient) -> None:
        response = client.get("/ding/explain?code=%00%ff" + "9" * 500)
        assert response.status_code == 200
        assert response.json is not None
        assert response.json["message"]


class TestModules:
    def test_a_module_under_a_version_may_be_kept_for_a_year(self, client: FlaskClient) -> None:
        with client.get(f"/ding/static/v-{static_version(MODULES)}/bridge.js") as response:
            assert response.status_code == 200
            assert response.mimetype == "text/javascript"
            assert "immutable" in response.headers["Cache-Control"]
            assert "max-age=31536000" in response.headers["Cache-Control"]

    def test_what_is_asked_for_by_another_release_is_sent_but_not_kept(
        self, client: FlaskClient
    ) -> None:
        with client.get("/ding/static/v-0123456789ab/bridge.js") as response:
            assert response.status_code == 200
            assert response.cache_control.max_age == 0
            assert not response.cache_control.immutable

    def test_a_module_without_one_is_asked_for_again(self, client: FlaskClient) -> None:
        with client.get("/ding/static/bridge.js") as response:
            etag = response.headers["ETag"]
            assert response.cache_control.max_age == 0
        with client.get("/ding/static/bridge.js", headers={"If-None-Match": etag}) as again:
            assert again.status_code == 304

    @pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "v-1/../../app.py", "none.js"])
    def test_nothing_else_is_served(self, client: FlaskClient, name: str) -> None:
        response = client.get(f"/ding/static/{name}")
        assert response.status_code == 404

    def test_errors_of_these_routes_are_json_with_a_reference(self, client: FlaskClient) -> None:
        response = client.get("/ding/static/none.js")
        assert response.status_code == 404
        assert response.json is not None
        assert response.json["error"]["reference"]
