"""The QR symbol of a code: which of its 25 × 25 modules are dark. It draws nothing and refuses no code.

With version, level and mask fixed, a symbol is a sum modulo 2: error correction is linear, and so each bit of the text
turns round modules of its own, whatever the others are. ``Symbols`` has qrcode draw each bit once and then only adds.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import xor
from typing import Final

from qrcode.constants import ERROR_CORRECT_Q
from qrcode.image.svg import SvgPathImage
from qrcode.main import QRCode

from kiosk.codes.format import PREFIX, SYMBOLS, qr_text
from kiosk.core.values import Secret

QR_VERSION = 2  # at level Q it holds 29 characters; ours are 27
SIDE = 25  # modules, of version 2
QUIET_ZONE = 4  # modules, ISO/IEC 18004
MASK: Final = 3  # one for all: the search for the prettiest takes five times as long, and readers read any

_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"  # QR's own; a pair is 45 × first + second, in 11 bits
_PLACES = {0: 11} | dict.fromkeys(range(2, SYMBOLS - 1, 2), 11) | {SYMBOLS - 1: 6}  # bits of the pair or single there


def qr(text: str) -> QRCode[SvgPathImage]:
    """Return the symbol of *text* as qrcode makes it."""
    made = QRCode(QR_VERSION, ERROR_CORRECT_Q, 10, QUIET_ZONE, SvgPathImage, MASK)
    made.add_data(text, optimize=0)  # in one piece, by its characters in alphanumeric mode
    return made


class Symbols:
    """Makes symbols twenty times as fast as qrcode, once it has had 139 of them drawn."""

    def __init__(self) -> None:
        self._zeros = _drawn(PREFIX + "0" * SYMBOLS)
        self._turned = {
            place: _sums([self._zeros ^ _drawn(_lone_bit(place, bit)) for bit in range(bits)])
            for place, bits in _PLACES.items()
        }

    def rows(self, code: Secret) -> list[str]:
        """Return the symbol row by row, top first: 25 of ``1`` (dark) and ``0`` each, without the quiet zone."""
        text = qr_text(code).removeprefix(PREFIX)
        turned = (sums[_value(text[place : place + 2])] for place, sums in self._turned.items())
        modules = f"{reduce(xor, turned, self._zeros):0{SIDE * SIDE}b}"
        return [modules[start : start + SIDE] for start in range(0, SIDE * SIDE, SIDE)]


def _sums(turned: Iterable[int]) -> list[int]:
    """Return what a value turns round, for every value there is, from what each of its bits does, lowest first."""
    sums = [0]
    for modules in turned:
        sums += [modules ^ others for others in sums]
    return sums


def _value(characters: str) -> int:
    return reduce(lambda value, character: 45 * value + _ALPHANUMERIC.index(character), characters, 0)


def _lone_bit(place: int, bit: int) -> str:
    """Spell the text that is all zeros but for one bit at *place*."""
    first, second = divmod(1 << bit, 45)
    spelled = _ALPHANUMERIC[first] + _ALPHANUMERIC[second] if _PLACES[place] == 11 else _ALPHANUMERIC[second]
    return PREFIX + "0" * place + spelled + "0" * (SYMBOLS - place - len(spelled))


def _drawn(text: str) -> int:
    made = qr(text)
    made.make(fit=False)
    return int("".join("1" if dark else "0" for row in made.modules for dark in row), 2)
