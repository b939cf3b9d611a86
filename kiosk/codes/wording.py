"""The short text on a card: neutral words for those who give none, and the programme's own, broken into lines.

Nothing is printed that would come out otherwise than it was written: letters that the face lacks and text that does not
fit are refused, with what to do. The neutral words say how the card is used, and not what for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from kiosk.codes.refusals import LettersLacking, WordsTooLong
from kiosk.core.values import Kind

# by kind and language, _ for a space where no line breaks; nobody has signed off the Spanish and the French
NEUTRAL_WORDS = {
    Kind.PASS: {
        "en": "Hold this to the scanner. Reusable.",
        "es": "Acerque esto al lector. Reutilizable.",
        "fr": "À présenter au lecteur. Réutilisable.",
    },
    Kind.TICKET: {
        "en": "Hold this to the scanner. Good_once.",
        "es": "Acerque esto al lector. Sirve_una_vez.",
        "fr": "À présenter au lecteur. Valable_une_fois.",
    },
    Kind.NUMBER: {
        "en": "Type this number at the kiosk. It_can_be_used_again.",
        "es": "Escriba este número en el quiosco. Sirve_más_de_una_vez.",
        "fr": "Numéro à taper sur la borne. Valable_plusieurs_fois.",
    },
    Kind.SHARED: {
        "en": "Type this number at the kiosk. For_everybody.",
        "es": "Escriba este número en el quiosco. Para_todo_el_mundo.",
        "fr": "Numéro à taper sur la borne. Pour_tout_le_monde.",
    },
}
LAST_DAY = "EXP {}"  # as packages all over the world say it

LEADING = 1.3  # from line to line, in sizes of the type
BETWEEN_PARAGRAPHS = 0.45  # more of the same


@dataclass(frozen=True, slots=True)
class Face:
    """A face of type: the *letters* it has, and the *width* of a text at size 1."""

    letters: frozenset[str]
    width: Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Room:
    """The room for words, and the sizes of type to try, the largest first; all in one unit."""

    width: float
    height: float
    sizes: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, and how far its top is below the first line's."""

    text: str
    down: float


@dataclass(frozen=True, slots=True)
class Setting:
    """Words as they stand on a card."""

    size: float
    lines: tuple[Line, ...]


def neutral_words(kind: Kind, languages: Iterable[str], expires: date | None) -> tuple[str, ...]:
    """Return a paragraph for each of *languages* that has one, else in English, and one for the last day."""
    words = {language: text.replace("_", "\N{NO-BREAK SPACE}") for language, text in NEUTRAL_WORDS[kind].items()}
    known = tuple(words[language] for language in languages if language in words)
    last_day = (LAST_DAY.format(expires.isoformat()),) if expires else ()
    return (known or (words["en"],)) + last_day


def paragraphs(text: str) -> tuple[str, ...]:
    """Take *text* apart at its empty lines."""
    return tuple(paragraph for part in text.replace("\r\n", "\n").split("\n\n") if (paragraph := part.strip("\n")))


def set_words(words: Iterable[str], face: Face, room: Room) -> Setting:
    """Break *words*, a paragraph each, into lines, in the largest size in which they fit; their own breaks stay.

    Raises ``LettersLacking`` or ``WordsTooLong``.
    """
    composed = [unicodedata.normalize("NFC", paragraph) for paragraph in words]  # ´ and e as the one letter é
    _refuse_lacking("".join(composed), face.letters)
    settings = [Setting(size, tuple(_lines(composed, face, size, room.width))) for size in room.sizes]
    for setting in settings:
        if setting == _fitting(setting, face, room):
            return setting
    raise _too_long(settings[-1], face, room)


def _lines(words: Sequence[str], face: Face, size: float, width: float) -> Iterator[Line]:
    down = 0.0
    for paragraph in words:
        for text in _broken(paragraph, face.width, width / size):
            yield Line(text, down)
            down += LEADING * size
        down += BETWEEN_PARAGRAPHS * size


def _fitting(setting: Setting, face: Face, room: Room) -> Setting:
    """Return the beginning of *setting* that has room."""
    lines = takewhile(
        lambda line: line.down + setting.size <= room.height and face.width(line.text) * setting.size <= room.width,
        setting.lines,
    )
    return Setting(setting.size, tuple(lines))


def _too_long(smallest: Setting, face: Face, room: Room) -> WordsTooLong:
    fitting = _fitting(smallest, face, room).lines
    first_out = smallest.lines[len(fitting)].text
    if face.width(first_out) * smallest.size > room.width:
        return WordsTooLong(f"{first_out!r} is too wide for a card. Shorten it, or break it with a hyphen and a space.")
    fits = " / ".join(line.text for line in fitting)
    return WordsTooLong(f"The text is too long for a card. What fits: {fits!r}. Shorten it, or leave out a language.")


def _refuse_lacking(text: str, letters: frozenset[str]) -> None:
    lacking = [letter for letter in dict.fromkeys(text) if letter not in letters | {"\n", "\t"}]
    if lacking:
        named = ", ".join(f"{letter!r} ({unicodedata.name(letter, 'no character')})" for letter in lacking[:3])
        more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        raise LettersLacking(
            f"The cards' face lacks {named}{more}. It has Latin, Greek and Cyrillic letters. For other scripts make "
            "a .csv or images, and lay the cards out in a program that has them."
        )


def _broken(paragraph: str, width: Callable[[str], float], room: float) -> Iterator[str]:
    """Yield lines no wider than *room*; a single word that is wider stays whole, and so does a no-break space."""
    for part in paragraph.split("\n"):
        line = ""
        for word in filter(None, re.split("[ \t]", part)):
            longer = f"{line} {word}".lstrip()
            if line and width(longer) > room:
                yield line
                longer = word
            line = longer
        yield line
