"""Which Chromium the browser tests and the benchmark start, and how."""

from __future__ import annotations

import os
import shutil

# The headless shell is the same engine without a desktop browser's windows around it, which cost
# more than the pages: the same 97 tests took 34 s with it and 90 s with the whole browser.
CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
)
# The shell has no back/forward cache; what is about that needs the browser as people have it.
WHOLE_CHROMIUM = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
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
