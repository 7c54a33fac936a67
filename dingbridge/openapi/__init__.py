"""The platform's server APIs; see `OpenApi`."""

from dingbridge.openapi.explanation import Explanation, explain
from dingbridge.openapi.open_api import OpenApi, open_api

__all__ = ["Explanation", "OpenApi", "explain", "open_api"]
