"""The stage: a whole kiosk on a disk that can lose its power, and everything people and accidents can do to it.

Everything is production code but clock, timers, wall time, file layer and the cabinet's physics. The scanner is fed
with bytes. A broken invariant is an ``AssertionError`` whose text begins with the invariant's name.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

from hardware.bench.physics import HOME_CLOSES_DEG, HOME_OPENS_DEG, Fault
from hardware.events import TextRead
from hardware.framing import Framing, HeldCard
from kiosk.calendar import LocalCalendar
from kiosk.codes.format import make_code, qr_text
from kiosk.codes.issue import issue_tickets
from kiosk.codes.tags import KEY_BYTES, KEY_NAME, read_programme_key
from kiosk.core.asks import AddBatch, Answer, Ask, LoadSlot, StorageFailed
from kiosk.core.events import CodePresented
from kiosk.core.situation import Ending
from kiosk.core.values import ItemId, Refusal, SlotId
from kiosk.ledger.ledger import LEDGER_NAME, Ledger
from kiosk.snapshot import Snapshot
from kiosk.translation import TRANSLATION
from kiosk.wiring import Kiosk, Surroundings
from tests.cuts.disk import Disk
from tests.cuts.kiosk import PluggedKiosk, survivor
from tests.kit import VirtualTimers, Witness
from tests.sim.liveness import PATIENCE_S, Wish, legitimately, what_holds_naloxone_back
from tests.sim.operators import Operator
from tests.sim.story import Story, Voice
from tests.sim.truth import ITEMS, SLOTS, Truth
from web.screen.sentences import sentence

NALOXONE = "naloxone"
NAMES = {"naloxone": "Naloxone", "kit": "Supply kit", "strips": "Test strips", "condoms": "Condoms"}
FRESH_S = 180.0  # a ticket of two units, each tried twice, ends long before
A_HAIR_S = 0.001
FIRST_S = 1000.0  # where the kit's monotonic clock begins
BEGINNING = datetime(2026, 11, 24, 7, tzinfo=UTC)  # eight in the morning in Vienna
LAST_GOOD_DAY = date(2026, 12, 24)  # of the tickets that expire


@dataclass(frozen=True)
class Make:
    """What the kiosk is made of. Tests make worse ones, to see that the simulation notices."""

    kiosk: type[Kiosk] = Kiosk
    timers: Callable[[Callable[[], float]], VirtualTimers] = VirtualTimers
    synchronous: int | None = None


USUAL = Make()


@dataclass(frozen=True, slots=True)
class Intent:
    """An open vend as it stands on the disk."""

    vend: int
    turn: int
    slot: str


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


class Onlooker(Witness):
    """Keeps what failed; it never reads the ledger through the kiosk's own connection, on a disk that may fail."""

    def motor_on(self, slot: str, ledger: object) -> None:  # noqa: ARG002
        """Count it; ``Stage`` holds it against what a power cut would leave."""
        self.motor_ons += 1


class Stage(PluggedKiosk):
    """One kiosk's world. *chance* is that of the beat that is on."""

    def __init__(self, folder: Path, disk: Disk, seed: int, story: Story, make: Make = USUAL) -> None:
        self.folder = folder
        self.chance = random.Random(f"{seed} beginning")
        self.story = story
        self.make = make
        self.truth = Truth()
        self.operator = Operator()
        self.wish: Wish | None = None
        self.shift = timedelta()
        self.is_trusted = True
        self.acted_at = -math.inf
        self.opened_at = -math.inf
        self.stopped_at = -math.inf  # when a coil of naloxone last stood still again
        self.on_since: dict[str, float] = {}
        self.intents: set[tuple[int, int]] = set()
        self.tickets: list[str] = []
        self.boot = 0
        self.starts = 0
        self._failed_before = 0
        self._ios_at_motor_on = 0
        self._in_tray = 0
        self._said: object = None
        _write_key(folder, self.chance)
        super().__init__(folder, disk, make.synchronous, self.chance.choice(("home", "home", "refuse")))
        self._furnish()

    # --- what acts are made of

    def tell(self, text: str, voice: Voice = Voice.ACT) -> None:
        """Add a sentence to the story; not where this run happens to keep its files."""
        text = text.replace(str(self.folder), "/var/lib/kiosk")
        self.story.tell(self.lived_s, voice, text)

    def touch(self, item: str) -> None:
        """Touch an item on the screen."""
        holds = what_holds_naloxone_back(self) if item == NALOXONE else "it is no naloxone"
        self.acted_at = self.now
        refusal = self.choose(item)
        if refusal:
            self.tell(f"The kiosk does not begin: {refusal.replace('_', ' ')}.", Voice.SCREEN)
        if holds is None:
            assert not refusal or legitimately(refusal, self), f"naloxone: it was refused ({refusal})"
            if not refusal and self.wish is None:
                self.wish = Wish(self.now)

    def feed(self, data: bytes) -> None:
        """Let the scanner send bytes."""
        self.witness.acts += 1
        self.acted_at = self.now
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
        self.wish = None

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
            self.opened_at = self.now
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
        self._in_tray = 0

    @property
    def lived_s(self) -> float:
        """How long it has lived, in virtual seconds."""
        return self.now - FIRST_S

    def stock_is_known(self) -> bool:
        """Whether nothing is on its way: no vend is open and nothing waits for the ledger."""
        at = self.kiosk.controller
        is_storing = isinstance(self.kiosk.ledger, Ledger) and "storage" not in dict(at.board.snapshot.faults)
        return is_storing and at.situation.vend is None

    # --- ends and starts of the service

    def stop_in_order(self) -> None:
        """End the service as SIGTERM does, and start it again."""
        self.stop()
        self._notice_cut()
        if "storage" not in dict(self.kiosk.controller.board.snapshot.faults):
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
            self.disk.repair()
            self.disk.switch_on()
            if cut_again_after is not None:
                self.disk.cut_after(cut_again_after)

        self._begin_anew(meanwhile)

    def _begin_anew(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.disturb()
        self.cuts_at_motor_on = False
        self.on_since.clear()
        self.truth.forget(self.world)
        self.kill_and_restart(meanwhile)

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
        self.acted_at = -math.inf
        if not self.starts:
            self.witness = Onlooker()
        self.starts += 1
        super()._start()
        timing = self.config.timing
        self.scanner = ScannerEnd(self._hear, timing.frame_silence_s, timing.held_card_s)
        self._in_tray, self._said = 0, None
        self.kiosk.controller.board.listen(self._read_screen)
        self._number_start()
        before = self.world.when

        def notice(what: str, slot: str | None, is_so: bool) -> None:
            if not self.disk.is_off:
                self._see(what, slot, is_so)
            before(what, slot, is_so)

        self.world.when = notice

    def _number_start(self) -> None:
        """As telemetry does it at each start."""
        ledger = self.kiosk.ledger
        if not isinstance(ledger, Ledger):
            return
        with suppress(StorageFailed):
            boot = ledger.begin_boot()
            if boot <= self.boot:
                self.witness.failures.append(f"boots: start {boot} comes after start {self.boot}")
            self.boot = boot

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
        self.tell(f"{slot} holds {told + untold} {NAMES[ITEMS[slot]]}, {told} by the ledger.", Voice.SERVICE)

    def _issue(self, name: str, gives: tuple[str, ...], expires: date | None) -> None:
        key = read_programme_key(self.config.data / KEY_NAME)
        issued = issue_tickets(
            *(6, key, name, tuple(map(ItemId, gives)), expires),
            randbits=self.chance.getrandbits,
            shuffle=self.chance.shuffle,
        )
        self.ask(AddBatch(issued.batch))
        self.tickets += map(qr_text, issued.codes)

    # --- what an onlooker sees and holds against the invariants

    def _hear(self, text: str) -> None:
        event = TRANSLATION[TextRead](TextRead(text))
        assert isinstance(event, CodePresented)
        self.kiosk.controller.post(event)

    def _see(self, what: str, slot: str | None, is_so: bool) -> None:
        match what, slot:
            case "motor_on", str():
                self.on_since[slot] = self.world.now
                self._ios_at_motor_on = self.disk.ios
                self.tell(f"The coil of {slot} turns.", Voice.CABINET)
            case "motor_off", str():
                self._hold_lease(slot, self.on_since.pop(slot, self.world.now))
                if self.disk.ios != self._ios_at_motor_on:
                    self.witness.failures.append(f"disk: it was used while the motor of {slot} was on")
                if ITEMS[slot] == NALOXONE:
                    self.stopped_at = self.world.now
                self.tell(_where_it_stops(slot, self.world.coils[slot].angle), Voice.CABINET)
            case "door", _:
                self.tell(f"The door is {'open' if is_so else 'closed'}.", Voice.CABINET)
            case "drop", None if is_so:
                self.tell("Something breaks the light beam.", Voice.CABINET)

    def _hold_intent(self, slot: str | None) -> None:
        """I1, I3 and I6, at the instant the motor goes on."""
        assert slot
        vend = self.kiosk.controller.situation.vend
        number = vend.number if vend else 0
        intent = self._intent_after_a_cut()
        is_its_own = intent is not None and intent.slot == slot and (intent.vend, intent.turn) not in self.intents
        if intent and is_its_own:
            self.intents.add((intent.vend, intent.turn))
        elif not self._may_move_without_intent(slot):
            self.witness.failures.append(f"I1: the motor of {slot} is on; after a cut now there would be {intent}")
        if self.opened_at > self.acted_at:
            self.witness.failures.append(f"door: the motor of {slot} is on, and nobody has asked since it was opened")
        if self.now - self.acted_at > FRESH_S:
            self.witness.failures.append(f"I3: the motor of {slot} is on, and nobody has asked for anything")
        if len(self.motors_on()) > 1:
            self.witness.failures.append(f"I6: the motors of {' and '.join(self.motors_on())} are on together")
        self.durable_intents += is_its_own
        self.truth.begin(slot, number, self.world, has_intent=is_its_own)
        if self.cuts_at_motor_on:
            self.disk.cut_now()

    def _intent_after_a_cut(self) -> Intent | None:
        """What a start would find if the power went now and all were lost that can be."""
        with self.disk.looked_at():
            is_open, *found = survivor(self.disk, self.config.data / LEDGER_NAME) or (0,)
        return Intent(*cast("tuple[int, int, str]", tuple(found))) if is_open else None

    def _may_move_without_intent(self, slot: str) -> bool:
        """The sole exception: an emergency item while the ledger cannot commit, by the disk's own account."""
        cannot = not isinstance(self.kiosk.ledger, Ledger) or self.disk.failed > self._failed_before
        return ITEMS[slot] == NALOXONE and cannot

    def _hold_lease(self, slot: str, since: float) -> None:
        lasted = self.world.now - since
        if lasted > self.config.timing.lease_s + A_HAIR_S:
            self.witness.failures.append(f"I7: the motor of {slot} was on for {lasted:.1f} s")

    def _read_screen(self, picture: Snapshot) -> None:
        if picture.said is None or picture.said == self._said:
            self._said = picture.said
            return
        self._said = said = picture.said
        emergency = isinstance(said, Ending) and said.item == NALOXONE
        self.tell(f"The screen: “{sentence(said, emergency)}”", Voice.SCREEN)
        if said is Refusal.EXPIRED_CODE and not self.is_trusted:
            self.witness.failures.append("clock: a clock that nobody trusts let a ticket expire")

    def _look(self) -> None:
        """Look at tray, coils and the time, after whatever has just happened."""
        landed = self.world.tray[self._in_tray :]
        self._in_tray = len(self.world.tray)
        for item in landed:
            self.tell(f"{NAMES[item]} lies in the tray.", Voice.CABINET)
        for slot, since in self.on_since.items():
            self._hold_lease(slot, since)
        if self.wish and NALOXONE in landed:
            self.wish = None
        if self.wish and self.now > self.wish.at + PATIENCE_S:
            self.witness.failures.append(f"naloxone: it did not come within {PATIENCE_S:g} s")
        vend, watched = self.kiosk.controller.situation.vend, self.truth.watched
        if watched and (vend is None or vend.number != watched.vend):
            self.truth.end(self.world)
        if self.stock_is_known():
            self.truth.save()

    # --- time

    def pass_time(self, seconds: float) -> None:
        """Let everything happen that happens in that time."""
        self._failed_before = self.disk.failed
        super().pass_time(seconds)
        self._look()

    def _go_on(self, to: float) -> None:
        super()._go_on(to)
        self._look()

    def _jump(self, to: float) -> None:
        self._failed_before = self.disk.failed
        super()._jump(to)
        self.scanner.expire(to)
        self._look()

    def _next(self) -> float | None:
        due = (super()._next(), self.scanner.deadline)
        return min((at for at in due if at is not None), default=None)


def unknown_ticket(chance: random.Random) -> str:
    """A code in the right form that nobody has issued here."""
    return qr_text(make_code(chance.getrandbits))


def _where_it_stops(slot: str, angle: float) -> str:
    if angle < HOME_OPENS_DEG or angle >= HOME_CLOSES_DEG:
        return f"The coil of {slot} stands at home."
    return f"The coil of {slot} stops on its way, at {angle:.0f} degrees."


def _write_key(folder: Path, chance: random.Random) -> None:
    """The programme's key out of the seed: tags decide how pages split, and so at which I/O the power goes."""
    folder.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(folder / KEY_NAME, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(chance.randbytes(KEY_BYTES))
