"""A real cabinet on the bench, without a kiosk: drivers, pins and physics, and an owner who looks at every change."""

from __future__ import annotations

from hardware.bench.bench import Bench
from hardware.cabinet import Cabinet
from hardware.events import CabinetEvent, Motion, Signal, TurnEnded, TurnResult
from hardware.plan import CabinetPlan
from tests.hardware.rig import take_in
from tests.kit import VirtualTimers


class Twin:
    """A cabinet in virtual time."""

    def __init__(self, plan: CabinetPlan) -> None:
        self.now = 100.0
        self.posted: list[Signal] = []
        self.timers = VirtualTimers(lambda: self.now)
        self.bench = Bench(plan, lambda: self.now, lambda *_, **__: None)
        self.cabinet = Cabinet(plan, self.bench.pins, self.posted.append, lambda: self.now, self.timers)
        assert self.cabinet.faults == {}

    def move(self, slot: str, motion: Motion = Motion.TURN) -> TurnResult:
        """Make one motion and wait until all has fallen that falls."""
        events = self.cabinet.start_turn(slot, self.now, motion)
        events += self.pass_time(15)
        return next(event.result for event in events if isinstance(event, TurnEnded))

    def pass_time(self, seconds: float) -> list[CabinetEvent]:
        end, events = self.now + seconds, self.look()
        while (due := self.next_change()) is not None and due <= end:
            self.now = max(due, self.now)
            self.bench.advance(self.now)
            events += self.look()
        self.now = end
        self.bench.advance(end)
        return events

    def look(self) -> list[CabinetEvent]:
        return take_in(self.cabinet, self.posted, self.now)

    def next_change(self) -> float | None:
        due = (self.bench.world.next_change(), self.cabinet.deadline)
        return min((at for at in due if at is not None), default=None)

    @property
    def is_at_rest(self) -> bool:
        return not self.bench.world.running and not self.bench.lines_on
