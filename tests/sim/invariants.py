"""What must hold whenever nothing moves: after every beat, after every start, and at the end.

I1, I3, I6 and I7 are held by the stage at the instant a motor goes on or off, and "naloxone comes out" by
``liveness.py``. Here is the one list for everything that can be read off the data: a new invariant gets its line here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import cast

from kiosk.ledger.ledger import Ledger
from kiosk.ledger.reports import KEPT
from kiosk.ledger.verify import verify
from tests.sim.stage import Stage
from tests.sim.truth import ITEMS, SLOTS

ENDINGS = ("delivered", "not_delivered", "uncertain", "test", "test_not_delivered")


def i2_the_ledger_balances(stage: Stage) -> Iterator[str]:
    """All that ``kiosk ledger verify`` recomputes: I2 by slot and lot, the days' counters, the file itself."""
    yield from verify(stage.ledger.database)


def i4_a_ticket_is_used_up_by_deliveries_only(stage: Stage) -> Iterator[str]:
    """By the ledger's counters, and by what really fell."""
    taken, counted = _units_taken(stage), _counted(stage)
    for item, units in taken.items():
        delivered = sum(counted[slot, "delivered"] for slot in SLOTS if ITEMS[slot] == item)
        fell = stage.truth.fell[item] + stage.truth.lied[item]
        if units > delivered:
            yield f"tickets gave up {units} units of {item}, {delivered} were delivered"
        if units > fell:
            yield f"tickets gave up {units} units of {item}, {fell} fell"
    kits = sum(counted[slot, "delivered"] for slot in SLOTS if ITEMS[slot] == "kit")
    if kits != taken["kit"]:
        yield f"{kits} kits were delivered for {taken['kit']} units of tickets"


def i5_each_vend_ended_once(stage: Stage) -> Iterator[str]:
    """Held as long as no I/O has failed: after that, vends without an intent are counted too."""
    is_open, vends = cast("tuple[int, int]", stage.ledger.database.rows("SELECT is_open, vend FROM open_vend")[0])
    ended = sum(n for (_, what), n in _counted(stage).items() if what in ENDINGS)
    if is_open:
        yield "a vend is open, and the kiosk is ready"
    if not stage.disk.failed and not stage.truth.without_intent and ended != vends:
        yield f"of {vends} vends {ended} ended"


def i5_each_ending_is_in_one_report(stage: Stage) -> Iterator[str]:
    """Sealed reports have no gap and never change; they and the open one make all that was ever counted."""
    found = stage.ledger.reports(0, KEPT).reports
    seen, stage.sealed = stage.sealed, found
    if found[: len(seen)] != seen:
        yield "a sealed report has changed, or is gone"
    if [report.number for report in found] != list(range(1, len(found) + 1)):
        yield f"the sealed reports have the numbers {[report.number for report in found]}"
    total, going_on = _counted(stage), _counted(stage, "WHERE report = (SELECT max(n) FROM reports)")
    sealed = Counter[tuple[str, str]]()
    for slot in (slot for report in found for slot in report.slots):
        sealed.update({(slot.slot, what): n for what, n in slot.moved})
    for key, n in total.items():
        if sealed[key] + going_on[key] != n:
            yield f"{n} {' '.join(key)}: {sealed[key]} in sealed reports, {going_on[key]} in the open one"


def truth_a_coil_holds_what_is_counted(stage: Stage) -> Iterator[str]:
    """Certain … certain + uncertain, give or take what ``truth.py`` allows."""
    for stock in stage.ledger.stock():
        slot = stock.slot
        doubt, items = stage.truth.doubts[slot], stage.world.coils[slot].items
        if not stock.count - doubt.fewer <= items <= stock.count + stock.uncertain + doubt.more:
            yield f"{slot} holds {items}; the ledger says {stock.count} + {stock.uncertain}, in doubt are {doubt}"


def operator_sees_the_stock(stage: Stage) -> Iterator[str]:
    """What a broker keeps is what the ledger says."""
    kept = stage.operator.retained
    if not stage.operator.is_reached or kept is None:
        return
    seen = [(slot.slot, slot.count, slot.uncertain) for slot in kept.slots]
    stands = [(slot.slot, slot.count, slot.uncertain) for slot in stage.ledger.stock()]
    if seen != stands:
        yield f"the operator sees {seen}, the ledger says {stands}"


Check = Callable[[Stage], Iterator[str]]
CHECKS: tuple[Check, ...] = (
    i2_the_ledger_balances,
    i4_a_ticket_is_used_up_by_deliveries_only,
    i5_each_vend_ended_once,
    i5_each_ending_is_in_one_report,
    truth_a_coil_holds_what_is_counted,
    operator_sees_the_stock,
)


def hold_all(stage: Stage) -> None:
    """Raise ``AssertionError`` for the first that does not hold. While the ledger cannot be read, all wait."""
    stage.witness.check()
    if not stage.stock_is_known():
        return
    stage.operator.listen(stage)
    with stage.disk.looked_at():
        for check in CHECKS:
            for wrong in check(stage):
                name = check.__name__.split("_", maxsplit=1)[0]
                raise AssertionError(f"{name.upper() if name[1].isdigit() else name}: {wrong}")


def _counted(stage: Stage, where: str = "") -> Counter[tuple[str, str]]:
    """What the days' counters say, by slot and movement."""
    sql = f"SELECT slot, what, total(n) FROM days JOIN lots ON lots.id = days.lot {where} GROUP BY slot, what"
    rows = cast("list[tuple[str, str, float]]", stage.ledger.database.rows(sql))
    return Counter({(slot, what): int(n) for slot, what, n in rows})


def _units_taken(stage: Stage) -> Counter[str]:
    """Units of tickets that are used up, by item; one of the person's choice is a kit, since all else is free."""
    assert isinstance(stage.kiosk.ledger, Ledger)
    sql = "SELECT gives, taken FROM codes JOIN batches ON batches.id = codes.batch"
    found: Counter[str] = Counter()
    for gives, taken in cast("list[tuple[str, bytes]]", stage.ledger.database.rows(sql)):
        mask = int.from_bytes(taken, "big")
        found.update(item for place, item in enumerate(gives.split() or ["kit"]) if mask >> place & 1)
    return found
