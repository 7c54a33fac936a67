"""The stand-in's media files: upload as a form with one file, and download."""

from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from dingbridge.sandbox.api_envelope import OapiError, Routes, require_get
from dingbridge.sandbox.http_message import Request, Response
from dingbridge.sandbox.media_store import form_file
from dingbridge.sandbox.platform_state import PlatformState
from dingbridge.sandbox.server_calls import admit_oapi, succeeded

MEGABYTE = 1024 * 1024
UPLOAD = "/media/upload"
UPLOAD_LIMIT = 24 * MEGABYTE  # of a request; what is refused within it gets an envelope
_DOCUMENTS = frozenset({"doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "pdf", "rar"})
_RULES: dict[str, tuple[int, frozenset[str]]] = {
    "image": (20 * MEGABYTE, frozenset({"jpg", "jpeg", "gif", "png", "bmp"})),
    "voice": (2 * MEGABYTE, frozenset({"amr", "mp3", "wav"})),
    "video": (20 * MEGABYTE, frozenset({"mp4"})),
    "file": (20 * MEGABYTE, _DOCUMENTS),
}


class MediaApi:
    """Keeps what fits the documented sizes and types."""

    def __init__(self, state: PlatformState) -> None:
        self._state = state
        self.routes: Routes = {
            UPLOAD: ("media", self._upload),
            "/media/downloadFile": ("media", self._download),
        }

    def _upload(self, request: Request, content: bytes) -> dict[str, object]:
        admit_oapi(request, self._state)
        if request.method != "POST":
            raise OapiError(43002, "需要POST请求")
        kind = request.query.get("type", "")
        content_type = request.header("Content-Type") or ""
        if not content_type.lower().startswith("multipart/form-data"):
            raise OapiError(43008, "参数需要multipart类型")
        if kind not in _RULES:
            raise OapiError(40004, "不合法的媒体文件类型")
        found = form_file(content_type, content, "media")
        if found is None or not found[1]:
            raise OapiError(44001, "多媒体文件为空")
        name, file = found
        limit, endings = _RULES[kind]
        if PurePath(name).suffix.lstrip(".").lower() not in endings:
            raise OapiError(40005, "不合法的文件类型")
        if len(file) > limit:
            raise OapiError(40006, "不合法的文件大小")
        stored = self._state.corp.media.put(kind, name, file)
        told = {"type": kind, "media_id": stored.media_id, "created_at": stored.created_at}
        return succeeded(told)

    def _download(self, request: Request, _content: bytes) -> Any:
        admit_oapi(request, self._state)
        require_get(request)
        stored = self._state.corp.media.get(request.query.get("media_id"))
        if stored is None:
            raise OapiError(40007, "不合法的媒体文件id")
        headers = [
            ("Content-Type", "application/octet-stream"),
            ("Content-Disposition", f"attachment; filename*=UTF-8''{quote(stored.name)}"),
        ]
        return Response(200, headers, stored.content)
