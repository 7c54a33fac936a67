"""The part of the sandbox's own API that shows one phone: chats, photographs, drive, map."""

from collections.abc import Callable

from dingbridge.sandbox.checks import BadValue
from dingbridge.sandbox.file_response import file_response
from dingbridge.sandbox.http_message import RefusedRequest, Request, Response, json_response
from dingbridge.sandbox.native_call import Phone
from dingbridge.sandbox.phone_storage import FOLDERS, StorageFull
from dingbridge.sandbox.places import map_data

PHOTO_BYTES = 32 << 20


class PhoneAdmin:
    """``GET chats``, ``drive``, ``drive/file``, ``album``, ``photo``, ``map``; ``POST album``."""

    def __init__(self, phone: Callable[[Request], Phone]) -> None:
        self._phone = phone
        self.routes: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", "chats"): self._chats,
            ("GET", "drive"): self._drive,
            ("GET", "drive/file"): self._file,
            ("GET", "album"): self._album,
            ("POST", "album"): self._take_photo,
            ("GET", "photo"): self._photo,
            ("GET", "map"): lambda _: json_response(map_data()),
        }

    def _chats(self, request: Request) -> Response:
        phone = self._phone(request)
        chats = phone.platform.corp.conversations.of(phone.device.user)
        return json_response({"chats": [chat.describe() for chat in chats]})

    def _drive(self, request: Request) -> Response:
        files = [
            {**one.in_drive(), "folder": FOLDERS[one.folder], "at": round(one.at, 3)}
            for one in self._phone(request).storage.files()
        ]
        return json_response({"files": files})

    def _file(self, request: Request) -> Response:
        return file_response(self._phone(request).storage.file(request.query.get("id")))

    def _album(self, request: Request) -> Response:
        photos = self._phone(request).storage.photos()
        return json_response({"photos": [{"id": one.identity, "name": one.name} for one in photos]})

    def _take_photo(self, request: Request) -> Response:
        """Adds the body as a picture of that name."""
        storage = self._phone(request).storage
        name, content = request.query.get("name", ""), request.body.read(PHOTO_BYTES)
        if not name or not content:
            raise BadValue("a picture needs a name and a body")
        try:
            photo = storage.add_photo(name, content)
        except StorageFull:
            raise RefusedRequest(413, "the phone is full") from None
        return json_response({"id": photo.identity, "name": photo.name})

    def _photo(self, request: Request) -> Response:
        return file_response(self._phone(request).storage.photo(request.query.get("id")))
