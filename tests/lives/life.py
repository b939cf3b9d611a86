"""The life of a kiosk as a state machine of hypothesis: real core, controller, books, codes and ledger; no hardware.

People touch and scan, coils turn on paper, technicians load, count, take out, recall and test, days pass, clocks jump,
the disk fails at any I/O, the plug is pulled. After each step: the ledger holds what it promised, wholly (I2, I4, I5);
core knows the ledger's stock; the coils hold what is certain, and what may be there besides; naloxone was not refused.
Sensors tell the truth here, or else no count could be held against a coil.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kiosk.codes.format import qr_text
from kiosk.codes.issue import issue_tickets
from kiosk.codes.key_files import KEY_BYTES
from kiosk.codes.private_files import write_new
from kiosk.codes.tags import KEY_NAME
from kiosk.config import Config, load
from kiosk.controller import Controller
from kiosk.core.asks import (
    AddBatch,
    Answer,
    Ask,
    AskRefused,
    CountSlot,
    LoadSlot,
    MakeTestVend,
    RecallLot,
    RemoveUnits,
    StorageFailed,
    Why,
)
from kiosk.core.events import (
    BeamBroken,
    BeamCleared,
    CodePresented,
    DoorClosed,
    DoorOpened,
    ItemChosen,
    StopAsked,
    TurnResult,
)
from kiosk.core.situation import Ending, State
from kiosk.core.stock import is_unfit
from kiosk.core.values import ItemId, Outcome, Refusal, Secret, SlotId, SlotState, SlotStock, Unfit
from kiosk.ledger.ledger import LEDGER_NAME
from kiosk.parts import Parts
from kiosk.translation import rules_of
from tests.cuts.disk import FOREVER, Disk
from tests.cuts.promise import Promise, told
from tests.kit import CONFIG, TODAY, FixedCalendar
from tests.lives.kept import Kept
from tests.lives.paper import NOBODY, PaperCabinet

SLOTS = [SlotId(name) for name in ("A1", "A2", "B1", "B2", "C1", "D1")]
NALOXONE = ItemId("naloxone")
ITEMS = [NALOXONE, *map(ItemId, ("kit", "strips", "condoms"))]
JUMPS = (date(1970, 1, 1), date(2026, 11, 30), date(2036, 12, 31), TODAY)
EXPIRES = (None, TODAY - timedelta(days=1), TODAY + timedelta(days=1), date(2027, 3, 31))
SECONDS = (0.0, 0.3, 1.0, 3.0, 10.0, 21.0, 61.0, 601.0, 3601.0)
KEY = bytes(range(KEY_BYTES))
THIN = SlotId("C1")
HELD_BACK = (SlotState.RECALLED, SlotState.EXPIRED, SlotState.MISSING)
MOST_WAKES = 1500  # in the hour that may pass at once; a ledger that refuses is tried every 5 s
MOST_TURNS = 20  # of one visit: no ticket here needs more
COOLDOWN_S, RESERVE = 20.0, 2
FULL_TURNS = (TurnResult.CAME_HOME, TurnResult.CAME_HOME, TurnResult.HOMED, TurnResult.JAMMED, TurnResult.NEVER_LEFT)

GIFTS = (("kit", "kit"), ("kit", "naloxone", "strips"), ())  # the last lets the person choose

slots, booleans = st.sampled_from(SLOTS), st.booleans()


@cache
def the_config() -> Config:
    """Read once; each life puts a folder of its own into it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "kiosk.yaml"
        path.write_text(CONFIG.format(data=folder, beam_down="home"))
        loaded = load(path)
    assert loaded.config, loaded.faults
    return loaded.config


@dataclass
class Lived:
    """What lives have been through."""

    lives: int = 0
    steps: int = 0
    vends: int = 0
    delivered: int = 0
    starts: int = 0
    cuts: int = 0
    failing_disks: int = 0
    naloxone_asked: int = 0
    naloxone_refused: int = 0

    def add(self, other: Lived) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


LIVED = Lived()  # of this process


class KioskLife(RuleBasedStateMachine):
    """One kiosk, from its first start on."""

    @initialize(seed=st.integers(0, 2**16), unfit=st.sampled_from(Unfit))
    def begin(self, seed: int, unfit: Unfit) -> None:
        self.lived = Lived(lives=1)
        self.folder = TemporaryDirectory(prefix="kiosk-life-")
        self.disk = Disk(seed)
        self.now, self.calendar = 1000.0, FixedCalendar()
        config = the_config().model_copy(update={"data": Path(self.folder.name)})
        write_new(config.data / KEY_NAME, KEY)
        rules = rules_of(config, has_beam=True, sensed=())
        self.deciding = replace(rules, items={**rules.items, NALOXONE: replace(rules.items[NALOXONE], unfit=unfit)})
        self.kept = Kept(config, self.calendar, self.disk)
        self.cabinet = PaperCabinet(SLOTS, SLOTS[:2], self.kept, self.disk, config.data / LEDGER_NAME)
        self.lost: Counter[SlotId] = Counter()  # units that came out and of which no ledger will ever know
        self.uncounted: set[SlotId] = set()  # where a technician did not hear whether it was booked
        self.doubtful: set[SlotId] = set()  # where it was not, unless the next process finds it there
        self._begin_process()
        chance = Random(seed)
        self.tickets = [code for gives in GIFTS for code in self._issue(gives, chance)]
        for slot in SLOTS:
            self.load(slot, 3, "", None)

    def teardown(self) -> None:
        if hasattr(self, "cabinet"):
            LIVED.add(self.lived)
            self.kept.close()
            self.disk.unregister()
            self.folder.cleanup()

    # --- people

    @rule(item=st.sampled_from(ITEMS), reserve=booleans)
    def choose(self, item: ItemId, reserve: bool) -> None:
        self.cabinet.acts += 1
        reasons, was_free = self._reasons(reserve), self.controller.situation.vend is None
        self.cabinet.last = NOBODY if was_free else self.cabinet.last
        future = self.controller.choose(ItemChosen(item, reserve))
        self.controller.step(self.now)
        refusal, has_power = future.result(0), not self.disk.is_off
        if item == NALOXONE and has_power:
            self.lived.naloxone_asked += 1
            self.lived.naloxone_refused += refusal is not None
            assert refusal is None or refusal in reasons, f"naloxone was refused: {refusal}, not one of {reasons}"
            assert refusal or not was_free or self.cabinet.last in SLOTS[:2], "naloxone was promised and no coil turned"
        self._look()

    @precondition(lambda self: self.controller.situation.vend is None)
    @rule(item=st.sampled_from(ITEMS))
    def take(self, item: ItemId) -> None:
        """Choose, and all goes well."""
        self.choose(item, reserve=True)
        self._all_goes_well()

    @precondition(lambda self: self.controller.situation.vend is None)
    @rule(item=st.sampled_from(ITEMS), is_cleared=booleans, result=st.sampled_from(FULL_TURNS))
    def take_behind_a_hand(self, item: ItemId, is_cleared: bool, result: TurnResult) -> None:
        """Choose while the beam is broken, perhaps for a part of the turn only."""
        if not self.cabinet.beam_is_broken:
            self.hand_breaks_the_beam()
        self.choose(item, reserve=True)
        self.time_passes(1.0)
        if self.cabinet.turning:
            self.unit_falls()
        if is_cleared and self.cabinet.beam_is_broken:
            self.beam_is_whole_again()
        if self.cabinet.turning:
            self.turn_ends(result)
        self._all_goes_well()

    @precondition(lambda self: self.controller.situation.vend is None)
    @rule()
    def need_naloxone_as_soon_as_may_be(self) -> None:
        self.time_passes(max(0.0, self.cooling_until - self.now) + 0.001)
        self.choose(NALOXONE, reserve=True)

    @precondition(lambda self: self.controller.situation.vend is None)
    @rule(number=st.integers(0, 3 * len(GIFTS) - 1), item=st.sampled_from(ITEMS))
    def use_ticket(self, number: int, item: ItemId) -> None:
        """Scan, choose where there is a choice, and all goes well."""
        self.scan(number)
        if self.controller.situation.state is State.CHOOSING:
            self.choose(item, reserve=False)
        for _ in range(3):
            self._all_goes_well()

    @rule(number=st.integers(0, 3 * len(GIFTS) - 1))
    def scan(self, number: int) -> None:
        self.cabinet.acts += 1
        self.controller.post(CodePresented(Secret(self.tickets[number])))
        self._step()

    # --- coils, beam and door, which tell the truth

    @precondition(lambda self: self._is_giving() and not self.cabinet.has_fallen)
    @rule()
    def unit_falls(self) -> None:
        is_seen = self._is_seen()
        if self.now < self.cabinet.on_at + self.deciding.earliest_drop_s or not (is_seen or self.cabinet.turning):
            return
        if self.cabinet.last in SLOTS[:2] and not is_seen:
            return  # its coil may be brought home and turned again: then two come for one, and that is known
        self.cabinet.has_left = True
        if self.cabinet.drop() and is_seen:
            self.controller.post(BeamBroken())
            self.controller.post(BeamCleared())
            self._step()

    @precondition(lambda self: self.cabinet.turning is not None)
    @rule(result=st.sampled_from(FULL_TURNS))
    def turn_ends(self, result: TurnResult) -> None:
        vend = self.controller.situation.vend
        assert vend
        if self.cabinet.has_left and result is TurnResult.NEVER_LEFT:
            result = TurnResult.CAME_HOME
        self.cabinet.has_left = result is not TurnResult.NEVER_LEFT
        if vend.blind and result is TurnResult.CAME_HOME:
            self.cabinet.drop()  # unseen, a coil gives what it has whenever it makes its turn
        self.controller.post(self.cabinet.end_turn(result))
        self._step()

    @precondition(lambda self: self.cabinet.turning is not None)
    @rule()
    def coil_leaves_home(self) -> None:
        self.cabinet.has_left = True

    @rule()
    def motor_will_not_start(self) -> None:
        self.cabinet.refuses = True

    @precondition(lambda self: not self.cabinet.beam_is_broken and not (self._is_giving() and self.cabinet.has_left))
    @rule()
    def hand_breaks_the_beam(self) -> None:
        self.cabinet.beam_is_broken = True
        self.controller.post(BeamBroken(after_leaving=self.cabinet.turning is None))
        self._step()

    @precondition(lambda self: self.cabinet.beam_is_broken)
    @rule()
    def beam_is_whole_again(self) -> None:
        self.cabinet.beam_is_broken = False
        self.controller.post(BeamCleared())
        self._step()

    @precondition(lambda self: not self.cabinet.door_is_open)
    @rule(falls=booleans)
    def door_opens(self, falls: bool) -> None:
        self.cabinet.door_is_open = True
        self.cabinet.acts = 0  # somebody may have a hand inside: nothing turns without a fresh act
        self._fall_unseen(falls)
        self.controller.post(DoorOpened())
        self._step()

    @precondition(lambda self: self.cabinet.door_is_open)
    @rule()
    def door_closes(self) -> None:
        self.cabinet.door_is_open = False
        self.controller.post(DoorClosed())
        self._step()

    # --- technicians, who wait until nobody is served

    @precondition(lambda self: self.controller.situation.vend is None)
    @rule(
        slot=slots,
        count=st.integers(1, 4),
        lot=st.sampled_from(["", "L1", "L2"]),
        expires=st.sampled_from(EXPIRES),
    )
    def load(self, slot: SlotId, count: int, lot: str, expires: date | None) -> None:
        if self._is_done(LoadSlot(slot, count, lot, expires, "state" if lot else ""), slot):
            self.cabinet.items[slot] += count

    @precondition(lambda self: self.controller.situation.vend is None)
    @rule(slot=slots)
    def count(self, slot: SlotId) -> None:
        if self._is_done(CountSlot(slot, self.cabinet.items[slot]), slot):
            self.lost[slot] = 0
            self.uncounted.discard(slot)
            self.doubtful.discard(slot)

    @precondition(lambda self: self.controller.situation.vend is None)
    @rule(slot=slots, count=st.integers(1, 3), why=st.sampled_from(Why))
    def take_out(self, slot: SlotId, count: int, why: Why) -> None:
        if count <= self.cabinet.items[slot] and self._is_done(RemoveUnits(slot, count, why), slot):
            self.cabinet.items[slot] -= count

    @precondition(lambda self: self.controller.situation.vend is None)
    @rule(item=st.sampled_from(ITEMS), lot=st.sampled_from(["L1", "L2"]), is_recalled=booleans)
    def recall(self, item: ItemId, lot: str, is_recalled: bool) -> None:
        self._is_done(RecallLot(item, lot, is_recalled))

    @precondition(lambda self: self.controller.situation.vend is None)
    @rule(slot=slots)
    def test(self, slot: SlotId) -> None:
        self.cabinet.acts += 1
        turned_without = len(self.cabinet.without_intent)
        if self._is_done(MakeTestVend(slot)):
            assert len(self.cabinet.without_intent) <= turned_without, "a test turn began without its intent"

    # --- time

    @rule(seconds=st.sampled_from(SECONDS))
    def time_passes(self, seconds: float) -> None:
        end, wakes = self.now + seconds, 0
        while (due := self.controller.deadline) is not None and due <= end and not self.disk.is_off:
            self.now, wakes = max(due, self.now), wakes + 1
            assert wakes <= MOST_WAKES, f"the controller wakes again and again: {due} at {self.now}"
            self.controller.step(self.now)
            self._note_ends()
        self.now = end
        self._step()

    @rule(days=st.sampled_from([1, 1, 1, 2, 31]), quarter=st.integers(0, 3))
    def midnight_comes(self, days: int, quarter: int) -> None:
        self.calendar.day += timedelta(days=days)
        self.calendar.quarter_of_day = quarter
        self.time_passes(61.0)

    @rule(day=st.sampled_from(JUMPS), is_trusted=booleans)
    def clock_jumps(self, day: date, is_trusted: bool) -> None:
        self.calendar.day, self.calendar.trusted = day, is_trusted

    # --- disk, plug and process

    @rule(after=st.integers(1, 30), how_often=st.sampled_from([0, 1, FOREVER]))
    def disk_fails(self, after: int, how_often: int) -> None:
        """0: it is in order again."""
        first = self.disk.ios + after
        self.disk.failing = range(first, min(first + how_often, FOREVER))
        self.lived.failing_disks += how_often > 0

    @rule(falls=booleans, again=st.integers(0, 60))
    def plug_is_pulled(self, falls: bool, again: int) -> None:
        """*again*: at so many I/Os of the next start, perhaps."""
        self._fall_unseen(falls)
        self.disk.cut_now()
        self._restart(again)

    @rule(after=st.integers(1, 40))
    def plug_will_be_pulled(self, after: int) -> None:
        self.disk.cut_after(after)

    @rule(falls=booleans, is_in_order=booleans)
    def process_ends(self, falls: bool, is_in_order: bool) -> None:
        self._fall_unseen(falls)
        if is_in_order:
            self.controller.post(StopAsked())
            self.controller.run()
            assert self.cabinet.turning is None
            self._note_ends()
            self.kept.close()
        self._restart()

    @rule()
    def all_comes_to_rest(self) -> None:
        """The disk is in order, nobody is there: all that waited is written, and each outcome stands in one report."""
        self.disk.repair()
        self.disk.cut_at = None
        if self.cabinet.door_is_open:
            self.door_closes()
        if self.cabinet.beam_is_broken:
            self.beam_is_whole_again()
        for _ in range(MOST_TURNS):
            if self.controller.situation.state is State.READY:
                break
            if self.cabinet.turning is not None:
                self.turn_ends(TurnResult.CAME_HOME)
            self.time_passes(46.0)
        self.time_passes(61.0)
        self.kept.settle()
        at = self.controller.situation
        assert (at.state, at.vend, self.controller.board.snapshot.faults) == (State.READY, None, ())
        assert self.cabinet.without_intent == []
        self.kept.check_reports()

    # --- what must be the case after each of them

    @invariant()
    def the_ledger_holds_what_it_promised(self) -> None:
        self.lived.steps += 1
        self.kept.settle()

    @invariant()
    def core_knows_the_ledgers_stock(self) -> None:
        at, promise = self.controller.situation, self.kept.promise
        if not promise or not self._is_sound() or self.cabinet.turning:
            return  # what waited may have been written with the intent: it is read when the motor is off
        for stock in at.stock:
            known, promised = self._as_ledger_has_it(stock, promise), promise.slot(stock.slot)
            assert known == promised, f"core knows {known}, not {promised}"

    @invariant()
    def coils_hold_what_is_certain_and_what_may_be_there(self) -> None:
        promise = self.kept.promise
        if not promise or self.controller.situation.vend:
            return
        for slot in set(SLOTS) - self.uncounted:
            certain, band, items = (
                len(promise.coils[slot].units),
                len(promise.coils[slot].band),
                self.cabinet.items[slot],
            )
            waits = bool(promise.open and promise.open.slot == slot)  # how it ended is not written yet
            lost = self.lost[slot] + self.cabinet.without_intent.count(slot) + waits
            assert certain - lost <= items <= certain + band, f"{slot} has {items}, not {certain} and {band} more"

    @invariant()
    def a_motor_is_on_only_in_a_vend(self) -> None:
        assert (self.cabinet.turning is not None) == (self.controller.situation.state is State.MOVING)

    # --- processes

    def _begin_process(self) -> None:
        self.cabinet.lose_power()
        self.cooling_until, self.was_giving_naloxone = 0.0, False
        parts = Parts(
            inbox=SimpleQueue(),
            cabinet=self.cabinet,
            storage=self.kept,
            codes=self.kept.start(),
            calendar=self.calendar,
            desk=self.kept.answer,
            clock=lambda: self.now,
        )
        self.controller = Controller(parts, self.deciding)
        self.lived.starts += 1

    def _restart(self, again: int = 0) -> None:
        """End the process, give power again, and start another; *again*: lose power at so many I/Os from then."""
        self._note_ends()
        self.lost.update(self.cabinet.without_intent)
        self.cabinet.without_intent = []
        self.uncounted |= self.doubtful
        self.doubtful = set()
        while True:
            self.lived.cuts += self.disk.is_off
            self.disk.kill()
            self.kept.close()
            self.disk.switch_on()
            if again:
                self.disk.cut_after(again)
                again = 0
            self._begin_process()
            if not self.disk.is_off:
                break

    def _step(self) -> None:
        self.controller.step(self.now)
        self._look()

    def _look(self) -> None:
        self._note_ends()
        if self.disk.is_off:
            self._restart()

    def _note_ends(self) -> None:
        at = self.controller.situation
        is_giving_it = at.vend is not None and at.vend.plan.item == NALOXONE
        gave_none = isinstance(at.said, Ending) and at.said.outcome is not Outcome.DELIVERED
        if is_giving_it or (self.was_giving_naloxone and not gave_none):
            self.cooling_until = self.now + COOLDOWN_S
        self.was_giving_naloxone = is_giving_it
        self.lived.vends += len(self.kept.ended)
        self.lived.delivered += sum(order.outcome is Outcome.DELIVERED for order in self.kept.ended)
        self.kept.ended.clear()
        if self._is_sound() and self.controller.situation.vend is None:
            self.cabinet.without_intent = []

    def _all_goes_well(self) -> None:
        self.time_passes(1.4)  # a coil that was brought home turns again after 1 s
        if self.cabinet.turning:
            self.unit_falls()
        if self.cabinet.turning:
            self.turn_ends(TurnResult.CAME_HOME)

    # --- technicians

    def _is_done(self, ask: Ask, slot: SlotId | None = None) -> bool:
        future: Future[Answer] = self.controller.ask(ask)
        self.controller.step(self.now)
        has_power = not self.disk.is_off
        is_done = self._is_answered(future)
        if slot and not has_power:
            self.uncounted.add(slot)
        elif slot and isinstance(future.exception(0), StorageFailed):
            self.doubtful.add(slot)
        self._look()
        return is_done and has_power

    def _is_answered(self, future: Future[Answer]) -> bool:
        try:
            future.result(0)
        except (AskRefused, StorageFailed):
            return False
        return True

    def _issue(self, gives: tuple[str, ...], chance: Random) -> list[str]:
        name = "-".join(gives) or "any"
        items = tuple(map(ItemId, gives))
        issued = issue_tickets(3, KEY, name, items, chance=chance)
        assert self._is_done(AddBatch(issued.batch))
        return [qr_text(code) for code in issued.codes]

    # --- what is the case

    def _is_sound(self) -> bool:
        """Whether the ledger is open and nothing waits for it."""
        return self.kept.is_open and "storage" not in dict(self.controller.board.snapshot.faults)

    def _is_giving(self) -> bool:
        return self.controller.situation.state in (State.MOVING, State.SETTLING)

    def _is_seen(self) -> bool:
        return not self.cabinet.beam_is_broken and self.cabinet.last != THIN

    def _fall_unseen(self, falls: bool) -> None:
        """Let the unit fall that nobody will see any more, or not."""
        if falls and self._is_giving():
            self.cabinet.has_left = True
            self.cabinet.drop()

    def _reasons(self, reserve: bool) -> set[Refusal]:
        """Why naloxone may be refused now."""
        at, reasons = self.controller.situation, set[Refusal]()
        stocks = [stock for stock in self.controller.board.snapshot.stock if stock.item == NALOXONE]
        certain = sum(stock.count for stock in stocks if stock.state is SlotState.OK)
        if at.vend and at.vend.plan.item == NALOXONE:
            reasons.add(Refusal.BUSY)
        if stocks and all(stock.state in HELD_BACK for stock in stocks):
            reasons |= {Refusal.BUSY} if at.vend else {Refusal.NOT_STOCKED}
        if self.now < self.cooling_until:
            reasons.add(Refusal.COOLDOWN)
        if not reserve and 0 < certain <= RESERVE:
            reasons.add(Refusal.RESERVED)
        return reasons

    def _as_ledger_has_it(self, stock: SlotStock, promise: Promise) -> tuple[object, ...]:
        """What core knows of a slot, after it was held against the reasons for which core holds a slot back."""
        blocks = self.deciding.items[stock.item].unfit is Unfit.BLOCK and is_unfit(
            stock, self.controller.situation.today
        )
        if stock.recalled or blocks:
            assert stock.state is (SlotState.RECALLED if stock.recalled else SlotState.EXPIRED)
            stock = replace(stock, state=promise.coils[stock.slot].state)
        return told(stock)
