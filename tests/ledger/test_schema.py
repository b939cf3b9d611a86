"""What the tables refuse by themselves, whatever the program above them does."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from kiosk.core.values import Outcome, Tag
from kiosk.ledger.database import LedgerFailed
from kiosk.ledger.lots import EFFECT
from kiosk.ledger.schema import MIGRATIONS
from tests.ledger.book import TAG, Book

RELEASED = sorted(Path(__file__).with_name("released").glob("schema_*.sql"))
ZERO = 1_000_000  # a counter is stored with a million added
LEAST = dict.fromkeys(EFFECT, ZERO) | {"adjusted": 40_000}
MOST = 8_000_000


@pytest.fixture
def used(book: Book) -> Book:
    """B1 has a certain unit and a band of one; a report is sealed, another one open."""
    book.add_batch("kit", tags=[TAG])
    book.load("B1", 3, "L1")
    book.vend(Outcome.DELIVERED)
    book.vend(Outcome.UNCERTAIN)
    book.pass_days(1)
    return book


def counter(what: str, value: int) -> str:
    """Set a lot's counter, and what was carried over so that the row adds up all the same."""
    effect = EFFECT.get(what, -1)  # of what is on hand itself
    return f"UPDATE units SET {what} = {value}, carried = carried - {effect} * ({value} - {what})"


def refuses(book: Book, sql: str) -> None:
    before = book.everything()
    with pytest.raises(LedgerFailed, match=r"constraint failed|cannot store"), book.ledger.database.transaction():
        book.ledger.database.change(sql)

    assert book.everything() == before


@pytest.mark.parametrize("what", [*EFFECT, "on_hand"])
def test_a_lots_counter_stays_within_what_always_takes_three_bytes(used: Book, what: str) -> None:
    refuses(used, counter(what, LEAST.get(what, ZERO) - 1))
    refuses(used, counter(what, MOST + 1))


@pytest.mark.parametrize("what", [*EFFECT, "on_hand"])
def test_a_lots_counter_may_go_to_its_end(used: Book, what: str) -> None:
    for value in (LEAST.get(what, ZERO), MOST):
        with used.ledger.database.transaction():
            used.ledger.database.change(f"{counter(what, value)}, band = {ZERO}, carried_band = {2 * MOST}")

    used.is_damaged = True  # the days do not add up to it


@pytest.mark.parametrize("what", [what for what, effect in EFFECT.items() if effect])
def test_a_unit_that_is_not_accounted_for_is_refused(used: Book, what: str) -> None:
    refuses(used, f"UPDATE units SET {what} = {what} + 1")


@pytest.mark.parametrize("band", [ZERO - 1, ZERO + 2])
def test_a_band_is_never_wider_than_the_units_that_are_uncertain(used: Book, band: int) -> None:
    refuses(used, f"UPDATE units SET band = {band} WHERE band > {ZERO}")


@pytest.mark.parametrize("column", ["missing", "quarter_0", "quarter_1", "quarter_2", "quarter_3"])
def test_an_items_counter_stays_within_what_always_takes_three_bytes(used: Book, column: str) -> None:
    refuses(used, f"UPDATE items SET {column} = {ZERO - 1}")
    refuses(used, f"UPDATE items SET {column} = {MOST + 1}")


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO open_vend VALUES (2, 0, 9, 0, '', '', zeroblob(16), 0)",
        "INSERT INTO ledger (one, id) VALUES (2, 'another')",
    ],
)
def test_there_is_room_for_one_open_vend_and_for_one_ledger(used: Book, sql: str) -> None:
    refuses(used, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE open_vend SET is_open = 2",
        "UPDATE open_vend SET tag = zeroblob(15)",
        "UPDATE ledger SET boots = -1",
        "UPDATE slots SET state = 'x'",
        "UPDATE lots SET doses = -1",
        "UPDATE codes SET tag = zeroblob(15)",
        "UPDATE codes SET taken = zeroblob(3)",
        "INSERT INTO batches (batch, gives) VALUES ('batch', '')",
        "INSERT INTO reports (n, day, ledger) VALUES (-1, '', '')",
        "INSERT INTO unavailable VALUES (1, 'kit', 0)",
        "INSERT INTO quarters VALUES (1, 'kit', 4, 1)",
        "INSERT INTO quarters VALUES (1, 'kit', -1, 1)",
        "INSERT INTO quarters VALUES (1, 'kit', 0, 0)",
    ],
)
def test_a_value_that_no_kiosk_writes_is_refused(used: Book, sql: str) -> None:
    refuses(used, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO lots (slot, item, lot, funding, doses) VALUES ('Z9', 'kit', '', '', 1)",
        "INSERT INTO units (id) VALUES (99)",
        "INSERT INTO sealed_days VALUES (99, 1, 'loaded', 1)",
        "INSERT INTO sealed_days VALUES (1, 99, 'loaded', 1)",
        "INSERT INTO unavailable VALUES (99, 'kit', 1)",
        "INSERT INTO quarters VALUES (99, 'kit', 0, 1)",
        "INSERT INTO codes VALUES (zeroblob(16), 99, zeroblob(2))",
    ],
)
def test_a_row_that_refers_to_nothing_is_refused(used: Book, sql: str) -> None:
    refuses(used, sql)


def test_every_table_holds_numbers_where_numbers_belong(book: Book) -> None:
    loose = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict"

    assert book.ledger.database.rows(f"{loose} AND name NOT LIKE 'sqlite%'") == []


def test_a_new_ledger_has_counted_nothing(book: Book) -> None:
    columns = [name for _, name, *_ in book.ledger.database.rows("PRAGMA table_info(stock)")][7:]
    lots = book.ledger.database.rows(f"SELECT {', '.join(map(str, columns))} FROM stock")
    items = book.ledger.database.rows("SELECT missing, quarter_0, quarter_1, quarter_2, quarter_3 FROM items")

    assert lots == [(0,) * (len(EFFECT) + 4)] * 3
    assert items == [(ZERO,) * 5] * 2
    assert book.ledger.database.rows("SELECT * FROM days") == []


def test_a_new_ledger_has_no_vend_open(book: Book) -> None:
    assert book.open_vend() == (0, 0, 0, "", bytes(16), 0)


def test_a_ticket_of_another_size_is_not_taken_in(book: Book) -> None:
    with pytest.raises(LedgerFailed):
        book.add_batch(tags=[Tag(b"short")])

    assert book.batches() == ()


@pytest.mark.parametrize("released", RELEASED, ids=lambda path: path.stem)
def test_a_migration_that_was_released_is_never_edited(released: Path) -> None:
    number = int(released.stem.removeprefix("schema_"))
    as_released, as_built = apsw.Connection(":memory:"), apsw.Connection(":memory:")
    as_released.execute(released.read_text())
    for migration in MIGRATIONS[:number]:
        as_built.execute(migration)

    assert tables(as_built) == tables(as_released)


def tables(connection: apsw.Connection) -> dict[str, str]:
    """Each table and index, in the words in which it was made."""
    made = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    return {str(name): " ".join(str(sql).split()) for name, sql in made}
