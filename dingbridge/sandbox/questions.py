"""What the client asks a person before it answers a page, and what there is to choose from."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dingbridge.sandbox.conversations import Chat
from dingbridge.sandbox.native_call import NativeCall
from dingbridge.sandbox.phone_storage import FOLDERS

Question = dict[str, Any]
MOST_FILES = 9


def question(call: NativeCall) -> Question | None:
    """What to ask, with its ``kind``; None where the client answers by itself."""
    ask = _QUESTIONS.get(call.method)
    if ask is None or call.device.answers != "person" or call.method in call.device.results:
        return None
    asked = ask(call)
    return asked and {**asked, "args": dict(call.args)}


def wanted_codes(call: NativeCall) -> list[Mapping[str, str]]:
    """The codes of the type that the page asked for; any type that is none means all."""
    kind = {"qrCode": "qr", "qr": "qr", "barCode": "bar", "bar": "bar"}.get(
        str(call.args.get("type"))
    )
    return [code for code in call.device.codes if kind in (None, code["kind"])]


def wanted_chats(call: NativeCall) -> list[Chat]:
    """The chats of the device's person, those of their own alone if the page says so."""
    chats = call.phone.platform.corp.conversations.of(call.device.user)
    own = is_true(call.args.get("filterNotOwnerGroup"))
    return [chat for chat in chats if not own or chat.owner == call.device.user]


def is_true(value: object, default: bool = False) -> bool:
    """A flag as pages pass it: also as text."""
    return default if value is None else value not in (False, 0, "", "false", "0")


def most(*limits: object) -> int:
    """How many may be chosen: the first limit that is one, else one; nine at most."""
    for limit in limits:
        if isinstance(limit, int) and not isinstance(limit, bool) and limit > 0:
            return min(limit, MOST_FILES)
    return 1


def _dialog(call: NativeCall) -> Question:
    return {"kind": call.method.rpartition(".")[2]}


def _scan(call: NativeCall) -> Question:
    return {"kind": "scan", "codes": [dict(code) for code in wanted_codes(call)]}


def _tags(call: NativeCall) -> Question | None:
    if not call.device.reads_tags:
        return None
    return {"kind": "tag", "tags": list(call.device.tags)}


def _chats(call: NativeCall) -> Question:
    # Only the older way has a second step, and has it unless the page declines.
    confirm = call.method == "biz.chat.pickConversation"
    return {
        "kind": "chat",
        "chats": [chat.describe() for chat in wanted_chats(call)],
        "confirm": confirm and is_true(call.args.get("isConfirm"), default=True),
    }


def photo_limit(call: NativeCall) -> int:
    """How many pictures the page wants at most."""
    several = is_true(call.args.get("multiple"))
    if call.method == "biz.util.uploadImageFromCamera":
        return 1
    if call.method == "biz.util.chooseImage":
        return most(call.args.get("count"))
    return most(call.args.get("max"), MOST_FILES) if several else 1


def _photos(call: NativeCall) -> Question:
    camera = call.method == "biz.util.uploadImageFromCamera" or call.args.get("sourceType") == [
        "camera"
    ]
    return {
        "kind": "photo",
        "camera": camera,
        "max": photo_limit(call),
        "photos": [{"id": one.identity, "name": one.name} for one in call.phone.storage.photos()],
    }


def _folder(_call: NativeCall) -> Question:
    return {
        "kind": "folder",
        "folders": [{"id": identity, "name": name} for identity, name in FOLDERS.items()],
    }


def attachment_limit(call: NativeCall) -> int:
    """How many attachments the page wants at most."""
    parts = (call.args.get(name) for name in ("space", "file", "image"))
    return most(*(part.get("max") for part in parts if isinstance(part, dict)), MOST_FILES)


def attachment_types(call: NativeCall) -> Sequence[str]:
    """Where an attachment may come from; all where the page says nothing of use."""
    known = ("photo", "camera", "file", "space")
    given = call.args.get("types")
    wanted = [one for one in known if isinstance(given, list) and one in given]
    return wanted or known


def _attachment(call: NativeCall) -> Question:
    types = attachment_types(call)
    storage = call.phone.storage
    files = storage.files() if "space" in types else []
    photos = storage.photos() if {"photo", "camera"} & set(types) else []
    return {
        "kind": "attachment",
        "types": list(types),
        "max": attachment_limit(call),
        "files": [one.in_drive() for one in files],
        "photos": [{"id": one.identity, "name": one.name} for one in photos],
    }


_QUESTIONS: dict[str, Callable[[NativeCall], Question | None]] = {
    "device.notification.alert": _dialog,
    "device.notification.confirm": _dialog,
    "device.notification.prompt": _dialog,
    "device.notification.actionSheet": _dialog,
    "biz.util.scan": _scan,
    "device.nfc.nfcRead": _tags,
    "biz.chat.pickConversation": _chats,
    "biz.chat.chooseConversationByCorpId": _chats,
    "biz.chat.chooseConversation": _chats,
    "biz.util.uploadImage": _photos,
    "biz.util.uploadImageFromCamera": _photos,
    "biz.util.chooseImage": _photos,
    "biz.cspace.saveFile": _folder,
    "biz.cspace.chooseSpaceDir": _folder,
    "biz.util.uploadAttachment": _attachment,
}
