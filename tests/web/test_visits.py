"""Whoever comes with a pass: what the screen says of the allowance, choosing again, and leaving."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from kiosk.core.situation import Ending, State
from kiosk.core.values import GroupId, ItemId, Left, Outcome, Period, Reason, Refusal, SlotId
from kiosk.snapshot import Snapshot, VisitShown
from tests.kit import VirtualKiosk
from tests.web.running import Running
from tests.web.sizes import assert_fit_for_fingers
from web.door import Door, ItemPlan
from web.screen.picture import Picture, Scene, Tile, picture_of, told
from web.screen.sentences import ENOUGH, HIDE, LEFT, TRY_DIGITS, USED_UP, sentence

KIT, STRIPS, CONDOMS = map(ItemId, ("kit", "strips", "condoms"))
KITS = GroupId("kits")
KIT_CAME = Ending(KIT, SlotId("B1"), Outcome.DELIVERED, None)
ITEMS = (
    ItemPlan(KIT, {"en": "Kit"}, free=False, emergency=False, group=KITS),
    ItemPlan(STRIPS, {"en": "Strips"}, free=False, emergency=False),
    ItemPlan(CONDOMS, {"en": "Condoms"}, free=True, emergency=False, group=KITS),
)


def visiting(units: int = 2, per: Period = Period.WEEK) -> Snapshot:
    there = frozenset([KIT, STRIPS, CONDOMS])
    return Snapshot(state=State.CHOOSING, visit=VisitShown((Left(KITS, units, per),), goes_on=True), can_be_given=there)


@pytest.fixture
def door(kiosk: VirtualKiosk) -> Door:
    return Door(kiosk.kiosk.controller, Snapshot, ITEMS, "River Street", True, ("en",), 154)


def shown(door: Door, snapshot: Snapshot) -> Picture:
    return picture_of(snapshot, door, "en")


def tile(door: Door, snapshot: Snapshot, item: ItemId = KIT) -> Tile:
    return next(tile for tile in shown(door, snapshot).tiles if tile.id == item)


# --- the picture


def test_a_visit_has_a_scene_of_its_own_and_a_ticket_that_lets_choose_another(door: Door) -> None:
    ticket = Snapshot(state=State.CHOOSING, visit=VisitShown((), goes_on=False))

    assert (shown(door, visiting()).scene, shown(door, ticket).scene) == (Scene.VISIT, Scene.TICKET)


@pytest.mark.parametrize("per", Period)
def test_a_tile_says_how_many_are_left_and_until_when(door: Door, per: Period) -> None:
    kit = tile(door, visiting(2, per))

    assert (kit.limit, kit.left, kit.is_used_up) == (LEFT[per], Left(KITS, 2, per), False)


@pytest.mark.parametrize("per", Period)
def test_a_tile_of_what_is_used_up_says_so(door: Door, per: Period) -> None:
    kit = tile(door, visiting(0, per))

    assert (kit.limit, kit.is_used_up, kit.is_there) == (USED_UP[per], True, True)


@pytest.mark.parametrize("item", [STRIPS, CONDOMS])
def test_what_has_no_limit_or_needs_no_code_has_nothing_left_to_say(door: Door, item: ItemId) -> None:
    assert tile(door, visiting(0), item).left is None


@pytest.mark.parametrize(
    ("refusal", "until"),
    [
        (Refusal.LIMIT_VISIT, "for this visit"),
        (Refusal.LIMIT_DAY, "until tomorrow"),
        (Refusal.LIMIT_WEEK, "until Monday"),
        (Refusal.LIMIT_MONTH, "until next month"),
    ],
)
def test_each_limit_says_how_long_it_lasts_and_what_comes_all_the_same(refusal: Refusal, until: str) -> None:
    assert until in sentence(refusal)
    assert "You can still take everything marked “no code”." in sentence(refusal)


def test_whoever_chooses_can_leave_and_what_was_said_can_be_hidden(door: Door) -> None:
    pictures = [shown(door, snapshot) for snapshot in (visiting(), Snapshot(said=KIT_CAME), Snapshot())]

    assert [picture.leaving for picture in pictures] == [ENOUGH, HIDE, ""]


@pytest.mark.parametrize("state", set(State) - {State.READY, State.CHOOSING})
def test_nobody_leaves_what_is_on_its_way(door: Door, state: State) -> None:
    assert shown(door, Snapshot(state=state, said=KIT_CAME, takes_digits=True)).leaving == ""
    assert not shown(door, Snapshot(state=state, takes_digits=True)).takes_digits


@pytest.mark.parametrize("said", [None, *Refusal, KIT_CAME], ids=str)
def test_a_number_can_be_typed_unless_something_is_to_be_hidden(door: Door, said: Refusal | Ending | None) -> None:
    picture = shown(door, Snapshot(said=said, takes_digits=True))

    assert picture.takes_digits is (said is None or said in TRY_DIGITS)
    assert picture.leaving == ("" if picture.takes_digits else HIDE)


def test_where_no_number_can_be_typed_everything_that_was_said_can_be_hidden(door: Door) -> None:
    for said in (*Refusal, KIT_CAME):
        picture = shown(door, Snapshot(said=said))
        assert (picture.takes_digits, picture.leaving) == (False, HIDE)


def test_a_stream_tells_of_each_change_of_what_is_left() -> None:
    lines = [visiting(2), visiting(1), visiting(1, Period.DAY), replace(visiting(), takes_digits=True), Snapshot()]

    assert len(set(map(told, lines))) == len(lines)
    assert json.loads(told(visiting()))["visit"] == {
        "left": [{"group": "kits", "units": 2, "per": "week"}],
        "goes_on": True,
    }


def test_of_an_item_that_is_not_there_the_stock_is_said_first(pages: Running) -> None:
    pages.post("/bench/fault", slot="B1", kind="jam")
    pages.post("/bench/fault", slot="B2", kind="jam")
    pages.post("/bench/scan", text=pages.code("pass"))
    pages.wait_until("the visit", lambda shown: shown.visit)

    pages.post("/choose", item="kit")
    pages.wait_for_end()
    assert pages.snapshot.said == Ending(KIT, SlotId("B2"), Outcome.NOT_DELIVERED, Reason.JAMMED)
    pages.post("/bench/scan", text=pages.code("pass"))
    pages.wait_until("the visit", lambda shown: shown.visit)

    assert "not now" in pages.get("/").text
    assert "left this week" not in pages.get("/").text


# --- in a browser


def note(item: str = "kit") -> str:
    return f"#item-{item} .note"


def test_a_pass_gives_again_and_again_until_nothing_is_left(screen: Page, pages: Running) -> None:
    card = pages.code("pass")
    pages.post("/bench/scan", text=card)
    expect(screen.locator("h1")).to_have_text("Touch what you need.")
    expect(screen.locator(note())).to_have_text("2 left this week")
    expect(screen.locator(note("condoms"))).to_have_text("no code")

    screen.tap("#item-kit")
    expect(screen.locator(".took")).to_have_text("Supply kit: Take it: it is in the tray.")
    expect(screen.locator(note())).to_have_text("1 left this week")
    screen.tap("#item-kit")
    expect(screen.locator("main.choose .took")).to_have_text("Supply kit: Take it: it is in the tray.")

    pages.post("/bench/scan", text=card)
    expect(screen.locator(".sorry")).to_contain_text("That is all until Monday.")
    assert pages.tray == ["kit", "kit"]


def test_whoever_has_all_they_need_leaves_the_screen_to_the_next(screen: Page, pages: Running) -> None:
    pages.post("/bench/scan", text=pages.code("pass"))
    expect(screen.locator("#leaving button")).to_have_text("I have all I need")

    screen.tap("#leaving button")

    expect(screen.locator("h1")).to_have_text("Touch what you need. It is free.")
    expect(screen.locator("#leaving button")).to_have_count(0)
    assert pages.snapshot.visit is None
    assert pages.post("/choose", item="kit").code == 303
    assert pages.snapshot.said is Refusal.NEEDS_CODE


def test_what_was_said_is_hidden_by_a_touch(screen: Page, pages: Running) -> None:
    screen.tap("#item-condoms")
    expect(screen.locator(".took")).to_be_visible()

    screen.tap("#leaving button")

    expect(screen.locator(".took")).to_have_count(0)
    assert pages.snapshot.said is None


def test_naloxone_taken_in_somebodys_visit_leaves_what_is_theirs(screen: Page, pages: Running) -> None:
    card = pages.code("pass")
    pages.post("/bench/scan", text=card)
    expect(screen.locator("main.visit")).to_be_visible()

    screen.tap("#item-naloxone")
    expect(screen.locator(".took")).to_contain_text("Naloxone")
    pages.post("/bench/scan", text=card)

    expect(screen.locator(note())).to_have_text("2 left this week")


@pytest.mark.parametrize("path", ["/", "/?lang=es"])
def test_every_target_of_a_visit_is_large_and_nothing_is_cut_off(screen: Page, pages: Running, path: str) -> None:
    screen.goto(pages.url + path)
    pages.post("/bench/scan", text=pages.code("pass"))
    expect(screen.locator("#leaving button")).to_be_visible()

    assert_fit_for_fingers(screen)
