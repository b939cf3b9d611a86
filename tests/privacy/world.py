"""A kiosk that lives for weeks in virtual time, the cards that people hold to it, and all that is left to be read."""

from __future__ import annotations

import io
import logging
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hardware.bench.physics import Fault
from kiosk.codes.format import qr_text
from kiosk.codes.issue import Issued, Wish, issue_codes
from kiosk.codes.key_files import KEY_BYTES
from kiosk.codes.private_files import write_new
from kiosk.codes.tags import KEY_NAME, account, read_programme_key, tag
from kiosk.core.asks import AddBatch, CountSlot, ReadReports
from kiosk.core.asks import Reports as ReportsRead
from kiosk.core.values import Account, Kind, Secret, SlotId, Tag
from kiosk.reporting import facts_of
from kiosk.snapshot import Snapshot
from kiosk.telemetry import messages
from kiosk.telemetry.messages import KioskState
from kiosk.telemetry.plan import Facts
from kiosk.wiring import Kiosk, Surroundings
from tests.kit import VirtualKiosk

BEGINNING = datetime(2026, 11, 24, 9, tzinfo=UTC)
BEGINNING_S = 1000.0  # where the kit's monotonic clock begins
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S

KEY = random.Random(1).randbytes(KEY_BYTES)  # the programme's
MEMORY = "data in memory"  # where the kit has its folder that no power cut outlives

CONFIG = """
kiosk: {{id: river-street, name: River Street, timezone: UTC, languages: [en]}}
data: {data}
items:
  - {{id: naloxone, name: {{en: Naloxone}}, emergency: true, access: open, doses: 2}}
  - {{id: kit, name: {{en: Supply kit}}, access: code, allowance: {{group: kits, limit: 2, per: week}}}}
  - {{id: strips, name: {{en: Test strips}}, access: code, thin: true,
     allowance: {{group: strips, limit: 3, per: day}}}}
  - {{id: condoms, name: {{en: Condoms}}, access: open}}
policies:
  default: {{}}
  much: {{kits: {{limit: 1000, per: week}}, strips: {{limit: 1000, per: day}}}}
  monthly: {{kits: {{limit: 4, per: month}}}}
slots:
  - {{id: A1, item: naloxone, capacity: 999, motor: {{driver: gpio, pin: 17, active_high: true}},
     home: {{pin: 27, active_low: true}}}}
  - {{id: A2, item: naloxone, capacity: 999, motor: {{driver: gpio, pin: 18, active_high: true}},
     home: {{pin: 4, active_low: true}}}}
  - {{id: B1, item: kit, capacity: 999, motor: {{driver: gpio, pin: 24, active_high: true}},
     home: {{pin: 5, active_low: true}}}}
  - {{id: B2, item: kit, capacity: 999, motor: {{driver: gpio, pin: 25, active_high: true}},
     home: {{pin: 6, active_low: true}}}}
  - {{id: C1, item: strips, capacity: 999, motor: {{driver: gpio, pin: 16, active_high: true}},
     home: {{pin: 7, active_low: true}}}}
  - {{id: D1, item: condoms, capacity: 999, motor: {{driver: gpio, pin: 20, active_high: true}},
     home: {{pin: 8, active_low: true}}}}
drop_sensor: {{pin: 22, active_low: true, beam_down: {beam_down}}}
door: {{pin: 23, active_low: true}}
"""
SLOTS = ("A1", "A2", "B1", "B2", "C1", "D1")


@dataclass(frozen=True)
class Card:
    """What a person holds or has in mind, and what the programme's key makes of it."""

    kind: Kind
    code: str = field(repr=False)
    tag: Tag = field(repr=False)
    account: Account = field(repr=False)

    @property
    def text(self) -> str:
        """As it is scanned or typed."""
        return qr_text(Secret(self.code)) if self.kind in (Kind.PASS, Kind.TICKET) else self.code


class LongKiosk(VirtualKiosk):
    """A kiosk whose day and quarter follow its clock, and whose plug can be pulled out of the wall.

    *sent* is what telemetry would publish if it told every change of stock at once, as a demo does and no real kiosk
    should; *shown* is what a careless line in a log would show of whoever is there. Tests make worse kiosks: *kind*.
    """

    def __init__(self, data: Path, kind: type[Kiosk] = Kiosk) -> None:
        self.kind = kind
        self.sent: list[str] = []
        self.shown: list[str] = []
        self._told: object = None
        super().__init__(data, CONFIG)

    def tell_all(self) -> None:
        """Publish all sealed reports, and what is said of the kiosk itself."""
        facts = self.facts()
        read = self.ask(ReadReports(after=0, most=400))
        assert isinstance(read, ReportsRead)
        report = messages.reports(read, [item.id for item in self.config.items])
        self.sent += [messages.status(facts, state).model_dump_json() for state in KioskState]
        self.sent += [messages.info(facts).model_dump_json(), report.model_dump_json()]

    def _build(self) -> Kiosk:
        surroundings = Surroundings(lambda: self.now, self.timers, self.calendar, memory=self.memory)
        return self.kind(self.config, surroundings, simulate=True)

    def _start(self) -> None:
        super()._start()
        self.kiosk.controller.board.listen(self._tell)

    def _tell(self, picture: Snapshot) -> None:
        situation = self.kiosk.controller.situation
        self.shown.append(f"{situation.visit!r}{situation.vend!r}{picture.visit!r}{picture.said!r}")
        if picture.stock != self._told:
            self._told = picture.stock
            self.sent.append(messages.stock(self.facts(), picture.stock, picture.number).model_dump_json())

    def facts(self) -> Facts:
        """What telemetry says of the kiosk."""
        return facts_of(self.config, self.kiosk.data.ledger_id, 1, simulated=False)

    def _go_on(self, to: float) -> None:
        moment = BEGINNING + timedelta(seconds=to - BEGINNING_S)
        self.calendar.day, self.calendar.quarter_of_day = moment.date(), moment.hour // 6
        super()._go_on(to)

    def finish_vend(self) -> None:
        """Let time pass until the kiosk is ready again, from one thing that happens to the next."""
        self.pass_time(0)
        while self.kiosk.controller.board.snapshot.state not in ("ready", "choosing"):
            due = self._next()
            assert due is not None
            self._jump(max(due, self.now))

    def pass_quiet_time(self, seconds: float, look_s: float = HOUR_S) -> None:
        """Let time pass in which nobody comes; the owner looks at the day once an hour only, to be done sooner."""
        self.pass_time(0)
        for _ in range(int(seconds // look_s)):
            self._jump(self.now + look_s)
        self._jump(self.now + seconds % look_s)

    def pull_the_plug(self) -> None:
        """Start again on what the files hold now, nobody having closed them, and with a memory that is empty."""
        as_it_is = self.config.data.with_name("what the files hold")
        shutil.copytree(self.config.data, as_it_is)

        def meanwhile() -> None:
            for lost in (self.config.data, self.memory):
                shutil.rmtree(lost)
            as_it_is.rename(self.config.data)
            self.memory.mkdir()

        self.kill_and_restart(meanwhile)

    def fill(self) -> None:
        """Load every slot, and every coil with it."""
        for slot in SLOTS:
            self.load(slot, 999 - self.stock(slot).count)

    def mend(self, slot: str) -> None:
        """Have a technician take what is wrong with a slot away, and count it."""
        self.world.set_fault(slot, Fault.NONE)
        self.world.set_angle(slot, 0.0)
        self.ask(CountSlot(SlotId(slot), self.world.coils[slot].items))

    def issue_cards(self, wish: Wish, name: str, chance: random.Random) -> list[Card]:
        """Issue a batch, and hand the cards out."""
        key = read_programme_key(self.config.data / KEY_NAME)
        issued = issue_codes(wish, key, name, chance)
        self.ask(AddBatch(issued.batch))
        return cards_of(issued, key)


def cards_of(issued: Issued, key: bytes) -> list[Card]:
    return [Card(issued.batch.kind, code.reveal(), tag(key, code), account(key, code)) for code in issued.codes]


def write_key(data: Path, key: bytes) -> None:
    """Lay a programme's key into a data directory."""
    data.mkdir(parents=True, exist_ok=True)
    write_new(data / KEY_NAME, key)


@contextmanager
def long_kiosk(data: Path, kind: type[Kiosk] = Kiosk) -> Iterator[LongKiosk]:
    """A kiosk in a folder, closed at the end."""
    kiosk = LongKiosk(data, kind)
    try:
        yield kiosk
    finally:
        kiosk.kiosk.close()


@contextmanager
def full_kiosk(data: Path) -> Iterator[LongKiosk]:
    """The same with ``KEY`` as its programme's key, and all coils full."""
    write_key(data, KEY)
    with long_kiosk(data) as kiosk:
        kiosk.fill()
        yield kiosk


def files_in(folder: Path) -> dict[str, bytes]:
    """All that lies in a folder, as it is now."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What a root logger writes of everything, in the service's own format and with every traceback."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield written
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
