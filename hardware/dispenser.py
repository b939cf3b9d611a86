"""What the cabinet needs of a dispenser, of whatever kind: something to switch on and off, and a course to follow.

A *course* knows how long each phase of a motion may last and what its end means; it switches nothing. A dispenser
switches and reads; it times nothing. The cabinet brings the two together, under a lease.
"""

from __future__ import annotations

from typing import Protocol

from hardware.events import Motion, TurnResult


class DispenserFailed(Exception):
    """A motor cannot be switched on. What drives it was read back: it is off."""


class MotorStuckOn(Exception):
    """A motor's output refuses to go off. Nothing but cutting the supply helps; the process must not go on as if."""


class Motor(Protocol):
    """What is switched: one pin, or a whole matrix of them. Several dispensers may share it, one at a time."""

    def off(self) -> None:
        """Take its power, whatever it drives; any thread, any time. Raises ``MotorStuckOn`` if it is not off then."""


class Course(Protocol):
    """One motion that has begun."""

    @property
    def result(self) -> TurnResult | None:
        """None until the motor must be switched off."""

    @property
    def deadline(self) -> float:
        """When ``expire`` is due; monotonic seconds."""

    @property
    def can_drop(self) -> bool:
        """Whether it is so far that something can fall."""

    def feel(self, at_home: bool, at: float) -> None:
        """Take in an edge of the home switch."""

    def expire(self, at_home: bool | None, now: float) -> None:
        """Take in that the phase's deadline has passed, and the home switch's level; None: there is no motor."""

    def cut(self) -> None:
        """The motor was switched off from outside."""


class Dispenser(Protocol):
    """One slot's. ``close()`` switches its motor off first and may be called twice."""

    @property
    def slot(self) -> str:
        """The slot that it serves."""

    @property
    def motor(self) -> Motor:
        """What takes its power away."""

    @property
    def is_at_home(self) -> bool | None:
        """The home switch by level; False where there is none to be read now, None where no motor answers."""

    def begin(self, motion: Motion, now: float) -> Course:
        """The course of a motion that is about to begin; nothing is switched on yet."""

    def switch_on(self) -> None:
        """Give it power. Raises ``DispenserFailed`` or ``MotorStuckOn``."""

    def follow(self, course: Course) -> None:
        """Do what the course's new phase wants, if that is more than to stay on. Raises ``DispenserFailed``."""

    def close(self) -> None:
        """Switch off, then give the pins back."""
