"""What the login tests share: a platform, an app and a visitor, each test its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from login_app import Visitor, login_app
from sandbox_server import SandboxClient

pytest_plugins = ["sandbox_fixtures"]


@pytest.fixture
def app(sandbox: SandboxClient, tmp_path: Path) -> Flask:
    return login_app(sandbox, tmp_path)


@pytest.fixture
def guest(app: Flask, sandbox: SandboxClient) -> Visitor:
    return Visitor(app, sandbox)
