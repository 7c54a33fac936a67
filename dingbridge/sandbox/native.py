"""What the simulated client answers when a page calls it through the native bridge."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from dingbridge.sandbox.checks import BadValue, mapping
from dingbridge.sandbox.conversations import CHAT_ID, OPEN_ID, TITLE
from dingbridge.sandbox.device import Device
from dingbridge.sandbox.grants import NEEDS_GRANT
from dingbridge.sandbox.login_codes import SignIn
from dingbridge.sandbox.platform_state import PlatformState
from dingbridge.sandbox.verification import Refusal, Rules, verify

CONFIG_METHODS = ("runtime.permission.requestJsApis", "config")
AUTH_CODE_METHODS = (
    "runtime.permission.requestAuthCode",
    "runtime.permission.requestAuthCodeV2",
)
NEWER_CODE_SINCE = {False: (7, 0, 45), True: (7, 0, 50)}  # phones, and the desktop
# A square in Hangzhou, since the phone is a Chinese one.
PLACE = {
    "longitude": 120.026208,
    "latitude": 30.279212,
    "accuracy": 29.0,
    "address": "浙江省杭州市余杭区文一西路969号",
    "province": "浙江省",
    "city": "杭州市",
    "district": "余杭区",
    "road": "文一西路",
    "netType": "wifi",
    "operatorType": "CMCC",
    "provider": "lbs",
    "isWifiEnabled": True,
    "isGpsEnabled": True,
    "isFromMock": False,
    "isMobileEnabled": True,
}
CHAT = {"title": TITLE, "chatId": CHAT_ID, "openConversationId": OPEN_ID}
PERSON = {"name": "张小沙", "avatar": "", "emplId": "manager4220"}


class NativeError(Exception):
    """The client's refusal; how it looks to the page is decided by the device."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def answer(call: object, device: Device, platform: PlatformState) -> tuple[str, dict[str, Any]]:
    """Answers one call that the container script reports.

    Returns the method's name and ``{"ok": true, "result"}`` or ``{"ok": false, "error"}``; the
    error has the device's shape. BadValue if ``call`` is not such a report.
    """
    fields = mapping(call, "the call")
    method = fields.get("method")
    if not isinstance(method, str) or not 0 < len(method) <= 200:
        raise BadValue("the call has no method")
    args = mapping(fields.get("args") or {}, "args")
    if isinstance(fields.get("refused"), dict):
        # The container has refused already and only reports it.
        return method, {"ok": False, "error": fields["refused"]}
    try:
        if method in device.errors:
            return method, {"ok": False, "error": device.errors[method]}
        if method in CONFIG_METHODS:
            time.sleep(device.grant_ms / 1000)
            result = _configure(method, args, fields, device, platform)
        else:
            result = _invoke(method, args, fields, device, platform)
    except NativeError as error:
        return method, {"ok": False, "error": shaped(error, device.error_shape)}
    return method, {"ok": True, "result": result}


def shaped(error: NativeError, shape: str) -> dict[str, object]:
    """The error object that a page gets: newer clients spell code and message otherwise."""
    if shape == "classic":
        return {"errorCode": error.code, "message": error.message}
    return {"errorCode": str(error.code), "errorMessage": error.message}


def _configure(
    method: str,
    args: Mapping[str, object],
    fields: Mapping[str, object],
    device: Device,
    platform: PlatformState,
) -> object:
    checked_url = fields.get(f"{device.url_rule}_url")
    if not isinstance(checked_url, str):
        # The framed PC client sees no address of the page but the one that the SDK passes on.
        passed_on = args.get("url")
        checked_url = passed_on if isinstance(passed_on, str) else None
    rules = Rules(
        corp_id=device.corp or platform.identity.corp_id,
        agent_id=platform.identity.agent_id,
        algorithm=platform.behaviour.algorithm,
        query_rule=platform.behaviour.query_rule,
    )
    refusal: Refusal | None = verify(args, checked_url, platform.tokens.live_tickets(), rules)
    if refusal:
        raise NativeError(3, refusal.message)
    if method in device.results:
        return device.results[method]
    if device.platform == "pc":
        return {"authorizedAPIList": args["jsApiList"], "unauthorizedAPIList": []}
    return {}


def _invoke(
    method: str,
    args: Mapping[str, object],
    fields: Mapping[str, object],
    device: Device,
    platform: PlatformState,
) -> object:
    if method in NEEDS_GRANT and fields.get("granted") is not True:
        raise NativeError(7, _ungranted(method, device.platform))
    if method in device.results:
        return device.results[method]
    person = fields.get("answer")
    if isinstance(person, dict):
        if person.get("cancel"):
            raise NativeError(-1, "cancelled")
        return person.get("result")
    if method in AUTH_CODE_METHODS:
        return _auth_code(method, args, device, platform)
    if method == "biz.chat.pickConversation":
        # Good once, for whoever picked it.
        return {"cid": platform.corp.conversations.pick(device.user), "title": CHAT["title"]}
    if method.startswith("device.geolocation.") and device.location_off:
        raise NativeError(4, "unauthorized")
    if method.startswith("device.nfc.") and (device.platform != "android" or not device.nfc):
        raise NativeError(1, f"{method} is not supported on this device")
    result = RESULTS.get(method, {})
    return result(args) if callable(result) else result


def _ungranted(method: str, platform: str) -> str:
    plugin, _, action = method.rpartition(".")
    if platform == "ios":
        # The spelling is the client's own.
        return f"Permission denied: JSAPI aciton = {action}, pluin = {plugin}"
    return "jsapi should be invoked after dd.ready callbacks"


def _auth_code(
    method: str, args: Mapping[str, object], device: Device, platform: PlatformState
) -> object:
    newer = method == AUTH_CODE_METHODS[1]
    if newer and not device.is_at_least(*NEWER_CODE_SINCE[device.platform == "pc"]):
        raise NativeError(1, f"{method} is not supported by version {device.version}")
    corp = args.get("corpId")
    if not corp:
        raise NativeError(3, "1002, corpId or redirectURI is blank")
    signed_in = device.corp or platform.identity.corp_id
    if corp != signed_in:
        raise NativeError(3, "1002,corpId不合法")
    if newer and args.get("clientId") != platform.identity.client_id:
        raise NativeError(3, "1002,clientId不合法")
    return {"code": platform.codes.client.issue(SignIn(device.user, signed_in))}


def _located(_args: Mapping[str, object]) -> object:
    return {**PLACE, "time": int(time.time() * 1000)}


def _scanned(args: Mapping[str, object]) -> object:
    if args.get("type") in ("barCode", "bar"):
        return {"text": "6901234567892"}
    return {"text": "https://example.com/asset/A-1024"}


def _prompted(args: Mapping[str, object]) -> object:
    return {"buttonIndex": 0, "value": args.get("defaultText", "沙箱里的回答")}


def _picked_time(args: Mapping[str, object]) -> object:
    return {"value": args.get("value") or "2026-01-15 09:30"}


RESULTS: dict[str, object | Callable[[Mapping[str, object]], object]] = {
    "device.geolocation.get": _located,
    "device.geolocation.start": _located,
    "device.geolocation.status": {"sceneIds": []},
    "device.geolocation.stop": {"sceneId": ""},
    "device.nfc.nfcRead": {"content": "沙箱资产 A-1024"},
    "device.nfc.nfcWrite": {"content": ""},
    "device.base.getUUID": {"uuid": "5f0c1d2e-7a34-4d0b-9c21-5a9d0e3b7f10"},
    "device.base.getPhoneInfo": {
        "screenWidth": 390,
        "screenHeight": 844,
        "brand": "sandbox",
        "model": "sandbox",
        "version": "13",
        "netInfo": "wifi",
        "operatorType": "CMCC",
    },
    "device.connection.getNetworkType": {"result": "wifi"},
    "device.notification.alert": {},
    "device.notification.confirm": {"buttonIndex": 0},
    "device.notification.prompt": _prompted,
    "device.notification.actionSheet": {"buttonIndex": 0},
    "device.notification.modal": {"buttonIndex": 0},
    "biz.util.scan": _scanned,
    "biz.util.scanCard": {"NAME": "张小沙", "COMPANY": "沙箱科技", "PHONE": "13800000000"},
    "biz.util.uploadImage": ["https://example.com/sandbox/photo.jpg"],
    "biz.util.datepicker": _picked_time,
    "biz.util.timepicker": _picked_time,
    "biz.util.datetimepicker": _picked_time,
    "biz.util.chosen": {"key": "1", "value": "1"},
    "biz.chat.chooseConversationByCorpId": CHAT,
    "biz.chat.chooseConversation": CHAT,
    "biz.contact.choose": [PERSON],
    "biz.contact.complexPicker": {
        "selectedCount": 1,
        "users": [PERSON],
        "departments": [],
    },
    "biz.contact.departmentsPicker": {
        "userCount": 3,
        "departmentsCount": 1,
        "departments": [{"id": 1, "name": "沙箱科技", "number": 3}],
    },
    "biz.user.get": {"id": PERSON["emplId"], "nickName": PERSON["name"], "isAuth": 1},
    "biz.map.locate": {**PLACE, "title": "沙箱科技"},
    "ui.pullToRefresh.enable": {},
    "ui.webViewBounce.disable": {},
    "util.domainStorage.getItem": {"value": ""},
}
