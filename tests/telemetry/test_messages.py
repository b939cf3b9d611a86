"""The messages' shapes, held against the contract, and against what they must not tell."""

from __future__ import annotations

import json
from datetime import date

import pytest

from kiosk.core.values import ItemId, LotStock, SlotId, SlotState, SlotStock
from kiosk.telemetry import messages
from kiosk.telemetry.messages import Info, KioskState, Status, Stock
from tests.telemetry.conftest import FACTS, said, simulated

A1, B1, B2 = (SlotId(slot) for slot in ("A1", "B1", "B2"))
NALOXONE, KIT = ItemId("naloxone"), ItemId("kit")
LOTS = (LotStock("L1", date(2027, 3, 31), 4), LotStock("", None, 3))
SLOTS = (
    SlotStock(A1, NALOXONE, 7, 1, 10, SlotState.OK, LOTS),
    SlotStock(B1, KIT, 2, 0, 12, SlotState.JAMMED),
    SlotStock(B2, KIT, 3, 0, 12, SlotState.OK),
)


def test_status_is_as_in_the_contract() -> None:
    payload = messages.status(FACTS, KioskState.LOST).model_dump_json()

    assert said(payload) == {"v": 1, "simulated": False, "state": "lost", "boot": 7}


def test_info_says_what_the_kiosk_is() -> None:
    payload = messages.info(FACTS).model_dump_json()

    assert said(payload) == {
        "v": 1,
        "simulated": False,
        "kiosk": "river-street",
        "name": "River Street",
        "software": "0.1.0",
        "ledger": "6f3a",
        "boot": 7,
        "items": [
            {
                "item": "naloxone",
                "names": {"en": "Naloxone", "fr": "Naloxone à sniffer"},
                "emergency": True,
                "doses": 2,
            }
        ],
        "slots": [{"slot": "A1", "item": "naloxone", "capacity": 10}],
        "schemas": {"status": 1, "info": 1, "stock": 1},
    }


def test_stock_reveals_nothing_but_stock() -> None:
    payload = messages.stock(FACTS, SLOTS, snapshot=12).model_dump_json()

    # all of it: a field more than these must be weighed against what it says of a visit
    assert said(payload) == {
        "v": 1,
        "simulated": False,
        "ledger": "6f3a",
        "boot": 7,
        "snapshot": 12,
        "slots": [
            {
                **{"slot": "A1", "item": "naloxone", "count": 7, "uncertain": 1, "capacity": 10, "state": "ok"},
                "lots": [{"lot": "L1", "expires": "2027-03-31", "count": 4}, {"lot": "", "expires": None, "count": 3}],
            },
            {
                **{"slot": "B1", "item": "kit", "count": 2, "uncertain": 0, "capacity": 12, "state": "jammed"},
                "lots": [],
            },
            {**{"slot": "B2", "item": "kit", "count": 3, "uncertain": 0, "capacity": 12, "state": "ok"}, "lots": []},
        ],
        "items": {"naloxone": 7, "kit": 5},
    }


def test_the_same_stock_is_the_same_message_however_it_came_to_be() -> None:
    one, other = (messages.stock(FACTS, SLOTS, snapshot=1).model_dump_json() for _ in range(2))

    assert one == other


@pytest.mark.parametrize(
    "message",
    [
        messages.status(simulated(FACTS), KioskState.ONLINE),
        messages.info(simulated(FACTS)),
        messages.stock(simulated(FACTS), SLOTS, 1),
    ],
    ids=lambda message: type(message).__name__,
)
def test_a_simulated_kiosk_says_so_in_every_message(message: messages.Message) -> None:
    assert said(message.model_dump_json())["simulated"] is True


@pytest.mark.parametrize(
    "message",
    [messages.status(FACTS, KioskState.ONLINE), messages.info(FACTS), messages.stock(FACTS, SLOTS, 1)],
    ids=lambda message: type(message).__name__,
)
def test_a_message_with_fields_of_a_later_version_is_read(message: Status | Info | Stock) -> None:
    later = {**said(message.model_dump_json()), "of_next_year": [1]}

    assert type(message).model_validate_json(json.dumps(later)) == message


def test_words_of_all_languages_go_as_utf_8() -> None:
    assert "Naloxone à sniffer" in messages.info(FACTS).model_dump_json()
