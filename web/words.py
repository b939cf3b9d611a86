"""The pages' texts in every language the kiosk offers. Texts are English in the code; ``translations/`` has the rest.

A text or a language without a translation is shown in English: better than nothing, and never a key.
"""

from __future__ import annotations

import gettext
import logging
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parent / "translations"
DOMAIN = "kiosk"


def N_(text: str) -> str:  # noqa: N802 - the usual name for it
    """Mark *text* for translation, where it is only kept."""
    return text


NAMES_ITSELF = N_("English")  # each translation has its own language's name here


class Words:
    """The translations of some languages, the usual one first."""

    def __init__(self, languages: Sequence[str], folder: Path = FOLDER) -> None:
        self.languages = tuple(languages)
        self._catalogues = {language: _catalogue(language, folder) for language in languages}

    @property
    def usual(self) -> str:
        """The language for whoever has not chosen one."""
        return self.languages[0]

    def known(self, language: str | None) -> str:
        """*language* if the kiosk offers it, else the usual one."""
        return language if language in self._catalogues else self.usual

    def say(self, language: str, text: str) -> str:
        """*text* in that language."""
        return self._catalogues[language].gettext(text)

    def name_of(self, language: str) -> str:
        """What a language calls itself; its short name where nobody has translated it."""
        if language.partition("-")[0] == "en":
            return NAMES_ITSELF
        name = self.say(language, NAMES_ITSELF)
        return language if name == NAMES_ITSELF else name


def pick(names: Mapping[str, str], language: str) -> str:
    """The best of a thing's *names*: in that language, in English, else the first."""
    return names.get(language) or names.get("en") or next(iter(names.values()))


def _catalogue(language: str, folder: Path) -> gettext.NullTranslations:
    try:
        return gettext.translation(DOMAIN, folder, [language.replace("-", "_")], fallback=True)
    except (OSError, ValueError, struct.error) as error:  # cut short by a power cut
        log.error("the texts in %s cannot be read (%s): install the program again", language, error)  # noqa: TRY400
        return gettext.NullTranslations()
