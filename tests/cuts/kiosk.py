"""A whole kiosk whose plug is pulled: at any I/O, at the instant a motor goes on, or in the middle of a turn.

The controller, core, ledger and drivers are those of a real kiosk, in virtual time; the disk is simulated.
Held besides what the witness of ``tests/kit.py`` holds (I1, I3): an intent survives a cut at the instant its motor goes
on, nothing moves at a start, each vend ended exactly once (I5), and no unit is lost or doubled against the coils.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

from kiosk.core.asks import Ask, CountSlot, LoadSlot
from kiosk.core.values import SlotId
from kiosk.ledger.ledger import LEDGER_NAME, Ledger
from kiosk.ledger.missing import MissingLedger
from tests.cuts.disk import Disk, simulated_disk
from tests.cuts.life import Broken, PowerLost, Tally
from tests.kit import CONFIG, VirtualKiosk
from tests.stories.test_any_order import SLOTS, Life

CUTS = 10  # in one life
MOST_EVENTS = 300  # between two cuts
# a vend makes about 20 I/Os, a start about 45
MOST_IOS = 150


class PluggedKiosk(VirtualKiosk):
    """A virtual kiosk on a simulated disk; when that loses its power, ``PowerLost`` ends whatever is going on."""

    def __init__(self, data: Path, disk: Disk, synchronous: int | None = None, beam_down: str = "home") -> None:
        self.disk = disk
        self.synchronous = synchronous
        self.cuts_at_motor_on = False
        self.durable_intents = 0
        super().__init__(data, CONFIG, beam_down, vfs=disk.name)

    def _start(self) -> None:
        super()._start()
        if self.synchronous is not None and isinstance(self.kiosk.ledger, Ledger):
            self.ledger.database.rows(f"PRAGMA synchronous = {self.synchronous}")
        when = self.world.when

        def notice(what: str, slot: str | None, is_so: bool) -> None:
            if self.disk.is_off:
                return  # without power no motor turns, whatever the program still says
            when(what, slot, is_so)
            if what == "motor_on":
                self._hold_intent(slot)
                if self.cuts_at_motor_on:
                    self.disk.cut_now()

        self.world.when = notice

    def _hold_intent(self, slot: str | None) -> None:
        """I1: the intent is there even if all is lost that can be, at the very instant the motor goes on."""
        here = self.ledger.database.rows("SELECT vend, turn FROM open_vend")[0]
        found = survivor(self.disk, self.config.data / LEDGER_NAME)
        if found != (1, *here, slot):
            self.witness.failures.append(f"I1: the motor of {slot} is on for {here}; a cut now would leave {found}")
        self.durable_intents += 1

    def pass_time(self, seconds: float) -> None:
        super().pass_time(seconds)
        self._notice_cut()

    def _jump(self, to: float) -> None:
        self._notice_cut()
        super()._jump(to)

    def _notice_cut(self) -> None:
        if self.disk.is_off:
            raise PowerLost


class PluggedLife(Life):
    """People, technicians and honest faults as in any order of events, and the plug pulled again and again."""

    kiosk: PluggedKiosk

    def __init__(self, kiosk: PluggedKiosk, seed: int) -> None:
        super().__init__(kiosk, seed, honest=True)
        self.tally = Tally(lives=1)
        self.in_hand: str | None = None  # the slot a technician was at when the power went

    def live(self) -> Tally:
        for slot in SLOTS:
            self.kiosk.world.coils[slot].items = 0
            self.kiosk.load(slot, 5)
        while self.tally.cuts < CUTS:
            self._until_cut()
            self._restart()
        self.kiosk.witness.check()
        return self.tally

    def one_event(self) -> None:
        self.tally.steps += 1
        self.in_hand = None
        self.chance.choice(self.acts)()

    def carried_out(self, ask: Ask) -> bool:
        assert isinstance(ask, LoadSlot | CountSlot)
        self.in_hand = ask.slot
        return super().carried_out(ask)

    def _until_cut(self) -> None:
        self.kiosk.cuts_at_motor_on = self.chance.random() < 0.2
        if not self.kiosk.cuts_at_motor_on:
            self.kiosk.disk.cut_after(self.chance.randint(1, MOST_IOS))
        try:
            for _ in range(self.chance.randint(1, MOST_EVENTS)):
                self.one_event()
        except PowerLost:
            pass
        self.kiosk.disk.cut_now()  # else in the middle of whatever is going on, a turn perhaps
        self.kiosk.witness.check()

    def _restart(self) -> None:
        self.kiosk.cuts_at_motor_on = False
        turns = len(self.kiosk.turns())
        is_starting = False
        while self.kiosk.disk.is_off:
            self.tally.cuts += 1
            self.tally.cuts_in_recovery += is_starting
            is_starting = True
            try:
                self.kiosk.kill_and_restart(self._give_power)
            except PowerLost:
                continue
        self.kiosk.disk.cut_at = None
        self.kiosk.pass_time(60)
        assert len(self.kiosk.turns()) == turns, "I3: a motor moved after the start without anybody's act"
        self.check_found()

    def _give_power(self) -> None:
        self.kiosk.disk.switch_on()
        if self.chance.random() < 0.3:
            self.kiosk.disk.cut_after(self.chance.randint(1, 40))

    def check_found(self) -> None:
        """Hold the ledger of a kiosk that has just started against itself and against the coils."""
        self.kiosk.check()
        assert not isinstance(self.kiosk.kiosk.ledger, MissingLedger)
        is_open, vends = cast(
            "tuple[int, int]", self.kiosk.ledger.database.rows("SELECT is_open, vend FROM open_vend")[0]
        )
        ended = sum(self.kiosk.counted(what) for what in ("delivered", "not_delivered", "uncertain"))
        assert (is_open, ended) == (0, vends), f"I5: of {vends} vends {ended} ended"
        if self.in_hand:  # what a technician did not hear the end of is counted again
            self.kiosk.ask(CountSlot(SlotId(self.in_hand), self.kiosk.world.coils[self.in_hand].items))
        for slot in SLOTS:
            stock, items = self.kiosk.stock(slot), self.kiosk.world.coils[slot].items
            assert stock.count <= items <= stock.count + stock.uncertain, f"{slot} holds {items}, not {stock}"


def live_plugged(folder: Path, seed: int) -> tuple[Tally, int]:
    """Live one life; what it went through, and how many intents were held at their motor's start. Raises ``Broken``."""
    with simulated_disk(seed) as disk:
        kiosk = PluggedKiosk(folder / f"seed {seed}", disk)
        try:
            return PluggedLife(kiosk, seed).live(), kiosk.durable_intents
        except AssertionError as broken:
            raise Broken(f"{broken}\n  to see it again: python -m tests.cuts --kiosk --seed {seed}") from broken
        finally:
            kiosk.kiosk.close()


def survivor(disk: Disk, path: Path) -> tuple[object, ...] | None:
    """The open vend that would be found on the disk if all were lost now that can be."""
    copy = disk.worst_copy()
    try:
        ledger = Ledger(path, (), vfs=copy.name)
        (found,) = ledger.database.rows("SELECT is_open, vend, turn, slot FROM open_vend")
        ledger.close()
    finally:
        copy.unregister()
    return found
