"""The simulated cabinet joined to its pins: the real drivers on it, in virtual and in real time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from gpiozero import DigitalInputDevice, DigitalOutputDevice

from hardware.bench.bench import Bench, BenchThread
from hardware.bench.physics import BURN_S, FALL_S, TURN_S, CabinetBurned, Fault
from hardware.coil import Coil
from hardware.events import HomeMoved, Signal
from hardware.plan import CabinetPlan, CoilPlan, InputPlan, OutputPlan
from tests.hardware.rig import PLAN, wait_until

ACTIVE_HIGH = CabinetPlan(
    (CoilPlan("A1", OutputPlan(17), InputPlan(27, active_low=False)),),
    InputPlan(22, active_low=False),
    InputPlan(23, active_low=False),
)
ACTIVE_LOW_MOTOR = CabinetPlan((CoilPlan("A1", OutputPlan(17, active_high=False), InputPlan(27)),))


@dataclass
class Wired:
    """A bench in virtual time, and what it told."""

    plan: CabinetPlan = PLAN
    told: list[tuple[str, str | None, dict[str, bool]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bench = Bench(self.plan, lambda: 100.0, self.note, {"A1": "condoms"})

    def note(self, what: str, slot: str | None = None, **more: bool) -> None:
        self.told.append((what, slot, more))

    def motor(self, slot: str = "A1") -> DigitalOutputDevice:
        plan = next(coil.motor for coil in self.plan.coils if coil.slot == slot)
        return DigitalOutputDevice(plan.pin, active_high=plan.active_high, pin_factory=self.bench.pins)

    def input(self, plan: InputPlan | None) -> DigitalInputDevice:
        assert plan
        return DigitalInputDevice(plan.pin, pull_up=plan.active_low, pin_factory=self.bench.pins)

    def pass_time(self, seconds: float) -> None:
        self.bench.advance(self.bench.world.now + seconds)


@pytest.fixture
def wired() -> Wired:
    return Wired()


def test_coils_are_full_and_nothing_moves_at_the_start(wired: Wired) -> None:
    assert [coil.items for coil in wired.bench.world.coils.values()] == [10, 10]
    assert (wired.told, wired.bench.world.is_moving, wired.bench.world.now) == ([], False, 100.0)


@pytest.mark.parametrize("plan", [PLAN, ACTIVE_HIGH], ids=["active low", "active high"])
def test_inputs_stand_as_the_world_does_whichever_way_they_are_wired(plan: CabinetPlan) -> None:
    wired = Wired(plan)
    home, beam, door = (wired.input(each) for each in (plan.coils[0].home, plan.drop_sensor, plan.door))

    assert [bool(device.is_active) for device in (home, beam, door)] == [True, False, True]
    wired.bench.world.set_angle("A1", 180)
    wired.bench.world.break_beam(1)
    wired.bench.move_door(is_open=True)
    assert [bool(device.is_active) for device in (home, beam, door)] == [False, True, False]


def test_a_motor_pin_turns_its_coil_and_the_item_falls(wired: Wired) -> None:
    with wired.motor() as motor:
        motor.on()
        wired.pass_time(TURN_S)
        motor.off()
        wired.pass_time(2)

    assert wired.bench.world.tray == ["condoms"]
    assert wired.told == [
        ("motor_on", "A1", {}),
        ("home", "A1", {"at_home": False}),
        ("home", "A1", {"at_home": True}),
        ("motor_off", "A1", {}),
        ("drop", "A1", {}),
    ]


def test_a_released_motor_pin_stops_the_motor(wired: Wired) -> None:
    motor = wired.motor()
    motor.on()

    motor.close()

    assert not wired.bench.world.coils["A1"].motor


def test_a_released_pin_of_a_motor_that_is_active_low_stops_the_motor() -> None:
    wired = Wired(ACTIVE_LOW_MOTOR)
    motor = wired.motor()
    motor.on()
    assert wired.bench.world.coils["A1"].motor

    motor.close()

    assert not wired.bench.world.coils["A1"].motor


def test_two_motor_pins_at_once_burn_the_cabinet(wired: Wired) -> None:
    first, second = wired.motor("A1"), wired.motor("B1")
    first.on()

    with pytest.raises(CabinetBurned):
        second.on()


def test_a_motor_pin_left_on_burns_the_cabinet(wired: Wired) -> None:
    with wired.motor() as motor:
        motor.on()

        with pytest.raises(CabinetBurned):
            wired.pass_time(BURN_S)


def test_the_door_is_told_with_its_position(wired: Wired) -> None:
    wired.bench.move_door(is_open=True)

    assert wired.told == [("door", None, {"open": True})]


@pytest.mark.parametrize("fault", Fault)
def test_a_slot_gets_a_fault_by_its_name(wired: Wired, fault: Fault) -> None:
    wired.bench.break_slot("A1", fault.value, None)

    assert wired.bench.world.coils["A1"].fault is fault


def test_a_coil_is_turned_to_an_angle_and_its_switch_opens(wired: Wired) -> None:
    home = wired.input(PLAN.coils[0].home)

    wired.bench.break_slot("A1", None, 180)

    assert not home.is_active


@pytest.mark.parametrize(("slot", "fault", "error"), [("Z9", "jam", KeyError), ("A1", "rust", ValueError)])
def test_a_slot_or_fault_that_does_not_exist_changes_nothing(
    wired: Wired, slot: str, fault: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        wired.bench.break_slot(slot, fault, None)
    assert [coil.fault for coil in wired.bench.world.coils.values()] == [Fault.NONE, Fault.NONE]


def test_a_cabinet_without_beam_and_door_turns_all_the_same() -> None:
    wired = Wired(replace(PLAN, drop_sensor=None, door=None))
    with wired.motor() as motor:
        motor.on()
        wired.pass_time(TURN_S)

    assert wired.bench.world.coils["A1"].items == 9


def test_an_undriven_pin_follows_its_pull(wired: Wired) -> None:
    pin: Any = wired.bench.pins.pin(26)

    for pull, level in (("up", True), ("down", False)):
        pin.pull = pull
        assert bool(pin.state) is level


def test_a_driven_pin_keeps_its_level_whatever_its_pull(wired: Wired) -> None:
    pin: Any = wired.bench.pins.pin(26)
    pin.drive(True)

    pin.pull = "down"

    assert (bool(pin.state), pin.pull) == (True, "down")


# --- in real time


@pytest.fixture
def living() -> Iterator[tuple[Bench, BenchThread]]:
    bench = Bench(PLAN, time.monotonic, Wired().note)
    thread = BenchThread(bench, time.monotonic)
    yield bench, thread
    thread.close()


def bench_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "bench"]


def test_a_coil_makes_one_turn_in_real_time(living: tuple[Bench, BenchThread]) -> None:
    bench, _ = living
    posted: list[Signal] = []
    coil = Coil(PLAN.coils[0], bench.pins, posted.append, time.monotonic, PLAN.limits)
    began = time.monotonic()

    coil.switch_on()
    wait_until(lambda: len(posted) == 2, within_s=20)
    took_s = time.monotonic() - began
    coil.close()

    assert [signal.at_home for signal in posted if isinstance(signal, HomeMoved)] == [False, True]
    assert took_s >= TURN_S * 350 / 360 - 0.001  # never faster than a real one


def test_close_ends_the_thread_at_rest_and_may_be_called_twice(living: tuple[Bench, BenchThread]) -> None:
    _, thread = living
    assert len(bench_threads()) == 1

    thread.close()
    thread.close()

    assert bench_threads() == []


def test_close_ends_the_thread_while_a_motor_is_on(living: tuple[Bench, BenchThread]) -> None:
    bench, thread = living
    motor = DigitalOutputDevice(17, pin_factory=bench.pins)
    motor.on()
    wait_until(lambda: bench.world.coils["A1"].angle > 0)

    thread.close()

    assert bench_threads() == []


def test_a_burned_cabinet_is_told_and_stands_still(
    living: tuple[Bench, BenchThread], caplog: pytest.LogCaptureFixture
) -> None:
    bench, thread = living
    motor = DigitalOutputDevice(17, pin_factory=bench.pins)
    motor.on()
    with bench.changed:
        bench.world.coils["A1"].on_since -= BURN_S  # as if it had been on for that long

    wait_until(lambda: bench_threads() == [])
    thread.close()

    assert "the simulated cabinet burned" in caplog.text


def test_a_busy_computer_slows_the_cabinet_down_and_jumps_past_no_switch() -> None:
    told = Wired()
    bench = Bench(PLAN, lambda: 0.0, told.note)
    thread = BenchThread(bench, iter(range(0, 10**9, 1000)).__next__)  # a thousand seconds pass at each look
    motor = DigitalOutputDevice(17, pin_factory=bench.pins)
    motor.on()

    wait_until(lambda: ("home", "A1", {"at_home": False}) in told.told)
    thread.close()

    assert bench.world.now < TURN_S


# --- looking on and taking part


def test_an_onlooker_is_told_of_each_visible_change_and_of_nothing_else(wired: Wired) -> None:
    told: list[dict[str, Any]] = []
    wired.bench.listen(lambda: told.append(wired.bench.picture()))

    with wired.motor() as motor:
        motor.on()
        wired.pass_time(0)
        wired.pass_time(TURN_S)
    wired.pass_time(FALL_S)

    assert [picture["slots"]["A1"]["motor"] for picture in told] == [True, True, False, False]
    assert [picture["tray"] for picture in told] == [[], [], [], ["condoms"]]


def test_the_picture_shows_a_coil_that_turns_and_an_item_that_falls(wired: Wired) -> None:
    with wired.motor() as motor:
        motor.on()
        wired.pass_time(TURN_S / 4)
        turning: Any = wired.bench.picture()
        wired.pass_time(TURN_S * 0.6)
        falling: Any = wired.bench.picture()

    assert turning["slots"]["A1"] == {
        **{"items": 10, "angle": 90.0, "motor": True, "fault": "none", "home": False, "deg_per_s": 360 / TURN_S},
        **{"item": "condoms", "capacity": 10, "hangs": False},
    }
    assert (turning["tray"], turning["door"], turning["beam"], turning["lines"]) == ([], "closed", "whole", [])
    assert [(item["slot"], item["item"]) for item in falling["falling"]] == [("A1", "condoms")]
    assert 0 < falling["falling"][0]["lands_in_s"] < FALL_S


def test_a_stuck_coil_does_not_turn_in_the_picture(wired: Wired) -> None:
    wired.bench.break_slot("A1", "jam", None)
    with wired.motor() as motor:
        motor.on()
        wired.pass_time(TURN_S)
        picture: Any = wired.bench.picture()

    assert (picture["slots"]["A1"]["motor"], picture["slots"]["A1"]["deg_per_s"]) == (True, 0.0)


def test_a_coil_is_filled_and_the_tray_emptied_by_hand(wired: Wired) -> None:
    wired.bench.fill_slot("A1", 3)
    wired.bench.world.tray.append("condoms")
    wired.bench.empty_tray()

    picture: Any = wired.bench.picture()
    assert (picture["slots"]["A1"]["items"], picture["tray"]) == (3, [])


@pytest.mark.parametrize(
    ("slot", "count", "error"), [("Z9", 1, KeyError), ("A1", 11, ValueError), ("A1", -1, ValueError)]
)
def test_what_a_coil_cannot_hold_is_refused(wired: Wired, slot: str, count: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        wired.bench.fill_slot(slot, count)

    assert wired.bench.world.coils["A1"].items == 10


def test_the_picture_shows_the_door_and_a_beam_that_is_blocked(wired: Wired) -> None:
    wired.bench.move_door(is_open=True)
    wired.bench.break_slot("A1", "beam_blocked", None)

    picture: Any = wired.bench.picture()
    assert (picture["door"], picture["beam"]) == ("open", "broken")
