"""Whoever stands before the cabinet during a self-test: is told, asked to do things, and asked what was seen.

``Absent`` stands for nobody: then only sensors say anything.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol, TextIO

from hardware.selftest.stops import Stopped

YES, NO = ("y", "yes"), ("n", "no")


class Act(StrEnum):
    """What they are asked to do, in the words that ask for it."""

    OPEN_DOOR = "Open the service door now (or leave it open)."
    CLOSE_DOOR = "Close the service door."
    CROSS_BEAM = "Pass a hand through the tray, below the coils. All motors are off."


class Technician(Protocol):
    """Somebody, or nobody. The asking methods raise ``Stopped`` when no answer can come any more."""

    def tell(self, text: str) -> None:
        """Say something that needs no answer."""

    def is_asked_to(self, act: Act) -> bool:
        """Ask for an act; whether somebody is there to do it. What comes of it is seen by the sensors."""

    def agrees(self, question: str, expected: bool) -> bool | None:
        """Yes or no; None: nobody is there."""

    def counts(self, question: str, expected: int) -> int | None:
        """How many; None: nobody is there."""


class AtTerminal:
    """A technician who reads *says* and types into *hears*; an empty line is what was expected."""

    def __init__(self, hears: TextIO, says: TextIO) -> None:
        self._hears, self._says = hears, says

    def tell(self, text: str) -> None:
        """Write a line."""
        self._write(f"{text}\n")

    def is_asked_to(self, act: Act) -> bool:
        """Write what to do."""
        self.tell(act)
        return True

    def agrees(self, question: str, expected: bool) -> bool:
        """Ask until it is yes or no."""
        while True:
            answer = self._ask(f"{question} [{'Y/n' if expected else 'y/N'}] ").lower()
            if answer in ("", *YES, *NO):
                return answer in YES if answer else expected
            self.tell("Answer y or n.")

    def counts(self, question: str, expected: int) -> int:
        """Ask until it is a number."""
        while True:
            answer = self._ask(f"{question} [{expected}] ")
            if not answer or (answer.isascii() and answer.isdigit() and len(answer) < 4):
                return int(answer or expected)
            self.tell("Answer with a number from 0 to 999.")

    def _ask(self, text: str) -> str:
        self._write(text)
        line = self._hears.readline()
        if not line:
            self.tell("")
            raise Stopped("no answer can come; for a run without questions give --yes")
        return line.strip()

    def _write(self, text: str) -> None:
        self._says.write(text)
        self._says.flush()


class Absent:
    """Nobody is there, or wants to be asked: what is told is written all the same."""

    def __init__(self, says: TextIO) -> None:
        self._says = says

    def tell(self, text: str) -> None:
        """Write a line."""
        self._says.write(f"{text}\n")
        self._says.flush()

    def is_asked_to(self, act: Act) -> bool:  # noqa: ARG002 - nobody is there
        """Nobody does anything."""
        return False

    def agrees(self, question: str, expected: bool) -> None:
        """Nobody has seen anything."""

    def counts(self, question: str, expected: int) -> None:
        """Nobody has counted anything."""
