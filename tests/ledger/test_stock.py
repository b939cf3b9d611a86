"""Stock by lot: loading, counting, the band, and the order in which units leave a coil."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kiosk.core.asks import AskRefused
from kiosk.core.values import LotStock, Outcome, SlotId, SlotState, SlotStock
from tests.ledger.book import DAY, Book, Slot

DELIVERED, NOT_DELIVERED, UNCERTAIN = Outcome
SOON, LATE = DAY + timedelta(days=30), DAY + timedelta(days=300)


# --- what stock says


def test_stock_is_told_in_the_order_of_the_configuration(book: Book) -> None:
    book.reopen([Slot("B2", "kit"), Slot("A1", "naloxone"), Slot("B1", "kit")])

    assert [stock.slot for stock in book.ledger.stock()] == ["B2", "A1", "B1"]


def test_stock_tells_item_capacity_units_band_and_lots(book: Book) -> None:
    book.load("B1", 3, "L1", SOON)
    book.load("B1", 2, "L2", LATE)
    book.vend(UNCERTAIN)

    lots = (LotStock("L1", SOON, 2), LotStock("L2", LATE, 2))
    assert book.slot() == SlotStock(SlotId("B1"), book.slot().item, 4, 1, 10, SlotState.OK, lots, SOON)
    assert book.slot().item == "kit"


@pytest.mark.parametrize(
    ("units", "uncertain", "jammed", "state"),
    [
        (0, 0, False, SlotState.EMPTY),
        (2, 0, False, SlotState.OK),
        (1, 1, False, SlotState.OK),  # the band may hold one
        (2, 1, False, SlotState.OK),  # one certain, one in the band
        (0, 0, True, SlotState.JAMMED),
        (2, 0, True, SlotState.JAMMED),
    ],
)
def test_a_slots_state_is_told(book: Book, units: int, uncertain: int, jammed: bool, state: SlotState) -> None:
    if units:
        book.load("B1", units)
    for _ in range(uncertain):
        book.vend(UNCERTAIN)
    if jammed:
        book.vend(NOT_DELIVERED, jammed=True)

    assert book.state() is state


def test_a_jammed_slot_is_jammed_after_a_restart(book: Book) -> None:
    book.vend(NOT_DELIVERED, jammed=True)
    book.reopen()

    assert book.state() is SlotState.JAMMED


# --- loading


def test_loaded_units_are_on_hand_and_counted_on_the_day(book: Book) -> None:
    book.load("B1", 4)

    assert (book.units(), book.booked()) == ((4, 0), {"loaded": 4})


def test_a_load_is_there_after_a_power_cut(book: Book) -> None:
    book.load("B1", 4, "L1", SOON)
    book.pull_the_plug()

    assert book.slot().lots == (LotStock("L1", SOON, 4),)


def test_a_slot_can_be_filled_to_the_brim(book: Book) -> None:
    book.load("B1", 7)
    book.load("B1", 3)

    assert book.units() == (10, 0)


@pytest.mark.parametrize(("on_hand", "count", "room"), [(0, 11, 10), (7, 4, 3), (10, 1, 0), (0, 0, 10), (0, -1, 10)])
def test_a_load_beyond_the_room_is_refused_with_what_to_do(book: Book, on_hand: int, count: int, room: int) -> None:
    if on_hand:
        book.load("B1", on_hand)
    before = book.everything()

    with pytest.raises(AskRefused, match=rf"holds 10 and has {on_hand}: room for {room};.*kiosk count B1 COUNT"):
        book.load("B1", count)
    assert book.everything() == before


def test_what_may_be_in_the_band_takes_no_room(book: Book) -> None:
    book.load("B1", 10)
    book.vend(UNCERTAIN)

    book.load("B1", 1)

    assert book.units() == (10, 1)


@pytest.mark.parametrize("what", ["load", "count"])
def test_a_slot_that_does_not_exist_is_refused_with_those_that_do(book: Book, what: str) -> None:
    with pytest.raises(AskRefused, match="there is no slot Z9; the slots are A1, B1, B2"):
        {"load": book.load, "count": book.count}[what]("Z9", 1)


@pytest.mark.parametrize("what", ["load", "count"])
def test_a_technician_who_loads_or_counts_puts_a_jammed_slot_back_to_use(book: Book, what: str) -> None:
    book.vend(NOT_DELIVERED, "B1", jammed=True)
    book.vend(NOT_DELIVERED, "B2", jammed=True)

    {"load": book.load, "count": book.count}[what]("B1", 2)

    assert (book.state("B1"), book.state("B2")) == (SlotState.OK, SlotState.JAMMED)


def test_the_same_lot_loaded_again_is_one_lot(book: Book) -> None:
    for _ in range(2):
        book.load("B1", 2, "L1", SOON, "grant")

    assert book.lots() == [("L1", 4)]


@pytest.mark.parametrize(
    "other", [("L2", SOON, "grant"), ("L1", LATE, "grant"), ("L1", None, "grant"), ("L1", SOON, "donation")]
)
def test_another_lot_expiry_or_funding_is_a_lot_of_its_own(book: Book, other: tuple[str, date | None, str]) -> None:
    book.load("B1", 2, "L1", SOON, "grant")
    book.load("B1", 1, *other)

    assert book.lots() == [("L1", 2), (other[0], 1)]
    assert book.ledger.database.rows("SELECT funding FROM lots WHERE lot <> '' ORDER BY id") == [
        ("grant",),
        (other[2],),
    ]


def test_a_lot_that_comes_back_behind_another_is_a_lot_of_its_own(book: Book) -> None:
    for lot in ("L1", "L2", "L1"):
        book.load("B1", 1, lot)

    assert book.lots() == [("L1", 1), ("L2", 1), ("L1", 1)]


# --- the order in the coil


def test_units_leave_in_the_order_in_which_they_were_loaded(book: Book) -> None:
    book.load("B1", 2, "L1")
    book.load("B1", 2, "L2")

    left = []
    for _ in range(4):
        book.vend(DELIVERED)
        left.append(book.lots())

    assert left == [[("L1", 1), ("L2", 2)], [("L2", 2)], [("L2", 1)], []]


def test_a_lot_that_expires_earlier_stays_where_it_stands(book: Book) -> None:
    book.load("B1", 2, "late", LATE)
    book.load("B1", 2, "soon", SOON)  # which slot gives first is core's to decide; within a coil nothing overtakes

    book.vend(DELIVERED)

    assert book.lots() == [("late", 1), ("soon", 2)]


def test_an_uncertain_unit_is_the_front_lots(book: Book) -> None:
    book.load("B1", 1, "L1")
    book.load("B1", 1, "L2")
    book.vend(UNCERTAIN)

    book.vend(DELIVERED)

    assert (book.lots(), book.units()) == ([], (0, 1))
    assert uncertain_by_lot(book) == [("L1", 1, 1), ("L2", 0, 0)]


def test_what_comes_out_of_an_empty_coil_is_the_last_lots(book: Book) -> None:
    book.load("B1", 1, "L1")
    book.load("B1", 1, "L2")
    book.count("B1", 0)

    book.vend(DELIVERED)

    sql = "SELECT lot, found, delivered FROM stock WHERE lot <> '' ORDER BY id"
    assert book.ledger.database.rows(sql) == [("L1", 0, 0), ("L2", 1, 1)]


def test_what_comes_out_when_only_the_band_is_left_is_the_last_bands(book: Book) -> None:
    for lot in ("L1", "L2"):
        book.load("B1", 1, lot)
    for _ in range(2):
        book.vend(UNCERTAIN)

    book.vend(DELIVERED)

    assert uncertain_by_lot(book) == [("L1", 1, 1), ("L2", 1, 0)]


def test_an_uncertain_vend_when_only_the_band_is_left_leaves_the_band_as_it_was(book: Book) -> None:
    for lot in ("L1", "L2"):
        book.load("B1", 1, lot)
    for _ in range(5):
        book.vend(UNCERTAIN)

    assert book.units() == (0, 2)
    assert [(lot, band) for lot, _, band in uncertain_by_lot(book)] == [("L1", 1), ("L2", 1)]


# --- counting


def uncertain_by_lot(book: Book) -> list[tuple[object, ...]]:
    """Each lot's uncertain units, and how many of them may still be there."""
    return book.ledger.database.rows("SELECT lot, uncertain, band FROM stock WHERE lot <> '' ORDER BY id")


def banded(book: Book, on_hand: int, band: int) -> None:
    """Bring B1 to so many certain units of L1 and so many in the band."""
    book.load("B1", on_hand + band, "L1")
    for _ in range(band):
        book.vend(UNCERTAIN)


def test_a_count_that_agrees_books_nothing(book: Book) -> None:
    book.load("B1", 4)

    book.count("B1", 4)

    assert (book.units(), book.booked()) == ((4, 0), {"loaded": 4})


@pytest.mark.parametrize(
    ("counted", "booked"),
    [
        (3, {}),  # the whole band went out
        (4, {"reconciled": 1}),
        (5, {"reconciled": 2}),  # the whole band is still there
        (7, {"reconciled": 2, "adjusted": 2}),
        (2, {"adjusted": -1}),
        (0, {"adjusted": -3}),
    ],
)
def test_a_count_settles_the_band_first_and_then_the_difference(
    book: Book, counted: int, booked: dict[str, int]
) -> None:
    banded(book, on_hand=3, band=2)

    book.count("B1", counted)

    assert book.units() == (counted, 0)
    assert book.booked() == {"loaded": 5, "uncertain": 2, **booked}


def test_what_a_count_brings_back_stands_at_the_back_and_the_rest_of_the_band_went_out(book: Book) -> None:
    for lot in ("L1", "L2", "L3"):
        book.load("B1", 1, lot)
        book.vend(UNCERTAIN)

    book.count("B1", 2)

    assert book.lots() == [("L2", 1), ("L3", 1)]
    assert uncertain_by_lot(book) == [("L1", 1, 0), ("L2", 1, 0), ("L3", 1, 0)]


def test_a_lots_band_comes_back_in_part(book: Book) -> None:
    banded(book, on_hand=0, band=3)

    book.count("B1", 2)

    assert (book.lots(), book.units()) == ([("L1", 2)], (2, 0))


def test_a_lot_of_which_nothing_is_certain_is_not_told_though_it_stands_in_front(book: Book) -> None:
    book.load("B1", 1, "L1", LATE)
    book.vend(UNCERTAIN)
    book.load("B1", 1, "L2", SOON)

    assert (book.lots(), book.units()) == ([("L2", 1)], (1, 1))
    assert book.slot().expires == LATE


def test_with_nothing_certain_the_first_band_is_in_front(book: Book) -> None:
    for lot, expires in (("L1", SOON), ("L2", LATE)):
        book.load("B1", 1, lot, expires)
        book.vend(UNCERTAIN)

    assert (book.units(), book.slot().expires) == ((0, 2), SOON)


def test_a_slot_from_which_everything_is_gone_has_no_last_good_day(book: Book) -> None:
    book.load("B1", 1, "L1", SOON)
    book.vend(DELIVERED)

    assert (book.units(), book.slot().expires) == ((0, 0), None)


def test_one_unit_that_comes_back_is_booked_once_however_many_lots_have_a_band(book: Book) -> None:
    for lot in ("L1", "L2"):
        book.load("B1", 1, lot)
        book.vend(UNCERTAIN)

    book.count("B1", 1)

    assert (book.units(), book.lots()) == ((1, 0), [("L2", 1)])
    assert book.booked()["reconciled"] == 1


def test_missing_units_went_from_the_front(book: Book) -> None:
    for lot in ("L1", "L2", "L3"):
        book.load("B1", 2, lot)

    book.count("B1", 3)

    assert book.lots() == [("L2", 1), ("L3", 2)]


def test_extra_units_stand_at_the_back(book: Book) -> None:
    for lot in ("L1", "L2"):
        book.load("B1", 2, lot)

    book.count("B1", 7)

    assert book.lots() == [("L1", 2), ("L2", 5)]


def test_units_in_a_slot_that_was_never_loaded_are_of_an_unknown_lot(book: Book) -> None:
    book.count("B1", 3)

    assert (book.slot().lots, book.booked()) == ((LotStock("", None, 3),), {"adjusted": 3})


def test_a_slot_counted_empty_is_empty(book: Book) -> None:
    banded(book, on_hand=3, band=1)

    book.count("B1", 0)

    assert (book.units(), book.state()) == ((0, 0), SlotState.EMPTY)


def test_nothing_is_booked_on_a_lot_that_a_count_does_not_touch(book: Book) -> None:
    for lot in ("L1", "L2"):
        book.load("B1", 2, lot)

    book.count("B1", 3)

    rows = book.ledger.database.rows("SELECT lot, adjusted FROM stock WHERE lot <> '' ORDER BY id")
    assert rows == [("L1", -1), ("L2", 0)]


@pytest.mark.parametrize("count", [-1, 11])
def test_a_count_that_cannot_be_is_refused(book: Book, count: int) -> None:
    book.load("B1", 4)

    with pytest.raises(AskRefused, match=f"slot B1 holds 0 to 10, not {count}"):
        book.count("B1", count)
    assert book.units() == (4, 0)


@pytest.mark.parametrize("count", [0, 10])
def test_the_least_and_the_most_a_slot_holds_can_be_counted(book: Book, count: int) -> None:
    book.count("B1", count)

    assert book.units() == (count, 0)


def test_a_count_leaves_other_slots_alone(book: Book) -> None:
    for slot in ("B1", "B2"):
        book.load(slot, 4)

    book.count("B1", 1)

    assert book.units("B2") == (4, 0)


# --- another item


NOW_CONDOMS = (Slot("A1", "naloxone"), Slot("B1", "condoms"), Slot("B2", "kit"))


@pytest.fixture
def changed(book: Book) -> Book:
    """B1 had four kits and one in the band, and is for condoms from today."""
    banded(book, on_hand=4, band=1)
    book.reopen(NOW_CONDOMS)
    return book


def test_a_slot_with_another_item_than_yesterday_needs_a_count(changed: Book) -> None:
    assert (changed.state("B1"), changed.units("B1"), changed.slot("B1").item) == (
        SlotState.COUNT_NEEDED,
        (0, 0),
        "condoms",
    )
    assert changed.state("B2") is SlotState.EMPTY


def test_slots_that_changed_are_taken_over_in_one_durable_commit(book: Book) -> None:
    before = book.commits

    book.reopen([Slot("A1", "kit"), Slot("B1", "naloxone"), Slot("B2", "naloxone")])

    assert book.commits == before + 1


def test_new_items_are_taken_in_by_one_durable_commit_and_their_slots_by_another(book: Book) -> None:
    before = book.commits

    book.reopen([Slot("A1", "strips"), Slot("B1", "condoms"), Slot("B2", "filters")])

    assert book.commits == before + 2


def test_a_changed_slot_still_needs_its_count_after_a_restart(changed: Book) -> None:
    changed.reopen(NOW_CONDOMS)

    assert changed.state("B1") is SlotState.COUNT_NEEDED


@pytest.mark.parametrize("what", ["load", "count"])
def test_loading_or_counting_the_new_item_books_the_old_one_out(changed: Book, what: str) -> None:
    {"load": changed.load, "count": changed.count}[what]("B1", 3)

    assert (changed.units("B1"), changed.state("B1")) == ((3, 0), SlotState.OK)
    assert changed.booked()["removed"] == 4
    assert changed.ledger.database.rows("SELECT sum(on_hand), sum(band) FROM stock WHERE item = 'kit'") == [(0, 0)]


def test_an_old_item_that_was_all_gone_is_not_booked_out(book: Book) -> None:
    book.load("B1", 1)
    book.vend(DELIVERED)
    book.reopen(NOW_CONDOMS)

    book.load("B1", 3)

    assert "removed" not in book.booked()


def test_the_last_unit_of_an_old_item_is_booked_out(book: Book) -> None:
    book.load("B1", 1)
    book.reopen(NOW_CONDOMS)

    book.load("B1", 2)

    assert book.booked() == {"loaded": 3, "removed": 1}


def test_an_old_item_that_was_all_gone_seals_no_report(book: Book) -> None:
    book.load("B1", 1)
    book.vend(DELIVERED)
    book.pass_days(1)
    book.reopen([Slot("A1", "naloxone"), Slot("B1", "strips"), Slot("B2", "kit")])
    book.load("B1", 2)
    before = book.ledger.reports(0, 99)

    book.load("B1", 1)

    assert book.ledger.reports(0, 99) == before


def test_an_old_item_of_which_only_the_band_is_left_is_settled(book: Book) -> None:
    banded(book, on_hand=0, band=1)
    book.reopen(NOW_CONDOMS)

    book.load("B1", 3)

    assert book.ledger.database.rows("SELECT DISTINCT band FROM stock WHERE item = 'kit'") == [(0,)]


def test_the_same_item_in_another_slot_is_not_booked_out(changed: Book) -> None:
    changed.load("B2", 4)

    changed.count("B1", 0)

    assert changed.units("B2") == (4, 0)


def test_a_change_taken_back_before_anybody_counted_finds_the_old_units(changed: Book) -> None:
    changed.reopen()

    assert (changed.units("B1"), changed.state("B1")) == ((4, 1), SlotState.COUNT_NEEDED)


def test_a_new_slot_is_empty_and_needs_no_count(book: Book) -> None:
    book.reopen([Slot("B1", "kit"), Slot("C1", "strips")])

    assert book.state("C1") is SlotState.EMPTY


def test_a_slot_taken_out_of_the_configuration_is_not_told_and_kept(book: Book) -> None:
    book.load("B1", 4)
    book.reopen([Slot("A1", "naloxone")])
    assert [stock.slot for stock in book.ledger.stock()] == ["A1"]

    book.reopen()

    assert (book.units("B1"), book.state("B1")) == ((4, 0), SlotState.OK)


def test_a_start_on_the_same_slots_writes_nothing(book: Book) -> None:
    book.commits = 0

    book.reopen()

    assert book.commits == 0


def test_a_capacity_made_smaller_leaves_the_units(book: Book) -> None:
    book.load("B1", 9)
    book.reopen([Slot("B1", "kit", capacity=5)])

    assert book.units("B1") == (9, 0)
    with pytest.raises(AskRefused, match="holds 5 and has 9: room for -4"):
        book.load("B1", 1)
