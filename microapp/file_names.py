"""What an uploaded file is called. Names are the visitor's words: they are cleaned and kept in the
database, and no file on disk is ever called so.
"""

from __future__ import annotations

import re
import unicodedata

NAME_BYTES = 255  # in UTF-8: what the file systems of phones and computers take
_UNNAMED = "file"
# Not allowed on Windows, where a download may end up.
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)", re.IGNORECASE)
_EXTENSION = re.compile(r"\.[a-z0-9]{1,8}$", re.IGNORECASE)


def file_name(text: str) -> str:
    """The name to keep: NFC, without folders, controls or anything that a system gives a meaning.

    At most 255 bytes of UTF-8; what is too long is cut before the extension. Never empty.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", text))[-1]
    # Line ends and odd spaces become spaces; controls, direction marks and halves of characters
    # go: none of them is seen, and some make a name read as another.
    spaced = "".join(" " if c.isspace() else c for c in last)
    seen = " ".join("".join(c for c in spaced if c.isprintable()).split())
    name = _FORBIDDEN.sub("_", seen).strip(" .")
    stem, ending = _parted(name, seen)
    if _RESERVED.match(name):
        stem = f"_{stem}"
    room = NAME_BYTES - len(ending)
    cut = (stem or _UNNAMED).encode()[:room].decode(errors="ignore")
    return cut.rstrip(" .") + ending


def extension(name: str) -> str:
    """The extension in lower case without its dot; empty where there is none."""
    found = _EXTENSION.search(name)
    return found[0][1:].lower() if found else ""


def _parted(name: str, seen: str) -> tuple[str, str]:
    """Stem and extension, also where there is nothing but an extension (`.jpg`)."""
    if re.fullmatch(r"\.+[A-Za-z0-9]{1,8}", seen.strip()):
        return "", f".{name}"
    found = _EXTENSION.search(name)
    return (name[: found.start()].rstrip(" ."), found[0]) if found else (name, "")
