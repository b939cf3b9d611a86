"""The verdict on a ledger that somebody damaged by hand: each kind of damage is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import apsw
import pytest

from kiosk.core.asks import CountSlot
from kiosk.core.values import Outcome, SlotId, Tag
from kiosk.ledger.database import LedgerFailed, LedgerUnusable
from kiosk.ledger.ledger import Ledger
from kiosk.ledger.lots import EFFECT
from tests.ledger.book import DAY, TAG, Book

OTHER = Tag(b"another  person's"[:16])
PAGE = 1024


@pytest.fixture
def used(book: Book) -> Book:
    """A ledger in which everything has happened once: B1 has one certain unit and a band of one, both of L1."""
    book.add_batch("kit", "kit", name="spring", tags=[TAG])
    book.add_batch(name="autumn", tags=[OTHER])
    book.load("B1", 3, "L1")
    book.vend(Outcome.DELIVERED, tag=TAG)
    book.vend(Outcome.NOT_DELIVERED)
    book.vend(Outcome.UNCERTAIN)
    book.load("B2", 2)
    return book


def damage(book: Book, *sql: str) -> tuple[str, ...]:
    """Edit the file by hand, and hear the verdict."""
    with book.by_hand() as connection:
        for statement in sql:
            connection.execute(statement)
    book.open()
    return book.faults()


def root_page(book: Book, name: str) -> int:
    """Where the table's or index's first page begins in the file."""
    ((number,),) = book.ledger.database.rows("SELECT rootpage FROM sqlite_schema WHERE name = ?", name)
    assert isinstance(number, int)
    return (number - 1) * PAGE


def scratch(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def test_a_ledger_in_which_nothing_is_wrong_has_no_faults(used: Book) -> None:
    assert used.faults() == ()


def test_a_new_ledger_has_no_faults(book: Book) -> None:
    assert book.faults() == ()


def units(lot: str, **counters: int) -> str:
    """Set counters of a lot's row; they are stored with a million added."""
    values = ", ".join(f"{name} = {1_000_000 + n}" for name, n in counters.items())
    return f"UPDATE units SET {values} WHERE id = (SELECT max(id) FROM lots WHERE lot = '{lot}')"


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        (units("L1", on_hand=2), "slot B1 lot L1: 2 on hand, the movements make 1"),
        (units("L1", on_hand=0), "slot B1 lot L1: 0 on hand, the movements make 1"),
        (units("L1", on_hand=-1, loaded=1), "slot B1 lot L1: -1 on hand, the movements make -1"),
        (units("L1", carried=1), "slot B1 lot L1: 1 on hand, the movements make 2"),
        (units("L1", loaded=4), "slot B1 lot L1: 1 on hand, the movements make 2"),
        (units("L1", found=1), "slot B1 lot L1: 1 on hand, the movements make 2"),
        (units("L1", adjusted=-1), "slot B1 lot L1: 1 on hand, the movements make 0"),
        (units("L1", reconciled=1), "slot B1 lot L1: 1 on hand, the movements make 2"),
        (units("L1", delivered=2), "slot B1 lot L1: 1 on hand, the movements make 0"),
        (units("L1", removed=1), "slot B1 lot L1: 1 on hand, the movements make 0"),
        (units("L1", removed_expired=1), "slot B1 lot L1: 1 on hand, the movements make 0"),
        (units("L1", removed_recalled=1), "slot B1 lot L1: 1 on hand, the movements make 0"),
        (units("L1", removed_damaged=1), "slot B1 lot L1: 1 on hand, the movements make 0"),
        (units("L1", test=1), "slot B1 lot L1: 1 on hand, the movements make 0"),
        (units("L1", uncertain=2), "slot B1 lot L1: 1 on hand, the movements make 0"),
        (units("L1", band=2), "slot B1 lot L1: a band of 2 out of 1 uncertain units"),
        (units("L1", band=-1), "slot B1 lot L1: a band of -1 out of 1 uncertain units"),
        (units("L1", carried_band=-1), "slot B1 lot L1: a band of 1 out of 0 uncertain units"),
        (units("", on_hand=9), "slot B2 lot unknown: 9 on hand, the movements make 2"),
        (units("", band=9), "slot B2 lot unknown: a band of 9 out of 0 uncertain units"),
    ],
)
def test_a_lot_whose_units_do_not_add_up_is_named(used: Book, sql: str, fault: str) -> None:
    assert fault in damage(used, sql)


@pytest.mark.parametrize(("what", "effect"), EFFECT.items())
def test_a_sealed_counter_that_does_not_agree_with_its_lot_is_named(used: Book, what: str, effect: int) -> None:
    counted = f"INSERT INTO sealed_days SELECT 0, max(id), '{what}', 5 FROM lots WHERE lot = 'L1'"
    fault = f"slot B1 lot L1: 1 on hand, the days' counters make {1 + 5 * effect}"

    assert damage(used, counted) == ((fault,) if effect else ())


def test_a_lost_sealed_report_is_named_by_all_that_it_counted(used: Book) -> None:
    used.pass_days(1)

    faults = damage(used, "DELETE FROM sealed_days")

    assert faults == (
        "slot B2 lot unknown: 2 on hand, the days' counters make 0",
        "slot B1 lot L1: 1 on hand, the days' counters make 0",
        "item kit: the month's quarters have 1 units, the days' counters 0",
    )


def test_a_lost_lot_in_use_is_named(used: Book) -> None:
    used.pass_days(1)

    faults = damage(used, "DELETE FROM units")

    assert "slot B1 lot L1: 0 on hand, the days' counters make 1" in faults


@pytest.mark.parametrize("quarter", range(4))
def test_more_in_the_months_quarters_than_was_delivered_is_named(used: Book, quarter: int) -> None:
    faults = damage(used, f"UPDATE items SET quarter_{quarter} = quarter_{quarter} + 1 WHERE item = 'kit'")

    assert faults == ("item kit: the month's quarters have 2 units, the days' counters 1",)


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("DELETE FROM reports WHERE n = 2", "report 2 is missing"),
        ("DELETE FROM reports WHERE n = 0", "the reports have lost the row that sums up what is older"),
        ("DELETE FROM reports", "the reports have lost the row that sums up what is older"),
        (
            "WITH RECURSIVE up(n) AS (SELECT 4 UNION ALL SELECT n + 1 FROM up WHERE n < 401)"
            " INSERT INTO reports SELECT n, '2026-12-01', '' FROM up",
            "there are 401 reports; 400 are kept",
        ),
    ],
)
def test_reports_that_are_not_there_or_too_many_are_named(used: Book, sql: str, fault: str) -> None:
    used.pass_days(2)

    assert fault in damage(used, sql)


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("UPDATE open_vend SET is_open = 1, slot = 'Z9'", "the open vend is of slot Z9, which is not there"),
        ("UPDATE open_vend SET slot = 'B1'", "an ended vend still names its slot or its ticket"),
        ("UPDATE open_vend SET tag = randomblob(16)", "an ended vend still names its slot or its ticket"),
    ],
)
def test_an_open_vend_that_cannot_be_is_named(used: Book, sql: str, fault: str) -> None:
    assert damage(used, sql) == (fault,)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("DELETE FROM open_vend", 0),
        ("INSERT INTO open_vend VALUES (2, 0, 0, 0, '', '', zeroblob(16), 0)", 2),
    ],
)
def test_room_for_another_number_of_open_vends_is_named(used: Book, sql: str, rows: int) -> None:
    assert f"there is room for {rows} open vends; there must be room for one" in damage(used, sql)


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("UPDATE lots SET slot = 'Z9' WHERE lot = 'L1'", "lots"),
        ("DELETE FROM lots WHERE lot = 'L1'", "units"),
        ("INSERT INTO sealed_days VALUES (1, 99, 'not_delivered', 1)", "sealed_days"),
        ("INSERT INTO unavailable VALUES (99, 'kit', 1)", "unavailable"),
        ("UPDATE codes SET batch = 99", "codes"),
    ],
)
def test_a_row_that_refers_to_nothing_is_named_by_its_table(used: Book, sql: str, table: str) -> None:
    assert f"a row of {table} refers to one that is not there" in damage(used, sql)


@pytest.mark.parametrize(
    ("batch", "taken", "is_wrong"),
    [
        ("spring", "0003", False),
        ("spring", "0004", True),
        ("spring", "8000", True),
        ("autumn", "0001", False),
        ("autumn", "0002", True),
    ],
)
def test_a_ticket_with_more_units_taken_than_it_gives_is_named_by_its_batch(
    used: Book, batch: str, taken: str, is_wrong: bool
) -> None:
    of_batch = f"(SELECT id FROM batches WHERE batch = '{batch}')"
    fault = f"batch {batch}: a code has more units taken than it gives"

    faults = damage(used, f"UPDATE codes SET taken = x'{taken}' WHERE batch = {of_batch}")

    assert faults == ((fault,) if is_wrong else ())


@pytest.mark.parametrize("kind", ["pass", "number", "shared"])
def test_nothing_is_ever_taken_from_a_code_that_is_no_ticket(used: Book, kind: str) -> None:
    faults = damage(used, f"UPDATE batches SET kind = '{kind}'", "UPDATE codes SET taken = x'0001'")

    assert faults == tuple(f"batch {name}: a code has more units taken than it gives" for name in ("autumn", "spring"))


def test_a_batch_that_came_in_a_list_of_somebody_unknown_is_named(used: Book) -> None:
    signer = bytes(range(32))
    faults = damage(
        used,
        f"INSERT INTO signers VALUES (x'{signer.hex()}', 3)",
        f"UPDATE batches SET signer = x'{signer.hex()}' WHERE batch = 'autumn'",
        f"UPDATE batches SET signer = x'{signer[::-1].hex()}' WHERE batch = 'spring'",
    )

    assert faults == ("batch spring: it came in a list of somebody whose lists are not taken",)


def test_a_batch_is_named_once_however_many_of_its_tickets_are_wrong(used: Book) -> None:
    used.add_batch("kit", name="winter", tags=[Tag(bytes([n]) * 16) for n in range(1, 5)])

    faults = damage(used, "UPDATE codes SET taken = x'ffff'")

    assert faults == tuple(
        f"batch {name}: a code has more units taken than it gives" for name in ("autumn", "spring", "winter")
    )


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("UPDATE slots SET state = 'rusty' WHERE slot = 'B1'", "slots"),
        ("UPDATE open_vend SET tag = x'00'", "open_vend"),
        ("UPDATE codes SET taken = x'00'", "codes"),
    ],
)
def test_a_value_that_the_schema_forbids_is_named_by_its_table(used: Book, sql: str, table: str) -> None:
    assert f"the file is damaged: CHECK constraint failed in {table}" in damage(used, sql)


def test_a_movement_that_nobody_knows_is_named(used: Book) -> None:
    assert any("stolen" in fault for fault in damage(used, "INSERT INTO sealed_days VALUES (1, 1, 'stolen', 1)"))


def test_a_movement_that_nobody_knows_is_named_once_however_often_it_was_made(used: Book) -> None:
    faults = damage(used, "INSERT INTO sealed_days VALUES (0, 1, 'stolen', 1), (0, 2, 'stolen', 1)")

    assert sum("stolen" in fault for fault in faults) == 1


def test_what_a_count_brought_back_is_no_longer_in_the_band(used: Book) -> None:
    used.count("B1", 2)

    assert "slot B1 lot L1: a band of 1 out of 0 uncertain units" in damage(used, units("L1", band=1))


def test_a_ledger_without_its_name_is_named(used: Book) -> None:
    assert damage(used, "DELETE FROM ledger") != ()


@pytest.mark.parametrize("table", ["batches", "codes", "recalls", "units", "open_vend"])
def test_a_torn_page_that_a_vend_would_need_is_found_at_the_start(used: Book, table: str) -> None:
    at = root_page(used, table)
    used.ledger.close()
    used.is_damaged = True
    scratch(used.path, at, bytes(PAGE))
    used.open()

    with pytest.raises(LedgerFailed):
        used.ledger.read_once()


def test_a_torn_page_is_remembered_after_other_failures(used: Book) -> None:
    at = root_page(used, "recalls")
    used.ledger.close()
    used.is_damaged = True
    scratch(used.path, at, bytes(PAGE))
    used.open()
    for sql in ("SELECT * FROM recalls", "SELECT * FROM nowhere"):
        with pytest.raises(LedgerFailed):
            used.ledger.database.rows(sql)

    assert used.ledger.database.is_torn


def test_a_failure_of_another_kind_is_no_torn_page(used: Book) -> None:
    with pytest.raises(LedgerFailed):
        used.ledger.database.rows("SELECT * FROM nowhere")

    assert not used.ledger.database.is_torn


def test_a_ledger_whose_slots_cannot_be_read_gives_its_file_back(used: Book) -> None:
    at = root_page(used, "slots")
    used.ledger.close()
    used.is_damaged = True
    scratch(used.path, at, bytes(PAGE))
    with pytest.raises(LedgerFailed) as refused:
        used.open()
    other = apsw.Connection(str(used.path))

    assert next(iter(other.execute("SELECT count(*) FROM batches"))) == (2,)
    assert refused.value.__traceback__  # which would keep a connection that nobody closed
    other.close()


def test_every_kind_of_damage_is_named_at_once(used: Book) -> None:
    faults = damage(
        used, "DELETE FROM open_vend", "UPDATE units SET on_hand = 1000009", "UPDATE codes SET taken = x'ffff'"
    )

    said = "\n".join(faults)
    for words in (
        "room for 0 open vends",
        "slot B1 lot L1: 9 on hand",
        "slot B2 lot unknown: 9 on hand",
        "batch spring",
    ):
        assert words in said


def test_an_index_that_disagrees_with_its_table_is_named(used: Book) -> None:
    at = root_page(used, "lots_of_slot")
    used.ledger.close()
    used.is_damaged = True
    page = used.path.read_bytes()[at : at + PAGE]
    scratch(used.path, at + page.index(b"B1kit"), b"B3")
    used.open()

    assert "the file is damaged: row 3 missing from index lots_of_slot" in used.faults()


def test_a_table_that_cannot_be_read_is_said(used: Book) -> None:
    at = root_page(used, "codes")
    used.ledger.close()
    used.is_damaged = True
    scratch(used.path, at, b"\xff" * PAGE)
    used.open()

    with pytest.raises(LedgerFailed, match=r"the ledger cannot be read: .*malformed"):
        used.faults()


@pytest.mark.parametrize(
    ("sql", "read"),
    [
        ("UPDATE slots SET state = 'rusty'", lambda ledger: ledger.stock()),
        ("DELETE FROM slots WHERE slot = 'B1'", lambda ledger: ledger.stock()),
        ("UPDATE lots SET expires = 'some day'", lambda ledger: ledger.stock()),
        ("UPDATE lots SET expires = 'some day'", lambda ledger: ledger.count(CountSlot(SlotId("B1"), 1), DAY)),
        ("UPDATE reports SET day = 'some day'", lambda ledger: ledger.day),
        ("UPDATE batches SET expires = 'some day'", lambda ledger: ledger.find_code(TAG)),
    ],
)
def test_a_value_that_no_kiosk_wrote_is_said_with_what_to_do_when_it_is_read(
    used: Book, sql: str, read: Callable[[Ledger], object]
) -> None:
    used.is_damaged = True
    for damaging in ("PRAGMA ignore_check_constraints = 1", "PRAGMA foreign_keys = 0", sql):
        used.ledger.database.rows(damaging)

    with pytest.raises(LedgerUnusable, match=r"holds what no kiosk wrote .*: when the service starts, it"):
        read(used.ledger)


def test_a_ledger_that_lost_its_reports_says_what_to_do(used: Book) -> None:
    used.is_damaged = True
    for damaging in ("PRAGMA foreign_keys = 0", "DELETE FROM reports"):
        used.ledger.database.rows(damaging)

    with pytest.raises(LedgerUnusable, match="lost its reports: when the service starts, it"):
        used.load("B1", 1)


def test_what_was_delivered_on_a_months_last_day_stands_in_no_quarter_of_the_next(book: Book) -> None:
    book.load("B1", 3)
    for last_day in (date(2026, 11, 30), date(2026, 12, 31)):
        book.day = last_day
        book.vend(Outcome.DELIVERED)
        book.pass_days(1)

    faults = damage(book, "UPDATE items SET quarter_2 = 1000001 WHERE item = 'kit'")

    assert faults == ("item kit: the month's quarters have 1 units, the days' counters 0",)


def test_a_sealed_day_that_no_kiosk_wrote_is_said_when_reports_are_read(used: Book) -> None:
    used.pass_days(1)
    used.is_damaged = True
    used.ledger.database.rows("UPDATE reports SET day = 'some day' WHERE n = 1")

    with pytest.raises(LedgerUnusable, match="holds what no kiosk wrote"):
        used.ledger.reports(0, 9)


def test_text_that_is_no_text_is_said(used: Book) -> None:
    with used.by_hand() as connection:
        connection.execute("UPDATE lots SET lot = CAST(x'ff' AS TEXT) WHERE lot = 'L1'")
    used.open()

    for read in (used.faults, used.ledger.stock):
        with pytest.raises(LedgerFailed, match="the ledger cannot be read"):
            read()


def test_verifying_mends_nothing(used: Book) -> None:
    damage(used, units("L1", on_hand=7))
    before = used.everything()

    used.faults()

    assert used.everything() == before
