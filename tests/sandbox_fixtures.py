"""A sandbox for each test; a test module names this file as its plugin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from platform_caller import PlatformCaller
from sandbox_server import SandboxClient, running_sandbox


@pytest.fixture
def sandbox() -> Iterator[SandboxClient]:
    """A sandbox of this test's own, which starts in milliseconds.

    A shared one would hear the apps of earlier tests, which ask again for a ticket in their time.
    """
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def caller(sandbox: SandboxClient) -> PlatformCaller:
    """Somebody who calls the platform with a token of the app's."""
    return PlatformCaller(sandbox)
