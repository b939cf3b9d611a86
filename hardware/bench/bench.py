"""The simulated cabinet joined to mock pins: outputs move the world, the world drives inputs.

Pins that are driven from outside keep their level whatever pull the software asks for, as a wired switch does.
One lock guards the world; callbacks run in the thread that drives a pin, as on a real Pi they run in lgpio's.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from gpiozero.pins.mock import MockFactory, MockPin

from hardware.bench.physics import CabinetBurned, Coil, Fault, World
from hardware.coil import Clock
from hardware.plan import CabinetPlan, InputPlan

log = logging.getLogger(__name__)


class Note(Protocol):
    """Where the bench tells what happens."""

    def __call__(self, what: str, slot: str | None = None, **more: bool) -> None:
        """Take down that *what* happened at *slot*."""


class BenchPin(MockPin):  # type: ignore[misc]  # gpiozero ships no types
    """A mock pin on a wire: *drive* sets an input, *when_output* hears an output, and None once it is given back."""

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
            self.when_output(self._state if self._function == "output" else None)


class Bench:
    """A whole simulated cabinet. Hand ``pins`` to the real drivers. Coils are full at the start."""

    def __init__(self, plan: CabinetPlan, clock: Clock, note: Note, names: dict[str, str] | None = None) -> None:
        self._plan = plan
        self._listeners: tuple[Callable[[], None], ...] = ()
        self._capacities = {coil.slot: coil.capacity for coil in plan.coils}
        self._note = note
        self.pins = MockFactory(pin_class=BenchPin)
        self.changed = threading.Condition(threading.RLock())
        coils = {coil.slot: Coil(coil.capacity) for coil in plan.coils}
        self.world = World(coils, self._when, names or {}, clock())
        for coil in plan.coils:
            self._wire_motor(coil.slot, self.pins.pin(coil.motor.pin), coil.motor.active_high)
        self._drive_all()

    def advance(self, to: float) -> None:
        """Let the world's time pass."""
        with self._visibly():
            self.world.advance(to)

    def break_slot(self, slot: str, fault: str | None, angle: float | None) -> None:
        """Give a slot a fault by its name, or turn its coil; any thread.

        Raises ``KeyError`` or ``ValueError`` for a slot or fault that does not exist.
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
            }

    def _coil_picture(self, slot: str, coil: Coil) -> dict[str, object]:
        return {
            "items": coil.items,
            "angle": round(coil.angle, 1),
            "motor": coil.motor,
            "fault": coil.fault.value,
            "home": coil.is_at_home,
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

    def _wire_motor(self, slot: str, pin: BenchPin, active_high: bool) -> None:
        def when_output(level: bool | None) -> None:
            with self._visibly():
                # None: the pin was given back and floats; the resistor at the driver's gate holds the motor off
                self.world.set_motor(slot, level == active_high)
                self.changed.notify_all()

        pin.when_output = when_output

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
        for coil in self._plan.coils:
            self._drive(coil.home, self.world.coils[coil.slot].is_at_home)
            if coil.level:
                self._drive(coil.level.sensor, self.world.coils[coil.slot].items <= coil.level.at)
        if self._plan.drop_sensor:
            self._drive(self._plan.drop_sensor, self.world.beam_is_broken)
        if self._plan.door:
            self._drive(self._plan.door, not self.world.door_is_open)

    def _drive(self, plan: InputPlan, is_active: bool) -> None:
        self.pins.pin(plan.pin).drive(is_active != plan.active_low)


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
