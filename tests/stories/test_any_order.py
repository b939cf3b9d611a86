"""Any order of events: people, technicians, faults, lying switches, kills and a disk that refuses to write.

Every seed is a life of its own; a failing one is named by the test's id and replays exactly.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from hardware.bench.physics import Fault
from hardware.events import BeamMoved, DoorMoved, HomeMoved, LeaseExpired
from kiosk.core.asks import Ask, AskRefused, CountSlot, LoadSlot, StorageFailed
from kiosk.core.events import StopAsked
from kiosk.core.values import SlotId
from tests.kit import CONFIG, VirtualKiosk, virtual_kiosk

EVENTS = 2000
SLOTS = ("A1", "A2", "B1", "B2", "C1", "D1")
ITEMS = ("naloxone", "kit", "strips", "condoms", "no such item")

# half of the lives go without rests, so that they see more turns
NO_LIMITS = """
timing: {{emergency_cooldown_s: 0.1}}
limits: {{unproven_a_slot: 100, unproven_a_kiosk: 100, no_drops_in_a_row: 100, emergency_reserve: 0}}
"""

# faults after which what fell can still be known; the others are for the lives in which anything goes
HONEST_FAULTS = (Fault.NONE, Fault.NONE, Fault.JAM, Fault.SLOW)


class Life:
    """A kiosk's life out of one seed. *honest*: sensors tell the truth, so the ledger must agree with the coils."""

    def __init__(self, kiosk: VirtualKiosk, seed: int, honest: bool) -> None:
        self.kiosk = kiosk
        self.chance = random.Random(seed)
        self.honest = honest
        self.tickets = kiosk.issue("kit", count=40) + kiosk.issue("kit", "kit", count=20)
        self.acts = [self.scan, self.scan, self.choose, self.choose, self.wait, self.wait, self.wait, self.wait]
        self.acts += [self.door, self.close_door, self.fault, self.load, self.count, self.wait_long]
        if not honest:
            self.acts += [self.lie, self.lie, self.hand, self.turn_by_hand, self.storage]

    def one_event(self) -> None:
        if self.chance.random() < 0.004:
            self.kiosk.witness.storage_is_down = False  # a new connection may write
            self.kiosk.kill_and_restart()
        elif self.chance.random() < 0.002:
            self.stop_and_restart()
        else:
            self.chance.choice(self.acts)()

    def scan(self) -> None:
        self.kiosk.scan(self.chance.choice([*self.tickets, "nonsense", "H1" + "0" * 25]))

    def choose(self) -> None:
        self.kiosk.choose(self.chance.choice(ITEMS), reserve=self.chance.random() < 0.3)

    def wait(self) -> None:
        self.kiosk.pass_time(self.chance.uniform(0, 2))

    def wait_long(self) -> None:
        self.kiosk.pass_time(self.chance.uniform(0, 60))

    def door(self) -> None:
        self.kiosk.world.set_door(self.chance.random() < 0.3)

    def close_door(self) -> None:
        self.kiosk.world.set_door(is_open=False)

    def fault(self) -> None:
        self.kiosk.world.set_fault(
            self.chance.choice(SLOTS), self.chance.choice(HONEST_FAULTS if self.honest else list(Fault))
        )

    def load(self) -> None:
        slot, count = self.chance.choice(SLOTS), self.chance.randint(1, 5)
        if self.carried_out(LoadSlot(SlotId(slot), count, self.chance.choice(["", "L1", "L2"]))):
            self.kiosk.world.coils[slot].items += count

    def count(self) -> None:
        slot = self.chance.choice(SLOTS)
        self.carried_out(CountSlot(SlotId(slot), self.kiosk.world.coils[slot].items))

    def carried_out(self, ask: Ask) -> bool:
        self.kiosk.pass_time(0)
        if self.kiosk.kiosk.controller.situation.vend:
            return False  # a technician would wait
        try:
            self.kiosk.ask(ask)
        except (AskRefused, StorageFailed):
            return False
        return True

    def lie(self) -> None:
        slot, yes = self.chance.choice(SLOTS), self.chance.random() < 0.5
        lies = [HomeMoved(slot, yes, self.kiosk.now), BeamMoved(yes, self.kiosk.now), DoorMoved(yes, self.kiosk.now)]
        self.kiosk.kiosk.controller.post(self.chance.choice([*lies, LeaseExpired(slot, self.chance.randint(0, 3))]))

    def hand(self) -> None:
        self.kiosk.world.break_beam(self.chance.uniform(0, 2))

    def turn_by_hand(self) -> None:
        self.kiosk.world.set_angle(self.chance.choice(SLOTS), self.chance.uniform(0, 360))

    def storage(self) -> None:
        down = self.chance.random() < 0.3
        self.kiosk.ledger.database.rows(f"PRAGMA query_only = {int(down)}")
        self.kiosk.witness.storage_is_down = down

    def stop_and_restart(self) -> None:
        self.kiosk.witness.storage_is_down = False
        self.kiosk.ledger.database.rows("PRAGMA query_only = 0")
        self.kiosk.kiosk.controller.post(StopAsked())
        self.kiosk.pass_time(0)
        assert self.kiosk.kiosk.controller.has_stopped
        self.kiosk.kill_and_restart()

    def check(self) -> None:
        self.kiosk.check()
        kits = self.kiosk.counted("delivered", "B1") + self.kiosk.counted("delivered", "B2")
        assert self.kiosk.units_taken() <= kits, "I4: a ticket was spent without a delivery"
        if self.honest:
            self.check_truth(kits)

    def check_truth(self, kits: int) -> None:
        assert self.kiosk.units_taken() == kits
        ended = sum(self.kiosk.counted(what) for what in ("delivered", "not_delivered", "uncertain"))
        assert ended == len({vend for vend, _ in self.kiosk.witness.intents}), "I5: a vend ended twice or never"
        for slot in SLOTS:
            stock, items = self.kiosk.stock(slot), self.kiosk.world.coils[slot].items
            assert stock.count <= items <= stock.count + stock.uncertain, f"{slot} holds {items}, not {stock}"


@pytest.mark.parametrize("seed", range(50))
def test_the_invariants_hold_in_any_order_of_events(tmp_path: Path, seed: int) -> None:
    with virtual_kiosk(tmp_path / "data", CONFIG + (NO_LIMITS if seed % 4 < 2 else "")) as kiosk:
        life = Life(kiosk, seed, honest=seed % 2 == 0)
        for slot in SLOTS:
            kiosk.world.coils[slot].items = 0
        for _ in range(EVENTS):
            life.one_event()

        kiosk.witness.storage_is_down = False
        kiosk.ledger.database.rows("PRAGMA query_only = 0")
        kiosk.world.set_door(is_open=False)
        kiosk.pass_time(120)
        life.check()
