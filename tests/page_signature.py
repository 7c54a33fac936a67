"""Is a page signed right? Asked of the sandbox's verifier, which shares no code with the signer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dingbridge.sandbox.sandbox import Sandbox
from dingbridge.sandbox.verification import Rules, verify


def signing_fault(block: Mapping[str, Any] | None, href: str, sandbox: Sandbox) -> str | None:
    """What is wrong with a page's data block at the address `href`; None if it is signed for it."""
    if block is None or not block.get("config"):
        return "unsigned"
    if block["url"] != href:
        return f"signed for {block['url']}"
    identity = sandbox.platform.identity
    rules = Rules(identity.corp_id, identity.agent_id)
    refusal = verify(block["config"], href, sandbox.platform.tokens.live_tickets(), rules)
    return refusal and refusal.message
