"""The stage: a whole kiosk on a disk that can lose its power, and everything people and accidents can do to it.

Everything is production code but clock, timers, wall time, file layer and the cabinet's physics. The scanner is fed
with bytes. A broken invariant is an ``AssertionError`` whose text begins with the invariant's name.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hardware.bench.physics import Fault
from hardware.events import TextRead
from hardware.framing import Framing, HeldCard
from kiosk.calendar import LocalCalendar
from kiosk.codes.format import make_code, qr_text
from kiosk.codes.issue import issue_tickets
from kiosk.codes.key_files import KEY_BYTES
from kiosk.codes.tags import KEY_NAME, read_programme_key
from kiosk.core.asks import AddBatch, Answer, Ask, LoadSlot
from kiosk.core.events import CodePresented
from kiosk.core.reports import Report
from kiosk.core.values import ItemId, SlotId
from kiosk.ledger.ledger import Ledger
from kiosk.translation import TRANSLATION
from kiosk.wiring import Kiosk, Surroundings
from tests.cuts.disk import Disk
from tests.cuts.kiosk import PluggedKiosk
from tests.kit import VirtualTimers
from tests.sim.liveness import Wish, legitimately, what_holds_naloxone_back
from tests.sim.onlooker import Intent, Onlooker
from tests.sim.operators import Operator
from tests.sim.story import Story, Voice
from tests.sim.truth import ITEMS, NALOXONE, NAMES, SLOTS, Truth

FIRST_S = 1000.0  # where the kit's monotonic clock begins
BEGINNING = datetime(2026, 11, 24, 19, tzinfo=UTC)  # eight in the evening in Vienna
LAST_GOOD_DAY = date(2026, 12, 24)  # of the tickets that expire


@dataclass(frozen=True)
class Make:
    """What the kiosk is made of. Tests make worse ones, to see that the simulation notices."""

    kiosk: type[Kiosk] = Kiosk
    timers: Callable[[Callable[[], float]], VirtualTimers] = VirtualTimers
    synchronous: int | None = None


USUAL = Make()


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as a person has it: its text, and what it is, *called* in the story."""

    text: str
    called: str

    @property
    def data(self) -> bytes:
        """Its text as a scanner sends it."""
        return self.text.encode()


class ScannerEnd:
    """The kiosk's end of the scanner's line: the real framing, without a thread."""

    def __init__(self, hear: Callable[[str], None], silence_s: float, held_s: float) -> None:
        self._framing, self._held, self._hear = Framing(silence_s), HeldCard(held_s), hear

    @property
    def deadline(self) -> float | None:
        """When silence ends what was not ended."""
        return self._framing.deadline

    def feed(self, data: bytes, now: float) -> None:
        """Take in bytes."""
        self._post(self._framing.feed(data, now), now)

    def expire(self, now: float) -> None:
        """Take in silence, if it was long enough."""
        if self._framing.deadline is not None and self._framing.deadline <= now:
            self._post(self._framing.expire(), now)

    def _post(self, codes: list[str], now: float) -> None:
        for code in codes:
            if self._held.is_new(code, now):
                self._hear(code)


class Stage(PluggedKiosk):
    """One kiosk's world. *chance* is that of the beat that is on."""

    def __init__(self, folder: Path, disk: Disk, seed: int, story: Story, make: Make = USUAL) -> None:
        self.folder = folder
        self.chance = random.Random(f"{seed} beginning")
        self.story = story
        self.make = make
        self.truth = Truth()
        self.operator = Operator()
        self.onlooker = Onlooker(self)
        self.shift = timedelta()  # of the clock on the wall
        self.is_trusted = True
        self.tickets: list[Ticket] = []
        self.recalled: set[tuple[str, str]] = set()  # items and lots, perhaps held back
        self.sealed: tuple[Report, ...] = ()  # as last seen
        self.starts = 0
        _write_key(folder, self.chance)
        super().__init__(folder, disk, make.synchronous, self.chance.choice(("home", "home", "refuse")))
        self._furnish()

    # --- what acts are made of

    def tell(self, text: str, voice: Voice = Voice.ACT) -> None:
        """Add a sentence to the story; not where this run happens to keep its files."""
        text = text.replace(str(self.folder), "/var/lib/kiosk")
        self.story.tell(self.lived_s, voice, text)

    def touch(self, item: str, *, reserve: bool = False) -> None:
        """Touch an item on the screen; *reserve*: on its overdose page."""
        holds = what_holds_naloxone_back(self) if item == NALOXONE else "it is no naloxone"
        self.onlooker.act()
        refusal = self.choose(item, reserve=reserve)
        if refusal:
            self.tell(f"The kiosk does not begin: {refusal.replace('_', ' ')}.", Voice.SCREEN)
        if holds is None:
            is_right = not refusal or legitimately(refusal, self, reserve=reserve)
            assert is_right, f"naloxone: it was refused ({refusal})"
            if not refusal and self.onlooker.wish is None:
                self.onlooker.wish = Wish(self.now)

    def feed(self, data: bytes) -> None:
        """Let the scanner send bytes."""
        self.onlooker.act()
        self.scanner.feed(data, self.now)
        self.pass_time(0)

    def ask(self, ask: Ask) -> Answer:
        """Ask something of the data, and wait for the answer."""
        answered = self.kiosk.controller.ask(ask)
        for _ in range(400):
            self.pass_time(0)
            if answered.done():
                return answered.result(0)
            self.pass_time(0.5)
        raise AssertionError("asks: one was not answered within 200 s")

    def disturb(self) -> None:
        """Something happens after which naloxone need not come any more."""
        self.onlooker.wish = None

    def set_fault(self, slot: str, fault: Fault) -> None:
        """Break a slot, or mend it."""
        self.disturb()
        self.truth.break_slot(slot, fault)
        self.world.set_fault(slot, fault)
        self.pass_time(0)

    def set_door(self, is_open: bool) -> None:
        """Open or close the service door."""
        if is_open == self.world.door_is_open:
            return
        if is_open:
            self.disturb()
            self.onlooker.opened_at = self.now
        self.world.set_door(is_open)
        self.pass_time(0)
        assert not (is_open and self.motors_on()), f"door: it was opened, and the motor of {self.motors_on()[0]} is on"

    def reach_in(self, seconds: float) -> None:
        """Hold a hand into the beam."""
        self.disturb()
        self.truth.lose_sight()
        self.world.break_beam(seconds)
        self.pass_time(0)

    def hold_up(self, seconds: float) -> None:
        """Let the owner thread get no turn."""
        self.disturb()
        self.truth.hold_up()
        super().hold_up(seconds)

    def empty_tray(self) -> None:
        """Take what lies in the tray."""
        self.world.empty_tray()
        self.onlooker.empty_tray()

    @property
    def lived_s(self) -> float:
        """How long it has lived, in virtual seconds."""
        return self.now - FIRST_S

    @property
    def is_storing(self) -> bool:
        """Whether the kiosk uses its ledger."""
        faults = dict(self.kiosk.controller.board.snapshot.faults)
        return isinstance(self.kiosk.ledger, Ledger) and "storage" not in faults

    def stock_is_known(self) -> bool:
        """Whether nothing is on its way: no vend is open and nothing waits for the ledger."""
        return self.is_storing and self.kiosk.controller.situation.vend is None

    # --- ends and starts of the service

    def stop_in_order(self) -> None:
        """End the service as SIGTERM does, and start it again."""
        self.stop()
        self._notice_cut()
        if self.is_storing:
            self.truth.save()
        self._begin_anew()

    def end_without_a_word(self) -> None:
        """Kill the process; the disk goes on. Another process starts."""
        self.disk.kill()
        self._begin_anew()

    def power_up(self, away_s: float, cut_again_after: int | None) -> None:
        """Give power again, perhaps not for long."""

        def meanwhile() -> None:
            self.now += away_s
            self.tell("The power is back, and the service starts.", Voice.SERVICE)
            self.disk.repair()
            self.disk.switch_on()
            if cut_again_after is not None:
                self.disk.cut_after(cut_again_after)

        self._begin_anew(meanwhile)

    def _begin_anew(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.disturb()
        self.cuts_at_motor_on = False
        self.truth.forget(self.world)
        found: list[Intent | None] = []

        def find() -> None:
            meanwhile()
            found.append(self.onlooker.intent_after_a_cut())

        self.kill_and_restart(find)
        if not isinstance(self.kiosk.ledger, Ledger):
            self.tell("The ledger cannot be opened: only naloxone comes out.", Voice.SERVICE)
        elif any(found):
            self.tell("A vend had no end: it is booked as uncertain.", Voice.SERVICE)

    # --- what the kiosk is built on

    def wall(self) -> datetime:
        """What the clock on the wall says, right or wrong."""
        return BEGINNING + timedelta(seconds=self.now - FIRST_S) + self.shift

    def _build(self) -> Kiosk:
        self.timers = self.make.timers(lambda: self.now)
        calendar = LocalCalendar(self.config.kiosk.timezone, self.wall, lambda: self.is_trusted)
        surroundings = Surroundings(lambda: self.now, self.timers, calendar, self.vfs)
        return self.make.kiosk(self.config, surroundings, simulate=True)

    def _start(self) -> None:
        self.witness = self.onlooker
        self.starts += 1
        super()._start()
        timing = self.config.timing
        self.scanner = ScannerEnd(self._hear, timing.frame_silence_s, timing.held_card_s)
        self.onlooker.begin()
        before = self.world.when

        def notice(what: str, slot: str | None, is_so: bool) -> None:
            if not self.disk.is_off:
                self.onlooker.see(what, slot, is_so)
            before(what, slot, is_so)

        self.world.when = notice

    def _hold_intent(self, slot: str | None) -> None:
        """The onlooker does."""

    def _hear(self, text: str) -> None:
        event = TRANSLATION[TextRead](TextRead(text))
        assert isinstance(event, CodePresented)
        self.kiosk.controller.post(event)

    def _furnish(self) -> None:
        for slot in SLOTS:
            self.world.coils[slot].items = 0
            self._fill(slot, self.chance.choice((0, 1, 2, 3, 4, 5, 6)), self.chance.choice((0, 0, 0, 2)))
        for number, gives in enumerate((("kit",), ("kit", "kit"), ("kit", "strips"), ())):
            self._issue(f"batch-{number}", gives, None)
        self._issue("until Christmas", ("kit",), LAST_GOOD_DAY)

    def _fill(self, slot: str, told: int, untold: int) -> None:
        if told:
            self.ask(LoadSlot(SlotId(slot), told))
        self.world.coils[slot].items = told + untold
        self.truth.doubts[slot].more = untold
        known = "" if not untold else f", but the ledger knows of {told}"
        self.tell(f"{slot} holds {told + untold} of {NAMES[ITEMS[slot]]}{known}.", Voice.SERVICE)

    def _issue(self, name: str, gives: tuple[str, ...], expires: date | None) -> None:
        key = read_programme_key(self.config.data / KEY_NAME)
        issued = issue_tickets(6, key, name, tuple(map(ItemId, gives)), expires, self.chance)
        self.ask(AddBatch(issued.batch))
        what = " and ".join(NAMES[item] for item in gives) or "an item of choice"
        until = f", good until {expires}" if expires else ""
        self.tickets += (Ticket(qr_text(code), f"a ticket for {what}{until}") for code in issued.codes)

    # --- time

    def pass_time(self, seconds: float) -> None:
        """Let everything happen that happens in that time."""
        self.onlooker.begin_step()
        super().pass_time(seconds)
        self.onlooker.look()

    def _go_on(self, to: float) -> None:
        super()._go_on(to)
        self.onlooker.look()

    def _jump(self, to: float) -> None:
        self.onlooker.begin_step()
        super()._jump(to)
        self.scanner.expire(to)
        self.onlooker.look()

    def _next(self) -> float | None:
        due = (super()._next(), self.scanner.deadline)
        return min((at for at in due if at is not None), default=None)


def unknown_ticket(chance: random.Random) -> str:
    """A code in the right form that nobody has issued here."""
    return qr_text(make_code(chance.getrandbits))


def _write_key(folder: Path, chance: random.Random) -> None:
    """The programme's key out of the seed: tags decide how pages split, and so at which I/O the power goes."""
    folder.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(folder / KEY_NAME, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(chance.randbytes(KEY_BYTES))
