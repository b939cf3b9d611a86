"""The simulated cabinet joined to mock pins: outputs move the world, the world drives inputs.

Pins that are driven from outside keep their level whatever pull the software asks for, as a wired switch does.
One lock guards the world; callbacks run in the thread that drives a pin, as on a real Pi they run in lgpio's.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol

from gpiozero.pins.mock import MockFactory, MockPWMPin
from gpiozero.pins.pi import SPI_HARDWARE_PINS

from hardware.bench.physics import CabinetBurned, Coil, Dispenser, Fault, Servo, World
from hardware.bench.wires import Matrix, Registers
from hardware.coil import Clock
from hardware.plan import (
    CabinetPlan,
    DispenserPlan,
    InputPlan,
    MatrixPlan,
    OutputPlan,
    PusherPlan,
    ServoPlan,
    ShiftRegisterPlan,
    SupplyPlan,
)

log = logging.getLogger(__name__)


class Note(Protocol):
    """Where the bench tells what happens."""

    def __call__(self, what: str, slot: str | None = None, **more: bool) -> None:
        """Take down that *what* happened at *slot*."""


class BenchPin(MockPWMPin):  # type: ignore[misc]  # gpiozero ships no types
    """A mock pin on a wire: *drive* sets an input, *when_output* hears an output, and None once it is given back.

    While it gives pulses, it is heard at each change of their length.
    """

    def __init__(self, factory: Any, info: Any) -> None:
        self.when_output: Callable[[bool | None], None] | None = None
        self._is_driven = False
        super().__init__(factory, info)

    def drive(self, level: bool) -> None:
        """Set the level from outside, and keep it."""
        self._is_driven = True
        if level:
            self.drive_high()
        else:
            self.drive_low()

    @property
    def pulse_s(self) -> float | None:
        """How long each of its pulses is; None while it gives none."""
        return self._state / self._frequency if self._frequency and self._function == "output" else None

    def _set_frequency(self, value: float | None) -> None:
        if value != self._frequency:  # an output that gave no pulses keeps its level
            super()._set_frequency(value)
            self._tell()

    def _set_pull(self, value: str) -> None:
        if self._is_driven:
            self._pull = value
        else:
            super()._set_pull(value)

    def _set_function(self, value: str) -> None:
        super()._set_function(value)
        self._tell()

    def _change_state(self, value: bool) -> bool:
        changed: bool = super()._change_state(value)
        self._tell()
        return changed

    def _tell(self) -> None:
        if self.when_output:
            self.when_output(bool(self._state) if self._function == "output" else None)


class Bench:
    """A whole simulated cabinet. Hand ``pins`` to the real drivers. Dispensers are full at the start."""

    def __init__(self, plan: CabinetPlan, clock: Clock, note: Note, names: dict[str, str] | None = None) -> None:
        self._plan = plan
        self._listeners: tuple[Callable[[], None], ...] = ()
        self._capacities = {each.slot: each.capacity for each in plan.dispensers}
        self._levels = [(each.slot, each.level) for each in plan.dispensers if each.level]
        self._note = note
        self.pins = MockFactory(pin_class=BenchPin)
        self.changed = threading.Condition(threading.RLock())
        self.world = World({each.slot: _twin(each) for each in plan.dispensers}, self._when, names or {}, clock())
        for coil in plan.coils:
            self._wire_motor(coil.slot, coil.motor)
        for pusher in plan.pushers:
            self._wire_motor(pusher.slot, pusher.motor)
        for servo in plan.servos:
            self._wire_servo(servo)
        self._in_matrix = {coil.slot for coil in plan.matrix.coils} if plan.matrix else set()
        self._matrix = self._wire_matrix(plan.matrix) if plan.matrix else None
        if plan.supply:
            self._wire_supply(plan.supply)
        self._drive_all()

    @property
    def lines_on(self) -> list[str]:
        """The lines of the matrix that are on; at rest there must be none."""
        return self._matrix.lines_on if self._matrix else []

    def advance(self, to: float) -> None:
        """Let the world's time pass."""
        with self._visibly():
            self.world.advance(to)

    def break_slot(self, slot: str, fault: str | None, angle: float | None) -> None:
        """Give a slot a fault by its name, or turn its coil; any thread.

        Raises ``KeyError`` or ``ValueError`` for a slot or fault that does not exist, or that its kind cannot have.
        """
        if fault is not None and fault not in set(Fault):
            raise ValueError(f"there is no fault {fault!r}; the faults are {', '.join(Fault)}")
        with self._visibly():
            if fault is not None:
                self.world.set_fault(slot, Fault(fault))
            if angle is not None:
                self.world.set_angle(slot, angle)

    def move_door(self, is_open: bool) -> None:
        """Open or close the service door; any thread."""
        with self._visibly():
            self.world.set_door(is_open)

    def fill_slot(self, slot: str, count: int) -> None:
        """Let a coil hold *count* units; any thread.

        Raises ``KeyError`` for a slot that does not exist, ``ValueError`` for more than its coil holds.
        """
        most = self._capacities[slot]
        if not 0 <= count <= most:
            raise ValueError(f"slot {slot} holds 0 to {most}, not {count}")
        with self._visibly():
            self.world.set_items(slot, count)
            self._drive_all()

    def add_units(self, slot: str, count: int) -> None:
        """Put units into a coil, as many as it holds; any thread. Raises ``KeyError``."""
        with self._visibly():
            self.world.set_items(slot, min(self.world.coils[slot].items + count, self._capacities[slot]))
            self._drive_all()

    def empty_tray(self) -> None:
        """Take what lies in the tray; any thread."""
        with self._visibly():
            self.world.empty_tray()

    def listen(self, listener: Callable[[], None]) -> None:
        """Have *listener* called after each visible change, on whichever thread made it: it must not wait."""
        self._listeners = (*self._listeners, listener)

    def picture(self) -> dict[str, object]:
        """What an onlooker sees now, as plain values; any thread. Angles in degrees, times in seconds."""
        with self.changed:
            world = self.world
            return {
                "slots": {slot: self._coil_picture(slot, coil) for slot, coil in world.coils.items()},
                "falling": [
                    {"slot": slot, "item": world.names.get(slot, slot), "lands_in_s": round(at - world.now, 3)}
                    for slot, at in world.falling
                ],
                "tray": list(world.tray),
                "door": "open" if world.door_is_open else "closed",
                "beam": "broken" if world.beam_is_broken else "whole",
                "lines": self.lines_on,
            }

    def _coil_picture(self, slot: str, coil: Dispenser) -> dict[str, object]:
        return {
            "items": coil.items,
            "angle": round(coil.angle, 1),
            "motor": coil.motor,
            "fault": coil.fault.value,
            "home": coil.is_at_home if coil.has_switch else None,
            "hangs": coil.hangs,
            "deg_per_s": coil.deg_per_s if coil.motor and coil.next_mark is not None else 0.0,
            "item": self.world.names.get(slot, slot),
            "capacity": self._capacities[slot],
        }

    @contextmanager
    def _visibly(self) -> Iterator[None]:
        with self.changed:
            before = self.world.revision
            yield
            if self.world.revision != before:
                for listener in self._listeners:
                    listener()

    def _wire_motor(self, slot: str, plan: OutputPlan) -> None:
        # given back, a pin floats; the resistor at the driver's gate holds the motor off
        self._hear(plan.pin, lambda level: self.world.set_motor(slot, level == plan.active_high))

    def _wire_servo(self, plan: ServoPlan) -> None:
        pin = self.pins.pin(plan.pin)

        def swing(_level: bool | None) -> None:
            if pin.pulse_s != 0:  # else it is between two pulses, and holds
                self.world.aim(plan.slot, None if pin.pulse_s is None else swing_of(pin.pulse_s, plan))

        self._hear(plan.pin, swing)

    def _wire_matrix(self, plan: MatrixPlan) -> Matrix:
        matrix = Matrix(plan, self.world.set_motor)
        if plan.outputs:
            self._wire_registers(plan, plan.outputs, matrix)
        else:
            self._wire_lines(plan, matrix)
        return matrix

    def _wire_lines(self, plan: MatrixPlan, matrix: Matrix) -> None:
        on: set[int] = set()

        def switch(pin: int, level: bool | None) -> None:
            (on.add if level == plan.active_high else on.discard)(pin)
            matrix.energise(on)

        for pin in (*plan.rows, *plan.columns):
            self._hear(pin, partial(switch, pin))

    def _wire_registers(self, plan: MatrixPlan, outputs: ShiftRegisterPlan, matrix: Matrix) -> None:
        wired = SPI_HARDWARE_PINS[outputs.spi]
        registers = Registers(max(*plan.rows, *plan.columns) + 1, worst=plan.active_high)
        data = self.pins.pin(wired["mosi"])

        def latch(level: bool | None) -> None:
            registers.latch(bool(level))
            matrix.energise(registers.outputs_at(plan.active_high))

        def enable(level: bool | None) -> None:
            registers.enable(level is not False)
            matrix.energise(registers.outputs_at(plan.active_high))

        self.pins.pin(wired["clock"]).when_output = lambda level: registers.clock(bool(level), data=bool(data.state))
        self._hear(wired["select"][0], latch)
        self._hear(outputs.output_enable, enable)

    def _wire_supply(self, plan: SupplyPlan) -> None:
        self.world.supply_until = self.world.now
        was_high = False

        def hear(level: bool | None) -> None:
            nonlocal was_high
            if level and not was_high:
                self.world.pulse()
            was_high = bool(level)

        self._hear(plan.pin, hear)

    def _hear(self, pin: int, act: Callable[[bool | None], None]) -> None:
        def when_output(level: bool | None) -> None:
            with self._visibly():
                act(level)
                self.changed.notify_all()

        self.pins.pin(pin).when_output = when_output

    def _when(self, what: str, slot: str | None, is_so: bool) -> None:
        match what:
            case "home":
                self._note(what, slot, at_home=is_so)
            case "door":
                self._note(what, open=is_so)
            case "drop" if not is_so:
                pass  # the beam is whole again
            case _:
                self._note(what, slot)
        self._drive_all()

    def _drive_all(self) -> None:
        world, plan = self.world, self._plan
        for coil in plan.coils:
            self._drive(coil.home, world.coils[coil.slot].is_at_home)
        for slot, level in self._levels:
            self._drive(level.sensor, world.coils[slot].items <= level.at)
        if plan.matrix:
            self._drive_matrix(plan.matrix)
        if plan.drop_sensor:
            self._drive(plan.drop_sensor, world.beam_is_broken)
        if plan.door:
            self._drive(plan.door, not world.door_is_open)

    def _drive_matrix(self, plan: MatrixPlan) -> None:
        driven = [self.world.coils[slot] for slot in self.world.running if slot in self._in_matrix]
        self._drive(plan.home, any(coil.is_at_home for coil in driven))
        if plan.presence:
            self._drive(plan.presence, any(coil.fault is not Fault.UNPLUGGED for coil in driven))

    def _drive(self, plan: InputPlan, is_active: bool) -> None:
        self.pins.pin(plan.pin).drive(is_active != plan.active_low)


MIDDLE_S = 0.0015  # the pulse that brings a hobby servo to its middle
S_A_DEG = 0.001 / 90  # 0.5 to 2.5 ms are half a circle (SG90 and kin)


def swing_of(pulse_s: float, plan: ServoPlan) -> float:
    """How far from its rest, on the way to its giving angle, a servo's pulses tell it to be."""
    from_middle_deg = (pulse_s - MIDDLE_S) / S_A_DEG
    return (from_middle_deg - plan.rest_deg) * (1 if plan.give_deg > plan.rest_deg else -1)


def _twin(plan: DispenserPlan) -> Dispenser:
    match plan:
        case PusherPlan():
            return Coil(plan.capacity, turn_s=plan.run_s, has_switch=False)
        case ServoPlan():
            return Servo(plan.capacity, abs(plan.give_deg - plan.rest_deg), plan.swing_s)
        case _:
            return Coil(plan.capacity)


MOST_S_A_STEP = 0.01  # a busy computer slows the simulated cabinet down instead of making it jump past a switch


class BenchThread:
    """Lets a bench live in real time; sleeps while nothing moves. ``close()`` ends it and may be called twice."""

    def __init__(self, bench: Bench, clock: Clock) -> None:
        self._bench = bench
        self._clock = clock
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="bench", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread and wait for it."""
        with self._bench.changed:
            self._closing = True
            self._bench.changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._live()
        except CabinetBurned:
            log.critical("the simulated cabinet burned and stands still from now on", exc_info=True)

    def _live(self) -> None:
        changed, world = self._bench.changed, self._bench.world
        with changed:
            while not self._closing:
                if not world.is_moving:
                    changed.wait()
                    continue
                before = self._clock()
                changed.wait(min((world.next_change() or world.now) - world.now, MOST_S_A_STEP))
                self._bench.advance(world.now + min(self._clock() - before, MOST_S_A_STEP))
