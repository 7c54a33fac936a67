"""What the simulated client answers about photographs and the drive (钉盘)."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import requests

from dingbridge.sandbox.native_call import NativeCall, NativeError
from dingbridge.sandbox.phone_storage import FOLDERS, SPACE_ID, Kept, StorageFull
from dingbridge.sandbox.questions import attachment_types

FETCH_BYTES = 100 << 20
FETCH_SECONDS = 30.0
BLOCK = 1 << 16


def uploaded_images(call: NativeCall) -> object:
    """Addresses under which the pictures can be had, as from the platform's own storage."""
    return [_photo_url(call, photo) for photo in _photos(call)]


def chosen_images(call: NativeCall) -> object:
    """Pictures that have stayed on the phone."""
    photos = _photos(call)
    return {
        "filePaths": [_photo_url(call, photo) for photo in photos],
        "files": [
            {"path": _photo_url(call, one), "size": len(one.content), "fileType": "image"}
            for one in photos
        ],
    }


def saved_file(call: NativeCall) -> object:
    """Fetches ``url``, or takes the file of that media_id, and puts it into the drive."""
    url, name = call.args.get("url"), call.args.get("name")
    if not isinstance(url, str) or not url:
        raise NativeError(3, "url is blank")
    if not isinstance(name, str) or not name:
        raise NativeError(3, "name is blank")
    folder = _folder(call)
    if url.startswith("@"):
        stored = call.phone.platform.corp.media.get(url)
        if stored is None:
            raise NativeError(3, "media_id is not known")
        content = stored.content
    else:
        content = _fetched(url)
    return {"data": [_saved(call, name, content, folder).in_drive()]}


def chosen_folder(call: NativeCall) -> object:
    """A folder of the drive."""
    folder = _folder(call)
    return {"data": [{"spaceId": SPACE_ID, "path": f"/{FOLDERS[folder]}/", "dirId": folder}]}


def attached(call: NativeCall) -> object:
    """Files of the drive as they are, or pictures that are put into it first."""
    from_drive = "files" in call.answer or (not call.answer and "space" in attachment_types(call))
    if from_drive:
        known = {one.identity: one for one in call.phone.storage.files()}
        files = call.answered("files", known) if call.answer else list(known.values())[:1]
        return {"type": "space", "data": [one.in_drive() for one in files]}
    folder = next(iter(FOLDERS))
    kept = [_saved(call, photo.name, photo.content, folder) for photo in _photos(call)]
    return {"type": "image", "data": [one.in_drive() for one in kept]}


def previewed(call: NativeCall) -> object:
    """Nothing, if there is such a file in the drive."""
    if call.phone.storage.file(str(call.args.get("fileId"))) is None:
        raise NativeError(3, "there is no such file in the drive")
    return {}


def _photos(call: NativeCall) -> list[Kept]:
    storage = call.phone.storage
    known: Mapping[str, Any] = {one.identity: one for one in storage.photos()}
    chosen = call.answered("photos", known) if call.answer else [next(iter(known.values()))]
    return [photo for one in chosen if (photo := storage.photo(one.identity))]


def _photo_url(call: NativeCall, photo: Kept) -> str:
    device = quote(call.phone.storage.device, safe="")
    return f"{call.phone.address}__sandbox__/photo?device={device}&id={photo.identity}"


def _folder(call: NativeCall) -> str:
    if not call.answer:
        return next(iter(FOLDERS))
    return str(call.answered("folder", {identity: identity for identity in FOLDERS})[0])


def _saved(call: NativeCall, name: str, content: bytes, folder: str) -> Kept:
    try:
        return call.phone.storage.save(name, content, folder)
    except StorageFull:
        raise NativeError(3, "the drive is full") from None


def _fetched(url: str) -> bytes:
    """The file's content; it is fetched as the platform would: from outside, without cookies."""
    if not re.match(r"https?://", url, re.IGNORECASE):
        raise NativeError(3, "url is neither http nor https")
    content = bytearray()
    try:
        with requests.Session() as session:
            session.trust_env = False  # neither a proxy nor a password of this machine
            response = session.get(url, stream=True, timeout=FETCH_SECONDS)
            if response.status_code != 200:
                raise NativeError(3, f"the server of url answered {response.status_code}")
            for block in response.iter_content(BLOCK):
                content += block
                if len(content) > FETCH_BYTES:
                    raise NativeError(3, f"the file is longer than {FETCH_BYTES} bytes")
    except (requests.RequestException, ValueError) as error:
        raise NativeError(3, f"url cannot be fetched: {type(error).__name__}") from None
    return bytes(content)
