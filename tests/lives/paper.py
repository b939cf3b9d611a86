"""A cabinet on paper: coils with units in them, a beam and a door, moved by whoever holds the pencil; never by itself.

It holds each motor that is switched on against the ledger's files, as a power cut would leave them (I1, I3, I6).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from kiosk.core.events import BeamBroken, DoorClosed, DoorOpened, Event, TurnEnded, TurnResult
from kiosk.core.values import Motion, SlotId
from tests.cuts.disk import Disk
from tests.cuts.kiosk import survivor
from tests.lives.kept import Kept

NOBODY = SlotId("")


class PaperCabinet:
    """What ``kiosk.parts`` calls a cabinet. *items* are the units that are truly there."""

    def __init__(self, slots: Collection[SlotId], emergency: Collection[SlotId], kept: Kept, disk: Disk, ledger: Path):
        self.slots = frozenset(slots)
        self.low: frozenset[SlotId] = frozenset()
        self.deadline: float | None = None
        self.items = dict.fromkeys(slots, 0)
        self.door_is_open = self.beam_is_broken = False
        self.acts = 0  # of people and technicians since the start, or since the door was opened
        self.turning: SlotId | None = None
        self.last = NOBODY  # whose coil turned last, or turns
        self.on_at = 0.0
        self.has_left = self.has_fallen = False
        self.refuses = False  # the driver's next order to turn fails
        self.without_intent: list[SlotId] = []  # turned for emergencies, and perhaps not written yet
        self._emergency, self._kept, self._disk, self._ledger = frozenset(emergency), kept, disk, ledger
        self._intents: set[tuple[int, int]] = set()

    # --- the pencil

    def drop(self) -> bool:
        """Let the unit in front of the coil that turned last fall out; whether there was one."""
        if self.has_fallen or not self.items.get(self.last):
            return False
        self.items[self.last] -= 1
        self.has_fallen = True
        return True

    def end_turn(self, result: TurnResult) -> TurnEnded:
        slot, self.turning = self.turning, None
        assert slot
        return TurnEnded(slot, result)

    def lose_power(self) -> None:
        self.turning, self.acts = None, 0

    # --- as the controller's cabinet

    @property
    def is_turning(self) -> bool:
        return self.turning is not None

    def sense(self) -> Sequence[Event]:
        door: Event = DoorOpened() if self.door_is_open else DoorClosed()
        return (door, BeamBroken()) if self.beam_is_broken else (door,)

    def start_turn(self, slot: SlotId, now: float, motion: Motion) -> Sequence[Event]:  # noqa: ARG002 - no item is nudged
        if self._disk.is_off:
            return ()  # without power no motor turns, whatever the program still says
        assert self.acts, f"I3: the motor of {slot} moved without anybody's act"
        assert self.turning is None, f"I6: {slot} turns beside {self.turning}"
        self._hold_intent(slot)
        self.last, self.on_at, self.has_left, self.has_fallen = slot, now, False, False
        if self.refuses:
            self.refuses = False
            return (TurnEnded(slot, TurnResult.NOT_STARTED),)
        self.turning = slot
        return ()

    def feel(self, signal: object) -> Sequence[Event]:
        raise AssertionError(f"a cabinet on paper sends no signals: {signal}")

    def expire(self, now: float) -> Sequence[Event]:
        raise AssertionError(f"nothing is due at {now}")

    def stop_motors(self) -> Sequence[Event]:
        if self.turning is None:
            return ()
        return (self.end_turn(TurnResult.CUT_AWAY if self.has_left else TurnResult.CUT_AT_HOME),)

    def _hold_intent(self, slot: SlotId) -> None:
        intent = self._kept.take_intent()
        if intent is None:
            assert slot in self._emergency, f"I1: the motor of {slot}, no emergency item, moved without an intent"
            self.without_intent.append(slot)
            return
        here = (intent.vend, intent.turn)
        found = survivor(self._disk, self._ledger)
        assert found == (1, *here, slot), f"I1: the motor of {slot} is on for {here}; a cut now would leave {found}"
        assert here not in self._intents, f"I1: one intent, two motor-ons: vend {here[0]} turn {here[1]}"
        self._intents.add(here)
