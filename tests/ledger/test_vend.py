"""A vend in the ledger: one durable intent before it, one durable outcome after it, and what a power cut leaves."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pytest

from kiosk.core.values import Outcome, SlotState, Tag, VendId
from kiosk.ledger.database import LedgerFailed, LedgerUnusable
from kiosk.ledger.ledger import NO_TAG
from tests.ledger.book import DAY, TAG, Book, Slot

DELIVERED, NOT_DELIVERED, UNCERTAIN = Outcome


# --- the intent


def test_an_intent_is_there_after_a_power_cut(book: Book) -> None:
    book.intend(vend=1, turn=1, slot="B1", tag=TAG, place=3)

    book.pull_the_plug()

    assert book.open_vend() == (1, 1, 1, "B1", TAG, 3)


def test_an_intent_is_there_after_the_service_was_stopped(book: Book) -> None:
    book.intend(vend=1, turn=1, slot="B1")

    book.reopen()

    assert book.open_vend() == (1, 1, 1, "B1", NO_TAG, 0)


def test_an_intent_moves_no_stock(book: Book) -> None:
    book.load("B1", 5)

    book.intend()

    assert (book.units(), book.booked()) == ((5, 0), {"loaded": 5})


def test_only_one_vend_is_open(book: Book) -> None:
    book.intend(vend=1, slot="B1", tag=TAG)
    before = book.everything()

    with pytest.raises(LedgerFailed, match="vend 2 turn 1 cannot follow what the ledger has open"):
        book.intend(vend=2, slot="B2")
    assert book.everything() == before


def test_a_further_turn_of_the_same_vend_follows(book: Book) -> None:
    book.intend(vend=1, turn=1, slot="B1", tag=TAG, place=2)

    book.intend(vend=1, turn=2, slot="B1", tag=TAG, place=2)

    assert book.open_vend() == (1, 1, 2, "B1", TAG, 2)


@pytest.mark.parametrize("turn", [0, 1, 2])
def test_a_turn_that_was_committed_before_is_refused(book: Book, turn: int) -> None:
    book.intend(vend=1, turn=1)
    book.intend(vend=1, turn=2)

    with pytest.raises(LedgerFailed):
        book.intend(vend=1, turn=turn)
    assert book.open_vend()[:3] == (1, 1, 2)


@pytest.mark.parametrize(("vend", "turn"), [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_the_number_of_an_ended_vend_is_refused(book: Book, vend: int, turn: int) -> None:
    for _ in range(2):
        book.vend(NOT_DELIVERED)

    with pytest.raises(LedgerFailed):
        book.intend(vend, turn)
    assert book.open_vend()[:2] == (0, 2)


def test_the_next_vends_number_is_one_more_even_after_a_restart(book: Book) -> None:
    assert book.ledger.next_vend == 1
    book.vend(NOT_DELIVERED)
    book.reopen()

    assert book.ledger.next_vend == VendId(2)


def test_a_ledger_that_lost_its_room_for_a_vend_says_what_to_do(book: Book) -> None:
    with book.by_hand() as connection:
        connection.execute("DELETE FROM open_vend")
    book.open()

    for ask in (lambda: book.ledger.next_vend, book.ledger.read_once):
        with pytest.raises(LedgerUnusable, match="when the service starts, it sets it aside"):
            ask()


def test_a_ledger_in_order_can_be_read_at_the_start(book: Book) -> None:
    before = book.everything()

    book.ledger.read_once()

    assert book.everything() == before


def test_a_number_may_be_left_out(book: Book) -> None:
    book.vend(NOT_DELIVERED)

    book.intend(vend=7)  # the vends between could not be committed

    assert book.ledger.next_vend == VendId(8)


# --- the outcome

ON_HAND, EMPTY, NEVER_LOADED, BAND_ONLY = "on hand", "empty", "never loaded", "band only"


class Case(NamedTuple):
    """What stands in B1, how a vend from it ends, and what is there and was booked then."""

    how: str
    outcome: Outcome
    units: tuple[int, int]
    booked: dict[str, int]


def fill(book: Book, how: str) -> None:
    match how:
        case "on hand":
            book.load("B1", 3, "L1")
        case "empty":
            book.load("B1", 1, "L1")
            book.count("B1", 0)
        case "band only":
            book.load("B1", 1, "L1")
            book.vend(UNCERTAIN)


@pytest.mark.parametrize("jammed", [False, True])
@pytest.mark.parametrize("tag", [None, TAG], ids=["free", "ticket"])
@pytest.mark.parametrize(
    "case",
    [
        Case(ON_HAND, DELIVERED, (2, 0), {"delivered": 1}),
        Case(ON_HAND, NOT_DELIVERED, (3, 0), {"not_delivered": 1}),
        Case(ON_HAND, UNCERTAIN, (2, 1), {"uncertain": 1}),
        Case(EMPTY, DELIVERED, (0, 0), {"found": 1, "delivered": 1}),
        Case(EMPTY, NOT_DELIVERED, (0, 0), {"not_delivered": 1}),
        Case(EMPTY, UNCERTAIN, (0, 1), {"found": 1, "uncertain": 1}),
        Case(NEVER_LOADED, DELIVERED, (0, 0), {"found": 1, "delivered": 1}),
        Case(NEVER_LOADED, NOT_DELIVERED, (0, 0), {"not_delivered": 1}),
        Case(NEVER_LOADED, UNCERTAIN, (0, 1), {"found": 1, "uncertain": 1}),
        Case(BAND_ONLY, DELIVERED, (0, 0), {"reconciled": 1, "delivered": 1}),
        Case(BAND_ONLY, NOT_DELIVERED, (0, 1), {"not_delivered": 1}),
        Case(BAND_ONLY, UNCERTAIN, (0, 1), {"reconciled": 1, "uncertain": 1}),
    ],
    ids=lambda case: f"{case.how}-{case.outcome}",
)
def test_an_outcome_books_its_unit_its_ticket_and_its_slot_as_one(
    book: Book, case: Case, tag: Tag | None, jammed: bool
) -> None:
    book.add_batch("kit", "kit")
    fill(book, case.how)
    before = Counter(book.booked())

    book.vend(case.outcome, tag=tag, place=1, jammed=jammed)

    assert book.units() == case.units
    assert Counter(book.booked()) - before == case.booked
    assert book.taken() == (0b10 if tag and case.outcome is DELIVERED else 0)
    assert (book.state() is SlotState.JAMMED) is jammed
    assert book.open_vend()[0] == 0


def test_an_ordinary_vend_makes_exactly_two_durable_commits(book: Book) -> None:
    book.add_batch("kit")
    book.load("B1", 5)
    book.commits = 0

    book.intend(vend=1, tag=TAG)
    assert book.commits == 1
    book.end(DELIVERED, tag=TAG, jammed=True)
    assert book.commits == 2


def test_an_outcome_is_there_after_a_power_cut(book: Book) -> None:
    book.add_batch("kit")
    book.load("B1", 5)
    book.vend(DELIVERED, tag=TAG)

    book.pull_the_plug()

    assert (book.units(), book.taken(), book.open_vend()[0]) == ((4, 0), 1, 0)


def test_an_outcome_leaves_other_slots_alone(book: Book) -> None:
    for slot in ("A1", "B1", "B2"):
        book.load(slot, 5)

    book.vend(UNCERTAIN, "B1", jammed=True)

    assert [book.units(slot) for slot in ("A1", "B1", "B2")] == [(5, 0), (4, 1), (5, 0)]
    assert [book.state(slot) for slot in ("A1", "B2")] == [SlotState.OK, SlotState.OK]


def test_an_outcome_books_on_its_day(book: Book) -> None:
    book.load("B1", 5)
    book.vend(DELIVERED)
    book.vend(DELIVERED)

    rows = book.ledger.database.rows(
        "SELECT day, what, days.n FROM days JOIN reports ON reports.n = report ORDER BY what"
    )
    assert rows == [(DAY.isoformat(), "delivered", 2), (DAY.isoformat(), "loaded", 5)]


def test_an_outcome_whose_ticket_cannot_be_marked_is_booked_not_at_all(book: Book) -> None:
    book.add_batch("kit")
    book.load("B1", 5)
    book.intend(tag=TAG)
    before = book.everything()

    with pytest.raises(OverflowError):
        book.end(DELIVERED, tag=TAG, place=16, jammed=True)  # there is no such unit
    assert book.everything() == before


def test_the_outcome_of_a_vend_without_an_intent_is_booked(book: Book) -> None:
    book.load("A1", 5)

    book.end(DELIVERED, "A1")  # an emergency item came although the disk refused its intent

    assert book.units("A1") == (4, 0)


# --- the tag


def test_an_ended_vends_tag_is_zeroed(book: Book) -> None:
    book.add_batch("kit")
    book.intend(tag=TAG, place=5)
    assert TAG in book.open_vend()

    book.end(DELIVERED, tag=TAG, place=0)

    assert book.open_vend() == (0, 1, 0, "", NO_TAG, 0)


def test_a_recovered_vends_tag_is_zeroed(book: Book) -> None:
    book.intend(tag=TAG, place=5)

    book.ledger.recover(DAY)

    assert book.open_vend() == (0, 1, 0, "", NO_TAG, 0)


def test_a_vend_without_a_ticket_keeps_no_tag_of_the_one_before(book: Book) -> None:
    book.vend(DELIVERED, tag=TAG)

    book.intend(vend=2)

    assert book.open_vend()[4] == NO_TAG


# --- recovery


def test_a_vend_cut_short_by_the_power_is_uncertain_and_spends_no_ticket(book: Book) -> None:
    book.add_batch("kit")
    book.load("B1", 5)
    book.intend(tag=TAG)
    book.pull_the_plug()

    assert book.ledger.recover(DAY) is True

    assert (book.units(), book.taken(), book.state()) == ((4, 1), 0, SlotState.OK)
    assert book.booked() == {"loaded": 5, "uncertain": 1}


def test_a_second_recovery_finds_nothing(book: Book) -> None:
    book.load("B1", 5)
    book.intend()
    book.ledger.recover(DAY)
    before = book.everything()

    assert book.ledger.recover(DAY) is False
    book.reopen()
    assert book.ledger.recover(DAY) is False
    assert book.everything() == before


def test_without_an_open_vend_there_is_nothing_to_recover(book: Book) -> None:
    assert book.ledger.recover(DAY) is False
    book.vend(DELIVERED)
    assert book.ledger.recover(DAY) is False


def test_after_a_recovery_the_next_vend_may_begin(book: Book) -> None:
    book.intend()
    book.ledger.recover(DAY)

    book.intend(vend=2)

    assert book.open_vend()[:2] == (1, 2)


def test_a_vend_cut_short_at_its_second_turn_is_one_uncertain_unit(book: Book) -> None:
    book.load("B1", 5)
    book.intend(vend=1, turn=1)
    book.intend(vend=1, turn=2)

    book.ledger.recover(DAY)

    assert book.units() == (4, 1)


def test_a_vend_cut_short_is_booked_even_if_its_slot_is_gone_from_the_configuration(book: Book) -> None:
    book.load("B1", 5)
    book.intend(slot="B1")
    book.pull_the_plug([Slot("A1", "naloxone")])

    assert book.ledger.recover(DAY) is True

    assert book.booked() == {"loaded": 5, "uncertain": 1}


def test_a_vend_cut_short_is_booked_on_the_item_that_was_in_the_slot_then(book: Book) -> None:
    book.load("B1", 5)
    book.intend(slot="B1")
    book.pull_the_plug([Slot("B1", "condoms")])  # the configuration was changed before the next start

    book.ledger.recover(DAY)

    assert book.units("B1") == (0, 0)
    book.reopen()
    assert book.units("B1") == (4, 1)


def test_a_vend_whose_outcome_is_known_and_waits_is_not_closed_as_uncertain(book: Book) -> None:
    book.load("B1", 5)
    book.intend()
    book.reopen()

    assert not book.ledger.recover(DAY, {VendId(1)})
    book.end(DELIVERED)

    assert book.booked() == {"loaded": 5, "delivered": 1}
