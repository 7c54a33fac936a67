"""What the simulated client answers, API by API, beside the grant, auth codes and files."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, cast

from dingbridge.sandbox.conversations import CHATS, Chat
from dingbridge.sandbox.native_call import NativeCall, NativeError, cancelled
from dingbridge.sandbox.native_files import (
    attached,
    chosen_folder,
    chosen_images,
    previewed,
    saved_file,
    uploaded_images,
)
from dingbridge.sandbox.places import address_at
from dingbridge.sandbox.questions import is_true, wanted_chats, wanted_codes

Answer = Callable[[NativeCall], object]
PERSON = {"name": "张小沙", "avatar": "", "emplId": "manager4220"}
# The client documents these for Android alone.
ANDROID_PLACE = {
    "provider": "lbs",
    "isWifiEnabled": True,
    "isGpsEnabled": True,
    "isFromMock": False,
    "isMobileEnabled": True,
}


def given(call: NativeCall) -> object:
    """What the client answers once nothing stands against it; {} to an API it does not know."""
    if "result" in call.answer:
        return call.answer["result"]
    result = _ANSWERS.get(call.method, {})
    return result(call) if callable(result) else result


def _address(call: NativeCall) -> Mapping[str, str]:
    parts = address_at(call.device.place)
    road = {"district": parts.district, "road": parts.road}
    return {"address": str(parts), "province": parts.province, "city": parts.city, **road}


def _located(call: NativeCall) -> object:
    if call.device.location_off:
        raise NativeError(4, "unauthorized")
    # Without the map provider's coordinates, or if the page declines, there is no address.
    plain = call.args.get("coordinate") in (0, "0") or not is_true(
        call.args.get("withReGeocode"), default=True
    )
    return {
        **asdict(call.device.place),
        **({} if plain else _address(call)),
        "netType": "wifi",
        "operatorType": "CMCC",
        **(ANDROID_PLACE if call.device.platform == "android" else {}),
        "time": int(time.time() * 1000),
    }


def _map_located(call: NativeCall) -> object:
    if call.device.location_off:
        raise NativeError(4, "unauthorized")
    parts = address_at(call.device.place)
    return {
        "longitude": call.device.place.longitude,
        "latitude": call.device.place.latitude,
        "title": f"{parts.road}{parts.number}",
        "snippet": str(parts),
        "province": parts.province,
        "city": parts.city,
        "adName": parts.district,
        "distance": "0",
    }


def _scanned(call: NativeCall) -> object:
    codes = wanted_codes(call)
    if not codes:
        raise cancelled()
    return {"text": codes[0]["text"]}


def _tag_read(call: NativeCall) -> object:
    _require_nfc(call)
    if not call.device.tags:
        raise cancelled()
    return {"content": call.device.tags[0]}


def _tag_written(call: NativeCall) -> object:
    _require_nfc(call)
    return {"content": ""}


def _require_nfc(call: NativeCall) -> None:
    if not call.device.reads_tags:
        raise NativeError(1, f"{call.method} is not supported on this device")


def _chat(call: NativeCall) -> Chat:
    if call.answer:
        known = {chat.open_id: chat for chat in wanted_chats(call)}
        return cast(Chat, call.answered("chat", known)[0])
    return next((chat for chat in CHATS if chat.open_id == call.device.chat), CHATS[0])


def _picked(call: NativeCall) -> object:
    chat = _chat(call)
    # Good once, for whoever picked it.
    cid = call.phone.platform.corp.conversations.pick(call.device.user, chat)
    return {"cid": cid, "title": chat.title}


def _chosen(call: NativeCall) -> object:
    chat = _chat(call)
    return {"title": chat.title, "chatId": chat.chat_id, "openConversationId": chat.open_id}


def _prompted(call: NativeCall) -> object:
    return {"buttonIndex": 0, "value": call.args.get("defaultText", "沙箱里的回答")}


def _picked_time(call: NativeCall) -> object:
    return {"value": call.args.get("value") or "2026-01-15 09:30"}


_ANSWERS: dict[str, Answer | Any] = {
    "device.geolocation.get": _located,
    "device.geolocation.start": _located,
    "device.geolocation.status": {"sceneIds": []},
    "device.geolocation.stop": {"sceneId": ""},
    "device.nfc.nfcRead": _tag_read,
    "device.nfc.nfcWrite": _tag_written,
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
    "biz.util.uploadImage": uploaded_images,
    "biz.util.uploadImageFromCamera": uploaded_images,
    "biz.util.chooseImage": chosen_images,
    "biz.util.uploadAttachment": attached,
    "biz.cspace.saveFile": saved_file,
    "biz.cspace.chooseSpaceDir": chosen_folder,
    "biz.cspace.preview": previewed,
    "biz.util.datepicker": _picked_time,
    "biz.util.timepicker": _picked_time,
    "biz.util.datetimepicker": _picked_time,
    "biz.util.chosen": {"key": "1", "value": "1"},
    "biz.chat.pickConversation": _picked,
    "biz.chat.chooseConversationByCorpId": _chosen,
    "biz.chat.chooseConversation": _chosen,
    "biz.contact.choose": [PERSON],
    "biz.contact.complexPicker": {"selectedCount": 1, "users": [PERSON], "departments": []},
    "biz.contact.departmentsPicker": {
        "userCount": 3,
        "departmentsCount": 1,
        "departments": [{"id": 1, "name": "沙箱科技", "number": 3}],
    },
    "biz.user.get": {"id": PERSON["emplId"], "nickName": PERSON["name"], "isAuth": 1},
    "biz.map.locate": _map_located,
    "ui.pullToRefresh.enable": {},
    "ui.webViewBounce.disable": {},
    "util.domainStorage.getItem": {"value": ""},
}
