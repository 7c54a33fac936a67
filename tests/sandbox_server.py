"""The sandbox in this process on ports of its own, and a client of its API for tests.

with running_sandbox() as sandbox:
    sandbox.fault("ticket", "http500", times=2)
    sandbox.native("device.geolocation.get", granted=True)
    assert sandbox.platform_calls("/v1.0/oauth2/jsapiTickets") == 2
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from dingbridge.sandbox import Sandbox

TIMEOUT = 30


class SandboxClient:
    """What a test does with a sandbox, as one device of it; everything goes over HTTP."""

    def __init__(self, sandbox: Sandbox, device: str = "default") -> None:
        self.sandbox = sandbox
        self.device_name = device

    @property
    def phone_url(self) -> str:
        return self.sandbox.phone_url

    @property
    def platform_url(self) -> str:
        return self.sandbox.platform_url

    def as_device(self, name: str) -> SandboxClient:
        """The same sandbox as another device, which has settings, calls and counters apart."""
        return SandboxClient(self.sandbox, name)

    # -- the device

    def device(self) -> dict[str, Any]:
        return self._ask("GET", "device")

    def patch_device(self, **changes: object) -> dict[str, Any]:
        return self._ask("PATCH", "device", changes)

    def native(self, method: str, args: object = None, **more: object) -> dict[str, Any]:
        """A call of the bridge as the container reports it."""
        call = {"document": "d1", "method": method, "args": args or {}, **more}
        return self._ask("POST", "native", call)

    def config(self, url: str, **changes: object) -> dict[str, Any]:
        """dd.config with a right signature for ``url``, apart from ``changes``."""
        identity = self.sandbox.platform.identity
        ticket = self.sandbox.platform.tokens.live_tickets()[:1]
        args: dict[str, object] = {
            "corpId": identity.corp_id,
            "agentId": identity.agent_id,
            "timeStamp": "1700000000000",
            "nonceStr": "n0nce",
            "jsApiList": ["device.geolocation.get"],
        }
        plain = f"jsapi_ticket={''.join(ticket)}&noncestr=n0nce&timestamp=1700000000000&url={url}"
        args["signature"] = hashlib.sha256(plain.encode()).hexdigest()
        args.update(changes)
        return self.native("runtime.permission.requestJsApis", args, entry_url=url, current_url=url)

    # -- the platform

    def platform(self) -> dict[str, Any]:
        return self._ask("GET", "platform")

    def patch_platform(self, **changes: object) -> dict[str, Any]:
        return self._ask("PATCH", "platform", changes)

    def fault(self, target: str, kind: str | None, **more: object) -> None:
        """Sets a fault of ``token``, ``ticket``, ``*`` or one path; None as kind ends it."""
        self.patch_platform(faults={target: kind and {"kind": kind, **more}})

    def clear_faults(self) -> None:
        self.patch_platform(faults=None)

    def advance(self, seconds: float) -> None:
        """Moves the platform's clock on."""
        self.patch_platform(clock={"advance": seconds})

    def revoke_ticket(self) -> None:
        self._ask("POST", "platform/ticket", {"action": "revoke"})

    def replace_ticket(self) -> None:
        """As if another service of the same app had asked for a ticket, under the old rule."""
        self._ask("POST", "platform/ticket", {"action": "replace"})

    def revoke_token(self) -> None:
        self._ask("POST", "platform/token", {"action": "revoke"})

    # -- what happened

    def calls(self, since: int = 0, kind: str | None = None) -> list[dict[str, Any]]:
        more = f"since={since}" + (f"&kind={kind}" if kind else "")
        return self._ask("GET", "calls", query=more)["calls"]

    def counters(self) -> dict[str, Any]:
        return self._ask("GET", "counters")

    def platform_calls(self, endpoint: str | None = None) -> int:
        """How often the platform was asked, in all or at one endpoint."""
        counts = self.counters()["platform"]
        chosen = counts.values() if endpoint is None else [counts.get(endpoint, {"calls": 0})]
        return sum(count["calls"] for count in chosen)

    def reset(self, **wish: object) -> None:
        self._ask("POST", "reset", wish)

    def ask(
        self, method: str, name: str, content: bytes = b"", headers: dict[str, str] | None = None
    ) -> requests.Response:
        """A bare request to ``/__sandbox__/name``."""
        url = f"{self.sandbox.page_url}__sandbox__/{name}"
        return requests.request(method, url, data=content, headers=headers, timeout=TIMEOUT)

    def _ask(self, method: str, name: str, body: object = None, query: str = "") -> Any:
        response = requests.request(
            method,
            f"{self.sandbox.page_url}__sandbox__/{name}?device={self.device_name}&{query}",
            json=body,
            timeout=TIMEOUT,
        )
        assert response.ok, response.text
        return response.json()


@contextmanager
def running_sandbox(**options: Any) -> Iterator[SandboxClient]:
    """A sandbox on free ports, without an app unless ``upstream`` names one."""
    with Sandbox(**options) as sandbox:
        yield SandboxClient(sandbox)
