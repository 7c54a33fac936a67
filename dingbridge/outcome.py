"""What a page reports of its bridge: bounded, believed for statistics and explanations only."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass, fields

from dingbridge.errors import SignatureError
from dingbridge.redaction import mask_parameters
from dingbridge.settings import QueryRule
from dingbridge.signature import signed_form
from dingbridge.url_difference import name_changes

STATES = {"ready", "error", "outside", "pending"}
LONGEST = 8192
# The platform's own text names the tickets that it tried, masked in part; a log needs none of it.
_TICKETS = re.compile(r"(ticketList:)\[[^\]]*\]?")
# Surrogates (\ud800 in JSON) are in no text that can be printed or stored as UTF-8.
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\u00a1-\ud7ff\ue000-\uffef]")


@dataclass(frozen=True)
class Outcome:
    """One page's report. Every field is text that anybody may have made up."""

    state: str
    reference: str = ""
    code: str = ""
    subcode: str = ""
    message: str = ""
    signed_url: str = ""
    page_url: str = ""
    platform_url: str = ""
    platform: str = ""
    version: str = ""
    api: str = ""
    apis: str = ""

    @classmethod
    def parse(cls, body: bytes) -> Outcome | None:
        """The report in a posted JSON object, cut to size; None if it is none.

        Fields that are missing, of another type or unknown are left out.
        """
        try:
            posted = json.loads(body)
        except (ValueError, RecursionError):
            return None
        if not isinstance(posted, dict) or str(posted.get("state")) not in STATES:
            return None
        known: dict[str, str] = {}
        for field in fields(cls):
            value = posted.get(field.name)
            if isinstance(value, (str, int)) and not isinstance(value, bool):
                text = str(value)[: LONGEST if field.name.endswith("url") else 500]
                known[field.name] = _TICKETS.sub(r"\1[…]", _UNPRINTABLE.sub("?", text))
        return cls(**known)

    @property
    def is_failure(self) -> bool:
        """Whether the visitor has read a reference, or the page had to have another URL signed."""
        moved = self.signed_url and self.page_url not in {"", self.signed_url}
        return self.state == "error" or (self.state == "ready" and bool(moved))

    def seen(self) -> dict[str, str]:
        """What was reported, secrets masked, with names for what differs between the two URLs."""
        told = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)}
        seen = {name: mask_parameters(text) for name, text in told.items()}
        if self.signed_url and self.page_url:
            changed = ",".join(name_changes(self.signed_url, self.page_url))
            seen |= {"changed": changed} if changed else {}
        return seen

    def log(self, log: logging.Logger) -> None:
        """One line with the page's reference; quiet for a page that works."""
        works = self.state == "ready" and self.page_url in {"", self.signed_url}
        line = " ".join(f"{name}={value!r}" for name, value in self.seen().items())
        log.log(logging.DEBUG if works else logging.WARNING, "bridge outcome %s", line)

    def blames_ticket(self, rule: QueryRule) -> bool:
        """Whether the platform says, in effect, that our ticket is bad.

        52011 says so outright; 52013 does when the URL that the platform used is the one that was
        signed (raw or as the rule decodes it), so that only the ticket can differ.
        """
        if self.subcode == "52011":
            return True
        if self.subcode != "52013" or not self.signed_url:
            return False
        seen = self.platform_url or self.page_url
        try:
            return seen in {self.signed_url, signed_form(self.signed_url, rule)}
        except SignatureError:
            return False
