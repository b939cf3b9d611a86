"""A whole self-test: the cabinet is opened, tried and closed. All motors are off on every way out, or it raises."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

from gpiozero.pins import Factory

from hardware.cabinet import Cabinet
from hardware.coil import Clock
from hardware.lease import RealTimers, Timers
from hardware.plan import CabinetPlan
from hardware.selftest.examiner import Examiner, Inbox, QueueInbox
from hardware.selftest.report import Finding, Report, with_slow_ones
from hardware.selftest.stops import Stopped, stoppable
from hardware.selftest.technician import Technician
from hardware.selftest.tour import Terms, Tour

STUCK_ON = "A MOTOR MAY STILL BE ON: cut the motors' supply now."


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What it lives in: somebody before the cabinet, and real time or a test's. *clock* is monotonic seconds."""

    technician: Technician
    clock: Clock = time.monotonic
    timers: Timers = field(default_factory=RealTimers)
    inbox: Inbox = field(default_factory=lambda: QueueInbox(time.monotonic))


def try_cabinet(
    plan: CabinetPlan,
    pins: Factory,
    surroundings: Surroundings,
    terms: Terms,
    when_found: Callable[[Finding], None],
) -> Report:
    """Try the cabinet on *pins* to its end, or until somebody stops it. Main thread only.

    Raises ``MotorStuckOn``; its supply must be cut then.
    """
    found: list[Finding] = []
    turning = ""
    try:
        # closed twice: a first signal to end may come in the middle of closing, and then no second one is heard
        with stoppable(), closing(_cabinet(plan, pins, surroundings)) as cabinet, closing(cabinet):
            rise_s = plan.supply.rise_s if plan.supply else 0.0
            examiner = Examiner(cabinet, surroundings.inbox, surroundings.clock, rise_s)
            tour = Tour(plan, cabinet, examiner, surroundings.technician, terms)
            try:
                for finding in tour.findings():
                    found.append(finding)
                    when_found(finding)
            except Stopped:
                turning = tour.turning
                cabinet.stop_motors()
                raise
    except Stopped as stopped:
        return Report(tuple(found), str(stopped), turning)
    return Report(with_slow_ones(found))


def _cabinet(plan: CabinetPlan, pins: Factory, surroundings: Surroundings) -> Cabinet:
    return Cabinet(plan, pins, surroundings.inbox.post, surroundings.clock, surroundings.timers)
