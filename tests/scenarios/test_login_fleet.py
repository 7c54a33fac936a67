"""Signing in at a real gunicorn with several workers: one code, one session, whoever answers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from app_server import AppServer

from dingbridge.sandbox.login_codes import SignIn
from dingbridge.sandbox.sandbox import Sandbox

BY_CODE = "/topapi/v2/user/getuserinfo"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, AppServer]]:
    """The micro-app in three processes."""
    folder = tmp_path_factory.mktemp("fleet")
    with Sandbox() as sandbox:
        environment = {**sandbox.environment(folder / "instance"), "WEB_CONCURRENCY": "3"}
        server = AppServer(environment, folder)
        server._environment["DING_PUBLIC_ORIGINS"] = server.url
        with server as app:
            yield sandbox, app


def code_of(sandbox: Sandbox, user: str = "user5031") -> dict[str, str]:
    corp = sandbox.platform.identity.corp_id
    return {"code": sandbox.platform.codes.client.issue(SignIn(user, corp)), "corpId": corp}


@pytest.mark.row("R32")
def test_one_code_posted_to_all_workers_at_once_lets_one_in(
    fleet: tuple[Sandbox, AppServer],
) -> None:
    sandbox, app = fleet
    body = code_of(sandbox)

    def post(_: int) -> int:
        return requests.post(f"{app.url}/ding/login", json=body, timeout=30).status_code

    with ThreadPoolExecutor(12) as threads:
        statuses = sorted(threads.map(post, range(12)))
    assert statuses == [200] + [401] * 11


@pytest.mark.row("R31")
def test_every_worker_knows_a_session_and_a_restart_does_not_end_it(
    fleet: tuple[Sandbox, AppServer],
) -> None:
    sandbox, app = fleet
    visitor = requests.Session()
    assert visitor.post(f"{app.url}/ding/login", json=code_of(sandbox), timeout=30).ok
    for turn in range(10):
        # Each on a connection of its own, so that any worker may take it.
        me = requests.get(f"{app.url}/ding/me", cookies=visitor.cookies, timeout=30)
        assert me.json()["user"]["name"] == "欧阳若兰"
        if turn == 5:
            app.stop()
            app.start()


def test_ten_megabytes_are_refused_while_they_come(fleet: tuple[Sandbox, AppServer]) -> None:
    _, app = fleet

    def megabytes() -> Iterator[bytes]:
        for _ in range(160):
            yield b"x" * 65_536

    headers = {"Content-Type": "application/json"}
    for content in (b"x" * 10_000_000, megabytes()):
        try:
            response = requests.post(
                f"{app.url}/ding/login", data=content, headers=headers, timeout=30
            )
        except requests.ConnectionError:
            continue  # the server was done before the body was
        # A body of unknown length is not read at all.
        assert response.status_code == (413 if isinstance(content, bytes) else 400)
    assert requests.get(f"{app.url}/healthz", timeout=30).ok
