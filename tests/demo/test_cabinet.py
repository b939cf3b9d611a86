"""The demo's cabinet: a configuration without faults, full slots, tickets that work."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from kiosk.codes.tags import KEY_NAME, read_programme_key
from kiosk.config import Config, load
from kiosk.core.events import CodeAdmitted
from kiosk.demo.cabinet import furnish, write_config
from kiosk.ledger.ledger import LEDGER_NAME, Ledger
from kiosk.ledger.verify import verify
from tests.codes.making import checker_of

TODAY = date(2026, 11, 25)


def written(folder: Path) -> Path:
    return write_config(folder, scanner="/dev/pts/7", broker="mqtt://127.0.0.1:1883", screen=8080)


def configuration(folder: Path) -> Config:
    config = load(written(folder)).config
    assert config
    return config


@pytest.mark.parametrize("name", ["demo", 'with "quotes", a #, $money: and 🙂'])
def test_the_configuration_has_no_faults_whatever_its_folder_is_called(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()

    loaded = load(written(folder))

    assert loaded.faults == ()
    assert loaded.config
    assert loaded.config.data == folder / "data"


def test_the_cabinet_shows_all_that_a_kiosk_can_have(tmp_path: Path) -> None:
    config = configuration(tmp_path)

    assert [slot.id for slot in config.slots] == [f"{row}{column}" for row in "ABCD" for column in (1, 2, 3)]
    assert {slot.item for slot in config.slots} == {item.id for item in config.items}
    assert {item.access for item in config.items} == {"open", "code"}
    assert [item.id for item in config.items if item.emergency] == ["naloxone"]
    assert [item.id for item in config.items if item.thin] == ["strips"]


def test_every_item_has_its_name_in_every_language(tmp_path: Path) -> None:
    config = configuration(tmp_path)

    assert [set(item.name) for item in config.items] == [set(config.kiosk.languages)] * len(config.items)


def test_every_slot_is_booked_full_as_the_simulated_coils_are(tmp_path: Path) -> None:
    config = configuration(tmp_path)
    furnish(config, TODAY)

    with closing(Ledger(config.data / LEDGER_NAME, config.slots)) as ledger:
        assert [slot.count for slot in ledger.stock()] == [slot.capacity for slot in config.slots]
        assert verify(ledger.database) == ()


def test_one_lot_of_naloxone_expires_soon_and_stands_in_front(tmp_path: Path) -> None:
    config = configuration(tmp_path)
    furnish(config, TODAY)

    with closing(Ledger(config.data / LEDGER_NAME, config.slots)) as ledger:
        front, *others = [lot.expires for slot in ledger.stock() for lot in slot.lots]

    assert front
    assert TODAY < front <= TODAY + timedelta(days=30)
    assert all(expires and expires > TODAY + timedelta(days=180) for expires in others)


def test_every_ticket_is_admitted_for_what_its_words_say(tmp_path: Path) -> None:
    config = configuration(tmp_path)
    tickets = furnish(config, TODAY)

    with closing(Ledger(config.data / LEDGER_NAME, config.slots)) as ledger:
        checker = checker_of(read_programme_key(config.data / KEY_NAME), ledger)
        admitted = Counter((ticket.words, units(checker.check(ticket.code, TODAY))) for ticket in tickets)

    assert admitted == {
        ("ticket for 1 kit", ("kit",)): 3,
        ("ticket for 1 kit and 2 test strips", ("kit", "strips", "strips")): 2,
        ("ticket for one item of your choice", (None,)): 2,
    }


def units(event: object) -> tuple[str | None, ...]:
    assert isinstance(event, CodeAdmitted)
    return tuple(unit.item for unit in event.units)
