"""What technicians do, in any order, right and wrong. Add a function and its line in ``TECHNICIANS``."""

from __future__ import annotations

from datetime import timedelta

from hardware.bench.physics import Fault
from kiosk.core.asks import (
    Ask,
    AskRefused,
    CountSlot,
    LoadSlot,
    MakeTestVend,
    ReadCounters,
    ReadStock,
    RecallLot,
    RemoveUnits,
    StorageFailed,
    VerifyLedger,
    Why,
)
from kiosk.core.values import ItemId, SlotId
from tests.sim.acts import Act
from tests.sim.stage import BEGINNING, Stage
from tests.sim.truth import NAMES, SLOTS, Doubt

LOTS = ("", "L1", "L2")
CAPACITIES = {"A1": 10, "A2": 10, "B1": 12, "B2": 12, "C1": 20, "D1": 20}


def open_door(at: Stage) -> None:
    at.tell("The technician opens the door.")
    at.set_door(is_open=True)


def close_door(at: Stage) -> None:
    at.tell("The technician closes the door.")
    at.set_door(is_open=False)


def load(at: Stage) -> None:
    slot, count = at.chance.choice(SLOTS), at.chance.randint(1, 6)
    lot, days = at.chance.choice(LOTS), at.chance.choice((None, 10, 400))
    expires = BEGINNING.date() + timedelta(days) if days and lot else None
    at.tell(f"The technician loads {count} into {slot}{' of lot ' + lot if lot else ''}.")
    doubt = at.truth.doubts[slot]
    doubt.fewer += count  # until the answer is there, they may be booked and not put in
    if _is_done(at, LoadSlot(SlotId(slot), count, lot, expires)):
        doubt.fewer -= count
        at.world.set_items(slot, at.world.coils[slot].items + count)


def take_out(at: Stage) -> None:
    slot, why = at.chance.choice(SLOTS), at.chance.choice(list(Why))
    count = at.chance.randint(1, 3)
    if at.world.coils[slot].items < count:
        return
    at.tell(f"The technician takes {count} out of {slot}: {why}.")
    doubt = at.truth.doubts[slot]
    doubt.more += count  # until the answer is there, they may be booked and not taken out
    if _is_done(at, RemoveUnits(SlotId(slot), count, why)):
        doubt.more -= count
        at.world.set_items(slot, at.world.coils[slot].items - count)


def recall(at: Stage) -> None:
    item, lot, is_on = at.chance.choice(list(NAMES)), at.chance.choice(LOTS[1:]), at.chance.random() < 0.5
    at.tell(f"Lot {lot} of {NAMES[item]} is {'recalled' if is_on else 'no longer recalled'}.")
    at.disturb()
    at.recalled.add((item, lot))
    if _is_done(at, RecallLot(ItemId(item), lot, is_on)) and not is_on:
        at.recalled.discard((item, lot))


def make_a_test_turn(at: Stage) -> None:
    slot = at.chance.choice(SLOTS)
    at.tell(f"The technician has {slot} make a test turn.")
    at.onlooker.act(is_test=True)
    _is_done(at, MakeTestVend(SlotId(slot)))


def load_untold(at: Stage) -> None:
    slot, count = at.chance.choice(SLOTS), at.chance.randint(1, 3)
    at.tell(f"Somebody puts {count} into {slot} and tells nobody.")
    at.truth.doubts[slot].more += count
    at.world.set_items(slot, at.world.coils[slot].items + count)


def count(at: Stage) -> None:
    _count(at, at.chance.choice(SLOTS), 0)


def count_all(at: Stage) -> None:
    for slot in SLOTS:
        _count(at, slot, 0)


def count_wrong(at: Stage) -> None:
    _count(at, at.chance.choice(SLOTS), at.chance.choice((-2, -1, 1, 2)))


def mend(at: Stage) -> None:
    at.tell("The technician mends what is broken and brings the coils home.")
    for slot in SLOTS:
        at.set_fault(slot, Fault.NONE)
        if not at.onlooker.on_since:
            at.world.set_angle(slot, 0)


def look(at: Stage) -> None:
    at.tell("The technician reads stock and counters and has the ledger verified.")
    for ask in (ReadStock(), ReadCounters(), VerifyLedger()):
        _is_done(at, ask)


def _count(at: Stage, slot: str, wrong_by: int) -> None:
    while at.kiosk.controller.situation.vend:
        at.pass_time(1)  # nobody counts what is just moving
    items = min(at.world.coils[slot].items, CAPACITIES[slot])
    said = min(max(items + wrong_by, 0), CAPACITIES[slot])
    at.tell(f"The technician counts {said} in {slot}{'' if said == items else f'; there are {items}'}.")
    at.world.set_items(slot, items)
    off = Doubt(max(0, said - items), max(0, items - said))
    before = at.truth.doubts[slot]
    # until the answer is there, either may hold
    at.truth.doubts[slot] = Doubt(before.fewer + off.fewer, before.more + off.more)
    if _is_done(at, CountSlot(SlotId(slot), said)):
        at.truth.doubts[slot] = off
        with at.disk.looked_at():
            stock = at.stock(slot)
        is_so = (stock.count, stock.uncertain) == (said, 0)
        assert is_so, f"I2: {said} were counted in {slot}; the ledger says {stock.count} + {stock.uncertain}"


def _is_done(at: Stage, ask: Ask) -> bool:
    try:
        at.ask(ask)
    except (AskRefused, StorageFailed) as error:
        at.tell(f"It is refused: {error}.")
        return False
    return True


TECHNICIANS = (
    Act(4, open_door),
    Act(5, close_door),
    Act(6, load),
    Act(2, take_out),
    Act(1, recall),
    Act(3, make_a_test_turn),
    Act(1, load_untold),
    Act(4, count),
    Act(1, count_all),
    Act(1, count_wrong),
    Act(3, mend),
    Act(1, look),
)
