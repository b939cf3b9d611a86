"""The simulated cabinet's physics: what turns, falls, breaks the beam and burns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.bench.physics import (
    BURN_S,
    FALL_S,
    ITEM_IN_BEAM_S,
    OF_A_SWITCH,
    SECOND_ITEM_S,
    TURN_S,
    CabinetBurned,
    Coil,
    Dispenser,
    Fault,
    Servo,
    World,
)

LEAVES_HOME_S = TURN_S * 10 / 360
RELEASES_S = TURN_S * 300 / 360
COMES_HOME_S = TURN_S * 350 / 360
DROPS_S = RELEASES_S + FALL_S
Happened = tuple[float, str, str | None, bool]


@dataclass
class Watched:
    """A world of two coils with three items each, and what happened in it when."""

    items: int = 3
    first: Dispenser | None = None
    happened: list[Happened] = field(default_factory=list)

    def __post_init__(self) -> None:
        coils: dict[str, Dispenser] = {"A1": self.first or Coil(self.items), "B1": Coil(self.items)}
        self.world = World(coils, self._note, {"A1": "condoms"})

    def _note(self, what: str, slot: str | None, is_so: bool) -> None:
        self.happened.append((round(self.world.now, 6), what, slot, is_so))

    def turn(self, for_s: float = TURN_S, fault: Fault = Fault.NONE) -> None:
        """One push of the motor of A1, and all that falls after it."""
        self.world.set_fault("A1", fault)
        self.world.set_motor("A1", on=True)
        self.world.advance(self.world.now + for_s)
        self.world.set_motor("A1", on=False)
        self.world.advance(self.world.now + 2)

    def times(self, what: str, *, is_so: bool) -> list[float]:
        return [at for at, happened, _, so in self.happened if (happened, so) == (what, is_so)]


@pytest.fixture
def watched() -> Watched:
    return Watched()


# --- a turn


def test_a_full_turn_drops_one_item_and_is_home_again(watched: Watched) -> None:
    watched.turn()

    assert watched.world.tray == ["condoms"]
    assert watched.world.coils["A1"].items == 2
    assert watched.world.coils["A1"].angle == pytest.approx(0)
    assert watched.world.coils["A1"].is_at_home


def test_a_turn_tells_each_change_at_its_time(watched: Watched) -> None:
    watched.turn()

    assert watched.happened == [
        (0, "motor_on", "A1", True),
        (round(LEAVES_HOME_S, 6), "home", "A1", False),
        (round(COMES_HOME_S, 6), "home", "A1", True),
        (TURN_S, "motor_off", "A1", False),
        (round(DROPS_S, 6), "drop", "A1", True),
        (round(DROPS_S + ITEM_IN_BEAM_S, 6), "drop", None, False),
    ]


def test_a_coil_keeps_its_angle_when_its_motor_stops(watched: Watched) -> None:
    watched.turn(for_s=TURN_S / 2)

    assert watched.world.coils["A1"].angle == pytest.approx(180)
    assert (watched.world.tray, watched.world.coils["A1"].is_at_home) == ([], False)


def test_two_turns_drop_two_items(watched: Watched) -> None:
    watched.turn(for_s=2 * TURN_S)

    assert watched.world.tray == ["condoms", "condoms"]


@pytest.mark.parametrize("fault", [Fault.NONE, Fault.DOUBLE, Fault.THIN])
def test_an_empty_coil_turns_and_drops_nothing(fault: Fault) -> None:
    watched = Watched(items=0)

    watched.turn(fault=fault)

    assert (watched.world.tray, watched.times("drop", is_so=True)) == ([], [])
    assert watched.times("home", is_so=True) == [round(COMES_HOME_S, 6)]


def test_a_world_at_rest_has_nothing_to_come(watched: Watched) -> None:
    watched.turn()

    assert (watched.world.next_change(), watched.world.is_moving) == (None, False)


def test_a_world_says_when_it_changes_next(watched: Watched) -> None:
    watched.world.set_motor("A1", on=True)

    assert watched.world.next_change() == pytest.approx(LEAVES_HOME_S)
    assert watched.world.is_moving


def test_a_falling_item_moves_the_world_although_no_motor_is_on(watched: Watched) -> None:
    watched.world.set_angle("A1", 299)
    watched.world.set_motor("A1", on=True)
    watched.world.advance(0.1)

    watched.world.set_motor("A1", on=False)

    assert watched.world.is_moving


# --- faults


def test_a_jam_stops_the_coil_away_from_home_and_drops_nothing(watched: Watched) -> None:
    watched.turn(for_s=5, fault=Fault.JAM)

    assert watched.world.coils["A1"].angle == 120
    assert watched.times("home", is_so=True) == []
    assert watched.world.tray == []


def test_onlookers_are_told_when_a_coil_sticks_though_its_motor_is_on(watched: Watched) -> None:
    watched.world.set_fault("A1", Fault.JAM)
    watched.world.set_motor("A1", on=True)
    watched.world.advance(TURN_S * 119 / 360)
    before = watched.world.revision

    watched.world.advance(TURN_S * 121 / 360)

    assert watched.world.revision > before


def test_a_jam_burns_a_motor_that_is_left_on(watched: Watched) -> None:
    with pytest.raises(CabinetBurned):
        watched.turn(for_s=BURN_S, fault=Fault.JAM)


def test_a_jam_that_is_mended_lets_the_coil_go_on(watched: Watched) -> None:
    watched.turn(for_s=5, fault=Fault.JAM)

    watched.turn()

    assert watched.world.tray == ["condoms"]


def test_a_coil_past_the_sticking_point_comes_home_once_more(watched: Watched) -> None:
    watched.world.set_angle("A1", 130)

    watched.turn(for_s=TURN_S / 2, fault=Fault.JAM)

    assert watched.world.tray == ["condoms"]


def test_no_drop_comes_home_and_keeps_its_items(watched: Watched) -> None:
    watched.turn(fault=Fault.NO_DROP)

    assert watched.times("home", is_so=True) == [round(COMES_HOME_S, 6)]
    assert (watched.world.tray, watched.world.coils["A1"].items) == ([], 3)


def test_a_thin_item_falls_past_the_beam(watched: Watched) -> None:
    watched.turn(fault=Fault.THIN)

    assert watched.world.tray == ["condoms"]
    assert watched.times("drop", is_so=True) == []


def test_a_double_drop_breaks_the_beam_twice(watched: Watched) -> None:
    watched.turn(fault=Fault.DOUBLE)

    assert watched.world.tray == ["condoms", "condoms"]
    assert watched.times("drop", is_so=True) == pytest.approx([DROPS_S, DROPS_S + SECOND_ITEM_S], abs=1e-5)


def test_a_double_drop_of_the_last_item_is_one() -> None:
    watched = Watched(items=1)

    watched.turn(fault=Fault.DOUBLE)

    assert (watched.world.tray, watched.world.coils["A1"].items) == (["condoms"], 0)


def test_a_stuck_home_switch_says_home_while_the_coil_turns(watched: Watched) -> None:
    watched.turn(fault=Fault.STUCK_HOME)

    assert watched.world.tray == ["condoms"]
    assert [what for _, what, _, _ in watched.happened if what == "home"] == []


def test_a_switch_that_sticks_while_the_coil_is_away_closes_and_opens_again_when_mended(watched: Watched) -> None:
    watched.world.set_angle("A1", 180)

    watched.world.set_fault("A1", Fault.STUCK_HOME)
    watched.world.set_fault("A1", Fault.NONE)

    assert [(slot, so) for _, what, slot, so in watched.happened if what == "home"] == [
        ("A1", False),
        ("A1", True),
        ("A1", False),
    ]


def test_a_switch_that_never_closes_stays_open_while_the_coil_turns_and_drops(watched: Watched) -> None:
    watched.turn(fault=Fault.STUCK_OPEN)

    assert watched.world.tray == ["condoms"]
    assert [(at, so) for at, what, _, so in watched.happened if what == "home"] == [(0, False)]


def test_a_coil_can_stick_before_it_leaves_home() -> None:
    watched = Watched(first=Coil(3, sticks_at=0.0))

    watched.turn(for_s=5, fault=Fault.JAM)

    assert (watched.world.tray, [what for _, what, *_ in watched.happened]) == ([], ["motor_on", "motor_off"])


def test_a_motor_that_is_not_plugged_in_does_not_turn(watched: Watched) -> None:
    watched.turn(fault=Fault.UNPLUGGED)

    assert (watched.world.coils["A1"].angle, watched.world.tray) == (0, [])


# --- an item that hangs


def test_an_item_that_hangs_stands_in_the_coil_until_it_moves_again_and_then_falls_at_once(watched: Watched) -> None:
    watched.turn(fault=Fault.HANG)
    assert (watched.world.tray, watched.world.coils["A1"].items) == ([], 3)
    before = watched.world.now

    watched.turn(for_s=0.1, fault=Fault.HANG)

    assert (watched.world.tray, watched.world.coils["A1"].items) == (["condoms"], 2)
    assert watched.times("drop", is_so=True) == [round(before + FALL_S, 6)]


def test_each_item_of_a_coil_that_lets_them_hang_falls_a_turn_late(watched: Watched) -> None:
    for _ in range(4):
        watched.turn(fault=Fault.HANG)

    assert len(watched.world.tray) == 3


def test_what_hangs_in_a_coil_that_lets_nothing_drop_hangs_for_ever(watched: Watched) -> None:
    watched.turn(fault=Fault.HANG)

    for _ in range(3):
        watched.turn(fault=Fault.NO_DROP)

    assert (watched.world.tray, watched.world.coils["A1"].items) == ([], 3)


@pytest.mark.parametrize("fault", [Fault.JAM, Fault.UNPLUGGED])
def test_what_hangs_in_a_coil_that_cannot_move_hangs_on(fault: Fault) -> None:
    watched = Watched(first=Coil(3, sticks_at=0.0))
    watched.turn(fault=Fault.HANG)

    watched.turn(fault=fault)

    assert watched.world.tray == []


def test_nothing_hangs_in_an_empty_coil() -> None:
    watched = Watched(items=0)

    watched.turn(fault=Fault.HANG)

    assert not watched.world.coils["A1"].hangs


def test_a_hand_in_the_coil_frees_what_hung_there(watched: Watched) -> None:
    watched.turn(fault=Fault.HANG)
    watched.world.set_items("A1", 3)

    watched.turn()

    assert watched.world.tray == ["condoms"]


# --- a pusher: so many seconds push out one item


def pusher(run_s: float = 1.5) -> Watched:
    return Watched(first=Coil(3, turn_s=run_s, has_switch=False))


@pytest.mark.parametrize("run_s", [0.4, 1.5, 3.0])
def test_a_pusher_lets_one_item_fall_for_each_of_its_runs(run_s: float) -> None:
    watched = pusher(run_s)

    for _ in range(2):
        watched.turn(for_s=run_s)

    assert watched.world.tray == ["condoms", "condoms"]


def test_a_pusher_that_runs_on_pushes_the_next() -> None:
    watched = pusher()

    watched.turn(for_s=1.9 * 1.5)

    assert watched.world.tray == ["condoms", "condoms"]


def test_a_slow_pusher_is_half_way_and_lets_its_item_fall_in_the_next_run() -> None:
    watched = pusher()
    watched.turn(for_s=1.5, fault=Fault.SLOW)
    assert watched.world.tray == []

    watched.turn(for_s=1.5, fault=Fault.SLOW)

    assert watched.world.tray == ["condoms"]


def test_a_pusher_moves_no_home_switch() -> None:
    watched = pusher()

    watched.turn(for_s=1.5)

    assert [what for _, what, _, _ in watched.happened if what == "home"] == []


# --- a servo: it swings where its pulses say


def servo() -> Watched:
    """One that has half a second for a swing of 90 degrees, and needs 0.4."""
    return Watched(first=Servo(3, give_deg=90, swing_s=0.5))


def swing(watched: Watched, *targets: float, for_s: float = 0.5, fault: Fault = Fault.NONE) -> None:
    """Pulses that say each of *targets* for so long, then none."""
    watched.world.set_fault("A1", fault)
    for target in targets:
        watched.world.aim("A1", target)
        watched.world.advance(watched.world.now + for_s)
    watched.world.aim("A1", None)
    watched.world.advance(watched.world.now + 2)


def test_a_servo_that_swings_out_and_back_lets_one_item_fall_on_its_way_back() -> None:
    watched = servo()

    swing(watched, 90, 0)

    assert (watched.world.tray, watched.world.coils["A1"].angle) == (["condoms"], 0)
    assert watched.happened == [
        (0, "motor_on", "A1", True),
        (1.0, "motor_off", "A1", False),
        (round(0.5 + 0.2 + FALL_S, 6), "drop", "A1", True),
        (round(0.5 + 0.2 + FALL_S + ITEM_IN_BEAM_S, 6), "drop", None, False),
    ]


@pytest.mark.parametrize("targets", [(90,), (80, 0), (0,), (-45, 0)])
def test_a_servo_that_did_not_swing_out_and_back_gives_nothing(targets: tuple[float, ...]) -> None:
    watched = servo()

    swing(watched, *targets)

    assert watched.world.tray == []


def test_a_servo_that_swings_farther_than_it_must_gives_one_all_the_same() -> None:
    watched = servo()

    swing(watched, 110, 0)

    assert watched.world.tray == ["condoms"]


def test_a_servo_swings_again_and_again_and_gives_one_each_time() -> None:
    watched = servo()

    swing(watched, *[90, 0] * 5)

    assert watched.world.tray == ["condoms"] * 3


def test_a_servo_that_has_given_gives_no_other_before_it_was_out_again() -> None:
    watched = servo()

    swing(watched, 90, 0, 60, 0)

    assert watched.world.tray == ["condoms"]


def test_a_servo_without_pulses_stays_where_it_is_and_gives_when_it_comes_back_later() -> None:
    watched = servo()
    swing(watched, 90)
    assert (watched.world.coils["A1"].angle, watched.world.tray) == (90, [])

    swing(watched, 0)

    assert watched.world.tray == ["condoms"]


def test_a_servo_that_is_found_swung_out_gives_one_when_it_comes_back() -> None:
    watched = servo()
    watched.world.set_angle("A1", 90)

    swing(watched, 90, 0)

    assert watched.world.tray == ["condoms"]


def test_a_servo_that_holds_still_under_pulses_moves_nothing_and_its_motor_is_on() -> None:
    watched = servo()
    watched.world.aim("A1", 90)
    watched.world.advance(0.5)

    assert (watched.world.running, watched.world.coils["A1"].next_mark) == (["A1"], None)


def test_a_servo_that_is_given_pulses_for_12_s_burns() -> None:
    watched = servo()
    watched.world.aim("A1", 90)

    with pytest.raises(CabinetBurned):
        watched.world.advance(BURN_S)


def test_a_servo_beside_a_running_motor_burns() -> None:
    watched = servo()
    watched.world.set_motor("B1", on=True)

    with pytest.raises(CabinetBurned):
        watched.world.aim("A1", 90)


def test_a_jammed_servo_sticks_on_its_way_out_and_comes_back_with_nothing() -> None:
    watched = servo()
    watched.world.set_fault("A1", Fault.JAM)
    watched.world.aim("A1", 90)
    watched.world.advance(5)
    assert watched.world.coils["A1"].angle == 30

    swing(watched, 0, fault=Fault.JAM)

    assert (watched.world.tray, watched.world.coils["A1"].angle) == ([], 0)


def test_a_slow_servo_does_not_get_there_in_time_and_gives_nothing() -> None:
    watched = servo()

    swing(watched, 90, 0, fault=Fault.SLOW)

    assert watched.world.tray == []


def test_an_item_that_hangs_at_a_servo_falls_when_it_moves_again() -> None:
    watched = servo()
    swing(watched, 90, 0, fault=Fault.HANG)
    assert watched.world.tray == []
    before = watched.world.now

    swing(watched, 90)

    assert watched.times("drop", is_so=True) == [round(before + FALL_S, 6)]


@pytest.mark.parametrize("fault", [Fault.STUCK_HOME, Fault.STUCK_OPEN])
@pytest.mark.parametrize("kind", [pusher, servo])
def test_what_has_no_home_switch_cannot_have_it_stuck(kind: Callable[[], Watched], fault: Fault) -> None:
    watched = kind()

    with pytest.raises(ValueError, match="A1 has no home switch"):
        watched.world.set_fault("A1", fault)
    assert watched.world.coils["A1"].fault is Fault.NONE


def test_a_slow_motor_takes_twice_as_long(watched: Watched) -> None:
    watched.turn(for_s=2 * TURN_S, fault=Fault.SLOW)

    assert watched.times("home", is_so=True) == pytest.approx([2 * COMES_HOME_S], abs=1e-5)
    assert watched.world.tray == ["condoms"]


def test_a_blocked_beam_is_broken_until_it_is_mended(watched: Watched) -> None:
    watched.turn(fault=Fault.BEAM_BLOCKED)
    assert watched.world.beam_is_broken
    assert watched.world.tray == ["condoms"]

    watched.world.set_fault("A1", Fault.NONE)

    assert [so for _, what, _, so in watched.happened if what == "drop"] == [True, False]


@pytest.mark.parametrize("fault", Fault)
def test_a_fault_of_one_slot_leaves_another_coil_alone(watched: Watched, fault: Fault) -> None:
    watched.world.set_fault("B1", fault)

    watched.turn()

    assert watched.world.tray == ["condoms"]
    assert watched.times("home", is_so=True) == [round(COMES_HOME_S, 6)]


# --- what burns


def test_two_motors_at_once_burn(watched: Watched) -> None:
    watched.world.set_motor("A1", on=True)

    with pytest.raises(CabinetBurned, match="A1 and B1"):
        watched.world.set_motor("B1", on=True)


def test_one_motor_after_another_does_not_burn(watched: Watched) -> None:
    for slot in ("A1", "B1"):
        watched.world.set_motor(slot, on=True)
        watched.world.set_motor(slot, on=False)

    assert [slot for _, what, slot, _ in watched.happened if what == "motor_on"] == ["A1", "B1"]


@pytest.mark.parametrize("fault", [Fault.NONE, Fault.JAM])
def test_a_motor_on_for_12_s_burns_and_not_before(watched: Watched, fault: Fault) -> None:
    watched.world.set_fault("A1", fault)
    watched.world.set_motor("A1", on=True)
    watched.world.advance(BURN_S - 0.001)

    with pytest.raises(CabinetBurned, match="the motor of A1 was on for 12 s"):
        watched.world.advance(BURN_S)


def test_the_time_to_burning_begins_anew_at_each_switching_on(watched: Watched) -> None:
    for _ in range(3):
        watched.turn(for_s=BURN_S - 1)

    assert watched.world.now == 3 * (BURN_S + 1)


def test_power_given_again_to_a_running_motor_is_no_new_beginning(watched: Watched) -> None:
    watched.world.set_motor("A1", on=True)
    watched.world.advance(BURN_S / 2)
    watched.world.set_motor("A1", on=True)

    with pytest.raises(CabinetBurned):
        watched.world.advance(BURN_S)
    assert watched.times("motor_on", is_so=True) == [0]


# --- hands


def test_a_hand_in_the_tray_breaks_the_beam_for_as_long_as_it_is_there(watched: Watched) -> None:
    watched.world.advance(5)
    watched.world.break_beam(2)
    watched.world.advance(10)

    assert watched.happened == [(5, "drop", None, True), (7, "drop", None, False)]


def test_a_second_hand_does_not_take_the_first_away(watched: Watched) -> None:
    watched.world.break_beam(2)
    watched.world.break_beam(0.5)
    watched.world.advance(10)

    assert watched.happened == [(0, "drop", None, True), (2, "drop", None, False)]


def test_an_item_that_falls_past_a_hand_does_not_take_it_away(watched: Watched) -> None:
    watched.world.break_beam(10)

    watched.turn()

    assert watched.world.beam_is_broken
    watched.world.advance(20)
    assert watched.times("drop", is_so=False) == [10]


@pytest.mark.parametrize(("angle", "at_home"), [(0, True), (9.9, True), (10, False), (349, False), (350, True)])
def test_a_coil_turned_by_hand_moves_its_home_switch(watched: Watched, angle: float, at_home: bool) -> None:
    watched.world.set_angle("A1", angle)

    assert watched.world.coils["A1"].is_at_home is at_home
    assert watched.happened == ([] if at_home else [(0, "home", "A1", False)])


def test_a_coil_turned_by_hand_past_a_full_turn_stands_where_it_stands(watched: Watched) -> None:
    watched.world.set_angle("A1", 360 + 90)

    assert watched.world.coils["A1"].angle == 90


@pytest.mark.parametrize("is_open", [True, False])
def test_the_door_is_as_it_was_left(watched: Watched, is_open: bool) -> None:
    watched.world.set_door(is_open)

    assert watched.world.door_is_open is is_open
    assert watched.happened == [(0, "door", None, is_open)]


# --- time

KINDS: dict[str, Callable[[], Dispenser]] = {
    "coil": lambda: Coil(3),
    "pusher": lambda: Coil(3, turn_s=1.5, has_switch=False),
    "servo": lambda: Servo(3, give_deg=90, swing_s=0.5),
}
ACTS = st.one_of(
    st.tuples(st.just("motor"), st.sampled_from(["A1", "B1"]), st.sampled_from([None, 0, 45, 90, 120])),
    st.tuples(st.just("fault"), st.sampled_from(["A1", "B1"]), st.sampled_from(list(Fault))),
    st.tuples(st.just("hand"), st.just(""), st.sampled_from([0.25, 1.0])),
)


def act(watched: Watched, what: str, slot: str, how: object) -> None:
    world = watched.world
    match what, how:
        case "motor", int() | None if how is None or world.running in ([], [slot]):
            if isinstance(world.coils[slot], Servo):
                world.aim(slot, how)
            else:
                world.set_motor(slot, bool(how))
        case "fault", Fault() as fault if world.coils[slot].has_switch or fault not in OF_A_SWITCH:
            world.set_fault(slot, fault)
        case "hand", float(for_s):
            world.break_beam(for_s)


def live(kind: str, acts: list[tuple[float, tuple[str, str, object]]], steps: int) -> Watched:
    """A world in which *acts* happen after pauses, each pause passed in so many steps."""
    watched, now = Watched(first=KINDS[kind]()), 0.0
    try:
        for pause_s, (what, slot, how) in acts:
            for step in range(1, steps):
                watched.world.advance(now + pause_s * step / steps)
            now += pause_s
            watched.world.advance(now)
            act(watched, what, slot, how)
    except CabinetBurned as burned:
        watched.happened.append((round(watched.world.now, 6), str(burned), None, True))
        watched.world.coils.clear()  # how far a burning coil still turned does not matter
    return watched


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(list(KINDS)),
    st.lists(st.tuples(st.integers(0, 80).map(lambda n: n / 13), ACTS), max_size=10),
    st.integers(2, 20),
)
def test_many_small_steps_and_one_jump_live_through_the_same(
    kind: str, acts: list[tuple[float, tuple[str, str, object]]], steps: int
) -> None:
    jumped, stepped = live(kind, acts, 1), live(kind, acts, steps)

    assert [(what, slot, so) for _, what, slot, so in stepped.happened] == [
        (what, slot, so) for _, what, slot, so in jumped.happened
    ]
    assert [at for at, *_ in stepped.happened] == pytest.approx([at for at, *_ in jumped.happened], abs=1e-5)
    assert stepped.world.tray == jumped.world.tray
    for slot, coil in stepped.world.coils.items():
        assert coil.angle == pytest.approx(jumped.world.coils[slot].angle, abs=1e-5)
