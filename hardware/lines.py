"""Rows and columns of a matrix, on pins or behind a chain of 74HC595. They switch one crossing on, and all of it off.

They keep no lock: whoever hangs while switching on must not keep the lease from cutting.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

from gpiozero import Device
from gpiozero.pins import SPI, Factory

from hardware.coil import PinMotor
from hardware.dispenser import DispenserFailed, MotorStuckOn
from hardware.plan import MatrixPlan, OutputPlan, ShiftRegisterPlan

log = logging.getLogger(__name__)

SPI_PINS = {0: {"clock_pin": 11, "mosi_pin": 10, "miso_pin": None, "select_pin": 8}}  # by bus; BCM


class Lines(Protocol):
    """What carries rows and columns; both count from 1. ``close()`` may be called twice, and leaves nothing on."""

    def on(self, row: int, column: int) -> None:
        """Prove that all is off, then switch one crossing on. Raises ``DispenserFailed`` or ``MotorStuckOn``."""

    def off(self) -> None:
        """Switch every line off, whichever of them refuses; any thread. Raises ``MotorStuckOn`` if one may be on."""

    def close(self) -> None:
        """Give the pins back, each of them off before."""


class PinLines:
    """Each line on a pin of its own."""

    def __init__(self, plan: MatrixPlan, pins: Factory) -> None:
        self._driven: tuple[PinMotor, ...] = ()
        named = {pin: f"column {place} of the matrix" for place, pin in enumerate(plan.columns, start=1)}
        named |= {pin: f"row {place} of the matrix" for place, pin in enumerate(plan.rows, start=1)}
        lines = _open(named, plan.active_high, pins)
        self._columns = [lines[pin] for pin in plan.columns]
        self._rows = [lines[pin] for pin in plan.rows]

    def on(self, row: int, column: int) -> None:
        """Switch on the row, then the column. Raises ``DispenserFailed`` or ``MotorStuckOn``."""
        self.off()
        self._driven = self._columns[column - 1], self._rows[row - 1]
        for line in reversed(self._driven):
            line.on()

    def off(self) -> None:
        """Switch off what is driven, the column first, then every other line too, since one may have been left on."""
        lines = dict.fromkeys((*self._driven, *self._columns, *self._rows))
        stuck = [error for line in lines if (error := _refusal(line))]
        if stuck:
            raise stuck[0]
        self._driven = ()

    def close(self) -> None:
        """Switch each line off and give its pin back, whichever of them refuses."""
        with ExitStack() as closing:
            for line in (*self._rows, *self._columns):
                closing.callback(line.close)


class RegisterLines:
    """Lines behind a chain of 74HC595. Its output-enable is taken first and given last."""

    def __init__(self, plan: MatrixPlan, register: ShiftRegisterPlan, pins: Factory) -> None:
        self._rows, self._columns = plan.rows, plan.columns
        self._chips = max(*plan.rows, *plan.columns) // 8 + 1
        with ExitStack() as opened:
            try:
                # before output-enable is an output: an active-low one blips on as it becomes one
                self._spi = _open_spi(register, pins)
                opened.callback(self._spi.close)
                self._shift()
            finally:
                # also if nothing can be shifted: a service that was killed may have left a motor on
                enable = OutputPlan(register.output_enable, active_high=False)
                self._enable = PinMotor(enable, pins, "output-enable of the matrix")
                opened.callback(self._enable.close)
            opened.pop_all()

    def on(self, row: int, column: int) -> None:
        """Latch one row and one column, then enable them. Raises ``DispenserFailed`` or ``MotorStuckOn``."""
        self.off()
        try:
            self._shift(self._rows[row - 1], self._columns[column - 1])
        except Exception as error:  # lgpio raises kinds of its own
            raise DispenserFailed(f"the shift register of the matrix cannot be written: {error}") from error
        self._enable.on()

    def off(self) -> None:
        """Disable all outputs at once, then latch zeros. Raises ``MotorStuckOn`` if they may still be enabled."""
        if self._spi.closed:
            return
        try:
            self._enable.off()
        finally:
            self._clear()

    def close(self) -> None:
        """Disable all outputs, then give the pins back: a pull-up keeps output-enable off."""
        with ExitStack() as closing:
            closing.callback(self._spi.close)
            closing.callback(self._enable.close)

    def _clear(self) -> None:
        try:
            self._shift()
        except Exception as error:  # noqa: BLE001 - the outputs are disabled, and only new bits enable them again
            log.warning("the shift register of the matrix keeps its bits: %s", error)

    def _shift(self, *outputs: int) -> None:
        # what is sent first ends up farthest, and of each byte its highest bit; the chip select's end latches it
        bits = sum(1 << output for output in outputs)
        self._spi.transfer(list(bits.to_bytes(self._chips, "big")))


def open_lines(plan: MatrixPlan, pins: Factory) -> Lines:
    """Open a matrix's lines with all of them off; may raise whatever a pin raises, and leaves none open then."""
    return RegisterLines(plan, plan.outputs, pins) if plan.outputs else PinLines(plan, pins)


def _open(named: dict[int, str], active_high: bool, pins: Factory) -> dict[int, PinMotor]:
    """Open all lines, or none; a line that cannot be opened keeps no other from being switched off first."""
    lines: dict[int, PinMotor] = {}
    failed: list[Exception] = []
    with ExitStack() as opened:
        for pin, name in named.items():
            try:
                lines[pin] = PinMotor(OutputPlan(pin, active_high), pins, name)
                opened.callback(lines[pin].close)
            except Exception as error:  # noqa: BLE001 - lgpio raises kinds of its own
                failed.append(error)
        if failed:
            raise failed[0]
        opened.pop_all()
    return lines


def _refusal(line: PinMotor) -> MotorStuckOn | None:
    try:
        line.off()
    except MotorStuckOn as error:
        return error
    return None


def _open_spi(register: ShiftRegisterPlan, pins: Factory) -> SPI:
    with _default(pins):
        spi: SPI = pins.spi(**SPI_PINS[register.spi])
    return spi


@contextmanager
def _default(pins: Factory) -> Iterator[None]:
    """Make *pins* gpiozero's default meanwhile: its software SPI asks for one, and would open a real chip."""
    before, Device.pin_factory = Device.pin_factory, pins
    try:
        yield
    finally:
        Device.pin_factory = before
