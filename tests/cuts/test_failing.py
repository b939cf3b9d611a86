"""A disk that fails at any I/O, once or for ever: a sentence says so, nothing is half done, and life goes on."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import count
from pathlib import Path

import apsw
import pytest

from kiosk.core.asks import StorageFailed
from kiosk.core.values import Outcome
from kiosk.ledger.ledger import Ledger
from kiosk.ledger.verify import verify
from tests.cuts import promise as steps
from tests.cuts.disk import FOREVER, Disk, simulated_disk
from tests.cuts.kiosk import PluggedKiosk
from tests.cuts.life import FILE, write_first_version
from tests.cuts.promise import RECOVER, Promise, Step, picture_of
from tests.ledger.book import SLOTS, Slot

Make = Callable[[random.Random, Promise], Step]

SEED = 6  # its vend is a ticket's, and is delivered
IN_BETWEEN: dict[str, Make] = {
    "intent": steps.intend,
    "load": steps.load,
    "count": steps.count,
    "batch": steps.add_batch,
    "boot": steps.boot,
    "tidying": steps.tidy,
    "probe": steps.probe,
}
IN_A_VEND: dict[str, Make] = {
    "further turn": steps.turn_again,
    "outcome": steps.end,
    "recovery": lambda *_: RECOVER,
}
WAYS = pytest.mark.parametrize("forever", [False, True], ids=["once", "for ever"])
ERRORS = pytest.mark.parametrize("error", [apsw.SQLITE_IOERR, apsw.SQLITE_FULL], ids=["broken", "full"])


def numbers(disk: Disk, ios: int, error: int, forever: bool) -> range:
    """Let the I/O of that number from now fail, or all from it on."""
    disk.error = error
    first = disk.ios + ios
    return range(first, FOREVER if forever else first + 1)


class Stage:
    """A ledger on a disk in order, and what it has promised; *makes* brought it there."""

    def __init__(self, disk: Disk, *makes: Make) -> None:
        self.disk, self.promise, self.chance = disk, Promise(), random.Random(SEED)
        self.ledger = Ledger(FILE, SLOTS, vfs=disk.name)
        for make in makes:
            step = make(self.chance, self.promise)
            step.do(self.ledger)
            step.keep(self.promise)
        disk.settle()

    def restart(self) -> None:
        """Kill the process and look at what another one finds."""
        self.disk.kill()
        self.ledger.close()
        self.ledger = Ledger(FILE, SLOTS, vfs=self.disk.name)

    def holds(self, *promises: Promise) -> bool:
        assert verify(self.ledger.database) == ()
        return picture_of(self.ledger) in [promise.picture() for promise in promises]


def attempts(make: Make, *before: Make) -> Iterator[tuple[Stage, Step, Promise, int]]:
    """The same step from the same state, each time with one I/O more before the disk fails."""
    for ios in count(1):
        with simulated_disk() as disk:
            stage = Stage(disk, *before)
            step, new = make(stage.chance, stage.promise), deepcopy(stage.promise)
            step.keep(new)
            yield stage, step, new, ios
            stage.ledger.close()


def gets_through(act: Callable[[], object]) -> bool:
    try:
        act()
    except StorageFailed:
        return False
    return True


BUSY = (steps.load, steps.load, steps.add_batch, steps.intend, steps.end)


@WAYS
@ERRORS
@pytest.mark.parametrize("name", IN_BETWEEN | IN_A_VEND)
def test_whatever_io_fails_a_step_is_wholly_done_or_not_at_all_and_can_be_done_again(
    name: str, error: int, forever: bool
) -> None:
    before = (*BUSY, steps.intend) if name in IN_A_VEND else BUSY
    failed = 0
    for stage, step, new, ios in attempts((IN_BETWEEN | IN_A_VEND)[name], *before):
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

    assert failed >= 2


@WAYS
@ERRORS
@pytest.mark.parametrize("name", IN_BETWEEN | IN_A_VEND)
def test_a_process_that_is_killed_after_a_failed_io_leaves_the_old_or_the_new_truth(
    name: str, error: int, forever: bool
) -> None:
    before = (*BUSY, steps.intend) if name in IN_A_VEND else BUSY
    for stage, step, new, ios in attempts((IN_BETWEEN | IN_A_VEND)[name], *before):
        stage.disk.failing = numbers(stage.disk, ios, error, forever)
        is_done = gets_through(lambda s=step, at=stage: s.do(at.ledger))  # type: ignore[misc]
        is_over = stage.disk.ios < stage.disk.failing.start
        stage.disk.repair()
        stage.restart()

        assert stage.holds(new) if is_done else stage.holds(stage.promise, new)
        if is_over:
            break


def nothing_there(_: Disk) -> None:
    """A new kiosk."""


def stocked(disk: Disk) -> None:
    Stage(disk, *BUSY).ledger.close()


@WAYS
@ERRORS
@pytest.mark.parametrize(
    ("prepare", "slots"),
    [
        (nothing_there, SLOTS),
        (write_first_version, SLOTS),
        (stocked, SLOTS),
        (stocked, (*SLOTS, Slot("C1", "strips"))),
    ],
    ids=["new", "of the first version", "as it is", "with a new slot"],
)
def test_whatever_io_fails_an_opening_leaves_a_ledger_that_opens_when_the_disk_is_back(
    prepare: Callable[[Disk], None], slots: tuple[Slot, ...], error: int, forever: bool
) -> None:
    failed = 0
    for ios in count(1):
        with simulated_disk() as disk:
            prepare(disk)
            disk.failing = numbers(disk, ios, error, forever)
            is_open = gets_through(lambda at=disk: Ledger(FILE, slots, vfs=at.name).close())  # type: ignore[misc]
            failed += not is_open
            is_over = disk.ios < disk.failing.start
            disk.repair()

            ledger = Ledger(FILE, slots, vfs=disk.name)
            assert verify(ledger.database) == ()
            assert len(ledger.stock()) == len(slots)
            assert sum(slot.count for slot in ledger.stock()) > 0 or prepare is not stocked
            ledger.close()
        if is_over:
            break

    assert failed >= 10


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


def test_the_step_that_fails_is_a_tickets_delivery() -> None:
    with simulated_disk() as disk:
        stage = Stage(disk, *BUSY, steps.intend)
        step, new = steps.end(stage.chance, stage.promise), deepcopy(stage.promise)
        step.keep(new)
        stage.ledger.close()

    assert Outcome.DELIVERED.value in step.says
    assert new.taken != stage.promise.taken
