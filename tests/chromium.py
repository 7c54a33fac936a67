"""Which Chromium the browser tests start, and how."""

from __future__ import annotations

import os

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# Without the background flags Chromium looks for hosts that are not there.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The PC client's own pages; they are served by this machine.
    "--host-resolver-rules=MAP *.dingtalk.com 127.0.0.1, MAP *.test 127.0.0.1",
)
