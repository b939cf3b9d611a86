"""A ledger's life out of one seed: people and technicians, the plug pulled again and again, in recovery too.

After each cut the ledger is held against what was promised: all that returned is there, what was cut is there wholly or
not at all. The same seed is the same life, to the byte.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from kiosk.core.asks import StorageFailed
from kiosk.ledger.ledger import Ledger
from kiosk.ledger.verify import verify
from tests.cuts import steps
from tests.cuts.births import FILE, any_birth
from tests.cuts.disk import simulated_disk
from tests.cuts.promise import Promise, in_reports, picture_of
from tests.cuts.steps import STRANGER, Step, any_step
from tests.ledger.book import DAY, SLOTS

CUTS = 25  # in one life
# a step makes 3 to 13 I/Os, a start 40 to 90, the first start of all about 200
MOST_IOS = 230
MOST_IOS_OF_A_START = 20
NORMAL = 1  # the setting with which SQLite forgets


class PowerLost(Exception):
    """The plug was pulled in the middle of a step."""


class Broken(AssertionError):
    """A promise was not kept; the message says how the life is told again."""


@dataclass
class Tally:
    """What lives have been through."""

    lives: int = 0
    cuts: int = 0
    cuts_in_recovery: int = 0
    cuts_in_first_starts: int = 0  # an empty file is set up, or that of an earlier version taken over
    reports: int = 0
    kills: int = 0
    steps: int = 0
    steps_cut_whole: int = 0  # cut short, and there all the same
    steps_cut_away: int = 0

    def add(self, other: Tally) -> None:
        """Add another's."""
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass
class Life:
    """One life. *synchronous* overrides the ledger's own setting, to see that the proof can fail."""

    seed: int
    synchronous: int | None = None
    story: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=lambda: Tally(lives=1))

    def live(self) -> Tally:
        """Live through all cuts. Raises ``Broken``."""
        self.chance = random.Random(self.seed)
        self.possible = [Promise()]
        self.ledger: Ledger | None = None
        self.is_starting = True
        with simulated_disk(self.seed) as self.disk:
            try:
                self._be_born()
                while self.tally.cuts < CUTS:
                    self._run_until_cut()
                self._start_in_peace()
            except AssertionError as broken:
                raise Broken(f"{broken}\n  to be told it: python -m tests.cuts --seed {self.seed}") from broken
            finally:
                self._close()
        return self.tally

    @property
    def promise(self) -> Promise:
        assert len(self.possible) == 1
        return self.possible[0]

    def tell(self, sentence: str) -> None:
        self.story.append(sentence)

    # --- starts and ends

    def _be_born(self) -> None:
        birth = any_birth(self.chance)
        self.tell(birth.says)
        self.possible = [birth.on(self.disk)]
        self.is_set_up = False

    def _run_until_cut(self) -> None:
        self._arm()
        try:
            self._start()
            for _ in range(1000):
                self._one_event()
        except PowerLost:
            self._lose_power()

    def _arm(self) -> None:
        soon = self.chance.random() < 0.25
        self.disk.cut_after(self.chance.randint(1, MOST_IOS_OF_A_START if soon else MOST_IOS))

    def _start(self) -> None:
        self.is_starting = True
        self._open()
        self.is_set_up = True
        self._settle()
        for make in (steps.recover, steps.read_once, steps.tidy):
            self._attempt(make(self.chance, self.promise))
        self._check_start()
        self.is_starting = False

    def _start_in_peace(self) -> None:
        self.tell("The disk holds from here on.")
        self._start()
        assert self.ledger
        before = picture_of(self.ledger)
        assert not self.ledger.recover(DAY), "a second recovery found a vend"
        assert picture_of(self.ledger) == before, "a second recovery changed something"
        ever = sorted((slot, what, n) for (slot, what), n in self.promise.ever.items() if n)
        assert in_reports(self.ledger) == ever, "I5: the reports do not add up to what happened"
        self.tally.reports += len(self.promise.sealed)

    def _open(self) -> None:
        self.tell("The kiosk starts.")
        try:
            self.ledger = Ledger(FILE, SLOTS, doses=self.possible[0].doses, vfs=self.disk.name)
            if self.synchronous is not None:
                self.ledger.database.rows(f"PRAGMA synchronous = {self.synchronous}")
        except StorageFailed as error:
            self._must_be_off(error)

    def _close(self) -> None:
        if self.ledger:
            self.ledger.close()
            self.ledger = None

    def _lose_power(self) -> None:
        where = "in its start" if self.is_starting else "while it runs"
        self.tell(f"The plug is pulled {where}, at I/O {self.disk.ios}.")
        self.tally.cuts += 1
        self.tally.cuts_in_recovery += self.is_starting
        self.tally.cuts_in_first_starts += not self.is_set_up
        self._close()
        self.disk.switch_on()

    # --- events

    def _one_event(self) -> None:
        if self.chance.random() < 0.02:
            self._end_the_process()
        else:
            self._attempt(any_step(self.chance, self.promise))

    def _end_the_process(self) -> None:
        if self.chance.random() < 0.5:
            self.tell("The process is killed.")
            self.tally.kills += 1
            self.disk.kill()
        else:
            self.tell("The process ends in order.")
        self._close()
        if self.chance.random() < 0.2:
            doses = self.chance.choice((1, 2, 3))
            self.tell(f"The configuration says that a unit of naloxone has {doses} doses.")
            self.possible = [replace(self.promise, doses={"naloxone": doses})]
        self._start()

    def _attempt(self, step: Step) -> None:
        assert self.ledger
        self.tell(f"{step.says[0].upper()}{step.says[1:]}.")
        self.tally.steps += 1
        kept = self.promise.copy()
        step.keep(kept)
        try:
            step.do(self.ledger)
        except StorageFailed as error:
            self.possible.append(kept)
            self._must_be_off(error)
        self.possible = [kept]
        if self.disk.is_off:
            raise PowerLost

    def _must_be_off(self, error: StorageFailed) -> None:
        if not self.disk.is_off:
            raise Broken(f"the ledger failed on a disk in order: {error}") from error
        raise PowerLost from error

    # --- what must be the case

    def _settle(self) -> None:
        """Find out which of the possible promises is the true one."""
        try:
            assert self.ledger
            found, faults = picture_of(self.ledger), verify(self.ledger.database)
        except StorageFailed as error:
            self._must_be_off(error)
        assert faults == (), "; ".join(faults)
        kept = [promise for promise in self.possible if promise.picture() == found]
        assert kept, difference([promise.picture() for promise in self.possible], found)
        if len(self.possible) > 1:
            self.tally.steps_cut_away += kept[0] is self.possible[0]
            self.tally.steps_cut_whole += kept[0] is not self.possible[0]
        self.possible = kept[:1]

    def _check_start(self) -> None:
        """After a recovery nothing is open, a second one changes nothing, and nothing tells of an ended vend."""
        self._settle()
        assert self.promise.open is None, "a vend is open after the recovery"
        self._attempt(steps.recover(self.chance, self.promise))
        self._settle()
        log, main = self.disk.bytes_of(f"{FILE}-wal"), self.disk.bytes_of(FILE)
        assert log == b"", "the log still tells of vends after the start"
        assert main.count(STRANGER) == 0, "the file still has the tag of an ended vend"


def difference(promised: list[dict[str, object]], found: dict[str, object]) -> str:
    """Say where what was found is none of what was promised."""
    nearest = min(promised, key=lambda picture: sum(picture[name] != found[name] for name in found))
    wrong = [name for name in found if nearest[name] != found[name]]
    return "; ".join(f"{name}: promised {nearest[name]}, found {found[name]}" for name in wrong)
