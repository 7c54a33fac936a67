"""`flask ding …`: the group of commands, found by Flask through the entry point `flask.commands`.

Commands are plain click commands, one module each, added here. None of them may need an app or
valid settings just to start: Flask calls this group without loading any app. Exit codes: 0 fine, 1
something found, 2 wrong usage.
"""

from __future__ import annotations

import click

from dingbridge.cli_call import call
from dingbridge.cli_explain import explain
from dingbridge.cli_sign import sign

ding = click.Group(
    "ding",
    commands=[call, explain, sign],
    help="钉钉微应用的命令 / Commands for DingTalk micro-apps.",
)
