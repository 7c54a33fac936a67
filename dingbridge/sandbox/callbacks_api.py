"""The stand-in's register of callback addresses, ``/call_back/*``: one for an app in a corp.

What is registered is kept and told; calling the address is not this module's.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from dingbridge.sandbox.api_envelope import OapiError, Routes
from dingbridge.sandbox.platform_state import PlatformState
from dingbridge.sandbox.server_calls import Body, oapi, oapi_get


class CallbacksApi:
    """Register, show, update, delete; what was not taken."""

    def __init__(self, state: PlatformState) -> None:
        self._state = state
        self.routes: Routes = {
            "/call_back/register_call_back": ("callbacks", oapi(state, self._register)),
            "/call_back/update_call_back": ("callbacks", oapi(state, self._update)),
            "/call_back/get_call_back": ("callbacks", oapi_get(state, self._show)),
            "/call_back/delete_call_back": ("callbacks", oapi_get(state, self._delete)),
            "/call_back/get_call_back_failed_result": (
                "callbacks",
                oapi_get(state, self._failed),
            ),
        }

    def _register(self, body: Body) -> Mapping[str, object]:
        if self._state.corp.callback is not None:
            raise OapiError(71006, "回调地址已经存在")
        self._state.corp.callback = _registration(body)
        return {}

    def _update(self, body: Body) -> Mapping[str, object]:
        self._registered()
        self._state.corp.callback = _registration(body)
        return {}

    def _show(self, _query: Body) -> Mapping[str, object]:
        return self._registered()

    def _delete(self, _query: Body) -> Mapping[str, object]:
        self._registered()
        self._state.corp.callback = None
        return {}

    def _failed(self, _query: Body) -> Mapping[str, object]:
        self._registered()
        return {"has_more": False, "failed_list": []}

    def _registered(self) -> dict[str, Any]:
        if self._state.corp.callback is None:
            raise OapiError(71007, "回调地址已不存在")
        return self._state.corp.callback


def _registration(body: Body) -> dict[str, Any]:
    tags, token, key = body.get("call_back_tag"), body.get("token"), body.get("aes_key")
    if not isinstance(tags, list) or not tags or not all(isinstance(tag, str) for tag in tags):
        raise OapiError(71010, "POST的JSON数据不包含所需要的参数字段或包含的参数格式非法")
    if not isinstance(token, str) or not token or not isinstance(key, str) or len(key) != 43:
        raise OapiError(71010, "POST的JSON数据不包含所需要的参数字段或包含的参数格式非法")
    url = str(body.get("url", ""))
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise OapiError(71011, "传入的url参数不是合法的url格式")
    return {"call_back_tag": tags, "token": token, "aes_key": key, "url": url}
