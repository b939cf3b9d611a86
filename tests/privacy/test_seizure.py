"""Somebody takes everything: data directory, logs, what was sent to the operator, and in the end the memory folder.

A whole kiosk lives through four weeks and a thousand visits, with jams, power cuts, a torn ledger and lost counters.
Then every byte is searched, free pages and backups too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from kiosk.codes.allowances import EPOCH_KEY_BYTES, HEADER
from kiosk.core.values import Kind
from kiosk.ledger.rescue import DAMAGED_NAME
from tests.privacy.life import Life
from tests.privacy.needles import Needles, forms_of, forms_of_bytes, forms_of_text
from tests.privacy.world import KEY, files_in, logged, long_kiosk, write_key

VISITS = 1000
LEDGERS = ("ledger.db", "ledger.backup.db")

Places = dict[str, bytes]


@dataclass
class Taken:
    """All that is there to be taken when a life is over, and what was there in between, and what of it was found."""

    life: Life
    log: bytes = b""
    cut: list[Places] = field(default_factory=list)
    data: Places = field(default_factory=dict)
    memory: Places = field(default_factory=dict)
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
            f"{name} when the power went": content
            for places in self.cut
            for name, content in places.items()
            if name.startswith("ledger")
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


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taken]:
    """A kiosk that has lived for four weeks, and another month in which nobody came."""
    data = tmp_path_factory.mktemp("seizure") / "data"
    write_key(data, KEY)
    with logged() as log, long_kiosk(data) as kiosk:
        taken = Taken(Life(kiosk, seed=1))
        taken.life.when_cut = lambda: taken.cut.append(files_in(data) | files_in(kiosk.memory))
        taken.life.live(VISITS)
        taken.life.end_all_periods()
        kiosk.tell_all()
        taken.log, taken.data, taken.memory = log.getvalue().encode(), files_in(data), files_in(kiosk.memory)
        taken.found = Needles(taken.needles()).found_in(taken.places)
        yield taken


def found(taken: Taken, *beginnings: str) -> set[str]:
    return {each for each in taken.found if each.startswith(beginnings)}


def test_much_has_happened(taken: Taken) -> None:
    assert taken.life.visits.total() == VISITS
    assert len(taken.cut) >= 5
    assert len(taken.life.epoch_keys) >= 30
    assert len(taken.life.counters) >= 300
    for line in (b"cut short", b"cannot be used", b"takes no counters", b"is damaged"):
        assert line in taken.log
    assert {*LEDGERS, DAMAGED_NAME} <= taken.data.keys()


def test_no_code_is_anywhere(taken: Taken) -> None:
    assert found(taken, "the code of") == set()


def test_no_account_is_anywhere(taken: Taken) -> None:
    assert found(taken, "the account of") == set()


def test_of_what_was_no_code_of_ours_nothing_is_left(taken: Taken) -> None:
    assert found(taken, "a stranger's") == set()


def test_no_key_and_no_counter_outlives_its_period(taken: Taken) -> None:
    assert found(taken, "a key that is over", "a counter") == set()


def test_no_key_was_ever_on_the_disk_or_told(taken: Taken) -> None:
    assert found(taken, "a key that goes on") == {f"a key that goes on in {name}" for name in taken.memory}


def test_a_tag_stands_in_the_ledger_and_its_copies_and_nowhere_else(taken: Taken) -> None:
    places = {each.partition(" in ")[2] for each in found(taken, "the tag of")}

    assert {place for place in places if not place.startswith("ledger")} == set()


def test_of_each_card_the_ledger_has_its_tag_once(taken: Taken) -> None:
    counts = {taken.data[name].count(card.tag) for name in LEDGERS for card in taken.life.all_cards}

    assert counts == {1}


def test_of_anything_but_tickets_no_row_has_ever_changed(taken: Taken) -> None:
    rows = taken.life.kiosk.ledger.database.rows(
        "SELECT DISTINCT kind, hex(taken) FROM codes JOIN batches ON batches.id = codes.batch ORDER BY kind, taken"
    )

    assert [row for row in rows if row[0] != Kind.TICKET] == [(kind, "0000") for kind in ("number", "pass", "shared")]
    assert len(rows) > 5  # tickets, spent in part or whole or not
