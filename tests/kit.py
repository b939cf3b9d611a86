"""A whole kiosk in one thread and in virtual time, with a witness that checks the invariants at every motor-on.

Everything is production code on gpiozero's mock pins and the simulated cabinet; only clock, timers and calendar are
the test's. Nothing here runs unless ``pass_time`` is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hardware.bench.physics import World
from hardware.events import TextRead
from kiosk.codes.format import TYPED, qr_text
from kiosk.codes.issue import Wish, issue_codes
from kiosk.codes.tags import ensure_programme_key
from kiosk.config import Config, load
from kiosk.core.asks import AddBatch, Answer, Ask, LoadSlot, MakeTestVend
from kiosk.core.events import CodePresented, ItemChosen, StopAsked, VisitLeft
from kiosk.core.values import ItemId, Kind, Refusal, Secret, SlotId, SlotStock
from kiosk.ledger.ledger import Ledger
from kiosk.ledger.missing import MissingLedger
from kiosk.ledger.verify import verify
from kiosk.translation import TRANSLATION
from kiosk.wiring import Kiosk, Surroundings

TODAY = date(2026, 11, 24)

CONFIG = """
kiosk: {{id: river-street, name: River Street, timezone: Europe/Vienna, languages: [en]}}
data: {data}
items:
  - {{id: naloxone, name: {{en: Naloxone}}, emergency: true, access: open, doses: 2, nudges: 0}}
  - {{id: kit, name: {{en: Supply kit}}, access: code, nudges: 0}}
  - {{id: strips, name: {{en: Test strips}}, access: open, thin: true, nudges: 0}}
  - {{id: condoms, name: {{en: Condoms}}, access: open, nudges: 0}}
slots:
  - {{id: A1, item: naloxone, capacity: 10, motor: {{driver: gpio, pin: 17, active_high: true}},
     home: {{pin: 27, active_low: true}}}}
  - {{id: A2, item: naloxone, capacity: 10, motor: {{driver: gpio, pin: 18, active_high: true}},
     home: {{pin: 4, active_low: true}}}}
  - {{id: B1, item: kit, capacity: 12, motor: {{driver: gpio, pin: 24, active_high: true}},
     home: {{pin: 5, active_low: true}}}}
  - {{id: B2, item: kit, capacity: 12, motor: {{driver: gpio, pin: 25, active_high: true}},
     home: {{pin: 6, active_low: true}}}}
  - {{id: C1, item: strips, capacity: 20, motor: {{driver: gpio, pin: 16, active_high: true}},
     home: {{pin: 7, active_low: true}}}}
  - {{id: D1, item: condoms, capacity: 20, motor: {{driver: gpio, pin: 20, active_high: true}},
     home: {{pin: 8, active_low: true}}}}
drop_sensor: {{pin: 22, active_low: true, beam_down: {beam_down}}}
door: {{pin: 23, active_low: true}}
"""


@dataclass
class VirtualTimers:
    """Timers in the test's time."""

    clock: Callable[[], float]
    waiting: dict[object, tuple[float, Callable[[], None]]] = field(default_factory=dict)

    def call_after(self, seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        key = object()
        self.waiting[key] = (self.clock() + seconds, callback)
        return lambda: self.waiting.pop(key, None) and None

    @property
    def next(self) -> float | None:
        return min((at for at, _ in self.waiting.values()), default=None)

    def run_due(self, now: float) -> None:
        for key, (at, callback) in list(self.waiting.items()):
            if at <= now:
                del self.waiting[key]
                callback()


@dataclass
class FixedCalendar:
    """The day the test says."""

    day: date = TODAY
    trusted: bool = True
    quarter_of_day: int = 2

    def today(self) -> date:
        return self.day

    def quarter(self) -> int:
        return self.quarter_of_day

    def remember(self, day: date | None) -> None:
        pass

    def trusted_today(self) -> date | None:
        return self.day if self.trusted else None


class Witness:
    """Looks on when a motor is switched on, and holds it against the ledger (I1, I3)."""

    def __init__(self) -> None:
        self.intents: set[tuple[int, int]] = set()
        self.acts = 0
        self.motor_ons = 0
        self.storage_is_down = False
        self.failures: list[str] = []

    def motor_on(self, slot: str, ledger: Ledger | MissingLedger) -> None:
        """Hold one motor-on against the ledger; a failure is kept, since the kiosk's own code may swallow it here."""
        try:
            self._hold(slot, ledger)
        except AssertionError as failure:
            self.failures.append(str(failure))

    def check(self) -> None:
        assert not self.failures, "; ".join(self.failures)

    def _hold(self, slot: str, ledger: Ledger | MissingLedger) -> None:
        self.motor_ons += 1
        assert self.acts > 0, f"I3: the motor of {slot} moved without anybody's act"
        if self.storage_is_down or isinstance(ledger, MissingLedger):
            assert slot in ("A1", "A2"), f"I1: the motor of {slot}, no emergency item, moved without an intent"
            return
        is_open, vend, turn, wanted = ledger.database.rows("SELECT is_open, vend, turn, slot FROM open_vend")[0]
        assert is_open, f"I1: the motor of {slot} moved without an intent"
        assert wanted == slot, f"I1: the intent was for {wanted}, the motor of {slot} moved"
        assert isinstance(vend, int)
        assert isinstance(turn, int)
        assert (vend, turn) not in self.intents, f"I1: one intent, two motor-ons: vend {vend} turn {turn}"
        self.intents.add((vend, turn))


@cache
def read_config(text: str, beam_down: str) -> Config:
    """A configuration without a place for its data; read once, since a simulation builds many kiosks."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "kiosk.yaml"
        path.write_text(text.format(data=folder, beam_down=beam_down))
        loaded = load(path)
    assert loaded.config, loaded.faults
    return loaded.config


class VirtualKiosk:
    """A kiosk on a simulated cabinet in virtual time; ``seconds`` pass only when told to."""

    def __init__(self, data: Path, config: str = CONFIG, beam_down: str = "home", vfs: str | None = None) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.config = read_config(config, beam_down).model_copy(update={"data": data})
        self.vfs = vfs
        self.memory = data.parent / f"{data.name} in memory"  # outlives the service, until somebody pulls the plug
        self.memory.mkdir(exist_ok=True)
        self.now = 1000.0
        self.calendar = FixedCalendar()
        self.happened: list[tuple[str, str | None]] = []
        self.witness = Witness()
        self._start()

    def _start(self) -> None:
        self.timers = VirtualTimers(lambda: self.now)
        self.kiosk = self._build()
        self._look_on()

    def _look_on(self) -> None:
        self.witness.acts = 0
        when = self.world.when

        def notice(what: str, slot: str | None, is_so: bool) -> None:
            self.happened.append((what, slot))
            if what == "motor_on":
                assert slot
                self.witness.motor_on(slot, self.kiosk.ledger)
            when(what, slot, is_so)

        self.world.when = notice

    def _build(self) -> Kiosk:
        surroundings = Surroundings(lambda: self.now, self.timers, self.calendar, self.vfs, memory=self.memory)
        return Kiosk(self.config, surroundings, simulate=True)

    @property
    def world(self) -> World:
        assert self.kiosk.bench
        return self.kiosk.bench.world

    @property
    def ledger(self) -> Ledger:
        assert isinstance(self.kiosk.ledger, Ledger)
        return self.kiosk.ledger

    # --- people, technicians, accidents

    def scan(self, text: str) -> None:
        """Hold a code to the scanner, as text."""
        self.witness.acts += 1
        event = TRANSLATION[TextRead](TextRead(text))
        assert isinstance(event, CodePresented)
        self.kiosk.controller.post(event)

    def type(self, digits: str) -> None:
        """Type a number on the screen's pad."""
        self.witness.acts += 1
        self.kiosk.controller.post(CodePresented(Secret(digits)))

    def leave(self) -> None:
        """Touch "I have all I need", or "Hide"."""
        self.kiosk.controller.post(VisitLeft())
        self.pass_time(0)

    def choose(self, item: str, *, reserve: bool = False) -> Refusal | None:
        """Touch an item on the screen; *reserve*: on its overdose page."""
        self.witness.acts += 1
        answered = self.kiosk.controller.choose(ItemChosen(ItemId(item), reserve))
        self.pass_time(0)
        return answered.result(0)

    def ask(self, ask: Ask) -> Answer:
        """Ask something of the data, or for a test turn."""
        self.witness.acts += isinstance(ask, MakeTestVend)
        answered = self.kiosk.controller.ask(ask)
        self.pass_time(0)
        return answered.result(0)

    def load(self, slot: str, count: int) -> None:
        """Load units into the ledger and the coil."""
        self.ask(LoadSlot(SlotId(slot), count))
        self.world.coils[slot].items = self.stock(slot).count

    def issue(self, *gives: str, count: int = 1, expires: date | None = None) -> list[str]:
        """Issue tickets; their QR texts."""
        return self._issued(Wish(Kind.TICKET, count, tuple(map(ItemId, gives)), expires))

    def issue_passes(self, count: int = 1, policy: str = "", kind: Kind = Kind.PASS) -> list[str]:
        """Issue passes or numbers, or a shared code; their texts as they are scanned or typed."""
        return self._issued(Wish(kind, count, policy=policy))

    def _issued(self, wish: Wish) -> list[str]:
        key = ensure_programme_key(self.config.data / "programme.key")
        batch = f"batch-{len(self.ledger.database.rows('SELECT id FROM batches'))}"
        issued = issue_codes(wish, key, batch)
        self.ask(AddBatch(issued.batch))
        return [code.reveal() if wish.kind in TYPED else qr_text(code) for code in issued.codes]

    def stop(self) -> None:
        """End the service in order, as SIGTERM does."""
        self.kiosk.controller.post(StopAsked())
        self.kiosk.controller.run()
        self.kiosk.close()

    def kill_and_restart(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """End the process without a word, and start another on the same data and the same cabinet."""
        before = self.world
        self.kiosk.close()
        meanwhile()
        self._start()
        for slot, coil in before.coils.items():
            self.world.coils[slot].items, self.world.coils[slot].hangs = coil.items, coil.hangs
            self.world.set_angle(slot, coil.angle)
            self.world.set_fault(slot, coil.fault)
        if before.door_is_open:
            self.world.set_door(is_open=True)
        self.pass_time(0)

    # --- time

    def pass_time(self, seconds: float) -> None:
        """Let everything happen that happens in that time."""
        end = self.now + seconds
        self.kiosk.controller.step(self.now)
        while (due := self._next()) is not None and due <= end:
            self._jump(max(due, self.now))
        self._jump(end)
        self.witness.check()

    def hold_up(self, seconds: float) -> None:
        """Let time pass for the cabinet while the owner thread gets no turn, then let it catch up."""
        end = self.now + seconds
        while (change := self._next_without_owner()) is not None and change <= end:
            self._go_on(max(change, self.now))
        self._jump(end)
        self.witness.check()

    def finish_vend(self) -> None:
        """Let time pass until the kiosk is ready again."""
        self.pass_time(0)
        for _ in range(600):
            if self.kiosk.controller.board.snapshot.state in ("ready", "choosing"):
                return
            self.pass_time(0.1)
        raise AssertionError("the vend did not end within a minute")

    def _next_without_owner(self) -> float | None:
        return min((at for at in (self.world.next_change(), self.timers.next) if at is not None), default=None)

    def _next(self) -> float | None:
        due = (self._next_without_owner(), self.kiosk.controller.deadline)
        return min((at for at in due if at is not None), default=None)

    def _go_on(self, to: float) -> None:
        self.now = to
        self.world.advance(to)
        self.timers.run_due(to)

    def _jump(self, to: float) -> None:
        self._go_on(to)
        self.kiosk.controller.step(to)

    # --- what is the case

    def stock(self, slot: str) -> SlotStock:
        return next(s for s in self.ledger.stock() if s.slot == slot)

    def counted(self, what: str, slot: str | None = None) -> int:
        """How many of *what* the days' counters say, of one slot or of all."""
        sql = "SELECT total(n) FROM days JOIN lots ON lots.id = days.lot WHERE what = ? AND slot GLOB ?"
        total = self.ledger.database.rows(sql, what, slot or "*")[0][0]
        assert isinstance(total, float)
        return int(total)

    def units_taken(self) -> int:
        """How many units of tickets are spent."""
        rows = self.ledger.database.rows("SELECT taken FROM codes")
        return sum(int.from_bytes(taken, "big").bit_count() for (taken,) in rows if isinstance(taken, bytes))

    def motors_on(self) -> list[str]:
        return [slot for slot, coil in self.world.coils.items() if coil.motor]

    def turns(self) -> list[str]:
        """The slots whose motors were switched on, in order."""
        return [slot for what, slot in self.happened if what == "motor_on" and slot]

    def check(self) -> None:
        """Hold the invariants that can be seen from the data."""
        assert verify(self.ledger.database) == ()
        assert self.units_taken() <= self.counted("delivered"), "I4: a ticket was spent without a delivery"


@contextmanager
def virtual_kiosk(data: Path, config: str = CONFIG, beam_down: str = "home") -> Iterator[VirtualKiosk]:
    """A virtual kiosk that is closed at the end and leaves no motor on."""
    virtual = VirtualKiosk(data, config, beam_down)
    try:
        yield virtual
    finally:
        virtual.kiosk.close()
        assert virtual.motors_on() == []
