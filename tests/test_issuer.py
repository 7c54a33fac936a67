"""dingbridge.issuer: the endpoints of both generations, asked as the platform wants it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sandbox_server import SandboxClient

from dingbridge.errors import PlatformError
from dingbridge.issuer import PlatformIssuer
from dingbridge.settings import Settings
from dingbridge.transport import Transport

pytest_plugins = ["ticket_fixtures"]


@pytest.fixture(params=["new", "old"])
def loaded(request: pytest.FixtureRequest, sandbox: SandboxClient, tmp_path: Path) -> Settings:
    environment = sandbox.sandbox.environment(tmp_path)
    return Settings.load({**environment, "DING_API_GENERATION": request.param})


def issuer(loaded: Settings, **changes: str) -> PlatformIssuer:
    changed = replace(loaded, **changes)  # type: ignore[arg-type]
    return PlatformIssuer(changed, Transport(changed))


@pytest.mark.row("R01")
def test_a_token_opens_the_way_to_a_ticket(loaded: Settings, sandbox: SandboxClient) -> None:
    token = issuer(loaded).token()
    ticket = issuer(loaded).ticket(token.value)
    assert (token.seconds, ticket.seconds) == (7200, 7200)
    assert ticket.value in sandbox.sandbox.platform.tokens.live_tickets()


@pytest.mark.row("R01")
def test_a_wrong_secret_is_named_as_the_platform_names_it(loaded: Settings) -> None:
    with pytest.raises(PlatformError) as refused:
        issuer(loaded, client_secret="wrong").token()
    named = {"new": "invalidClientIdOrSecret", "old": "40096"}
    assert refused.value.code == named[loaded.api_generation]


def test_a_token_of_nobody_is_refused(loaded: Settings) -> None:
    with pytest.raises(PlatformError) as refused:
        issuer(loaded).ticket("0" * 32)
    assert refused.value.code in {"40014", "InvalidAuthentication"}


@pytest.mark.row("R45")
def test_an_address_that_is_not_on_the_white_list_is_named(
    loaded: Settings, sandbox: SandboxClient
) -> None:
    sandbox.patch_platform(ip_whitelist=["203.0.113.1"])
    token = issuer(loaded).token()
    with pytest.raises(PlatformError) as refused:
        issuer(loaded).ticket(token.value)
    assert refused.value.values["address"] == "127.0.0.1"
    assert refused.value.code in {"60020", "Forbidden.AccessDenied.IpNotInWhiteList"}


@pytest.mark.row("R44")
def test_a_limit_is_handed_on(loaded: Settings, sandbox: SandboxClient) -> None:
    sandbox.fault("token", "limited")
    with pytest.raises(PlatformError) as refused:
        issuer(loaded).token()
    new = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"
    assert (refused.value.code, refused.value.sub_code) in {(new, ""), ("88", "90018")}
