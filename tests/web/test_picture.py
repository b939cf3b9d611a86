"""What the screen shows of each snapshot, without a browser."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from kiosk.core.situation import Ending, State
from kiosk.core.values import ItemId, Outcome, Reason, Refusal, SlotId, SlotState, SlotStock
from kiosk.snapshot import Snapshot
from tests.kit import VirtualKiosk
from web.door import Door, ItemPlan
from web.screen.picture import MOST_URGENT, TILES, Picture, Scene, picture_of, told
from web.screen.sentences import AGAIN, MAYBE, TAKE, sentence

KIT, NALOXONE = ItemId("kit"), ItemId("naloxone")
A1 = SlotId("A1")
FORBIDDEN = ("invalid", "error", "oops", "please", "sorry", "fail", "wrong", "you must")


def plan(item: str, *, emergency: bool = False) -> ItemPlan:
    return ItemPlan(ItemId(item), {"en": item.title(), "es": f"{item} es"}, free=emergency, emergency=emergency)


ITEMS = (plan("naloxone", emergency=True), plan("kit"))


@pytest.fixture
def door(kiosk: VirtualKiosk) -> Door:
    return Door(kiosk.kiosk.controller, Snapshot, ITEMS, "River Street", True, ("en", "es"), 154)


def shown(door: Door, snapshot: Snapshot, page: int = 0) -> Picture:
    return picture_of(snapshot, door, "en", page)


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_scene(door: Door, state: State) -> None:
    assert shown(door, Snapshot(state=state)).scene in Scene


def test_what_is_coming_is_named_in_the_persons_language(door: Door) -> None:
    picture = picture_of(Snapshot(state=State.MOVING, item=KIT), door, "es")

    assert (picture.scene, picture.item) == (Scene.COMING, "kit es")


# --- words


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_has_its_sentence(refusal: Refusal) -> None:
    assert len(sentence(refusal)) > 20


@pytest.mark.parametrize("reason", Reason)
def test_what_did_not_come_was_not_counted(reason: Reason) -> None:
    assert "Nothing was counted." in sentence(Ending(KIT, A1, Outcome.NOT_DELIVERED, reason))


@pytest.mark.parametrize("reason", [None, *Reason])
def test_what_cannot_be_known_sends_to_the_tray_and_was_not_counted(reason: Reason | None) -> None:
    assert sentence(Ending(KIT, A1, Outcome.UNCERTAIN, reason)) == MAYBE
    assert "nothing was counted" in MAYBE


@pytest.mark.parametrize(
    "said",
    [*Refusal, *(Ending(KIT, A1, outcome, reason) for outcome in Outcome for reason in Reason)],
    ids=str,
)
def test_no_sentence_blames_or_begs(said: Refusal | Ending) -> None:
    words = sentence(said).lower()

    assert not any(
        word in words for word in ("invalid", "error", "oops", "please", "sorry", "fail", "wrong", "you must")
    )


def test_what_was_delivered_is_to_be_taken_and_named(door: Door) -> None:
    picture = shown(door, Snapshot(said=Ending(KIT, A1, Outcome.DELIVERED, None)))

    assert (picture.item, picture.said, picture.took) == ("Kit", TAKE, True)


@pytest.mark.parametrize("outcome", [Outcome.NOT_DELIVERED, Outcome.UNCERTAIN])
def test_what_was_not_delivered_is_not_to_be_taken(door: Door, outcome: Outcome) -> None:
    assert not shown(door, Snapshot(said=Ending(KIT, A1, outcome, Reason.JAMMED))).took


# --- tiles


def test_a_tile_says_whether_there_is_none_left_or_only_not_now(door: Door) -> None:
    empty = SlotStock(A1, KIT, 0, 0, 10, SlotState.EMPTY)
    naloxone, kit = shown(door, Snapshot(stock=(empty,), can_be_given=frozenset([NALOXONE]))).tiles
    assert (naloxone.is_there, kit.is_there, kit.none_left) == (True, False, True)

    for slot in (replace(empty, count=1, state=SlotState.JAMMED), replace(empty, uncertain=1)):
        assert not shown(door, Snapshot(stock=(slot,))).tiles[1].none_left


def test_a_tile_says_what_comes_again_soon_and_what_only_the_overdose_page_gives(door: Door) -> None:
    both = frozenset([NALOXONE])

    naloxone, kit = shown(door, Snapshot(cooling=both, reserved=both)).tiles

    assert (naloxone.is_cooling, naloxone.is_reserved) == (True, True)
    assert (kit.is_cooling, kit.is_reserved) == (False, False)


@pytest.mark.parametrize(("name", "is_long"), [("Condoms", False), ("Collecteur", True), ("Kit de soins, grand", True)])
def test_long_names_are_set_smaller(door: Door, name: str, is_long: bool) -> None:
    named = replace(door, items=(replace(ITEMS[0], names={"en": name}),))

    assert shown(named, Snapshot()).tiles[0].is_long is is_long


def test_as_many_items_as_fit_stand_on_one_page(door: Door) -> None:
    picture = shown(replace(door, items=(*ITEMS, *(plan(f"i{n}") for n in range(TILES - 2)))), Snapshot())

    assert (len(picture.tiles), picture.next_page) == (TILES, None)


@pytest.mark.parametrize("others", [TILES, 2 * TILES, 40])
def test_more_items_make_more_pages_and_naloxone_stands_on_each(door: Door, others: int) -> None:
    many = replace(door, items=(*(plan(f"i{n}") for n in range(others)), ITEMS[0]))
    seen: set[str] = set()
    page = 0
    while True:
        picture = shown(many, Snapshot(), page)
        assert picture.tiles[0].id == NALOXONE
        assert len(picture.tiles) < TILES  # one place is the way to the next page
        seen |= {tile.id for tile in picture.tiles}
        assert picture.next_page is not None
        page = picture.next_page
        if page == 0:
            break

    assert seen == {item.id for item in many.items}


@pytest.mark.parametrize(("urgent", "others"), [(MOST_URGENT + 1, 0), (TILES, 1), (7, 0), (12, 3), (MOST_URGENT, 9)])
def test_many_emergency_items_all_have_their_place(door: Door, urgent: int, others: int) -> None:
    items = [plan(f"u{n}", emergency=True) for n in range(urgent)] + [plan(f"i{n}") for n in range(others)]
    many = replace(door, items=tuple(items))

    pages = [shown(many, Snapshot(), page) for page in range(len(items))]

    assert {tile.id for page in pages for tile in page.tiles} == {item.id for item in items}
    assert max(len(page.tiles) for page in pages) <= TILES


def test_what_comes_next_is_named(door: Door) -> None:
    assert shown(door, Snapshot(state=State.MOVING, item=KIT, wanted=NALOXONE)).next_item == "Naloxone"


@pytest.mark.parametrize("refusal", Refusal)
def test_naloxone_is_promised_when_others_must_wait_and_only_if_it_can_come(door: Door, refusal: Refusal) -> None:
    there = shown(door, Snapshot(said=refusal, can_be_given=frozenset([NALOXONE])))

    assert there.still == ("Naloxone" if refusal in (Refusal.STORAGE, Refusal.DOOR_OPEN) else "")
    assert shown(door, Snapshot(said=refusal)).still == ""


@pytest.mark.parametrize("reason", Reason)
def test_naloxone_that_did_not_come_is_to_be_touched_again(door: Door, reason: Reason) -> None:
    assert shown(door, Snapshot(said=Ending(NALOXONE, A1, Outcome.NOT_DELIVERED, reason))).said == AGAIN


@pytest.mark.parametrize("refusal", Refusal)
def test_only_what_is_kept_for_an_overdose_leads_to_the_overdose_page(door: Door, refusal: Refusal) -> None:
    assert shown(door, Snapshot(said=refusal)).leads_to_help is (refusal is Refusal.RESERVED)


@pytest.mark.parametrize("page", [-1, 7, 10**9])
def test_a_page_that_does_not_exist_is_some_page(door: Door, page: int) -> None:
    assert shown(door, Snapshot(), page).tiles


# --- what a stream tells


def test_a_stream_tells_no_stock_no_slot_and_no_number() -> None:
    snapshot = Snapshot(
        number=7,
        state=State.MOVING,
        item=KIT,
        slot=A1,
        stock=(SlotStock(A1, KIT, 4, 0, 10, SlotState.OK),),
        can_be_given=frozenset([KIT, NALOXONE]),
        cooling=frozenset([NALOXONE]),
        reserved=frozenset([KIT]),
        faults=(("ledger", "why"),),
    )

    assert json.loads(told(snapshot)) == {
        **{"v": 1, "state": "moving", "simulated": False, "item": "kit", "said": None, "door": "closed"},
        **{"can_be_given": ["kit", "naloxone"], "cooling": ["naloxone"], "reserved": ["kit"]},
        **{"visit": None, "takes_digits": False},
    }


@pytest.mark.parametrize(
    ("said", "is_told"),
    [
        (Refusal.USED_CODE, "used_code"),
        (Ending(KIT, A1, Outcome.UNCERTAIN, Reason.INTERRUPTED), {"outcome": "uncertain", "reason": "interrupted"}),
        (Ending(KIT, A1, Outcome.DELIVERED, None), {"outcome": "delivered", "reason": None}),
    ],
)
def test_a_stream_tells_what_was_said_last(said: Refusal | Ending, is_told: object) -> None:
    assert json.loads(told(Snapshot(said=said)))["said"] == is_told
