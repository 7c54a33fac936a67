"""A message as its receiver's client draws it: one shape for all types of both APIs."""

from collections.abc import Mapping
from typing import Any

from dingbridge.sandbox.media_store import MediaStore

Card = dict[str, Any]
Fields = Mapping[str, Any]


def card(message: Fields, media: MediaStore) -> Card:
    """Title, text, picture, facts, file and buttons of a message; only what there is of them.

    ``markdown`` tells whether the text is Markdown, ``buttons`` are ``{"title", "url"}``; an
    empty title is the client's own word for opening. Pictures and files of the platform's media
    are addresses below the sandbox's own API.
    """
    kind = str(message.get("msgtype", ""))
    content = message.get(kind)
    fields = content if isinstance(content, dict) else {}
    draw = _DRAWN.get(kind) or (_actions if kind.startswith("sampleActionCard") else _bare)
    drawn = {"kind": kind, **draw(fields, media)}
    return {name: value for name, value in drawn.items() if value not in (None, "", [])}


def _bare(fields: Fields, _media: MediaStore) -> Card:
    return {"title": fields.get("title")}


def _text(fields: Fields, _media: MediaStore) -> Card:
    return {"text": fields.get("content")}


def _markdown(fields: Fields, _media: MediaStore) -> Card:
    return {"title": fields.get("title"), "text": fields.get("text"), "markdown": True}


def _link(fields: Fields, media: MediaStore) -> Card:
    return {
        "title": fields.get("title"),
        "text": fields.get("text"),
        "image": _picture(fields.get("picUrl"), media),
        "buttons": _buttons([("", fields.get("messageUrl"))]),
    }


def _oa(fields: Fields, media: MediaStore) -> Card:
    head, body = _table(fields.get("head")), _table(fields.get("body"))
    rich = _table(body.get("rich"))
    form = body.get("form")
    facts = [_table(one) for one in form] if isinstance(form, list) else []
    return {
        "head": head.get("text"),
        "title": body.get("title"),
        "facts": [[str(one.get("key", "")), str(one.get("value", ""))] for one in facts],
        "figure": f"{rich.get('num', '')}{rich.get('unit', '')}",
        "text": body.get("content"),
        "image": _picture(body.get("image"), media),
        "note": body.get("author"),
        "buttons": _buttons([("", fields.get("message_url"))]),
        "pc_url": fields.get("pc_message_url"),
    }


def _action_card(fields: Fields, _media: MediaStore) -> Card:
    several = fields.get("btn_json_list")
    pairs = [(fields.get("single_title"), fields.get("single_url"))]
    if isinstance(several, list):
        pairs += [(one.get("title"), one.get("action_url")) for one in map(_table, several)]
    return {
        "title": fields.get("title"),
        "text": fields.get("markdown"),
        "markdown": True,
        "buttons": _buttons(pairs),
    }


def _actions(fields: Fields, _media: MediaStore) -> Card:
    names = [("singleTitle", "singleURL")]
    names += [(f"actionTitle{number}", f"actionURL{number}") for number in range(1, 6)]
    names += [(f"buttonTitle{number}", f"buttonUrl{number}") for number in (1, 2)]
    return {
        "title": fields.get("title"),
        "text": fields.get("text"),
        "markdown": True,
        "buttons": _buttons([(fields.get(title), fields.get(url)) for title, url in names]),
    }


def _image(fields: Fields, media: MediaStore) -> Card:
    return {"image": _picture(fields.get("media_id") or fields.get("photoURL"), media)}


def _file(fields: Fields, media: MediaStore) -> Card:
    identity = fields.get("media_id") or fields.get("mediaId") or fields.get("videoMediaId")
    stored = media.get(identity)
    name = fields.get("fileName") or (stored.name if stored else None)
    size = len(stored.content) if stored else 0
    return {
        "file": {"name": str(name or identity or ""), "size": size},
        "seconds": fields.get("duration"),
        "buttons": _buttons([("", f"media?id={identity}" if stored else None)]),
    }


_DRAWN = {
    "text": _text,
    "sampleText": _text,
    "markdown": _markdown,
    "sampleMarkdown": _markdown,
    "link": _link,
    "sampleLink": _link,
    "oa": _oa,
    "action_card": _action_card,
    "image": _image,
    "sampleImageMsg": _image,
    "file": _file,
    "voice": _file,
    "sampleFile": _file,
    "sampleAudio": _file,
    "sampleVideo": _file,
}


def _buttons(pairs: list[tuple[object, object]]) -> list[dict[str, str]]:
    return [{"title": str(title or ""), "url": str(url)} for title, url in pairs if url]


def _picture(where: object, media: MediaStore) -> str | None:
    """The address of a picture that is named by address or by media_id."""
    if not isinstance(where, str) or not where:
        return None
    if media.get(where):
        return f"media?id={where}"
    return where if where.startswith(("https://", "http://")) else None


def _table(value: object) -> Fields:
    return value if isinstance(value, dict) else {}
