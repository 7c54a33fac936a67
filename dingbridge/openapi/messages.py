"""Messages of every type, written once for all ways of sending them.

A message goes out as a work notification, into a conversation by `cid`, or through the app's robot;
the first two take one format and the robot another (documents "message notification types" and
"types of messages sent and received"). What cannot be sent by a way is refused there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from types import MappingProxyType

from dingbridge.errors import CallRefused

MARKDOWN_LIMIT = 5000  # characters
VOICE_SECONDS = 60
BUTTON_LIMIT = 5
ROBOT_LIMIT = 15_000  # bytes of a robot's message

# The robot's name for each type, and for each of its fields where it is taken from.
_ROBOT = MappingProxyType(
    {
        "text": ("sampleText", {"content": "content"}),
        "markdown": ("sampleMarkdown", {"title": "title", "text": "text"}),
        "image": ("sampleImageMsg", {"photoURL": "media_id"}),
        "link": (
            "sampleLink",
            {"title": "title", "text": "text", "picUrl": "picUrl", "messageUrl": "messageUrl"},
        ),
    }
)


@dataclass(frozen=True)
class Message:
    """One message; made by the functions of this module.

    `content` is the body under the type's name in a notification; `file_name` is known to robots
    only.
    """

    msgtype: str
    content: Mapping[str, object] = field(repr=False)
    file_name: str = ""

    def as_notification(self) -> dict[str, object]:
        """The `msg` of a work notification, and of a message into a conversation."""
        return {"msgtype": self.msgtype, self.msgtype: dict(self.content)}

    def as_robot(self) -> tuple[str, str]:
        """`msgKey` and `msgParam` of a robot's message.

        Raises CallRefused (`not_for_robots`, `message_too_long`).
        """
        key, fields = self._robot_fields()
        param = json.dumps(fields, ensure_ascii=False)
        if len(param.encode()) > ROBOT_LIMIT:
            raise CallRefused("message_too_long", {"limit": f"{ROBOT_LIMIT} B"})
        return key, param

    def _robot_fields(self) -> tuple[str, dict[str, object]]:
        content = self.content
        if self.msgtype in _ROBOT:
            key, names = _ROBOT[self.msgtype]
            return key, {name: content[source] for name, source in names.items()}
        if self.msgtype == "voice":
            duration = str(int(str(content["duration"])) * 1000)  # milliseconds here
            return "sampleAudio", {"mediaId": content["media_id"], "duration": duration}
        if self.msgtype == "file":
            kind = PurePath(self.file_name).suffix.lstrip(".").lower()
            if not kind:
                raise CallRefused("not_for_robots", {"type": "file"})
            return "sampleFile", {
                "mediaId": content["media_id"],
                "fileName": self.file_name,
                "fileType": kind,
            }
        if self.msgtype == "action_card":
            return _robot_card(content)
        raise CallRefused("not_for_robots", {"type": self.msgtype})


@dataclass(frozen=True)
class Button:
    """A button of a card; at most 20 characters, and a URL of at most 700."""

    title: str
    url: str


def text(content: str) -> Message:
    """Plain text; the platform advises at most 500 characters."""
    return Message("text", {"content": content})


def image(media_id: str) -> Message:
    """A picture that has been uploaded; the platform advises 600 × 400 pixels."""
    return Message("image", {"media_id": media_id})


def voice(media_id: str, seconds: int) -> Message:
    """A recording that has been uploaded, of 1 to 59 seconds.

    Raises CallRefused (`voice_duration`).
    """
    if not 0 < seconds < VOICE_SECONDS:
        raise CallRefused("voice_duration", {"seconds": str(seconds)})
    return Message("voice", {"media_id": media_id, "duration": str(seconds)})


def file(media_id: str, name: str = "") -> Message:
    """A file that has been uploaded; robots need its name with its ending."""
    return Message("file", {"media_id": media_id}, name)


def link(title: str, text: str, url: str, picture: str) -> Message:
    """A link with a picture, which is a media_id or a URL."""
    content = {"title": title, "text": text, "messageUrl": url, "picUrl": picture}
    return Message("link", content)


def markdown(title: str, text: str) -> Message:
    """Markdown of the platform's kind; `title` is what lists and notices show.

    Raises CallRefused (`message_too_long`) above 5000 characters.
    """
    if len(text) > MARKDOWN_LIMIT:
        raise CallRefused("message_too_long", {"limit": str(MARKDOWN_LIMIT)})
    return Message("markdown", {"title": title, "text": text})


def card(title: str, markdown: str, button: Button) -> Message:
    """A card that leads to one place. Raises CallRefused (`card_buttons`)."""
    if not 0 < len(button.title) <= 20 or not 0 < len(button.url) <= 500:
        raise CallRefused("card_buttons", {"count": "1"})
    content = {"single_title": button.title, "single_url": button.url}
    return Message("action_card", {"title": title, "markdown": markdown, **content})


def card_with_buttons(
    title: str, markdown: str, buttons: Sequence[Button], *, side_by_side: bool = False
) -> Message:
    """A card with one to five buttons. Raises CallRefused (`card_buttons`)."""
    listed = [{"title": button.title, "action_url": button.url} for button in buttons]
    fits = all(0 < len(button.title) <= 20 and 0 < len(button.url) <= 700 for button in buttons)
    if not 0 < len(buttons) <= BUTTON_LIMIT or not fits:
        raise CallRefused("card_buttons", {"count": str(len(buttons))})
    content = {"btn_orientation": "1" if side_by_side else "0", "btn_json_list": listed}
    return Message("action_card", {"title": title, "markdown": markdown, **content})


def oa(  # noqa: PLR0913  # the platform's own type has these parts
    title: str,
    url: str,
    *,
    form: Mapping[str, str] | None = None,
    content: str = "",
    amount: tuple[str, str] | None = None,
    image: str = "",
    author: str = "",
    head: str = "",
    head_colour: str = "FF1677FF",
    pc_url: str = "",
    status: tuple[str, str] | None = None,
) -> Message:
    """A form-like message (OA).

    `form` shows six entries at most. `amount` is a number and its unit; `status` a word and its
    colour (`0xFFF65E5E`), for at most five receivers given by userid. `head` is replaced by the
    app's name in work notifications; `head_colour` is AARRGGBB without `0x`.
    """
    body: dict[str, object] = {"title": title}
    optional: dict[str, object] = {
        "form": [{"key": key, "value": value} for key, value in (form or {}).items()],
        "content": content,
        "rich": amount and {"num": amount[0], "unit": amount[1]},
        "image": image,
        "author": author,
    }
    body.update({name: value for name, value in optional.items() if value})
    parts: dict[str, object] = {
        "message_url": url,
        "head": {"bgcolor": head_colour, "text": head or title},
        "body": body,
    }
    if pc_url:
        parts["pc_message_url"] = pc_url
    if status:
        parts["status_bar"] = {"status_value": status[0], "status_bg": status[1]}
    return Message("oa", parts)


def _robot_card(content: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """A card in the robot's words: one template for each number of buttons."""
    fields: dict[str, object] = {"title": content["title"], "text": content["markdown"]}
    buttons = content.get("btn_json_list")
    if not isinstance(buttons, list):
        fields |= {"singleTitle": content["single_title"], "singleURL": content["single_url"]}
        return "sampleActionCard", fields
    if len(buttons) == 1:
        (only,) = buttons
        fields |= {"singleTitle": only["title"], "singleURL": only["action_url"]}
        return "sampleActionCard", fields
    beside = content["btn_orientation"] == "1" and len(buttons) == 2
    title, url = ("buttonTitle", "buttonUrl") if beside else ("actionTitle", "actionURL")
    for number, button in enumerate(buttons, 1):
        fields |= {f"{title}{number}": button["title"], f"{url}{number}": button["action_url"]}
    return f"sampleActionCard{6 if beside else len(buttons)}", fields
