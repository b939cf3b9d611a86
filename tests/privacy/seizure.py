"""A kiosk lives for four weeks, then for a month in which nobody comes, and then somebody takes all there is of it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.codes.allowances import EPOCH_KEY_BYTES, HEADER
from kiosk.codes.key_files import KEY_BYTES
from tests.privacy.life import Life
from tests.privacy.needles import Needles, forms_of, forms_of_bytes, forms_of_text
from tests.privacy.world import LongKiosk, files_in, logged, long_kiosk, write_key

VISITS = 1000

Places = dict[str, bytes]


@dataclass
class Taken:
    """All that is there to be taken when a life is over, and what was there in between, and what of it was found."""

    life: Life
    log: bytes = b""
    cut: list[Places] = field(default_factory=list)
    data: Places = field(default_factory=dict)
    memory: Places = field(default_factory=dict)
    kinds: set[tuple[str, str]] = field(default_factory=set)
    found: set[str] = field(default_factory=set)

    @property
    def told(self) -> Places:
        """What left the kiosk, or could be printed inside of it."""
        return {
            "the log": self.log,
            "MQTT": "\n".join(self.life.kiosk.sent).encode(),
            "what could be printed": "\n".join(self.life.kiosk.shown).encode(),
        }

    @property
    def places(self) -> Places:
        """All of it, and the disk as it was when the power went."""
        cut = {
            f"{name} at power cut {number}": content
            for number, places in enumerate(self.cut)
            for name, content in places.items()
        }
        return self.told | self.data | self.memory | cut

    @property
    def newest_keys(self) -> set[bytes]:
        """Those of the periods that go on, in which nobody has come."""
        return {content[HEADER.size - EPOCH_KEY_BYTES : HEADER.size] for content in self.memory.values()}

    def needles(self) -> Iterator[tuple[bytes, str]]:
        """Whatever could be left of people."""
        life = self.life
        yield from (form for card in life.all_cards for form in forms_of(card))
        yield from ((form, "a stranger's text") for text in life.strangers for form in forms_of_text(text))
        yield from ((form, "a key that is over") for key in self.over for form in forms_of_bytes(key))
        yield from ((form, "a key that goes on") for key in self.newest_keys for form in forms_of_bytes(key))
        yield from ((form, "a counter") for name in life.counters for form in forms_of_bytes(name))

    @property
    def over(self) -> set[bytes]:
        """The keys of all periods that have ended."""
        return self.life.epoch_keys - self.newest_keys

    def must_not_be(self) -> set[str]:
        """What was found and must not be there: keys and counters lie in memory, tags in the ledger and its copies."""
        may_be = (
            ("a key that goes on in ", r"allowances\.\w+"),
            ("(a key|a counter).* in ", r"allowances\.\w+ at power cut \d+"),
            ("the tag of .* in ", r"ledger\..*"),
        )
        return {each for each in self.found if not any(re.fullmatch(what + where, each) for what, where in may_be)}


def seized(folder: Path, seed: int, visits: int = VISITS) -> Taken:
    """Let a kiosk live, and take all there is of it. Everything is searched when this returns."""
    data = folder / "data"
    write_key(data, random.Random(seed).randbytes(KEY_BYTES))
    with logged() as log, long_kiosk(data) as kiosk:
        taken = Taken(Life(kiosk, seed))
        taken.life.when_cut = lambda: taken.cut.append(files_in(data) | files_in(kiosk.memory))
        taken.life.live(visits)
        taken.life.end_all_periods()
        kiosk.tell_all()
        taken.kinds = tickets_and_others(kiosk)
        taken.log, taken.data, taken.memory = log.getvalue().encode(), files_in(data), files_in(kiosk.memory)
    taken.found = Needles(taken.needles()).found_in(taken.places)
    return taken


def tickets_and_others(kiosk: LongKiosk) -> set[tuple[str, str]]:
    """Which marks there are on the rows of each kind of codes."""
    sql = "SELECT DISTINCT kind, hex(taken) FROM codes JOIN batches ON batches.id = codes.batch"
    return {(str(kind), str(taken)) for kind, taken in kiosk.ledger.database.rows(sql)}
