"""The stand-in's media files, and how it reads a multipart form."""

import re
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

from dingbridge.sandbox.clock import Clock

KEPT_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True)
class Stored:
    """One file as it was uploaded."""

    media_id: str
    kind: str
    name: str
    content: bytes
    created_at: int


class MediaStore:
    """Files by media_id; the oldest go when they are too many."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._files: OrderedDict[str, Stored] = OrderedDict()

    def put(self, kind: str, name: str, content: bytes) -> Stored:
        """Keeps a file under a new media_id."""
        media_id = f"@lA{secrets.token_urlsafe(18)}"
        stored = Stored(media_id, kind, name, content, int(self._clock.now() * 1000))
        with self._lock:
            self._files[media_id] = stored
            while sum(len(one.content) for one in self._files.values()) > KEPT_BYTES:
                self._files.popitem(last=False)
        return stored

    def get(self, media_id: object) -> Stored | None:
        """The file of that id."""
        with self._lock:
            return self._files.get(str(media_id))


def form_file(content_type: str, content: bytes, field: str) -> tuple[str, bytes] | None:
    """Name and content of the file ``field`` of a multipart form; None if there is none."""
    found = re.search(r'boundary="?([^";,\s]+)', content_type)
    if not content_type.lower().startswith("multipart/form-data") or not found:
        return None
    delimiter = b"\r\n--" + found[1].encode("latin-1")
    for part in (b"\r\n" + content).split(delimiter)[1:]:
        head, blank, body = part.partition(b"\r\n\r\n")
        names = re.search(rb'name="([^"]*)";\s*filename="([^"]*)"', head)
        if blank and names and names[1].decode("utf-8", "replace") == field:
            return names[2].decode("utf-8", "replace").replace("%22", '"'), body
    return None
