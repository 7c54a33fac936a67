"""What the browser tests of the micro-app visit."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from app_server import AppServer

from dingbridge.sandbox.sandbox import Sandbox


class Served(NamedTuple):
    """The sandbox, and the app that it stands in front of with its instance folder."""

    sandbox: Sandbox
    app: AppServer
    instance: Path
