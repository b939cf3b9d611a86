"""Serve people from a matrix of 8 rows and 9 columns, in an order out of a seed, and hold each vend to what was asked.

Seventy-two coils are as many as the pins of a Pi can drive. Each holds an item of its own, so that asking for an item
asks for a coil.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hardware.plan import MatrixCoilPlan
from tests.kit import VirtualKiosk, virtual_kiosk

ROWS = {"A": 9, "B": 10, "C": 11, "D": 12, "E": 13, "F": 16, "G": 17, "H": 18}  # row: its pin
COLUMNS = (19, 20, 21, 22, 23, 24, 25, 26, 27)
SLOTS = [f"{row}{column}" for row in ROWS for column in range(1, len(COLUMNS) + 1)]
CAPACITY = 20
TURNS_A_COIL = 10_000  # more than it will make
UNTIL_THE_END_S = 6.0  # of a vend, and a little more

MATRIX = f"""
kiosk: {{{{id: river-street, name: River Street, timezone: Europe/Vienna, languages: [en]}}}}
data: {{data}}
drop_sensor: {{{{pin: 6, active_low: true, beam_down: {{beam_down}}}}}}
matrix: {{{{rows: {list(ROWS.values())}, columns: {list(COLUMNS)}, active_high: true,
  home: {{{{pin: 5, active_low: true}}}}}}}}
items:
"""
ITEMS = "".join(f"  - {{{{id: item-{slot.lower()}, name: {{{{en: Item {slot}}}}}, access: open}}}}\n" for slot in SLOTS)
COILS = "".join(
    f"  - {{{{id: {slot}, item: item-{slot.lower()}, capacity: {CAPACITY}, "
    f"motor: {{{{driver: matrix, row: {list(ROWS).index(slot[0]) + 1}, column: {slot[1:]}}}}}}}}}\n"
    for slot in SLOTS
)
CONFIG = f"{MATRIX}{ITEMS}slots:\n{COILS}"


class NotAsAsked(AssertionError):
    """A vend that moved another coil, or another number of units, than was asked for or booked."""


def crossing(slot: str, capacity: int = TURNS_A_COIL) -> MatrixCoilPlan:
    """Where a coil stands, for those who need no kiosk."""
    return MatrixCoilPlan(slot, list(ROWS).index(slot[0]) + 1, int(slot[1:]), capacity)


@dataclass
class Served:
    """What was served so far; *coils* how often each."""

    vends: int = 0
    loads: int = 0
    coils: dict[str, int] = field(default_factory=dict)

    def add(self, other: Served) -> None:
        self.vends += other.vends
        self.loads += other.loads
        for slot, n in other.coils.items():
            self.coils[slot] = self.coils.get(slot, 0) + n


@contextmanager
def full_matrix(folder: Path) -> Iterator[VirtualKiosk]:
    """A kiosk with all coils of the matrix, empty."""
    with virtual_kiosk(folder, CONFIG) as kiosk:
        assert kiosk.kiosk.cabinet.faults == {}
        for slot in SLOTS:
            kiosk.world.set_items(slot, 0)
        yield kiosk


def serve(kiosk: VirtualKiosk, seed: int, vends: int) -> Served:
    """Serve *vends* people: all coils in a random order, then all in another. Raises ``NotAsAsked``."""
    chance, served = random.Random(seed), Served()
    while served.vends < vends:
        order = chance.sample(SLOTS, min(len(SLOTS), vends - served.vends))
        for slot in order:
            if kiosk.world.coils[slot].items == 0:
                kiosk.load(slot, chance.randint(1, CAPACITY))
                served.loads += 1
            serve_one(kiosk, slot)
            served.vends += 1
            served.coils[slot] = served.coils.get(slot, 0) + 1
    kiosk.check()
    return served


def serve_one(kiosk: VirtualKiosk, slot: str) -> None:
    """Ask for the item of *slot*, wait, and hold what happened against it."""
    before, turned = standing(kiosk), len(kiosk.turns())
    kiosk.choose(f"item-{slot.lower()}")
    kiosk.pass_time(UNTIL_THE_END_S)
    after = standing(kiosk)
    moved = [each for each in SLOTS if before[each] != after[each]]
    if kiosk.turns()[turned:] != [slot] or moved != [slot]:
        raise NotAsAsked(f"{slot} was asked for: {kiosk.turns()[turned:]} turned, {moved} moved")
    left = before[slot][0] - 1
    if after[slot][0] != left or booked(kiosk, slot) != (left, 0):
        raise NotAsAsked(f"{slot} held {left + 1}: it holds {after[slot][0]}, {booked(kiosk, slot)} are booked")
    if kiosk.world.running or lines_on(kiosk):
        raise NotAsAsked(f"after {slot}: {kiosk.world.running} and {lines_on(kiosk)} are on")


def standing(kiosk: VirtualKiosk) -> dict[str, tuple[int, float]]:
    """Units and angle of each coil."""
    return {slot: (coil.items, coil.angle) for slot, coil in kiosk.world.coils.items()}


def booked(kiosk: VirtualKiosk, slot: str) -> tuple[int, int]:
    """The ledger's count and band."""
    stock = next(each for each in kiosk.kiosk.controller.board.snapshot.stock if each.slot == slot)
    return stock.count, stock.uncertain


def lines_on(kiosk: VirtualKiosk) -> list[str]:
    assert kiosk.kiosk.bench
    return kiosk.kiosk.bench.lines_on
