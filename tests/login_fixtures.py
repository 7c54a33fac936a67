"""What the login tests share: one platform for each worker, an app and a visitor for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from login_app import Visitor, login_app
from sandbox_server import SandboxClient, running_sandbox


@pytest.fixture(scope="session")
def login_platform() -> Iterator[SandboxClient]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(login_platform: SandboxClient) -> SandboxClient:
    login_platform.reset(tickets=True)
    return login_platform


@pytest.fixture
def app(sandbox: SandboxClient, tmp_path: Path) -> Flask:
    return login_app(sandbox, tmp_path)


@pytest.fixture
def visitor(app: Flask, sandbox: SandboxClient) -> Visitor:
    return Visitor(app, sandbox)
