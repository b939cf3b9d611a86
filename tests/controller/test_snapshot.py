"""The snapshot: what it shows, when it is a new one, and who hears of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hardware.bench.physics import World
from kiosk.controller import Controller
from kiosk.core.asks import CountSlot, LoadSlot, RevokeCodes
from kiosk.core.events import ItemChosen
from kiosk.core.situation import Ending, State
from kiosk.core.values import ItemId, Kind, Outcome, Refusal, SlotId
from kiosk.parts import DeviceFound, DeviceLost
from kiosk.snapshot import Board, Snapshot, VisitShown
from tests.controller.conftest import another_controller, begin_turn, snapshot
from tests.kit import VirtualKiosk, virtual_kiosk

LOST = DeviceLost("scanner", "check its cable")


# --- the board


def test_a_picture_that_differs_has_the_next_number() -> None:
    board = Board(Snapshot())

    board.put(Snapshot(state=State.CHECKING))
    board.put(Snapshot(state=State.READY))

    assert board.snapshot == Snapshot(number=2)


def test_the_same_picture_again_changes_nothing() -> None:
    board = Board(Snapshot(number=7))
    before = board.snapshot

    board.put(Snapshot())

    assert board.snapshot is before


def test_listeners_are_told_of_every_new_picture_and_of_nothing_else() -> None:
    board = Board(Snapshot(number=7))
    told: list[tuple[str, int]] = []
    board.listen(lambda picture: told.append(("screen", picture.number)))
    board.listen(lambda picture: told.append(("telemetry", picture.number)))

    board.put(Snapshot())
    board.put(Snapshot(door_is_open=True))

    assert told == [("screen", 8), ("telemetry", 8)]


def test_a_listener_finds_the_picture_it_is_told_of_on_the_board() -> None:
    board = Board(Snapshot())
    found: list[bool] = []
    board.listen(lambda picture: found.append(board.snapshot is picture))

    board.put(Snapshot(door_is_open=True))

    assert found == [True]


# --- what the kiosk shows


def test_a_kiosk_at_rest_shows_its_stock_and_that_it_is_simulated(kiosk: VirtualKiosk) -> None:
    shown = replace(snapshot(kiosk), number=0)

    everything = frozenset(map(ItemId, ("naloxone", "kit", "strips", "condoms")))
    assert shown == Snapshot(simulated=True, stock=kiosk.ledger.stock(), can_be_given=everything)


def test_what_cannot_be_given_now_is_not_shown_as_if_it_could(kiosk: VirtualKiosk) -> None:
    kiosk.ask(CountSlot(SlotId("D1"), 0))
    assert ItemId("condoms") not in snapshot(kiosk).can_be_given

    kiosk.world.set_door(is_open=True)
    kiosk.pass_time(0)
    assert snapshot(kiosk).can_be_given == {"naloxone"}


def test_a_kiosk_shows_how_it_stands_from_its_first_moment(kiosk: VirtualKiosk) -> None:
    def with_open_door_and_hand(world: World) -> None:
        world.set_door(is_open=True)
        world.break_beam(1)

    first = another_controller(kiosk, with_open_door_and_hand).board.snapshot

    assert (first.door_is_open, first.beam_is_broken) == (True, True)
    assert first.stock == kiosk.ledger.stock()
    assert not first.simulated


def test_what_stands_open_at_the_start_is_known_to_core(kiosk: VirtualKiosk) -> None:
    controller = another_controller(kiosk, lambda world: world.set_door(is_open=True))

    chosen = controller.choose(ItemChosen(ItemId("condoms")))
    controller.step(kiosk.now)

    assert chosen.result(0) is Refusal.DOOR_OPEN


def test_the_running_vend_is_shown(kiosk: VirtualKiosk) -> None:
    begin_turn(kiosk)

    shown = snapshot(kiosk)
    assert (shown.state, shown.item, shown.slot) == (State.MOVING, ItemId("condoms"), SlotId("D1"))


def test_the_ended_vend_is_told_with_the_stock_it_left(kiosk: VirtualKiosk) -> None:
    kiosk.choose("condoms")
    kiosk.finish_vend()

    shown = snapshot(kiosk)
    assert (shown.state, shown.item, shown.slot) == (State.READY, None, None)
    assert shown.said == Ending(ItemId("condoms"), SlotId("D1"), Outcome.DELIVERED, None)
    assert shown.stock == kiosk.ledger.stock()


def test_a_refusal_is_told(kiosk: VirtualKiosk) -> None:
    kiosk.choose("kit")

    assert snapshot(kiosk).said is Refusal.NEEDS_CODE


def test_door_and_beam_are_shown_as_they_stand(kiosk: VirtualKiosk) -> None:
    kiosk.world.set_door(is_open=True)
    kiosk.world.break_beam(1)
    kiosk.pass_time(0)
    assert (snapshot(kiosk).door_is_open, snapshot(kiosk).beam_is_broken) == (True, True)

    kiosk.world.set_door(is_open=False)
    kiosk.pass_time(1)
    assert (snapshot(kiosk).door_is_open, snapshot(kiosk).beam_is_broken) == (False, False)


def test_a_picture_that_somebody_holds_never_changes(kiosk: VirtualKiosk) -> None:
    held = snapshot(kiosk)
    before = replace(held)

    begin_turn(kiosk)

    assert held == before
    assert snapshot(kiosk).number > held.number


def test_a_kiosk_in_which_nothing_happens_hangs_up_no_new_picture(kiosk: VirtualKiosk) -> None:
    before = snapshot(kiosk)

    kiosk.pass_time(1000)

    assert snapshot(kiosk) is before


# --- faults


def test_a_lost_device_appears_with_what_to_do_and_vanishes_when_it_is_back(
    kiosk: VirtualKiosk, controller: Controller
) -> None:
    controller.post(LOST)
    kiosk.pass_time(0)
    assert snapshot(kiosk).faults == (("scanner", "check its cable"),)

    controller.post(DeviceFound("scanner"))
    kiosk.pass_time(0)
    assert snapshot(kiosk).faults == ()


def test_a_device_that_is_lost_again_is_shown_once_with_the_newest_reason(
    kiosk: VirtualKiosk, controller: Controller
) -> None:
    controller.post(LOST)
    controller.post(DeviceLost("scanner", "plug it in"))
    kiosk.pass_time(0)

    assert snapshot(kiosk).faults == (("scanner", "plug it in"),)


def test_a_device_that_was_never_lost_can_be_found(kiosk: VirtualKiosk, controller: Controller) -> None:
    controller.post(DeviceFound("scanner"))
    kiosk.pass_time(0)

    assert snapshot(kiosk).faults == ()


@pytest.mark.parametrize("item", ["naloxone", "condoms"])
def test_what_was_broken_at_the_start_is_shown_and_open_items_go_on(tmp_path: Path, item: str) -> None:
    (tmp_path / "programme.key").write_bytes(b"too short")

    with virtual_kiosk(tmp_path) as kiosk:
        kiosk.load("D1", 1)
        assert [device for device, _ in snapshot(kiosk).faults] == ["codes"]
        kiosk.choose(item)
        kiosk.finish_vend()

        assert kiosk.world.tray == [item]


# --- before anybody is answered


def test_whoever_is_answered_finds_the_picture_of_it(kiosk: VirtualKiosk) -> None:
    controller, found = kiosk.kiosk.controller, list[object]()
    kiosk.witness.acts += 1

    choice = controller.choose(ItemChosen(ItemId("condoms")))
    choice.add_done_callback(lambda _: found.append(controller.board.snapshot.state))
    kiosk.finish_vend()
    load = controller.ask(LoadSlot(SlotId("D1"), 3))
    load.add_done_callback(lambda _: found.append(count(controller.board.snapshot, "D1")))
    kiosk.pass_time(0)

    assert found == [State.MOVING, 4 + 3]


def test_an_emergency_item_that_comes_next_is_shown(kiosk: VirtualKiosk) -> None:
    begin_turn(kiosk)

    kiosk.choose("naloxone")

    assert snapshot(kiosk).wanted == "naloxone"
    kiosk.finish_vend()
    assert snapshot(kiosk).wanted is None


# --- codes that can be typed, and who is choosing


def test_a_kiosk_with_cards_only_takes_no_digits(kiosk: VirtualKiosk) -> None:
    kiosk.issue("kit")
    kiosk.issue_passes()

    assert not snapshot(kiosk).takes_digits


@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.SHARED])
def test_codes_to_be_typed_are_known_as_soon_as_they_come_and_after_a_restart(kiosk: VirtualKiosk, kind: Kind) -> None:
    kiosk.issue_passes(kind=kind)
    assert snapshot(kiosk).takes_digits

    kiosk.kill_and_restart()

    assert snapshot(kiosk).takes_digits


def test_numbers_that_were_revoked_are_not_to_be_typed(kiosk: VirtualKiosk) -> None:
    kiosk.issue_passes(kind=Kind.NUMBER)

    kiosk.ask(RevokeCodes("batch-0"))

    assert not snapshot(kiosk).takes_digits


def test_a_kiosk_that_lost_its_ledger_knows_no_number(kiosk: VirtualKiosk) -> None:
    kiosk.issue_passes(kind=Kind.NUMBER)
    kiosk.kill_and_restart(meanwhile=(kiosk.config.data / "ledger.db").unlink)

    assert not snapshot(kiosk).takes_digits


def test_the_visit_is_shown_while_somebody_chooses_and_only_then(kiosk: VirtualKiosk) -> None:
    (card,) = kiosk.issue_passes()
    kiosk.scan(card)
    kiosk.pass_time(0)
    assert snapshot(kiosk).visit == VisitShown((), goes_on=True)

    kiosk.choose("kit")
    assert snapshot(kiosk).visit is None
    kiosk.finish_vend()
    assert snapshot(kiosk).visit == VisitShown((), goes_on=True)

    kiosk.leave()
    assert snapshot(kiosk).visit is None


def count(shown: Snapshot, slot: str) -> int:
    return next(each.count for each in shown.stock if each.slot == slot)
