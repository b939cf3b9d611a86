"""Weeks in the life of a kiosk: what people, technicians and accidents do, out of one seed.

Everything that goes on in it is meant to leave a trace of people, if there is any way to.
"""

from __future__ import annotations

import random
import string
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from hardware.bench.physics import Fault
from kiosk.codes.allowances import HEADER
from kiosk.codes.format import make_code, make_number, qr_text
from kiosk.codes.issue import Wish
from kiosk.core.asks import BackUpLedger, RevokeCodes
from kiosk.core.events import VisitLeft
from kiosk.core.values import ItemId, Kind
from kiosk.ledger.ledger import LEDGER_NAME
from tests.privacy.world import DAY_S, SLOTS, Card, LongKiosk

ITEMS = ("kit", "kit", "strips", "condoms", "naloxone")
PER_DAY = 36

BATCHES = (
    ("passes", Wish(Kind.PASS, 60)),
    ("much", Wish(Kind.PASS, 20, policy="much")),
    ("monthly", Wish(Kind.PASS, 20, policy="monthly")),
    ("numbers", Wish(Kind.NUMBER, 40)),
    ("tickets", Wish(Kind.TICKET, 60, (ItemId("kit"), ItemId("condoms")))),
    ("of choice", Wish(Kind.TICKET, 60)),
    ("revoked", Wish(Kind.PASS, 10)),
    ("this week's", Wish(Kind.SHARED, digits=8)),
)


class Life:
    """One kiosk's weeks. ``epoch_keys`` and ``counters`` are all that have ever been in its memory folder."""

    def __init__(self, kiosk: LongKiosk, seed: int) -> None:
        self.kiosk = kiosk
        self.chance = random.Random(seed)
        self.cards = {name: kiosk.issue_cards(wish, name, self.chance) for name, wish in BATCHES}
        self.strangers: list[str] = []  # codes that nobody has issued here, and texts that are none
        self.visits: Counter[str] = Counter()
        self.epoch_keys: set[bytes] = set()
        self.counters: set[bytes] = set()
        self.when_cut: Callable[[], None] = lambda: None
        kiosk.fill()
        kiosk.ask(RevokeCodes("revoked"))
        self.back_up()
        self.acts: tuple[tuple[int, Callable[[], None]], ...] = (
            (10, self.use_a_pass),
            (5, self.use_a_number),
            (5, self.use_a_ticket),
            (3, self.use_the_shared_code),
            (3, self.touch_what_is_free),
            (2, self.show_a_stranger),
            (1, self.show_garbage),
        )
        self.accidents: tuple[Callable[[], None], ...] = (
            self.jam,
            self.open_the_door,
            self.restart,
            self.pull_the_plug,
            self.pull_the_plug_in_a_turn,
            self.back_up,
            self.lose_the_memory_folder,
            self.spoil_the_counters,
            self.damage_the_ledger,
        )

    @property
    def all_cards(self) -> list[Card]:
        return [card for cards in self.cards.values() for card in cards]

    def live(self, visits: int) -> None:
        """Go on for so many visits."""
        for _ in range(visits):
            self.wait()
            if self.chance.random() < 0.04:
                self.chance.choice(self.accidents)()
            act = self.chance.choices([act for _, act in self.acts], [often for often, _ in self.acts])[0]
            act()
            self.visits[act.__name__] += 1
            self.kiosk.finish_vend()
            self.look()

    def end_all_periods(self) -> None:
        """Let a month end in which nobody comes any more."""
        self.kiosk.pass_quiet_time(32 * DAY_S, look_s=DAY_S)
        self.kiosk.ask(BackUpLedger())
        self.look()

    # --- people

    def wait(self) -> None:
        self.kiosk.pass_quiet_time(self.chance.expovariate(PER_DAY / DAY_S))
        for slot in SLOTS:
            if self.kiosk.stock(slot).count < 300:
                self.kiosk.load(slot, 600)

    def use_a_pass(self) -> None:
        self._come(self.chance.choice(self.cards[self.chance.choice(("passes", "much", "monthly", "revoked"))]))

    def use_a_number(self) -> None:
        self._come(self.chance.choice(self.cards["numbers"]))

    def use_a_ticket(self) -> None:
        self._come(self.chance.choice(self.cards[self.chance.choice(("tickets", "of choice"))]))

    def use_the_shared_code(self) -> None:
        self._come(self.cards["this week's"][0])

    def touch_what_is_free(self) -> None:
        self.kiosk.choose(self.chance.choice(("condoms", "naloxone")))

    def show_a_stranger(self) -> None:
        made = (
            make_code(self.chance.getrandbits) if self.chance.random() < 0.5 else make_number(10, self.chance.randrange)
        )
        self._show_strange(qr_text(made) if len(made.reveal()) == 25 else made.reveal())

    def show_garbage(self) -> None:
        letters = self.chance.choice((string.printable, "0123456789", "АВСЕНКМОРТХ0123456789"))
        self._show_strange("".join(self.chance.choices(letters, k=self.chance.randint(12, 60))))

    def _show_strange(self, text: str) -> None:
        self.strangers.append(text)
        self.kiosk.scan(text)

    def _come(self, card: Card) -> None:
        self.kiosk.scan(card.text)
        self.kiosk.pass_time(0)
        for _ in range(self.chance.randint(1, 4)):
            if self.kiosk.kiosk.controller.board.snapshot.visit is None:
                return
            self.kiosk.choose(self.chance.choice(ITEMS))
            self.kiosk.finish_vend()
        if self.chance.random() < 0.5:
            self.kiosk.kiosk.controller.post(VisitLeft())
        self.kiosk.pass_time(0 if self.chance.random() < 0.5 else 60)

    # --- accidents

    def jam(self) -> None:
        slot = self.chance.choice(("B1", "B2", "C1"))
        self.kiosk.world.set_fault(slot, self.chance.choice((Fault.JAM, Fault.NO_DROP, Fault.STUCK_HOME, Fault.SLOW)))
        self.use_a_pass()
        self.kiosk.finish_vend()
        self.kiosk.mend(slot)

    def open_the_door(self) -> None:
        self._begin_a_turn()
        self.kiosk.world.set_door(is_open=True)
        self.kiosk.pass_time(5)
        self.kiosk.world.set_door(is_open=False)
        self.kiosk.pass_time(5)
        self._mend_all()

    def restart(self) -> None:
        self.kiosk.kill_and_restart()

    def pull_the_plug(self) -> None:
        self.when_cut()
        self.kiosk.pull_the_plug()

    def pull_the_plug_in_a_turn(self) -> None:
        self._begin_a_turn()
        self.pull_the_plug()
        self._mend_all()

    def back_up(self) -> None:
        self.kiosk.ask(BackUpLedger())

    def lose_the_memory_folder(self) -> None:
        elsewhere = self.kiosk.memory.rename(self.kiosk.memory.with_name("elsewhere"))
        self.use_a_pass()
        self.kiosk.finish_vend()
        elsewhere.rename(self.kiosk.memory)

    def spoil_the_counters(self) -> None:
        for path in self.kiosk.memory.iterdir():
            path.write_bytes(path.read_bytes()[:-1])
        self.restart()

    def damage_the_ledger(self) -> None:
        self.back_up()
        self.use_a_ticket()
        self.kiosk.finish_vend()
        self.kiosk.witness.intents.clear()  # another ledger, which counts its vends anew
        self.kiosk.kill_and_restart(lambda: tear_a_page(self.kiosk.config.data / LEDGER_NAME))
        for slot in SLOTS:
            self.kiosk.mend(slot)

    def _begin_a_turn(self) -> None:
        card = self.chance.choice(self.cards["much"] + self.cards["of choice"])
        self.kiosk.scan(card.text)
        self.kiosk.pass_time(0)
        self.kiosk.choose("kit")
        self.kiosk.pass_time(self.chance.uniform(0, 2))

    def _mend_all(self) -> None:
        self.kiosk.finish_vend()
        for slot in ("B1", "B2"):
            self.kiosk.mend(slot)

    def look(self) -> None:
        """Take note of the keys that lie in memory now, and of all that the controller could show of itself."""
        controller = self.kiosk.kiosk.controller
        self.kiosk.shown.append(f"{controller.board.snapshot!r}{controller.situation!r}{controller.unlisted!r}")
        for path in self.kiosk.memory.iterdir():
            content = path.read_bytes()
            self.epoch_keys.add(HEADER.unpack_from(content)[3])
            self.counters |= {content[at : at + 16] for at in range(HEADER.size, len(content), 18)}


def tear_a_page(path: Path) -> None:
    """Have a page of the ledger hold what SQLite never wrote."""
    content = bytearray(path.read_bytes())
    content[1024:2048] = bytes(1024)
    path.write_bytes(content)
