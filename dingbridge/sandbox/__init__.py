"""A local stand-in for the DingTalk platform and for its client, to develop and test against."""

from dingbridge.sandbox.platform_state import Identity
from dingbridge.sandbox.sandbox import PortInUse, Sandbox

__all__ = ["Identity", "PortInUse", "Sandbox"]
