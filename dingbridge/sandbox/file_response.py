"""A file that somebody else has written, answered such that it can do nothing to the sandbox."""

from pathlib import PurePosixPath
from typing import Protocol
from urllib.parse import quote

from dingbridge.sandbox.http_message import RefusedRequest, Response

# What a browser may draw by itself; anything else is handed over as a file to be saved.
DRAWN = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}


class File(Protocol):
    """Anything with a name and a content."""

    @property
    def name(self) -> str:
        """With its extension."""

    @property
    def content(self) -> bytes:
        """All of it."""


def file_response(file: File | None) -> Response:
    """The file's content under its name; RefusedRequest (404) if there is none."""
    if file is None:
        raise RefusedRequest(404, "there is no such file")
    drawn = DRAWN.get(PurePosixPath(file.name).suffix.lower())
    how = "inline" if drawn else "attachment"
    headers = [
        ("Content-Type", drawn or "application/octet-stream"),
        ("Content-Disposition", f"{how}; filename*=UTF-8''{quote(file.name, safe='')}"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "default-src 'none'; sandbox"),
        ("Cache-Control", "no-store"),
    ]
    return Response(200, headers, file.content)
