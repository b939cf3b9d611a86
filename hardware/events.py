"""What hardware senses and reports, in its own words.

*Signals* are raw: a thread of gpiozero stamps them and posts them to the owner, who gives them to the cabinet.
*Events* are what the cabinet and the scanner make of it. Times are monotonic seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Motion(StrEnum):
    """What a dispenser is asked to do: a whole turn, or a nudge."""

    TURN = "turn"
    NUDGE = "nudge"


class TurnResult(StrEnum):
    """How a dispenser's motion ended."""

    CAME_HOME = "came_home"
    HOMED = "homed"
    NEVER_LEFT = "never_left"
    JAMMED = "jammed"
    CUT_AT_HOME = "cut_at_home"
    CUT_AWAY = "cut_away"
    NOT_STARTED = "not_started"
    NUDGED = "nudged"
    RAN = "ran"


@dataclass(frozen=True, slots=True)
class HomeMoved:
    """Signal: a slot's home switch opened or closed."""

    slot: str
    at_home: bool
    at: float


@dataclass(frozen=True, slots=True)
class BeamMoved:
    """Signal: the light beam of the drop sensor was broken or is whole again."""

    broken: bool
    at: float


@dataclass(frozen=True, slots=True)
class DoorMoved:
    """Signal: the service door opened or closed."""

    is_open: bool
    at: float


@dataclass(frozen=True, slots=True)
class LeaseExpired:
    """Signal: the lease timer cut a motor that outlived its lease in the cabinet's turn number *turn*."""

    slot: str
    turn: int


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The motor is off; *result* says how the turn went."""

    slot: str
    result: TurnResult


@dataclass(frozen=True, slots=True)
class BeamBroken:
    """Something is in the beam; *after_leaving* is False while a driven coil has not left home (a hand)."""

    after_leaving: bool


@dataclass(frozen=True, slots=True)
class BeamCleared:
    """The beam is whole."""


@dataclass(frozen=True, slots=True)
class DoorOpened:
    """The service door is open."""


@dataclass(frozen=True, slots=True)
class DoorClosed:
    """The service door is closed."""


@dataclass(frozen=True, slots=True)
class TextRead:
    """The scanner read a code; the text never appears in a log."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ScannerLost:
    """The scanner does not answer; *why* is for a technician."""

    why: str


@dataclass(frozen=True, slots=True)
class ScannerFound:
    """The scanner is there."""


Signal = HomeMoved | BeamMoved | DoorMoved | LeaseExpired
CabinetEvent = TurnEnded | BeamBroken | BeamCleared | DoorOpened | DoorClosed
ScannerEvent = TextRead | ScannerLost | ScannerFound
HardwareEvent = CabinetEvent | ScannerEvent
