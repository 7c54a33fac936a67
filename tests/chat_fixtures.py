"""The micro-app over the sandbox's platform and over both databases; see store_fixtures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chat_stage import NAME, USERID
from microapp_visitor import AppVisitor
from sandbox_server import SandboxClient, running_sandbox

import app as micro_app
from dingbridge.settings import Settings
from microapp.database import Database, open_database

pytest_plugins = ["store_fixtures"]


@pytest.fixture(scope="module")
def chat_platform() -> Iterator[SandboxClient]:
    with running_sandbox() as dingtalk:
        yield dingtalk


@pytest.fixture
def dingtalk(chat_platform: SandboxClient) -> SandboxClient:
    chat_platform.reset(scope="all", tickets=True)
    return chat_platform


@pytest.fixture
def chat_settings(
    dingtalk: SandboxClient, store_settings: dict[str, object], request: pytest.FixtureRequest
) -> dict[str, object]:
    """Settings for the sandbox's corp and platform over the database of the test."""
    identity = dingtalk.sandbox.platform.identity
    return {
        **store_settings,
        "DING_CORP_ID": identity.corp_id,
        "DING_AGENT_ID": identity.agent_id,
        "DING_CLIENT_ID": identity.client_id,
        "DING_CLIENT_SECRET": identity.client_secret,
        "DING_OAPI_URL": dingtalk.platform_url,
        "DING_API_URL": dingtalk.platform_url,
        "DING_CHAT_WAY": getattr(request, "param", "robot"),
    }


@pytest.fixture
def writer(chat_settings: dict[str, object]) -> AppVisitor:
    return AppVisitor(micro_app.create_app(chat_settings), USERID, NAME)


@pytest.fixture
def sent(chat_settings: dict[str, object]) -> Iterator[Database]:
    opened = open_database(Settings.load(chat_settings))
    yield opened
    opened.close()
