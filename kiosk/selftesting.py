"""A kiosk's self-test: its lock, its pins or the bench, and the cabinet of its configuration. It books nothing.

Under simulation the technician's hands are simulated too; what is asked is still asked of whoever sits there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from gpiozero.pins import Factory

from hardware import safe_state
from hardware.bench.bench import Bench, BenchThread
from hardware.coil import Clock
from hardware.lease import RealTimers, Timers
from hardware.outputs import off_levels
from hardware.pins import OpenPins, open_pins
from hardware.plan import CabinetPlan
from hardware.selftest import session
from hardware.selftest.examiner import Inbox, QueueInbox
from hardware.selftest.report import Finding, Report
from hardware.selftest.technician import Act, Technician
from hardware.selftest.tour import Terms
from kiosk.config import Config
from kiosk.lock import AlreadyRunning, DataUnusable, InstanceLock
from kiosk.trace import Trace
from kiosk.translation import plan_of

HAND_S = 0.3  # a simulated hand is in the beam for so long


class Closing(Protocol):
    """Something to be closed at the end."""

    def close(self) -> None:
        """Give everything back."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a self-test lives in: real time, or a test's. *live* lets a simulated cabinet's time pass."""

    clock: Clock = time.monotonic
    timers: Timers = field(default_factory=RealTimers)
    inbox: Inbox = field(default_factory=lambda: QueueInbox(time.monotonic))
    pins: OpenPins = open_pins
    live: Callable[[Bench, Clock], Closing] = BenchThread


@dataclass(frozen=True, slots=True)
class Simulation:
    """A simulated cabinet: what is wrong with which slot, and where what happens is written."""

    faults: Sequence[tuple[str, str]] = ()
    trace: Path | None = None


class FaultUnknown(Exception):
    """The simulated cabinet cannot have that fault."""


class SimulatedHands:
    """A technician who sits elsewhere: what *technician* would do, if there were one, is done on the bench."""

    def __init__(self, technician: Technician, bench: Bench) -> None:
        self._technician, self._bench = technician, bench
        self.tell, self.agrees, self.counts = technician.tell, technician.agrees, technician.counts

    def is_asked_to(self, act: Act) -> bool:
        """Do it, if somebody would."""
        if not self._technician.is_asked_to(act):
            return False
        match act:
            case Act.OPEN_DOOR | Act.CLOSE_DOOR:
                self._bench.move_door(act is Act.OPEN_DOOR)
            case Act.CROSS_BEAM:
                with self._bench.changed:
                    self._bench.world.break_beam(HAND_S)
                    self._bench.changed.notify_all()
        return True


def selftest(  # noqa: PLR0913 - what is tried, by whom, and in what world
    config: Config,
    technician: Technician,
    only: frozenset[str],
    when_found: Callable[[Finding], None],
    *,
    simulation: Simulation | None = None,
    surroundings: Surroundings | None = None,
) -> Report:
    """Try the kiosk's cabinet, which no service may use meanwhile. Main thread only.

    Raises ``AlreadyRunning``, ``DataUnusable``, ``PinsMissing``, ``FaultUnknown``, ``TraceUnusable`` before anything
    moves, and ``MotorStuckOn``.
    """
    around, plan = surroundings or Surroundings(), plan_of(config)
    terms = Terms(only, _may_miss(config), config.timing.drop_window_s)
    with closing(_locked(config.data)), _pins(config, plan, around, technician, simulation) as (pins, hands):
        lived = session.Surroundings(hands, around.clock, around.timers, around.inbox)
        report = session.try_cabinet(plan, pins, lived, terms, when_found)
    return replace(report, simulated=simulation is not None)


def _may_miss(config: Config) -> frozenset[str]:
    """The slots whose items may miss the beam: thin ones, and those under which it does not reach."""
    thin = {item.id for item in config.items if item.thin}
    return frozenset(slot.id for slot in config.slots if slot.item in thin or slot.sensorless)


def _locked(data: Path) -> InstanceLock:
    try:
        return InstanceLock(data)
    except AlreadyRunning as error:
        raise AlreadyRunning(
            f"the kiosk's service, or another command, is using {data}, and motors have one owner at a time: "
            "stop the service (sudo systemctl stop kiosk), run this again, and start it afterwards"
        ) from error


@contextmanager
def _pins(
    config: Config, plan: CabinetPlan, around: Surroundings, technician: Technician, simulation: Simulation | None
) -> Iterator[tuple[Factory, Technician]]:
    if simulation is None:
        pins = around.pins()
        _tell_safe_state(config.data, plan)
        yield pins, technician
        return
    with ExitStack() as ending:
        trace = ending.enter_context(closing(Trace(simulation.trace, around.clock)))
        bench = Bench(plan, around.clock, trace.note, {slot.id: slot.item for slot in config.slots})
        _break(bench, simulation.faults)
        ending.enter_context(closing(around.live(bench, around.clock)))
        yield bench.pins, SimulatedHands(technician, bench)


def _tell_safe_state(data: Path, plan: CabinetPlan) -> None:
    """Name every output before one is opened: whoever is killed cannot switch off any more."""
    try:
        safe_state.write(str(data / safe_state.NAME), off_levels(plan))
    except OSError as error:
        raise DataUnusable(
            f"{data} cannot be written ({error.strerror}): make room, or give it to this user"
        ) from error


def _break(bench: Bench, faults: Sequence[tuple[str, str]]) -> None:
    for slot, fault in faults:
        try:
            bench.break_slot(slot, fault, None)
        except KeyError as error:
            raise FaultUnknown(f"there is no slot {slot}; the slots are {', '.join(bench.world.coils)}") from error
        except ValueError as error:
            raise FaultUnknown(str(error)) from error
