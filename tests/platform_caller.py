"""Bare calls to the sandbox's platform, as any program would make them.

caller = PlatformCaller(sandbox)
caller.oapi("/topapi/v2/user/get", {"userid": "manager4220"})
"""

from __future__ import annotations

import json
from typing import Any

import requests
from sandbox_server import TIMEOUT, SandboxClient

HEADER = "x-acs-dingtalk-access-token"


class PlatformCaller:
    """Has a token; every part of a call can be given otherwise."""

    def __init__(self, sandbox: SandboxClient) -> None:
        self._url = sandbox.platform_url
        self._session = requests.Session()
        self._session.trust_env = False
        identity = sandbox.sandbox.platform.identity
        query = {"appkey": identity.client_id, "appsecret": identity.client_secret}
        answer = self._session.get(f"{self._url}/gettoken", params=query, timeout=TIMEOUT)
        self.token: str = answer.json()["access_token"]

    def send(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        """Just what is given."""
        return self._session.request(
            method,
            self._url + path,
            params=query,
            data=content,
            headers=headers,
            timeout=TIMEOUT,
        )

    def oapi(self, path: str, body: object = None, **more: Any) -> dict[str, Any]:
        """A call of the older generation; the fields of its answer, which is always of 200."""
        content = json.dumps(body, ensure_ascii=False).encode() if body is not None else None
        given: dict[str, Any] = {
            "query": {"access_token": self.token},
            "headers": {"Content-Type": "application/json"},
        }
        answer = self.send("POST", path, **{"content": content, **given, **more})
        assert answer.status_code == 200
        fields: dict[str, Any] = answer.json()
        return fields

    def api(self, method: str, path: str, body: object = None, **more: Any) -> requests.Response:
        """A call of the newer generation."""
        content = json.dumps(body).encode() if body is not None else None
        given = {"headers": {HEADER: self.token, "Content-Type": "application/json"}}
        return self.send(method, path, **{"content": content, **given, **more})
