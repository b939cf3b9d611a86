"""What cannot be read from the ledger's files: whose vends, how many visits, in what order."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kiosk.core.values import Outcome, Tag
from tests.ledger.book import DAY, TAG, Book, Slot

DELIVERED, NOT_DELIVERED, UNCERTAIN = Outcome


def log(book: Book) -> Path:
    return book.path.with_name(f"{book.path.name}-wal")


def places(book: Book, tag: bytes = TAG) -> int:
    """In how many places the tag is in the ledger's files."""
    return sum(file.read_bytes().count(tag) for file in book.path.parent.iterdir() if file.is_file())


def vend_with_tag(book: Book, outcome: Outcome) -> None:
    book.vend(outcome, tag=TAG, place=3)


def power_cut(book: Book) -> None:
    book.intend(tag=TAG)
    book.pull_the_plug()
    book.ledger.recover(DAY)


ENDS: list[Callable[[Book], None]] = [
    lambda book: vend_with_tag(book, DELIVERED),
    lambda book: vend_with_tag(book, NOT_DELIVERED),
    lambda book: vend_with_tag(book, UNCERTAIN),
    power_cut,
]


@pytest.mark.parametrize("end", ENDS, ids=["delivered", "not delivered", "uncertain", "recovered"])
def test_the_tag_of_an_ended_vend_is_nowhere_after_tidying(book: Book, end: Callable[[Book], None]) -> None:
    book.load("B1", 5)
    end(book)
    assert places(book) > 0  # in the log, until it is emptied

    book.ledger.tidy()

    assert places(book) == 0


def test_the_tag_of_an_open_vend_is_gone_with_it_even_if_the_log_was_emptied_between(book: Book) -> None:
    book.intend(tag=TAG)
    book.ledger.tidy()
    assert places(book) == 1

    book.end(DELIVERED, tag=TAG)
    book.ledger.tidy()

    assert places(book) == 0


def test_the_tag_of_an_ended_vend_is_nowhere_after_the_service_stopped(book: Book) -> None:
    vend_with_tag(book, DELIVERED)

    book.ledger.close()

    assert places(book) == 0


def test_a_tickets_tag_is_where_it_was_before_its_vend_and_nowhere_else(book: Book) -> None:
    book.add_batch(*["kit"] * 4)
    book.ledger.tidy()
    before = places(book)

    vend_with_tag(book, DELIVERED)
    book.ledger.tidy()

    assert places(book) == before == 1


def test_tidying_empties_the_log(book: Book) -> None:
    book.load("B1", 5)
    assert log(book).stat().st_size > 0

    book.ledger.tidy()

    assert log(book).stat().st_size == 0


def test_tidying_changes_nothing_that_is_stored(book: Book) -> None:
    book.add_batch("kit")
    book.load("B1", 5)
    book.vend(UNCERTAIN, jammed=True)
    before = book.everything()

    book.ledger.tidy()

    assert book.everything() == before
    book.pull_the_plug()
    assert book.everything() == before


def test_tidying_twice_and_vending_after_it_is_allowed(book: Book) -> None:
    book.load("B1", 5)
    for _ in range(2):
        book.ledger.tidy()

    book.vend(DELIVERED)

    assert book.units() == (4, 0)


def test_thirty_vends_of_a_day_leave_no_more_rows_than_three(book: Book) -> None:
    book.reopen([Slot("B1", "kit", capacity=40)])
    book.load("B1", 40)
    for outcome in Outcome:
        book.vend(outcome)
    rows = len(book.everything())

    for n in range(30):
        book.vend(list(Outcome)[n % 3])

    assert len(book.everything()) == rows


def spent(folder: Path, order: list[Tag]) -> list[bytes]:
    """All pages of a ledger whose tickets were spent in this order, but the one with the ledger's own name."""
    folder.mkdir()
    book = Book(folder)
    book.add_batch("kit", tags=sorted(order))
    for tag in order:
        book.vend(DELIVERED, tag=tag)
    ((name,),) = book.ledger.database.rows("SELECT id FROM ledger")
    book.ledger.close()
    content = book.path.read_bytes()
    pages = [content[at : at + 1024] for at in range(0, len(content), 1024)]
    return [page for page in pages if str(name).encode() not in page]


def test_the_order_in_which_tickets_were_spent_is_nowhere_in_the_file(tmp_path: Path) -> None:
    tags = [Tag(bytes([n]) * 16) for n in range(1, 30)]

    assert spent(tmp_path / "one", tags) == spent(tmp_path / "other", tags[::-1])


# --- 1,000 vends, read byte by byte

WIDE = tuple(
    Slot(name, item, 900) for name, item in (("A1", "naloxone"), ("B1", "kit"), ("B2", "kit"), ("C1", "strips"))
)
OF_PEOPLE = [Tag(random.Random(n).randbytes(16)) for n in range(300)]


@dataclass(frozen=True)
class Visit:
    """One vend of somebody's."""

    slot: str
    outcome: Outcome
    tag: Tag | None
    quarter: int
    turns: int
    jams: bool


def a_thousand_visits(chance: random.Random) -> list[Visit]:
    tags: list[Tag | None] = [*OF_PEOPLE, *[None] * 700]
    return [
        Visit(
            chance.choice(["A1", "B1", "B1", "B2", "C1"]),
            chance.choice([DELIVERED] * 8 + [NOT_DELIVERED, UNCERTAIN]),
            tag,
            chance.randrange(4),
            chance.choice([1, 1, 1, 2]),
            chance.random() < 0.01,
        )
        for tag in tags
    ]


def files_after(start: Path, visits: Sequence[Visit], *, tidied_every: int) -> dict[str, bytes]:
    """All that lies in a folder after a day on which these visits came in this order, and then nobody."""
    folder = start.with_name(f"{start.name} {random.Random(repr(visits)).random()} {tidied_every}")
    shutil.copytree(start, folder)
    book = Book(folder, WIDE)
    book.ledger.database.rows("PRAGMA synchronous = 0")  # the same bytes, and nobody pulls a plug here
    for number, visit in enumerate(visits, start=1):
        book.quarter = visit.quarter
        for turn in range(1, visit.turns + 1):
            book.intend(number, turn, visit.slot, visit.tag)
        book.end(visit.outcome, visit.slot, visit.tag, jammed=visit.jams)
        if number % tidied_every == 0:
            book.ledger.tidy()
    book.ledger.tidy()
    read = {path.name: path.read_bytes() for path in folder.iterdir()}
    book.ledger.close()
    return read


@pytest.fixture
def loaded(tmp_path: Path) -> Path:
    """A folder with a ledger that was loaded yesterday."""
    folder = tmp_path / "loaded"
    folder.mkdir()
    book = Book(folder, WIDE)
    book.add_batch("kit", tags=sorted(OF_PEOPLE))
    for slot in WIDE:
        book.load(slot.id, 400, "L1", DAY, "state")
        book.load(slot.id, 400, "L2", DAY, "county")
    book.pass_days(1)
    book.ledger.close()
    return folder


def test_after_a_thousand_vends_not_one_byte_tells_their_order(loaded: Path) -> None:
    visits = a_thousand_visits(random.Random(1))
    others = random.Random(2).sample(visits, len(visits))

    one = files_after(loaded, visits, tidied_every=7)

    assert one == files_after(loaded, others, tidied_every=7)
    assert one == files_after(loaded, others[::-1], tidied_every=7)
    assert one["ledger.db-wal"] == b""


def test_the_bytes_tell_apart_what_was_really_different(loaded: Path) -> None:
    visits = a_thousand_visits(random.Random(1))
    others = [*visits[:-1], replace(visits[-1], slot="A1" if visits[-1].slot == "B1" else "B1", jams=False)]

    assert files_after(loaded, visits, tidied_every=7) != files_after(loaded, others, tidied_every=7)


def test_nothing_is_left_of_rows_that_were_overwritten(loaded: Path) -> None:
    strangers = [replace(visit, tag=Tag(b"\xa7 nobody's batch"[:16])) for visit in a_thousand_visits(random.Random(3))]

    files = files_after(loaded, strangers[:200], tidied_every=7)

    assert not any(b"nobody's" in content for content in files.values())
