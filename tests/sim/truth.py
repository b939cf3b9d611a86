"""The physical truth: what really fell, and by how much the ledger's count may be wrong about a coil, and why.

The ledger says *count* units are certain and *uncertain* more may be there. What stands in the coil must lie between
the two, except by what this table allows; a technician's count ends it all.

| what happened | there may stand |
|---|---|
| two fall at once (``double``), or the one that had hung and the next (``hang``) | 1 fewer for each vend |
| a home switch that never closes (``stuck_open``): the coil turns for 4 s | fewer, by what fell after the first |
| a thing that breaks no beam (``thin``), or a home switch that never opens (``stuck_home``) | fewer, by what fell |
| the owner thread was held up while a motor was on | fewer, by what fell after the first |
| what fell while the beam was broken: a coil brought home, then turned again (emergency items only) | fewer, likewise |
| nothing fell, but the beam was broken by a hand or dirt for a part of the vend, or the item is a thin one | 1 more |
| an emergency item given without an intent, and the process ended before the ledger could write | fewer, by what fell |
| a technician's ask that failed or was cut short; a technician who counts wrong | by the units of that ask |
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from hardware.bench.physics import Fault, World

ITEMS = {"A1": "naloxone", "A2": "naloxone", "B1": "kit", "B2": "kit", "C1": "strips", "D1": "condoms"}
SLOTS = tuple(ITEMS)
NALOXONE = "naloxone"
NAMES = {NALOXONE: "Naloxone", "kit": "Supply kit", "strips": "Test strips", "condoms": "Condoms"}
LYING = {
    NALOXONE: "Naloxone lies",
    "kit": "A supply kit lies",
    "strips": "A packet of test strips lies",
    "condoms": "A packet of condoms lies",
}
THIN = ("strips",)
UNSEEN = frozenset({Fault.THIN, Fault.STUCK_HOME})
TOO_MANY = frozenset({Fault.DOUBLE, Fault.HANG, Fault.STUCK_OPEN})


@dataclass
class Doubt:
    """By how many units there may stand *fewer* or *more* in a coil than the ledger's band says."""

    fewer: int = 0
    more: int = 0


@dataclass
class Watched:
    """One vend as the cabinet sees it: what stood in the coil before, and what troubled the senses meanwhile."""

    slot: str
    vend: int
    before: int
    faults: set[Fault]
    is_unseen: bool
    is_held_up: bool = False
    has_intent: bool = False


@dataclass
class Truth:
    """What the cabinet knows. One vend is watched at a time."""

    doubts: dict[str, Doubt] = field(default_factory=lambda: {slot: Doubt() for slot in SLOTS})
    fell: Counter[str] = field(default_factory=Counter)  # by item
    lied: Counter[str] = field(default_factory=Counter)  # by item: counted as delivered though nothing fell, at most
    without_intent: int = 0
    watched: Watched | None = None
    _unsaved: list[tuple[str, int]] = field(default_factory=list)

    def begin(self, slot: str, vend: int, world: World, has_intent: bool) -> None:
        """A motor goes on."""
        at = self.watched
        if at is None or (at.slot, at.vend) != (slot, vend):
            self.end(world)
            coil = world.coils[slot]
            faults = {coil.fault, Fault.HANG} if coil.hangs else {coil.fault}
            at = self.watched = Watched(slot, vend, coil.items, faults, ITEMS[slot] in THIN)
        at.is_unseen |= world.beam_is_broken
        at.has_intent |= has_intent  # one of its turns is enough for the next start to find it

    def lose_sight(self) -> None:
        """The beam is broken by something that is no item."""
        if self.watched:
            self.watched.is_unseen = True

    def hold_up(self) -> None:
        """The owner thread gets no turn."""
        if self.watched:
            self.watched.is_held_up = True

    def break_slot(self, slot: str, fault: Fault) -> None:
        """A slot is broken or mended."""
        if fault is Fault.BEAM_BLOCKED:
            self.lose_sight()
        if self.watched and self.watched.slot == slot:
            self.watched.faults.add(fault)

    def end(self, world: World) -> None:
        """The vend is over: doubt what the table allows."""
        at, self.watched = self.watched, None
        if at is None:
            return
        fell = at.before - world.coils[at.slot].items
        self.fell[ITEMS[at.slot]] += fell
        doubt = self.doubts[at.slot]
        if at.faults & UNSEEN:
            doubt.fewer += fell
        elif at.faults & TOO_MANY or at.is_held_up or (at.is_unseen and ITEMS[at.slot] == NALOXONE):
            doubt.fewer += max(0, fell - 1)
        if not fell and at.is_unseen:
            doubt.more += 1
            self.lied[ITEMS[at.slot]] += 1
        if not at.has_intent:
            self.without_intent += 1
            self._unsaved.append((at.slot, fell))

    def save(self) -> None:
        """The ledger has written all that waited."""
        self._unsaved.clear()

    def forget(self, world: World) -> None:
        """The process is over: what waited in its memory is lost."""
        self.end(world)
        for slot, fell in self._unsaved:
            self.doubts[slot].fewer += fell
        self._unsaved.clear()
