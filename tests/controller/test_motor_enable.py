"""A whole kiosk whose motors' supply wants pulses: it vends as ever, and an owner who gets no turn lets it drop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.bench.physics import ONE_SHOT_S, TURN_S
from tests.kit import CONFIG, VirtualKiosk, virtual_kiosk
from tests.stories.dispensers import KINDS

PULSED = CONFIG + "motor_enable: {{pin: 13, pulse_ms: 100}}\n"
RISING = CONFIG + "motor_enable: {{pin: 13, rise_ms: 600}}\n"


@pytest.fixture(params=[PULSED, RISING], ids=["at once", "rising"])
def kiosk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[VirtualKiosk]:
    with virtual_kiosk(tmp_path / "data", request.param) as kiosk:
        kiosk.load("B1", 5)
        kiosk.load("D1", 5)
        yield kiosk


def test_a_ticket_is_vended_and_counted(kiosk: VirtualKiosk) -> None:
    kiosk.scan(kiosk.issue("kit")[0])
    kiosk.finish_vend()

    assert kiosk.world.tray == ["kit"]
    assert (kiosk.stock("B1").count, kiosk.counted("delivered")) == (4, 1)
    kiosk.check()


def test_an_owner_held_up_in_a_turn_lets_the_supply_drop_long_before_the_lease(kiosk: VirtualKiosk) -> None:
    kiosk.choose("condoms")
    kiosk.pass_time(0.8)  # the supply is up in both
    before = kiosk.world.coils["D1"].angle

    kiosk.hold_up(5.0)
    assert kiosk.world.coils["D1"].angle - before <= 360 * ONE_SHOT_S / TURN_S
    assert kiosk.motors_on() == []  # as soon as the owner has its turn again


def test_a_turn_that_lost_its_supply_is_uncertain(kiosk: VirtualKiosk) -> None:
    kiosk.choose("condoms")
    kiosk.pass_time(0.75)
    kiosk.hold_up(5.0)
    kiosk.finish_vend()

    assert (kiosk.stock("D1").count, kiosk.stock("D1").uncertain) == (4, 1)
    kiosk.check()


def test_a_door_opened_at_any_moment_of_it_leaves_no_supply_behind(tmp_path: Path) -> None:
    with virtual_kiosk(tmp_path / "data", RISING) as kiosk:
        kiosk.load("D1", 5)
        for n in range(5):
            kiosk.choose("condoms")
            kiosk.pass_time(0.3 * n)
            kiosk.world.set_door(is_open=True)
            kiosk.pass_time(ONE_SHOT_S)
            assert (kiosk.motors_on(), kiosk.world.has_supply) == ([], False)

            kiosk.world.set_door(is_open=False)
            kiosk.finish_vend()


def test_at_rest_the_supply_is_down(kiosk: VirtualKiosk) -> None:
    kiosk.choose("condoms")
    kiosk.finish_vend()
    kiosk.pass_time(1.0)

    assert not kiosk.world.has_supply
    assert kiosk.kiosk.cabinet.deadline is None


@pytest.mark.parametrize("more", ["", ", rise_ms: 300"], ids=["at once", "rising"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_dispenser_gives_behind_the_pulse(tmp_path: Path, kind: str, more: str) -> None:
    config = KINDS[kind] + f"motor_enable: {{{{pin: 26, pulse_ms: 100{more}}}}}\n"
    with virtual_kiosk(tmp_path / "data", config) as kiosk:
        kiosk.load("B1", 5)
        for left in (4, 3):
            kiosk.choose("condoms")
            kiosk.finish_vend()

            assert (kiosk.stock("B1").count, kiosk.stock("B1").uncertain) == (left, 0)
        assert kiosk.world.tray == ["condoms"] * 2
