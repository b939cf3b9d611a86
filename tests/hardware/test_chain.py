"""A matrix behind shift registers: what the chips show, and when they show anything at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from gpiozero import Device, DigitalInputDevice
from gpiozero.pins.mock import MockFactory

from hardware.dispenser import DispenserFailed, MotorStuckOn
from hardware.events import LeaseExpired, TurnEnded, TurnResult
from hardware.matrix import MatrixCoil, open_matrix
from hardware.plan import CabinetPlan, InputPlan, MatrixCoilPlan, MatrixPlan, ShiftRegisterPlan
from tests.hardware.chain import CLOCK, DATA, LATCH, Chain
from tests.hardware.rig import LgpioError, Rig

OE = 25
HOME = InputPlan(5)
ROWS, COLUMNS = tuple(range(16)), tuple(range(16, 21))  # 80 coils, as in Crane's machines
A1, B2, P5 = MatrixCoilPlan("A1", 1, 1), MatrixCoilPlan("B2", 2, 2), MatrixCoilPlan("P5", 16, 5)
MATRIX = MatrixPlan(ROWS, COLUMNS, HOME, (A1, B2, P5), outputs=ShiftRegisterPlan(0, OE))
PLAN = CabinetPlan((), InputPlan(22), matrix=MATRIX)
SPI_PINS = (CLOCK, DATA, LATCH)


@dataclass
class Wired:
    """A rig and the chain that hangs on it."""

    rig: Rig
    chain: Chain


@pytest.fixture
def wired() -> Iterator[Wired]:
    """Nothing is open yet, and the chips hold ones."""
    rig = Rig(PLAN)
    yield Wired(rig, Chain(rig, OE, chips=3))
    if hasattr(rig, "cabinet"):
        rig.cabinet.close()


@pytest.fixture
def live(wired: Wired) -> Wired:
    """The cabinet is open."""
    wired.rig.open()
    return wired


def coils_on(rig: Rig) -> dict[str, MatrixCoil]:
    coils = open_matrix(MATRIX, rig.pins, rig.posted.append, lambda: rig.now, PLAN.limits, lambda: None)
    rig.kept.extend(coils)
    return {coil.slot: coil for coil in coils}


# --- opening


def test_what_the_chips_hold_at_power_on_is_never_shown(wired: Wired) -> None:
    wired.rig.open()

    assert wired.rig.cabinet.slots == {"A1", "B2", "P5"}
    assert wired.chain.seen == [set()]
    assert (wired.chain.latched, bool(wired.rig.pin(OE).state)) == (set(), True)


def test_a_motor_that_a_killed_service_left_on_goes_off_at_the_next_start(wired: Wired) -> None:
    wired.chain.leave_on(0, 16)

    wired.rig.open()

    assert (wired.chain.on, wired.chain.latched) == (set(), set())


@pytest.mark.parametrize("busy", SPI_PINS)
def test_a_motor_that_was_left_on_goes_off_even_if_nothing_can_be_shifted(wired: Wired, busy: int) -> None:
    wired.chain.leave_on(0, 16)
    wired.rig.occupy(busy)

    wired.rig.open()

    assert wired.chain.on == set()
    assert list(wired.rig.cabinet.faults) == ["matrix"]


@pytest.mark.parametrize("busy", [*SPI_PINS, OE, HOME.pin])
def test_one_busy_pin_takes_the_whole_matrix_along_and_the_others_are_given_back(wired: Wired, busy: int) -> None:
    wired.rig.occupy(busy)
    wired.rig.open()

    assert wired.rig.cabinet.slots == frozenset()
    for pin in {*SPI_PINS, OE, HOME.pin} - {busy}:
        DigitalInputDevice(pin, pin_factory=wired.rig.pins).close()


def test_gpiozeros_default_pins_are_left_as_they_were(wired: Wired) -> None:
    before = Device.pin_factory

    wired.rig.open()

    assert Device.pin_factory is before


def test_no_other_pins_are_opened_than_those_that_were_handed_in(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    other = MockFactory()
    monkeypatch.setattr(Device, "pin_factory", other)

    wired.rig.open()
    wired.rig.cabinet.start_turn("A1", wired.rig.now)

    assert other.pins == {}
    assert wired.chain.on == {0, 16}


# --- one crossing


@pytest.mark.parametrize(("slot", "outputs"), [("A1", {0, 16}), ("B2", {1, 17}), ("P5", {15, 20})])
def test_a_coil_is_driven_by_its_row_and_its_column_alone(live: Wired, slot: str, outputs: set[int]) -> None:
    live.rig.cabinet.start_turn(slot, live.rig.now)

    assert live.chain.on == outputs
    assert live.chain.seen == [set(), outputs]  # never anything else on the way


def test_outputs_may_be_wired_in_any_order() -> None:
    rig = Rig(replace(PLAN, matrix=replace(MATRIX, rows=(9, 3), columns=(0, 12))))
    chain = Chain(rig, OE, chips=2)
    rig.open()

    rig.cabinet.start_turn("B2", rig.now)

    assert chain.on == {3, 12}
    rig.cabinet.close()


def test_output_enable_is_taken_before_the_bits_change_and_given_when_they_stand(live: Wired) -> None:
    heard: list[tuple[bool, bool]] = []
    live.rig.pin(CLOCK).when_output = lambda level: heard.append((bool(level), live.chain.is_enabled))

    live.rig.cabinet.start_turn("A1", live.rig.now)
    assert live.chain.is_enabled
    live.rig.cabinet.stop_motors()

    assert any(level for level, _ in heard)
    assert not any(enabled for _, enabled in heard)


def test_off_means_disabled_and_zeros(live: Wired) -> None:
    live.rig.cabinet.start_turn("A1", live.rig.now)

    assert live.rig.cabinet.stop_motors() == [TurnEnded("A1", TurnResult.CUT_AWAY)]

    assert (live.chain.is_enabled, live.chain.latched) == (False, set())


def test_outputs_that_somebody_enabled_are_disabled_before_the_bits_change(live: Wired) -> None:
    live.rig.pin(OE).state = False
    live.chain.enabled.clear()

    live.rig.cabinet.start_turn("A1", live.rig.now)

    assert live.chain.seen == [set(), {0, 16}]
    assert live.chain.enabled == [False, True]


def test_a_second_coil_is_refused_while_one_is_driven(wired: Wired) -> None:
    coils = coils_on(wired.rig)
    coils["A1"].switch_on()

    with pytest.raises(DispenserFailed, match="one coil at a time"):
        coils["B2"].switch_on()
    assert wired.chain.on == {0, 16}
    coils["A1"].close()


def test_coils_turn_one_after_the_other(live: Wired) -> None:
    live.rig.cabinet.start_turn("A1", live.rig.now)
    live.rig.cabinet.stop_motors()

    live.rig.cabinet.start_turn("P5", live.rig.now)

    assert live.chain.seen == [set(), {0, 16}, set(), {15, 20}]


def test_a_whole_turn_goes_by_the_shared_home_switch(live: Wired) -> None:
    rig = live.rig
    rig.cabinet.start_turn("B2", rig.now)
    for at_home, seconds in ((True, 0.1), (False, 1.0), (True, 0.0)):
        rig.drive(HOME, is_active=at_home)
        events = rig.pass_time(seconds)

    assert events == [TurnEnded("B2", TurnResult.CAME_HOME)]
    assert live.chain.on == set()


# --- ways out


@pytest.mark.parametrize("refusing", SPI_PINS)
def test_a_register_that_cannot_be_written_has_not_started_anything(live: Wired, refusing: int) -> None:
    with live.rig.refusing(refusing, LgpioError("bad handle"), True, False):
        events = live.rig.cabinet.start_turn("P5", live.rig.now)

    assert events == [TurnEnded("P5", TurnResult.NOT_STARTED)]
    assert live.chain.seen == [set()]
    assert live.rig.cabinet.start_turn("A1", live.rig.now) == []


@pytest.mark.parametrize("refusing", SPI_PINS)
def test_outputs_that_are_disabled_are_off_even_if_no_zeros_can_be_shifted(live: Wired, refusing: int) -> None:
    live.rig.cabinet.start_turn("A1", live.rig.now)

    with live.rig.refusing(refusing, LgpioError("bad handle"), True, False):
        assert live.rig.cabinet.stop_motors() == [TurnEnded("A1", TurnResult.CUT_AWAY)]

    assert live.chain.on == set()


def test_outputs_that_cannot_be_disabled_get_zeros_and_are_stuck_on_all_the_same(live: Wired) -> None:
    live.rig.cabinet.start_turn("A1", live.rig.now)

    with live.rig.refusing(OE, OSError("no such device"), True), pytest.raises(MotorStuckOn, match="output-enable"):
        live.rig.cabinet.stop_motors()

    assert live.chain.on == set()


def test_outputs_that_cannot_be_enabled_have_not_started_anything(live: Wired) -> None:
    with live.rig.refusing(OE, OSError("no such device"), False):
        assert live.rig.cabinet.start_turn("A1", live.rig.now) == [TurnEnded("A1", TurnResult.NOT_STARTED)]

    assert live.chain.seen == [set()]


def test_the_lease_cuts_a_coil_whose_owner_hangs(live: Wired) -> None:
    live.rig.cabinet.start_turn("A1", live.rig.now)

    live.rig.hang(10)

    assert (live.chain.is_enabled, live.chain.latched) == (False, set())
    assert live.rig.posted == [LeaseExpired("A1", 1)]


def test_close_disables_the_outputs_before_any_pin_is_given_back_and_may_be_called_twice(live: Wired) -> None:
    live.rig.cabinet.start_turn("A1", live.rig.now)
    when_selected = live.rig.pin(LATCH).when_output
    given_back_while: list[bool] = []

    def watch(level: bool | None) -> None:
        when_selected(level)
        if level is None:
            given_back_while.append(live.chain.is_enabled)

    live.rig.pin(LATCH).when_output = watch
    live.rig.cabinet.close()
    live.rig.cabinet.close()

    assert given_back_while
    assert not any(given_back_while)
    assert live.chain.on == set()


def test_close_gives_every_pin_back_even_if_the_outputs_cannot_be_disabled(live: Wired) -> None:
    live.rig.cabinet.start_turn("A1", live.rig.now)

    with live.rig.refusing(OE, OSError("no such device"), True):
        live.rig.cabinet.close()

    assert live.chain.on == set()
    for pin in (*SPI_PINS, OE, HOME.pin):
        DigitalInputDevice(pin, pin_factory=live.rig.pins).close()


def test_a_closed_matrix_drives_nothing_and_has_nothing_to_say(wired: Wired, caplog: pytest.LogCaptureFixture) -> None:
    coils = coils_on(wired.rig)
    coils["A1"].close()

    coils["A1"].motor.off()
    with pytest.raises(DispenserFailed):
        coils["B2"].switch_on()
    assert (wired.chain.on, caplog.records) == (set(), [])


def test_a_register_that_keeps_its_bits_is_told(live: Wired, caplog: pytest.LogCaptureFixture) -> None:
    live.rig.cabinet.start_turn("A1", live.rig.now)

    with live.rig.refusing(DATA, LgpioError("bad handle"), True, False):
        live.rig.cabinet.stop_motors()

    assert {record.getMessage() for record in caplog.records} == {
        "the shift register of the matrix keeps its bits: bad handle"
    }
