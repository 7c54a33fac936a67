"""What the browser tests of the micro-app visit."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from app_server import AppServer

from dingbridge.sandbox.sandbox import Sandbox

PC_HOST = "im.dingtalk.com"  # whose page the desktop client is, with the app in a frame


class Served(NamedTuple):
    """The sandbox, and the app that it stands in front of with its instance folder."""

    sandbox: Sandbox
    app: AppServer
    instance: Path
