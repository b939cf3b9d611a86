"""Somebody takes everything: data directory, logs, what was sent to the operator, and in the end the memory folder.

A whole kiosk lives through four weeks and a thousand visits, with jams, power cuts, a torn ledger and lost counters.
Then every byte is searched, free pages and backups too.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from kiosk.core.values import Kind
from kiosk.ledger.rescue import DAMAGED_NAME
from tests.privacy.life import Life
from tests.privacy.needles import Needles, forms_of, forms_of_bytes, forms_of_text
from tests.privacy.world import files_in, logged, long_kiosk, write_key

VISITS = 1000
LEDGERS = ("ledger.db", "ledger.backup.db")

Places = dict[str, bytes]


@dataclass
class Taken:
    """All that is there to be taken when a life is over, and what was there in between."""

    life: Life
    log: bytes
    cut: list[Places] = field(default_factory=list)
    data: Places = field(default_factory=dict)
    memory: Places = field(default_factory=dict)

    @property
    def told(self) -> Places:
        """What left the kiosk, or could be printed inside of it."""
        return {
            "the log": self.log,
            "MQTT": "\n".join(self.life.kiosk.sent).encode(),
            "snapshot or situation": "\n".join(self.life.kiosk.shown).encode(),
        }

    @property
    def everything(self) -> Places:
        return self.told | self.data | self.memory


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taken]:
    """A kiosk that has lived for four weeks, and another month in which nobody came."""
    data = tmp_path_factory.mktemp("seizure") / "data"
    write_key(data, random.Random(1))
    with logged() as log, long_kiosk(data) as kiosk:
        taken = Taken(Life(kiosk, seed=1), b"")
        taken.life.when_cut = lambda: taken.cut.append(files_in(data) | files_in(kiosk.memory))
        _live(taken, log)
        taken.data, taken.memory = files_in(data), files_in(kiosk.memory)
        yield taken


def _live(taken: Taken, log: io.StringIO) -> None:
    taken.life.live(VISITS)
    taken.life.end_all_periods()
    taken.life.kiosk.tell_all()
    taken.log = log.getvalue().encode()


def test_much_has_happened(taken: Taken) -> None:
    happened = taken.life.visits

    assert happened.total() == VISITS
    assert len(taken.cut) >= 5
    assert len(taken.life.epoch_keys) >= 30
    assert len(taken.life.counters) >= 300
    assert {b"cut short", b"cannot be used", b"takes no counters", b"is damaged"} <= {
        line for line in (b"cut short", b"cannot be used", b"takes no counters", b"is damaged") if line in taken.log
    }
    assert {*LEDGERS, DAMAGED_NAME} <= taken.data.keys()


def test_no_code_and_no_account_is_anywhere(taken: Taken) -> None:
    needles = Needles(form for card in taken.life.all_cards for form in forms_of(card))

    assert needles.found_in(taken.everything) == set()


def test_no_code_and_no_account_was_anywhere_when_the_power_went(taken: Taken) -> None:
    needles = Needles(form for card in taken.life.all_cards for form in forms_of(card))

    for places in taken.cut:
        assert needles.found_in(places) == set()


def test_of_what_was_no_code_of_ours_nothing_is_left(taken: Taken) -> None:
    strangers = Needles((form, "a stranger's text") for text in taken.life.strangers for form in forms_of_text(text))

    assert strangers.found_in(taken.everything) == set()


def test_no_key_and_no_counter_outlives_its_period(taken: Taken) -> None:
    over = taken.life.epoch_keys - {content[-32:] for content in taken.memory.values()}
    needles = Needles(
        (form, what)
        for what, left in (("an epoch's key", over), ("a counter", taken.life.counters))
        for content in left
        for form in forms_of_bytes(content)
    )

    assert needles.found_in(taken.everything) == set()


def test_no_key_of_a_period_was_ever_on_the_disk_or_told(taken: Taken) -> None:
    needles = Needles((form, "an epoch's key") for key in taken.life.epoch_keys for form in forms_of_bytes(key))

    for places in (taken.data, taken.told, *({n: c for n, c in cut.items() if "ledger" in n} for cut in taken.cut)):
        assert needles.found_in(places) == set()


def test_a_tag_stands_where_it_was_issued_and_nowhere_else(taken: Taken) -> None:
    needles = Needles((form, "a tag") for card in taken.life.all_cards for form in forms_of_bytes(card.tag))
    ledgers = [taken.data[name] for name in LEDGERS]

    assert all(ledger.count(card.tag) == 1 for ledger in ledgers for card in taken.life.all_cards)
    assert needles.found_in({n: c for n, c in taken.everything.items() if n not in (*LEDGERS, DAMAGED_NAME)}) == set()


def test_of_anything_but_tickets_no_row_has_ever_changed(taken: Taken) -> None:
    rows = taken.life.kiosk.ledger.database.rows(
        "SELECT DISTINCT kind, hex(taken) FROM codes JOIN batches ON batches.id = codes.batch ORDER BY kind, taken"
    )

    assert [row for row in rows if row[0] != Kind.TICKET] == [(kind, "0000") for kind in ("number", "pass", "shared")]
    assert len(rows) > 5  # tickets, spent in part or whole or not
