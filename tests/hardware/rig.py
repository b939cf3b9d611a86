"""A cabinet on mock pins in virtual time: a test drives its switches by hand and says when the owner looks."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from gpiozero import DigitalInputDevice
from gpiozero.pins.mock import MockFactory, MockPWMPin

from hardware.bench.bench import BenchPin
from hardware.cabinet import Cabinet
from hardware.events import CabinetEvent, Signal
from hardware.lease import Timers
from hardware.plan import CabinetPlan, CoilPlan, InputPlan, OutputPlan
from tests.kit import VirtualTimers

A1 = CoilPlan("A1", OutputPlan(17), InputPlan(27))
B1 = CoilPlan("B1", OutputPlan(24), InputPlan(5))
BEAM = InputPlan(22)
DOOR = InputPlan(23)
PLAN = CabinetPlan((A1, B1), BEAM, DOOR)


class LgpioError(Exception):
    """What the driver raises: ``lgpio.error`` is a plain Exception, neither gpiozero's nor an OSError."""


class WirePin(BenchPin):
    """A pin on a wire whose chip may refuse a level: *refuses* says which, and how."""

    def __init__(self, factory: Any, info: Any) -> None:
        self.refuses: dict[bool, Exception] = {}
        self.sticks_high = False  # goes high although it says that it refuses
        self.is_silent = False  # cannot be read
        super().__init__(factory, info)

    def _get_state(self) -> Any:
        if self.is_silent:
            raise LgpioError("GPIO not allocated")
        return super()._get_state()

    def _set_state(self, value: float) -> None:
        error = self.refuses.get(bool(value))
        if error is None or (value and self.sticks_high):
            super()._set_state(value)
        if error:
            raise error


class PulsePin(WirePin, MockPWMPin):  # type: ignore[misc]  # gpiozero ships no types
    """A wire that carries pulses too; a chip that refuses a level refuses to begin or to end them."""

    def _set_state(self, value: float) -> None:
        if self.frequency and bool(value) in self.refuses:
            self._state = value  # gpiozero's lgpio pin notes a share before the chip takes it
        super()._set_state(value)

    def _set_frequency(self, value: float | None) -> None:
        if value is None and self.frequency is None:
            return  # gpiozero's mock would drive the pin low, an input too
        if error := self.refuses.get(value is not None):
            raise error
        super()._set_frequency(value)
        self._tell()


@dataclass
class Rig:
    """One cabinet and its wires. Coils stand at home, the beam is whole, the door is closed."""

    plan: CabinetPlan = PLAN
    now: float = 100.0
    posted: list[Signal] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pins: Any = MockFactory(pin_class=PulsePin if self.plan.servos else WirePin)
        self.virtual_timers = VirtualTimers(lambda: self.now)
        self.kept: list[object] = []  # gpiozero closes a device that nobody holds
        self.timers: Timers = self.virtual_timers
        for coil in self.plan.coils:
            self.drive(coil.home, is_active=True)
        if self.plan.matrix:
            self.drive(self.plan.matrix.home, is_active=False)
        if self.plan.drop_sensor:
            self.drive(self.plan.drop_sensor, is_active=False)
        if self.plan.door:
            self.drive(self.plan.door, is_active=True)

    def open(self) -> Cabinet:
        """Build the cabinet on the wires as they are."""
        self.cabinet = Cabinet(self.plan, self.pins, self.posted.append, lambda: self.now, self.timers)
        return self.cabinet

    def occupy(self, number: int) -> None:
        """Let another part of the program hold a pin."""
        self.kept.append(DigitalInputDevice(number, pin_factory=self.pins))

    @contextmanager
    def refusing(self, number: int, error: Exception, *levels: bool) -> Iterator[None]:
        """Let a pin's chip refuse these levels for a while."""
        self.pin(number).refuses = dict.fromkeys(levels, error)
        try:
            yield
        finally:
            self.pin(number).refuses = {}

    @contextmanager
    def silent(self, number: int) -> Iterator[None]:
        """Let a pin refuse to be written and to be read, for a while."""
        self.pin(number).is_silent = True
        with self.refusing(number, LgpioError("bad GPIO handle"), True, False):
            yield
        self.pin(number).is_silent = False

    @contextmanager
    def stuck_high(self, number: int) -> Iterator[None]:
        """Let a pin go high, say that it could not, and refuse to go low, for a while."""
        self.pin(number).sticks_high = True
        with self.refusing(number, OSError("no such device"), True, False):
            yield
        self.pin(number).sticks_high = False

    def pin(self, number: int) -> Any:
        return self.pins.pin(number)

    def drive(self, plan: InputPlan, *, is_active: bool) -> None:
        self.pin(plan.pin).drive(is_active != plan.active_low)

    def home(self, slot: str, at_home: bool) -> None:
        """Open or close a coil's home switch."""
        self.drive(self.coil(slot).home, is_active=at_home)

    def coil(self, slot: str) -> CoilPlan:
        return next(coil for coil in self.plan.coils if coil.slot == slot)

    def motors_on(self) -> list[str]:
        """The slots whose motors have power, read at the pins."""
        motors = {coil.slot: coil.motor for coil in self.plan.coils}
        motors |= {pusher.slot: pusher.motor for pusher in self.plan.pushers}
        on = [slot for slot, motor in motors.items() if self.gives_power(motor)]
        return on + [servo.slot for servo in self.plan.servos if self.pulse_s(servo.pin)] + self.crossings_on()

    def gives_power(self, output: OutputPlan) -> bool:
        """Whether an output is on, read at its pin."""
        pin = self.pin(output.pin)
        return pin.function == "output" and bool(pin.state) == output.active_high

    def pulse_s(self, number: int) -> float:
        """How long the pulses on a pin are; 0 where there are none."""
        pin = self.pin(number)
        return pin.state / pin.frequency if pin.frequency else 0.0

    def crossings_on(self) -> list[str]:
        """The slots of the matrix that have a row and a column."""
        matrix = self.plan.matrix
        if matrix is None or matrix.outputs:
            return []
        rows, columns = (
            [place for place, pin in enumerate(pins, 1) if self.gives_power(OutputPlan(pin, matrix.active_high))]
            for pins in (matrix.rows, matrix.columns)
        )
        return [coil.slot for coil in matrix.coils if coil.row in rows and coil.column in columns]

    def look(self) -> list[CabinetEvent]:
        """Let the owner take in all that was posted, then all that is due."""
        return take_in(self.cabinet, self.posted, self.now)

    def pass_time(self, seconds: float) -> list[CabinetEvent]:
        """Let time pass with an owner who wakes at every deadline."""
        end, events = self.now + seconds, self.look()
        for _ in range(100):
            due = self._next()
            if due is None or due > end:
                break
            self.now = max(due, self.now)
            self.virtual_timers.run_due(self.now)
            events += self.look()
        else:
            raise AssertionError("a deadline that has passed stays due")
        self.now = end
        return events + self.look()

    def hang(self, seconds: float) -> None:
        """Let time pass while the owner does nothing."""
        self.now += seconds
        self.virtual_timers.run_due(self.now)

    def _next(self) -> float | None:
        due = (self.cabinet.deadline, self.virtual_timers.next)
        return min((at for at in due if at is not None), default=None)


def take_in(cabinet: Cabinet, posted: list[Signal], now: float) -> list[CabinetEvent]:
    """Give the cabinet all that was posted, and take it off the list; then let it expire what is due."""
    signals, posted[:] = list(posted), []
    events = [event for signal in signals for event in cabinet.feel(signal)]
    if cabinet.deadline is not None and cabinet.deadline <= now:
        events += cabinet.expire(now)
    return events


@contextmanager
def opened(plan: CabinetPlan = PLAN) -> Iterator[Rig]:
    """A rig whose cabinet is open, and closed at the end."""
    rig = Rig(plan)
    rig.open()
    try:
        yield rig
    finally:
        rig.cabinet.close()


@contextmanager
def no_more_threads() -> Iterator[None]:
    """Let the system refuse every new thread: no machine has room for such a stack."""
    threading.stack_size(1 << 62)
    try:
        yield
    finally:
        threading.stack_size(0)


def wait_until(condition: Callable[[], bool], within_s: float = 5.0) -> None:
    """Wait for *condition*, for as long as a busy computer may need."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        select.select([], [], [], 0.001)
