"""A disk that fails at any I/O, once or for ever: a sentence says so, nothing is half done, and life goes on."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import count
from pathlib import Path

import apsw
import pytest

from kiosk.core.asks import StorageFailed
from kiosk.core.values import Outcome
from kiosk.ledger.ledger import Ledger
from kiosk.ledger.verify import verify
from tests.cuts import steps
from tests.cuts.births import FILE, NEW, RELEASED, Birth, released, thirteen_months
from tests.cuts.disk import FOREVER, Disk, simulated_disk
from tests.cuts.kiosk import PluggedKiosk
from tests.cuts.promise import DOSES, Promise, picture_of
from tests.cuts.steps import Make, Step
from tests.ledger.book import SLOTS, Slot

SEED = 65  # its vend is a ticket's, and is delivered
BUSY: tuple[Make, ...] = (steps.load, steps.load, steps.add_batch, steps.intend, steps.end, steps.recall)

# whatever writes has its row here: what is done, and what has been done before
WRITES: dict[str, tuple[Make, tuple[Make, ...]]] = {
    "intent": (steps.intend, BUSY),
    "further turn": (steps.turn_again, (*BUSY, steps.intend)),
    "outcome": (steps.end, (*BUSY, steps.intend)),
    "recovery": (steps.recover, (*BUSY, steps.intend)),
    "load": (steps.load, BUSY),
    "count": (steps.count, BUSY),
    "removal": (steps.remove, BUSY),
    "recall": (steps.recall, BUSY),
    "lifted recall": (steps.lift, BUSY),
    "batch": (steps.add_batch, BUSY),
    "revocation": (steps.revoke, BUSY),
    "list for others": (steps.make_list, (*BUSY, steps.add_batch)),
    "trusted signer": (steps.trust, BUSY),
    "batch of a list": (steps.add_foreign_batch, (*BUSY, steps.trust)),
    "end of a list": (steps.end_list, (*BUSY, steps.trust, steps.add_foreign_batch)),
    "minutes": (steps.miss, BUSY),
    "sealed day": (steps.seal, BUSY),
    "sealed month": (steps.seal_month, BUSY),
    "boot": (steps.boot, BUSY),
    "tidying": (steps.tidy, BUSY),
    "probe": (steps.probe, BUSY),
    "copy": (steps.copy, BUSY),
}
STEPS = pytest.mark.parametrize(("make", "before"), WRITES.values(), ids=WRITES)
WAYS = pytest.mark.parametrize("forever", [False, True], ids=["once", "for ever"])
ERRORS = pytest.mark.parametrize("error", [apsw.SQLITE_IOERR, apsw.SQLITE_FULL], ids=["broken", "full"])


def numbers(disk: Disk, ios: int, error: int, forever: bool) -> range:
    """Let the I/O of that number from now fail, or all from it on."""
    disk.error = error
    first = disk.ios + ios
    return range(first, FOREVER if forever else first + 1)


class Stage:
    """A ledger on a disk in order, and what it has promised; *makes* brought it there."""

    def __init__(self, disk: Disk, *makes: Make, birth: Birth = NEW) -> None:
        self.disk, self.promise, self.chance = disk, birth.on(disk), random.Random(SEED)
        self._open()
        for make in makes:
            step = make(self.chance, self.promise)
            step.do(self.ledger)
            step.keep(self.promise)
        disk.settle()

    def restart(self) -> None:
        """Kill the process and look at what another one finds."""
        self.disk.kill()
        self.ledger.close()
        self._open()

    def holds(self, *promises: Promise) -> bool:
        assert verify(self.ledger.database) == ()
        return picture_of(self.ledger) in [promise.picture() for promise in promises]

    def _open(self) -> None:
        self.ledger = opened(self.disk)


def opened(disk: Disk, slots: tuple[Slot, ...] = SLOTS) -> Ledger:
    return Ledger(FILE, slots, doses=DOSES, vfs=disk.name)


def attempts(make: Make, before: tuple[Make, ...], birth: Birth = NEW) -> Iterator[tuple[Stage, Step, Promise, int]]:
    """The same step from the same state, each time with one I/O more before the disk fails."""
    for ios in count(1):
        with simulated_disk() as disk:
            stage = Stage(disk, *before, birth=birth)
            step, new = make(stage.chance, stage.promise), stage.promise.copy()
            step.keep(new)
            yield stage, step, new, ios
            stage.ledger.close()


def gets_through(act: Callable[[], object]) -> bool:
    try:
        act()
    except StorageFailed:
        return False
    return True


def hold_that_it_is_done_wholly_or_not_at_all(
    tries: Iterator[tuple[Stage, Step, Promise, int]], error: int, forever: bool
) -> int:
    """Let the disk fail, hold what is there, and do it again; how often it failed before it got through."""
    failed = 0
    for stage, step, new, ios in tries:
        stage.disk.failing = numbers(stage.disk, ios, error, forever)
        is_done = gets_through(lambda s=step, at=stage: s.do(at.ledger))  # type: ignore[misc]
        is_over = stage.disk.ios < stage.disk.failing.start
        stage.disk.repair()

        assert stage.holds(new if is_done else stage.promise)
        if not is_done:
            failed += 1
            step.do(stage.ledger)
        assert stage.holds(new)
        stage.restart()
        assert stage.holds(new)
        if is_over:
            break
    return failed


@WAYS
@ERRORS
@STEPS
def test_whatever_io_fails_a_step_is_wholly_done_or_not_at_all_and_can_be_done_again(
    make: Make, before: tuple[Make, ...], error: int, forever: bool
) -> None:
    assert hold_that_it_is_done_wholly_or_not_at_all(attempts(make, before), error, forever) >= 2


@WAYS
@ERRORS
def test_whatever_io_fails_a_report_of_13_months_ago_is_there_or_summed_up(error: int, forever: bool) -> None:
    tries = attempts(steps.seal, (steps.tidy,), thirteen_months())

    assert hold_that_it_is_done_wholly_or_not_at_all(tries, error, forever) >= 5


@WAYS
@ERRORS
@STEPS
def test_a_process_that_is_killed_after_a_failed_io_leaves_the_old_or_the_new_truth(
    make: Make, before: tuple[Make, ...], error: int, forever: bool
) -> None:
    for stage, step, new, ios in attempts(make, before):
        stage.disk.failing = numbers(stage.disk, ios, error, forever)
        is_done = gets_through(lambda s=step, at=stage: s.do(at.ledger))  # type: ignore[misc]
        is_over = stage.disk.ios < stage.disk.failing.start
        stage.disk.repair()
        stage.restart()

        assert stage.holds(new) if is_done else stage.holds(stage.promise, new)
        if is_over:
            break


@cache
def stocked() -> Birth:
    with simulated_disk() as disk:
        stage = Stage(disk, *BUSY)
        stage.ledger.close()
        return Birth("in use", disk.bytes_of(FILE), stage.promise)


BIRTHS: dict[str, Callable[[], Birth]] = {
    "new": lambda: NEW,
    **{path.stem: partial(released, path) for path in RELEASED},
    "in use": stocked,
    "13 months old": thirteen_months,
}


def open_on_a_failing_disk(disk: Disk, failing: range, slots: tuple[Slot, ...] = SLOTS) -> tuple[bool, bool]:
    """Whether the ledger opened, and whether no I/O failed."""
    disk.failing = failing
    is_open = gets_through(lambda: opened(disk, slots).close())
    is_over = disk.ios < failing.start
    disk.repair()
    return is_open, is_over


@WAYS
@ERRORS
@pytest.mark.parametrize("born", BIRTHS.values(), ids=BIRTHS)
def test_whatever_io_fails_an_opening_leaves_a_ledger_that_opens_when_the_disk_is_back(
    born: Callable[[], Birth], error: int, forever: bool
) -> None:
    failed = 0
    for ios in count(1):
        with simulated_disk() as disk:
            promise = born().on(disk)
            is_open, is_over = open_on_a_failing_disk(disk, numbers(disk, ios, error, forever))

            ledger = opened(disk)
            assert verify(ledger.database) == ()
            assert picture_of(ledger) == promise.picture()
            ledger.close()
        failed += not is_open
        if is_over:
            break

    assert failed >= 10


@WAYS
@ERRORS
def test_whatever_io_fails_a_new_slot_is_there_when_the_disk_is_back(error: int, forever: bool) -> None:
    slots = (*SLOTS, Slot("C1", "strips"))
    for ios in count(1):
        with simulated_disk() as disk:
            stocked().on(disk)
            _, is_over = open_on_a_failing_disk(disk, numbers(disk, ios, error, forever), slots)

            ledger = opened(disk, slots)
            assert verify(ledger.database) == ()
            assert [slot.slot for slot in ledger.stock()] == ["A1", "B1", "B2", "C1"]
            assert sum(slot.count for slot in ledger.stock()) > 0
            ledger.close()
        if is_over:
            break

    assert ios >= 10


@WAYS
def test_whatever_io_fails_the_kiosk_starts_and_the_ledger_is_used_or_said_to_be_missing(
    tmp_path: Path, forever: bool
) -> None:
    with simulated_disk() as disk:
        kiosk = PluggedKiosk(tmp_path / "data", disk)
        kiosk.load("B1", 3)
        kiosk.issue("kit", count=3)
        kiosk.kiosk.close()
        for ios in count(1):
            disk.failing = numbers(disk, ios, apsw.SQLITE_IOERR, forever)
            kiosk._start()
            is_over = disk.ios < disk.failing.start
            faults = dict(kiosk.kiosk.controller.board.snapshot.faults)
            disk.repair()
            kiosk.kiosk.close()

            assert isinstance(kiosk.kiosk.ledger, Ledger) or "ledger" in faults
            if is_over:
                break

        kiosk._start()
        assert kiosk.stock("B1").count == 3
        kiosk.kiosk.close()


def test_an_outcome_that_failed_and_waited_is_counted_once(tmp_path: Path) -> None:
    with simulated_disk() as disk:
        kiosk = PluggedKiosk(tmp_path / "data", disk)
        kiosk.load("B1", 12)
        (ticket, *tickets) = kiosk.issue("kit", count=10)
        for ios, code in enumerate([ticket, *tickets], start=1):
            kiosk.scan(code)
            kiosk.pass_time(0.5)  # the intent is there, the motor on
            disk.failing = numbers(disk, ios, apsw.SQLITE_IOERR, forever=False)
            kiosk.pass_time(60)
            disk.repair()
            kiosk.pass_time(60)

            assert (kiosk.counted("delivered"), kiosk.units_taken()) == (ios, ios)
        kiosk.check()
        kiosk.kiosk.close()


def test_the_steps_that_fail_are_worth_it() -> None:
    with simulated_disk() as disk:
        stage = Stage(disk, *BUSY, steps.intend)
        step, new = steps.end(stage.chance, stage.promise), stage.promise.copy()
        step.keep(new)
        stage.ledger.close()

    assert Outcome.DELIVERED.replace("_", " ") in step.says
    assert new.taken != stage.promise.taken
    assert stage.promise.quarters  # a month that is sealed has some
    assert any(coil.units for coil in stage.promise.coils.values())
