"""``kiosk ledger verify`` on ledgers that somebody damaged by hand: each kind is found, named, and exits with 1."""

from __future__ import annotations

import json
from pathlib import Path

import apsw
import pytest
from click.testing import CliRunner, Result

from kiosk.cli import main
from kiosk.core.values import Outcome
from kiosk.ledger.backup import BACKUP_NAME
from kiosk.ledger.ledger import LEDGER_NAME
from tests.kit import CONFIG
from tests.ledger.book import TAG, Book, Slot

PAGE = 1024
SLOTS = tuple(
    Slot(name, item)
    for name, item in (
        *(("A1", "naloxone"), ("A2", "naloxone"), ("B1", "kit"), ("B2", "kit")),
        *(("C1", "strips"), ("D1", "condoms")),
    )
)
L1 = "WHERE id = (SELECT id FROM lots WHERE lot = 'L1')"

DAMAGE = {
    "units that came from nowhere": (f"UPDATE units SET on_hand = on_hand + 1 {L1}", "slot B1 lot L1: 3 on hand"),
    "a band wider than what is uncertain": (f"UPDATE units SET band = 1000009 {L1}", "slot B1 lot L1: a band of 9"),
    "a day's counter changed": (
        "UPDATE sealed_days SET n = 9 WHERE what = 'delivered'",
        "slot B1 lot L1: 2 on hand, the days' counters make -6",
    ),
    "a movement that nobody knows": ("UPDATE sealed_days SET what = 'stolen' WHERE what = 'delivered'", "stolen"),
    "a sealed report taken out": (
        "PRAGMA foreign_keys = 0; DELETE FROM sealed_days; DELETE FROM reports WHERE n = 2",
        "report 2 is missing",
    ),
    "a month counted higher": ("UPDATE items SET quarter_1 = 1000009 WHERE item = 'kit'", "item kit: the month's"),
    "a ticket spent beyond its units": ("UPDATE codes SET taken = x'8000'", "batch spring: a code has more"),
    "a ticket of no batch": ("UPDATE codes SET batch = 99", "a row of codes refers to one that is not there"),
    "room for no vend": ("DELETE FROM open_vend", "there is room for 0 open vends"),
    "a vend of no slot": ("UPDATE open_vend SET is_open = 0, slot = 'Z9'", "an ended vend still names its slot"),
    "a name lost": ("DELETE FROM ledger", "the ledger has no name"),
    "a state that cannot be": ("UPDATE slots SET state = 'x'", "CHECK constraint failed in slots"),
}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory whose ledger has three days behind it."""
    config = tmp_path / "kiosk.yaml"
    config.write_text(CONFIG.format(data=tmp_path, beam_down="home"))
    monkeypatch.setenv("KIOSK_CONFIG", str(config))
    book = Book(tmp_path, SLOTS)
    book.add_batch("kit", name="spring", tags=[TAG])
    book.load("B1", 4, "L1")
    book.vend(Outcome.DELIVERED, tag=TAG)
    book.vend(Outcome.UNCERTAIN)
    book.pass_days(2)
    book.ledger.close()
    return tmp_path


def verify(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["ledger", "verify", *arguments])


def test_a_ledger_in_which_all_is_well_is_said_to_be(data: Path) -> None:
    assert data.exists()
    assert (verify().exit_code, verify().output) == (0, "OK: every unit is accounted for\n")
    assert json.loads(verify("--json").output) == {"v": 1, "ok": True, "faults": []}


@pytest.mark.parametrize(("sql", "named"), DAMAGE.values(), ids=DAMAGE)
def test_damage_done_by_hand_is_found_and_named(data: Path, sql: str, named: str) -> None:
    connection = apsw.Connection(str(data / LEDGER_NAME))
    connection.execute("PRAGMA ignore_check_constraints = 1; PRAGMA foreign_keys = 0")
    connection.execute(sql)
    connection.close()

    result = verify()

    assert result.exit_code == 1
    assert named in result.output
    assert not json.loads(verify("--json").output)["ok"]


def test_an_index_that_disagrees_with_its_table_is_found(data: Path) -> None:
    content = bytearray((data / LEDGER_NAME).read_bytes())
    content[content.index(b"B1kit", content.index(b"B2kit") - PAGE) + 1] = ord("7")
    (data / LEDGER_NAME).write_bytes(content)

    result = verify()

    assert (result.exit_code, "index lots_of_slot" in result.output) == (1, True)


def test_a_torn_page_is_said_in_a_sentence(data: Path) -> None:
    connection = apsw.Connection(str(data / LEDGER_NAME))
    ((page,),) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'codes'")
    connection.close()
    with (data / LEDGER_NAME).open("r+b") as file:
        file.seek((int(str(page)) - 1) * PAGE)
        file.write(b"\xff" * PAGE)

    result = verify()

    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert "malformed" in result.output or "damaged" in result.output


@pytest.mark.parametrize("end", ["gone", "emptied"])
def test_a_command_makes_no_new_ledger_in_place_of_one_that_has_a_backup(data: Path, end: str) -> None:
    ledger = data / LEDGER_NAME
    (data / BACKUP_NAME).write_bytes(ledger.read_bytes())
    if end == "gone":
        ledger.unlink()
    else:
        ledger.write_bytes(b"")

    result = verify()

    assert (result.exit_code, "start the service, which goes on from its backup" in result.output) == (1, True)
    assert not ledger.exists() or ledger.stat().st_size == 0
