"""What stands between pins and motors: the lines of a matrix, a servo's pulses, shift registers. It knows no pins.

It refuses nothing: what a real board would do with what it is given, it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hardware.plan import MatrixPlan

REGISTER_BITS = 8  # a 74HC595


class Matrix:
    """Rows and columns: a coil has power exactly while its row and its column are on.

    *switch* gives or takes a slot's motor its power. A crossing without a coil has no motor.
    """

    def __init__(self, plan: MatrixPlan, switch: Callable[[str, bool], None]) -> None:
        self._rows, self._columns = plan.rows, plan.columns
        self._slots = {(plan.rows[coil.row - 1], plan.columns[coil.column - 1]): coil.slot for coil in plan.coils}
        self._switch = switch
        self._on: frozenset[int] = frozenset()
        self.driven: tuple[str, ...] = ()

    @property
    def lines_on(self) -> list[str]:
        """The lines that are on, whether or not they drive anything: ``row 1``, ``column 3``."""
        rows = [f"row {n}" for n, line in enumerate(self._rows, 1) if line in self._on]
        return rows + [f"column {n}" for n, line in enumerate(self._columns, 1) if line in self._on]

    def energise(self, on: Iterable[int]) -> None:
        """Let exactly these lines be on, by their pins or outputs; what is driven no more goes off first."""
        self._on = frozenset(on)
        rows, columns = (self._on.intersection(lines) for lines in (self._rows, self._columns))
        crossings = ((row, column) for row in rows for column in columns)
        before, self.driven = self.driven, tuple(self._slots[each] for each in crossings if each in self._slots)
        for slot in before:
            self._switch(slot, slot in self.driven)
        for slot in self.driven:
            self._switch(slot, True)


class Registers:
    """A chain of 74HC595. Output 0 is QA of the first one; what is shifted in first ends up in the last one's QH.

    What they hold when the power comes is chance. Here it is the worst: whatever hangs at them is on.
    """

    def __init__(self, outputs: int, worst: bool) -> None:
        chips = -(-outputs // REGISTER_BITS)
        self._shifted = [worst] * chips * REGISTER_BITS
        self._latched = list(self._shifted)
        self._lets_through = False  # a pull-up holds output-enable off until somebody drives it low
        self._clock = self._latch = False

    def clock(self, level: bool, data: bool) -> None:
        """Take in the clock line: its rising edge shifts *data* in."""
        if level and not self._clock:
            self._shifted = [data, *self._shifted[:-1]]
        self._clock = level

    def latch(self, level: bool) -> None:
        """Take in the latch line: its rising edge takes what was shifted in to the outputs."""
        if level and not self._latch:
            self._latched = list(self._shifted)
        self._latch = level

    def enable(self, level: bool) -> None:
        """Take in output-enable: low lets the outputs through."""
        self._lets_through = not level

    def outputs_at(self, level: bool) -> frozenset[int]:
        """The outputs that drive this level; none while they are held off, and float."""
        return frozenset(n for n, bit in enumerate(self._latched) if self._lets_through and bit == level)
