"""Coils at the crossings of a matrix, which is locked as a whole: it drives one coil at a time.

Its one home switch line, and the sensor of current, say something only of the coil that is driven, and only then.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from gpiozero import DigitalInputDevice
from gpiozero.pins import Factory

from hardware.coil import Clock, Post, open_input
from hardware.dispenser import Course, DispenserFailed, MotorStuckOn
from hardware.events import HomeMoved, Motion
from hardware.lines import open_lines
from hardware.plan import Limits, MatrixCoilPlan, MatrixPlan
from hardware.turn import Phase, Turn

OpenPresence = Callable[[], DigitalInputDevice | None]  # None: there is no sensor of current that can be read


class Matrix:
    """All lines, and what can be read of the coil that is driven. ``close()`` may be called twice."""

    def __init__(self, plan: MatrixPlan, pins: Factory, post: Post, clock: Clock, presence: OpenPresence) -> None:
        self._post = post
        self._clock = clock
        self._driven: str | None = None
        with ExitStack() as opened:
            self._lines = open_lines(plan, pins)
            opened.callback(self._lines.close)
            self._home = open_input(plan.home, pins)
            opened.callback(self._home.close)
            self._presence = presence()
            if self._presence:
                opened.callback(self._presence.close)
            self._opened = opened.pop_all()
        self._home.when_activated = lambda: self._moved(at_home=True)
        self._home.when_deactivated = lambda: self._moved(at_home=False)

    def switch_on(self, coil: MatrixCoilPlan) -> None:
        """Drive one coil. Raises ``DispenserFailed``, also while another is driven, or ``MotorStuckOn``."""
        if self._driven is not None:
            raise DispenserFailed(f"the matrix drives one coil at a time, and that is {self._driven}, not {coil.slot}")
        self._driven = coil.slot
        try:
            self._lines.on(coil.row, coil.column)
        except (DispenserFailed, MotorStuckOn):
            self.off()
            raise

    def off(self) -> None:
        """Switch every line off; any thread may, at any time. Raises ``MotorStuckOn``: then it stays locked."""
        driven, self._driven = self._driven, None  # an edge that comes because the power goes is none of the coil's
        try:
            self._lines.off()
        except MotorStuckOn:
            self._driven = driven
            raise

    def is_at_home(self, slot: str) -> bool:
        """The home switch by level, as far as it is that of *slot*."""
        return self._driven == slot and bool(self._home.is_active)

    def has_motor(self, slot: str) -> bool:
        """Whether current flows through the motor of *slot*; True where nothing can tell, as after a cut."""
        return self._presence is None or self._driven != slot or bool(self._presence.is_active)

    def close(self) -> None:
        """Switch all off, then give the pins back."""
        try:
            self.off()
        finally:
            self._opened.close()

    def _moved(self, *, at_home: bool) -> None:
        slot = self._driven
        if slot is not None:
            self._post(HomeMoved(slot, at_home, self._clock()))


class MatrixCoil:
    """One coil of a matrix. ``close()`` closes the whole matrix, and may be called twice."""

    def __init__(self, plan: MatrixCoilPlan, matrix: Matrix, limits: Limits, look_s: float) -> None:
        self.slot = plan.slot
        self.motor = matrix
        self._plan = plan
        self._limits = limits
        self._look_s = look_s
        self._turn: Turn | None = None

    @property
    def is_at_home(self) -> bool | None:
        """The home switch by level while this coil is driven; None if there is no motor.

        No current alone does not prove that, or a dead sensor would stop the whole matrix: a coil that is seen at home
        has its time to leave first.
        """
        at_home = self.motor.is_at_home(self.slot)
        expected = {Phase.LOOKING: True, Phase.LEAVING: False}.get(self._turn.phase) if self._turn else None
        if expected is None or at_home is expected or self.motor.has_motor(self.slot):
            return at_home
        return None

    def begin(self, motion: Motion, now: float) -> Turn:
        """The course of a motion that is about to begin: where it stands cannot be seen yet."""
        self._turn = Turn(None, self._limits, now, motion, self._look_s)
        return self._turn

    def switch_on(self) -> None:
        """Drive this coil. Raises ``DispenserFailed`` or ``MotorStuckOn``."""
        self.motor.switch_on(self._plan)

    def follow(self, course: Course) -> None:
        """Stay on: each phase wants only that."""

    def close(self) -> None:
        """Switch the whole matrix off, then give its pins back."""
        self.motor.close()


def open_matrix(  # noqa: PLR0913, PLR0917 - what every dispenser is opened with, and what it can do without
    plan: MatrixPlan, pins: Factory, post: Post, clock: Clock, limits: Limits, presence: OpenPresence
) -> list[MatrixCoil]:
    """All coils of a matrix; may raise whatever a pin raises. One dead line takes all along: it may be on."""
    matrix = Matrix(plan, pins, post, clock, presence)
    return [MatrixCoil(coil, matrix, limits, plan.look_s) for coil in plan.coils]
