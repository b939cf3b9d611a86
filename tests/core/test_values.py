"""Values: what a secret never does, and what is left of a ticket."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from datetime import date

import pytest

from kiosk.core import asks, events, orders, situation, values
from kiosk.core.asks import HoldCode, ReadReports, RecallLot, Stock, TouchItem
from kiosk.core.events import CodePresented, ItemChosen
from kiosk.core.limits import Limits
from kiosk.core.orders import CheckCode
from kiosk.core.situation import Rules
from kiosk.core.values import MOST_UNITS, Secret, SlotState, SlotStock, StoredCode, TicketUnit
from tests.core.making import A1, B1, B2, CONDOMS, KIT, NALOXONE, stock_of

TEXT = "H1ABCDE"
SECRET = Secret(TEXT)

WAYS_TO_SHOW: list[Callable[[Secret], object]] = [
    str,
    repr,
    "{}".format,
    "{!r:>20}".format,
    lambda secret: f"{secret}",
    lambda secret: f"{[secret]} {(secret,)}",
    lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - how logging formats
    CodePresented,
    CheckCode,
]

WAYS_TO_SERIALISE: list[Callable[[Secret], object]] = [
    pickle.dumps,
    copy.copy,
    copy.deepcopy,
    json.dumps,
    vars,
    bytes,  # type: ignore[list-item]
    "{:>20}".format,
    lambda secret: pickle.dumps(CodePresented(secret)),
    lambda secret: asdict(CodePresented(secret)),
]


@pytest.mark.parametrize("show", WAYS_TO_SHOW)
def test_a_secret_cannot_be_printed(show: Callable[[Secret], object]) -> None:
    shown = str(show(SECRET))

    assert TEXT not in shown
    assert "<secret>" in shown


@pytest.mark.parametrize("serialise", WAYS_TO_SERIALISE)
def test_a_secret_cannot_be_pickled_copied_or_written(serialise: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError):
        serialise(SECRET)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_protocol_of_pickle_takes_a_secret(protocol: int) -> None:
    with pytest.raises(TypeError, match="not serialised"):
        pickle.dumps(SECRET, protocol)


def test_a_secret_is_revealed_only_by_asking() -> None:
    assert SECRET.reveal() == TEXT


def test_secrets_are_equal_when_their_texts_are() -> None:
    assert Secret(TEXT) == SECRET
    assert hash(Secret(TEXT)) == hash(SECRET)
    assert Secret("other") != SECRET
    assert SECRET != TEXT


def test_a_code_for_the_bench_is_not_printed_either() -> None:
    assert TEXT not in repr(HoldCode(TEXT))


VALUES = [
    value
    for module in (asks, events, orders, situation, values)
    for value in vars(module).values()
    if is_dataclass(value) and isinstance(value, type) and value.__module__ == module.__name__
]


@pytest.mark.parametrize("value", VALUES)
def test_no_value_of_core_can_be_changed(value: type) -> None:
    assert value.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(value)


def test_a_fresh_ticket_gives_all_its_units() -> None:
    ticket = StoredCode((KIT, CONDOMS, CONDOMS), None, 0)

    assert ticket.units_left == (TicketUnit(0, KIT), TicketUnit(1, CONDOMS), TicketUnit(2, CONDOMS))


def test_a_unit_once_taken_is_not_left_and_the_others_keep_their_places() -> None:
    ticket = StoredCode((KIT, CONDOMS, CONDOMS), date(2027, 1, 1), 0b010)

    assert ticket.units_left == (TicketUnit(0, KIT), TicketUnit(2, CONDOMS))


def test_a_ticket_without_items_gives_one_of_the_persons_choice() -> None:
    assert StoredCode((), None, 0).units_left == (TicketUnit(0, None),)


@pytest.mark.parametrize(("gives", "taken"), [((), 1), ((KIT,), 1), ((KIT, KIT), 0b11)])
def test_a_spent_ticket_has_nothing_left(gives: tuple[()], taken: int) -> None:
    assert StoredCode(gives, None, taken).units_left == ()


def test_certain_units_are_added_up_by_item_in_the_order_of_the_slots() -> None:
    stock = Stock((stock_of(B1, KIT, 2, uncertain=1), stock_of(A1, NALOXONE, 0), stock_of(B2, KIT, 3)))

    assert list(stock.items.items()) == [(KIT, 5), (NALOXONE, 0)]


def test_a_slots_stock_is_good_unless_somebody_says_otherwise() -> None:
    stock = SlotStock(A1, KIT, 1, 0, 1, SlotState.OK)

    assert (stock.lots, stock.expires, stock.recalled) == ((), None, False)


def test_a_tickets_units_fill_a_mask_of_two_bytes() -> None:
    full = StoredCode((KIT,) * MOST_UNITS, None, 0xFFFF)

    assert (full.units_left, MOST_UNITS) == ((), 16)


def test_a_touch_asks_for_no_reserve_unless_it_says_so() -> None:
    assert (ItemChosen(NALOXONE).reserve, TouchItem(NALOXONE).reserve) == (False, False)


def test_a_recall_holds_back_unless_it_is_lifted() -> None:
    assert RecallLot(KIT, "L1").is_recalled


def test_the_usual_figures_are_those_that_are_written_down() -> None:
    usual = Rules({})

    windows = (usual.drop_window_s, usual.homing_window_s, usual.earliest_drop_s, usual.beam_down_s)
    assert windows == (3.0, 1.0, 0.3, 0.5)
    assert (usual.choose_s, usual.taken_shown_s, usual.said_shown_s) == (45.0, 10.0, 20.0)
    assert ReadReports() == ReadReports(after=None, most=31)
    assert usual.limits == Limits(2, 4, 3, 30 * 60.0, 20.0, 2)
