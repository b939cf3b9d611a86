"""Cutting a scanner's bytes into codes, without input or output.

A code ends at CR, LF, TAB or a silence; what is longer than a code can be is thrown away up to the next silence, so
that a device that babbles cannot fill the memory or be read as a code.
"""

from __future__ import annotations

LONGEST = 64  # bytes; a code with its prefix is 27
ENDS = b"\r\n\t"


class Framing:
    """Collects bytes; *silence_s* without a byte ends a code (GM65 scanners may send no terminator at all)."""

    def __init__(self, silence_s: float) -> None:
        self._silence_s = silence_s
        self._bytes = bytearray()
        self._is_babbling = False
        self.deadline: float | None = None

    def feed(self, data: bytes, now: float) -> list[str]:
        """Take in *data*; the codes it ends."""
        self.deadline = now + self._silence_s
        codes = [code for byte in data if (code := self._take(byte))]
        if not self._bytes and not self._is_babbling:
            self.deadline = None
        return codes

    def expire(self) -> list[str]:
        """Silence: end the code that was not ended, or forgive the babble."""
        code = "" if self._is_babbling else _text(self._bytes)
        self._bytes.clear()
        self._is_babbling = False
        self.deadline = None
        return [code] if code else []

    def _take(self, byte: int) -> str:
        if self._is_babbling:
            return ""
        if byte in ENDS:
            code = _text(self._bytes)
            self._bytes.clear()
            return code
        self._bytes.append(byte)
        if len(self._bytes) > LONGEST:
            self._bytes.clear()
            self._is_babbling = True
        return ""


class HeldCard:
    """Tells a new scan from a card still held to the scanner: a card counts anew once out of view for *held_s*.

    Keeps a salted hash of the last text, never the text.
    """

    def __init__(self, held_s: float) -> None:
        self._held_s = held_s
        self._last: int | None = None
        self._seen = 0.0

    def is_new(self, text: str, now: float) -> bool:
        """Whether this reading is a scan of its own."""
        same = hash(text) == self._last and now - self._seen < self._held_s
        self._last, self._seen = hash(text), now
        return not same


def _text(data: bytes | bytearray) -> str:
    # line noise becomes characters that no code contains, and is refused as one
    return bytes(data).decode("ascii", "replace").strip()
