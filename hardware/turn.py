"""One turn of a coil, as a literal table without input or output: how long home may take to open and to close.

A turn that begins at home leaves it and comes back. A coil found off home (a power cut, a nudge, a hand) only runs
home: that is not a full turn, and whoever ordered it decides what to do next. A pair that is not listed changes
nothing. Deadlines re-read the switch by level, so that one lost edge does not jam a slot.
"""

from __future__ import annotations

from enum import StrEnum

from hardware.events import Motion, TurnResult
from hardware.plan import Limits


class Phase(StrEnum):
    """How far the turn is."""

    HOMING = "homing"
    LEAVING = "leaving"
    CLEARING = "clearing"
    RETURNING = "returning"
    LOOKING = "looking"
    NUDGING = "nudging"
    OVER = "over"


class Sense(StrEnum):
    """What the home switch says, by edge or, at the phase's deadline, by level."""

    OPENED = "home opened"
    CLOSED = "home closed"
    LATE_OPEN = "deadline, home open"
    LATE_CLOSED = "deadline, home closed"
    NO_CURRENT = "deadline, no current"


TABLE: dict[tuple[Phase, Sense], Phase | TurnResult] = {
    # of a matrix the switch can be read only while the coil is driven
    (Phase.LOOKING, Sense.LATE_CLOSED): Phase.LEAVING,
    (Phase.LOOKING, Sense.LATE_OPEN): Phase.HOMING,
    (Phase.LOOKING, Sense.OPENED): Phase.CLEARING,  # it stood at home, and has left before anybody looked
    (Phase.LOOKING, Sense.NO_CURRENT): TurnResult.NOT_STARTED,  # there is no motor
    # wherever a nudge ends, the turn that follows finds out by itself
    (Phase.NUDGING, Sense.LATE_OPEN): TurnResult.NUDGED,
    (Phase.NUDGING, Sense.LATE_CLOSED): TurnResult.NUDGED,
    (Phase.HOMING, Sense.CLOSED): TurnResult.HOMED,
    (Phase.HOMING, Sense.LATE_CLOSED): TurnResult.HOMED,
    (Phase.HOMING, Sense.LATE_OPEN): TurnResult.JAMMED,
    (Phase.LEAVING, Sense.OPENED): Phase.CLEARING,
    (Phase.LEAVING, Sense.LATE_OPEN): Phase.CLEARING,
    (Phase.LEAVING, Sense.LATE_CLOSED): TurnResult.NEVER_LEFT,
    (Phase.LEAVING, Sense.NO_CURRENT): TurnResult.NOT_STARTED,
    (Phase.CLEARING, Sense.LATE_OPEN): Phase.RETURNING,
    (Phase.CLEARING, Sense.LATE_CLOSED): Phase.LEAVING,  # it chattered and is closed: it has not left yet
    (Phase.RETURNING, Sense.CLOSED): TurnResult.CAME_HOME,
    (Phase.RETURNING, Sense.LATE_CLOSED): TurnResult.CAME_HOME,
    (Phase.RETURNING, Sense.LATE_OPEN): TurnResult.JAMMED,
}

AWAY = (Phase.LOOKING, Phase.NUDGING, Phase.HOMING, Phase.CLEARING, Phase.RETURNING)
DROPPING = (Phase.NUDGING, Phase.HOMING, Phase.RETURNING)  # while the switch clears, nothing can fall yet
LATE = {True: Sense.LATE_CLOSED, False: Sense.LATE_OPEN, None: Sense.NO_CURRENT}
_BEGIN = {True: Phase.LEAVING, False: Phase.HOMING, None: Phase.LOOKING}
STALLED_S = 0.5  # judgement: an owner held up for longer does not know what the coil did meanwhile


class Turn:
    """A turn, or a nudge, that began at *now* with its motor on. ``result`` is None until the motor must be off.

    *at_home* None: that can be read only *look_s* after the motor went on.
    """

    def __init__(
        self,
        at_home: bool | None,
        limits: Limits,
        now: float,
        motion: Motion = Motion.TURN,
        look_s: float = 0.0,
    ) -> None:
        self._limits = limits
        self._look_s = look_s
        self.began = now
        self.result: TurnResult | None = None
        begin = Phase.NUDGING if motion is Motion.NUDGE else _BEGIN[at_home]
        self._enter(begin, now)

    @property
    def has_left(self) -> bool:
        """Whether the coil may be away from home."""
        return self.phase in AWAY

    @property
    def can_drop(self) -> bool:
        """Whether the coil is so far that something can fall."""
        return self.phase in DROPPING

    def feel(self, at_home: bool, at: float) -> None:
        """Take in an edge of the home switch; one from before the turn, still in the inbox, is none of this turn's."""
        if at < self.began:
            return
        if self.phase is Phase.CLEARING and at >= self.deadline:
            # the owner comes late: until this edge the switch stood the other way
            self._look_up(Sense.LATE_OPEN if at_home else Sense.LATE_CLOSED, self.deadline)
        self._look_up(Sense.CLOSED if at_home else Sense.OPENED, at)

    def expire(self, at_home: bool | None, now: float) -> None:
        """Take in the switch's level if the phase's deadline has passed; None: no current flows."""
        if self.result is not None or now < self.deadline:
            return
        if now > self.deadline + STALLED_S:
            self._end(TurnResult.CUT_AWAY)
        else:
            self._look_up(LATE[at_home], now)

    def cut(self) -> None:
        """The motor was switched off from outside."""
        if self.result is None:
            self._end(TurnResult.CUT_AWAY if self.has_left else TurnResult.CUT_AT_HOME)

    def _look_up(self, sense: Sense, now: float) -> None:
        following = TABLE.get((self.phase, sense))
        if isinstance(following, TurnResult):
            self._end(following)
        elif following is not None:
            self._enter(following, now)

    def _enter(self, phase: Phase, now: float) -> None:
        self.phase = phase
        self.deadline = self._deadline(now)

    def _end(self, result: TurnResult) -> None:
        self.phase = Phase.OVER
        self.result = result

    def _deadline(self, now: float) -> float:
        limits = self._limits
        return {
            Phase.LOOKING: now + self._look_s,
            Phase.NUDGING: now + limits.nudge_s,
            Phase.HOMING: now + limits.come_home_s,
            Phase.LEAVING: self.began + limits.leave_home_s,
            Phase.CLEARING: now + limits.clear_switch_s,
            Phase.RETURNING: now + limits.come_home_s - limits.clear_switch_s,
        }[self.phase]
