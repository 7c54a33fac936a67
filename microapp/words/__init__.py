"""The micro-app's sentences, Chinese and English side by side: a module for each page."""

from __future__ import annotations

from dingbridge.settings import Language
from microapp.words.chat import WORDS as CHAT
from microapp.words.checkin import WORDS as CHECKIN
from microapp.words.files import WORDS as FILES
from microapp.words.frame import WORDS as FRAME
from microapp.words.home import WORDS as HOME
from microapp.words.report import WORDS as REPORT
from microapp.words.scan import WORDS as SCAN
from microapp.words.spa import WORDS as SPA

Words = dict[str, str]

# Keys of a page begin with its name, so that none stands in two modules.
_PAGES = (FRAME, HOME, CHECKIN, SCAN, CHAT, REPORT, FILES, SPA)
_WORDS = {key: pair for page in _PAGES for key, pair in page.items()}
_BY_LANGUAGE: dict[Language, Words] = {
    "zh": {key: pair[0] for key, pair in _WORDS.items()},
    "en": {key: pair[1] for key, pair in _WORDS.items()},
}


def words(lang: Language) -> Words:
    """Every sentence in one language, by key."""
    return _BY_LANGUAGE[lang]
