"""Door, drop sensor and level sensors: read where nobody is there, moved and read where somebody is."""

from __future__ import annotations

import pytest
from gpiozero import DigitalInputDevice

from hardware.bench.bench import Bench
from tests.selftest.stage import Stage, line

ENTER = "\n"


def test_without_anybody_sensors_are_read_and_nobody_claims_that_they_move(stage: Stage) -> None:
    tried = stage.run("--only", "door,drop-sensor")

    assert line(tried, "door") == "OK reads closed; nobody moved it"
    assert line(tried, "drop-sensor") == "OK reads whole; nobody broke it"


def test_somebody_opens_and_closes_the_door_and_passes_a_hand_through_the_beam(stage: Stage) -> None:
    tried = stage.run("--only", "door,drop-sensor", answers=ENTER)

    said = [each for each in tried.output.splitlines() if each.split(" ")[0] in ("Open", "Close", "Pass", "OK")]
    assert said == [
        "Open the service door now (or leave it open).",
        "Close the service door.",
        "OK   door: read open, then closed",
        "Pass a hand through the tray, below the coils. All motors are off.",
        "OK   drop-sensor: saw the hand come and go",
    ]


def test_a_door_found_open_is_taken_for_opened(stage: Stage) -> None:
    stage.found_with(lambda bench: bench.move_door(is_open=True))

    assert line(stage.run("--only", "door", answers=ENTER), "door") == "OK read open, then closed"


@pytest.mark.parametrize(("is_open", "missing"), [(True, "closed"), (False, "open")])
def test_a_door_switch_that_never_changes_fails_after_half_a_minute(stage: Stage, is_open: bool, missing: str) -> None:
    stage.found_with(lambda bench: stick(bench, 23, level=is_open))

    tried = stage.run("--only", "door", answers=ENTER)

    assert (line(tried, "door"), tried.exit_code) == (f"FAIL the switch did not read {missing}", 1)
    assert stage.time.now == 1030.0


@pytest.mark.parametrize(
    ("level", "words"), [(True, "FAIL did not see the hand"), (False, "FAIL reads broken, with nothing moving")]
)
def test_a_drop_sensor_that_never_changes_fails(stage: Stage, level: bool, words: str) -> None:
    stage.found_with(lambda bench: stick(bench, 22, level=level))

    assert line(stage.run("--only", "drop-sensor", answers=ENTER), "drop-sensor") == words


def test_a_beam_that_stays_broken_after_the_hand_fails(stage: Stage) -> None:
    stage.found_with(lambda bench: stick_once_it_falls(bench, 22))

    tried = stage.run("--only", "drop-sensor", answers=ENTER)

    assert line(tried, "drop-sensor") == "FAIL stayed broken after the hand"


@pytest.mark.parametrize(
    ("units", "answer", "words"),
    [
        (10, "n", "OK sees more than 3 units"),
        (3, "y", "OK sees 3 units or fewer"),
        (10, "y", "FAIL sees more than 3 units, and that is not so"),
        (3, "n", "FAIL sees 3 units or fewer, and that is not so"),
    ],
)
def test_a_level_sensor_is_held_against_what_somebody_sees(stage: Stage, units: int, answer: str, words: str) -> None:
    stage.found_with(lambda bench: bench.fill_slot("A1", units))

    tried = stage.run("--only", "A1", answers=f"{answer}\nn\n")

    assert line(tried, "level of A1") == words


def test_parts_whose_pins_cannot_be_opened_fail_and_the_others_are_tried(stage: Stage) -> None:
    kept: list[object] = []  # gpiozero closes a device that nobody holds

    def occupy(bench: Bench) -> None:
        # door, beam, level of A1, motor of B1
        kept.extend(DigitalInputDevice(pin, pin_factory=bench.pins) for pin in (23, 22, 26, 24))

    stage.found_with(occupy)

    tried = stage.run()

    assert tried.exit_code == 1
    for part, pin in (("door", 23), ("drop-sensor", 22), ("level of A1", 26)):
        assert line(tried, part).startswith(f"FAIL GPIO {pin} cannot be used")
    assert line(tried, "B1") == "FAIL cannot be driven"
    assert "GPIO 24 cannot be used" in tried.output
    assert line(tried, "A2").startswith("OK")


def stick(bench: Bench, pin: int, *, level: bool) -> None:
    """Let a switch's cable stay at one level, whatever the switch does."""
    wire = bench.pins.pin(pin)
    wire.drive(level)
    wire.drive = lambda _: None


def stick_once_it_falls(bench: Bench, pin: int) -> None:
    """Let a sensor break and never be whole again."""
    wire = bench.pins.pin(pin)
    drive = wire.drive
    wire.drive = lambda level: None if level else drive(level)
