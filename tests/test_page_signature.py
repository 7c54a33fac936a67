"""The tests' own check of a signed page sees what it looks for."""

from __future__ import annotations

import pytest
from page_signature import signing_fault

from dingbridge.sandbox.sandbox import Sandbox
from dingbridge.signature import config_payload

URL = "https://h5.example.test/a%2Fb?q=%E4%B8%AD+x"


def block_of(sandbox: Sandbox, signed: str = URL, said: str = URL) -> dict[str, object]:
    """A page's data block that was signed for one URL and says that of another."""
    platform = sandbox.platform
    config = config_payload(
        url=signed,
        ticket=platform.tokens.ticket(),
        agent_id=platform.identity.agent_id,
        corp_id=platform.identity.corp_id,
        apis=[],
        algorithm="sha256",
        rule="decoded",
    )
    return {"url": said, "config": config}


def test_a_page_that_is_signed_for_its_own_address_has_no_fault() -> None:
    sandbox = Sandbox()
    assert signing_fault(block_of(sandbox), URL, sandbox) is None


def test_a_page_that_is_not_signed_has_one() -> None:
    sandbox = Sandbox()
    block = block_of(sandbox)
    assert signing_fault(None, URL, sandbox) == "unsigned"
    assert signing_fault({**block, "config": None}, URL, sandbox) == "unsigned"


@pytest.mark.parametrize("other", [f"{URL}?", URL.replace("%2F", "/"), URL.replace("+", "%2B")])
def test_a_page_that_says_or_signs_another_url_has_one(other: str) -> None:
    sandbox = Sandbox()
    assert signing_fault(block_of(sandbox, said=other), URL, sandbox) == f"signed for {other}"
    fault = signing_fault(block_of(sandbox, signed=other), URL, sandbox)
    assert fault is not None
    assert "52013" in fault


def test_a_signature_with_a_dead_ticket_has_one() -> None:
    sandbox = Sandbox()
    block = block_of(sandbox)
    sandbox.platform.tokens.revoke_tickets()
    fault = signing_fault(block, URL, sandbox)
    assert fault is not None
    assert "52011" in fault
