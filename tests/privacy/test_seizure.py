"""Somebody takes everything: data directory, logs, what was sent to the operator, and in the end the memory folder.

A whole kiosk lives through four weeks and a thousand visits, with jams, power cuts, a torn ledger and lost counters.
Then every byte is searched, free pages and backups too.
"""

from __future__ import annotations

import re

import pytest

from kiosk.core.values import Kind
from kiosk.ledger.rescue import DAMAGED_NAME
from tests.privacy.seizure import VISITS, Taken, seized

LEDGERS = ("ledger.db", "ledger.backup.db")


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    return seized(tmp_path_factory.mktemp("seizure"), seed=1)


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
    left = found(taken, "a key that is over", "a counter")

    assert {each for each in left if not re.search(r" in allowances\.\w+ at power cut", each)} == set()


def test_no_key_was_ever_on_the_disk_or_told(taken: Taken) -> None:
    assert found(taken, "a key that goes on") == {f"a key that goes on in {name}" for name in taken.memory}


def test_a_tag_stands_in_the_ledger_and_its_copies_and_nowhere_else(taken: Taken) -> None:
    places = {each.partition(" in ")[2] for each in found(taken, "the tag of")}

    assert {place for place in places if not place.startswith("ledger")} == set()
    assert places >= set(LEDGERS)


def test_of_each_card_the_ledger_has_its_tag_once(taken: Taken) -> None:
    counts = {taken.data[name].count(card.tag) for name in LEDGERS for card in taken.life.all_cards}

    assert counts == {1}


def test_of_anything_but_tickets_no_row_has_ever_changed(taken: Taken) -> None:
    tickets = {mark for kind, mark in taken.kinds if kind == Kind.TICKET}

    assert {mark for kind, mark in taken.kinds if kind != Kind.TICKET} == {"0000"}
    assert len(tickets) > 2  # spent in part, or whole, or not


def test_nothing_else_was_found(taken: Taken) -> None:
    assert taken.must_not_be() == set()
