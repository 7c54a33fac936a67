"""dingbridge.page: what a page without a ticket tells, to visitors and to developers."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sandbox_server import SandboxClient

from dingbridge import DingBridge
from dingbridge.errors import CredentialUnavailable, PlatformError
from dingbridge.page import explain_error
from dingbridge.settings import Language

pytest_plugins = ["ticket_fixtures"]

LANGUAGES = pytest.mark.parametrize("lang", ["zh", "en"])
REFUSALS = {
    "40096": PlatformError("40096", platform_message="不合法的应用key或密钥"),
    "40089": PlatformError("40089", platform_message="不合法的corpid或corpsecret"),
    "60020": PlatformError("60020", values={"address": "203.0.113.9"}),
    "-1": PlatformError("-1", platform_message="系统繁忙"),
    "90018": PlatformError("88", sub_code="90018"),
    "invalidClientIdOrSecret": PlatformError("invalidClientIdOrSecret"),
}


@LANGUAGES
@pytest.mark.parametrize("code", REFUSALS)
def test_a_developer_reads_what_the_platform_answered_and_a_visitor_does_not(
    code: str, lang: Language
) -> None:
    refusal = REFUSALS[code]
    error = CredentialUnavailable("ticket_unavailable", refusal)
    developer, visitor = (explain_error(error, lang, each) for each in (True, False))
    assert (developer.code, developer.subcode) == ("ticket_unavailable", code)
    assert visitor.subcode == ""
    assert developer.remedy != visitor.remedy
    assert code not in visitor.message + visitor.remedy
    address = refusal.values.get("address", "")
    assert address in developer.remedy
    assert not address or address not in visitor.message + visitor.remedy
    assert "{" not in developer.remedy + visitor.remedy


def test_each_refusal_has_a_remedy_of_its_own() -> None:
    told = {
        explain_error(CredentialUnavailable("ticket_unavailable", each), "en", developer=True)
        for each in REFUSALS.values()
    }
    assert len({each.remedy for each in told}) >= len(REFUSALS) - 1  # a key is a key, old or new


@pytest.mark.row("R45")
@pytest.mark.parametrize("debug", ["1", "0"])
def test_the_page_itself_names_the_address_to_add_for_developers_alone(
    sandbox: SandboxClient, tmp_path: Path, debug: str
) -> None:
    app = Flask("page-error")
    environment = sandbox.sandbox.environment(tmp_path)
    app.config.update(
        {**environment, "DING_API_GENERATION": "old", "DING_DEBUG": debug, "SECRET_KEY": "k" * 40}
    )
    DingBridge(app)

    @app.get("/")
    def page() -> str:
        return app.jinja_env.from_string("{{ dingbridge('biz.util.scan') }}").render()

    sandbox.patch_platform(ip_whitelist=["203.0.113.1"])
    host = environment["DING_PUBLIC_ORIGINS"].split(",")[0].partition("://")[2]
    text = app.test_client().get("/", headers={"Host": host}).text
    assert "ticket_unavailable" in text
    assert ("60020" in text, "127.0.0.1" in text.replace(host, "")) == ((debug == "1"),) * 2
