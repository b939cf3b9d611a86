"""What a beam that is broken for a part of the turn lets the kiosk say."""

from __future__ import annotations

from kiosk.core.values import Outcome
from tests.controller.conftest import ending
from tests.kit import VirtualKiosk


def test_an_item_that_fell_past_a_hand_in_the_beam_is_not_called_not_delivered(kiosk: VirtualKiosk) -> None:
    kiosk.world.coils["D1"].items = 1
    kiosk.world.break_beam(1.9)  # from before the turn until the item has fallen past it

    kiosk.choose("condoms")
    kiosk.pass_time(1.4)  # the item is falling
    kiosk.world.set_angle("D1", 200)  # and the coil comes home only after the hand is gone
    kiosk.pass_time(10)

    assert kiosk.world.tray == ["condoms"]
    assert ending(kiosk)[0] is not Outcome.NOT_DELIVERED
