"""What a self-test says of a coil, sensors alone and with somebody who looks, whatever is wrong with it."""

from __future__ import annotations

import pytest

from tests.selftest.stage import Stage, line, row

GOOD = "left home after 0.04 s, home after 1.56 s, drop after 1.78 s"

# turn now? did it turn, and nothing else? how many fell?
AS_EXPECTED = "\n\n\n"


def test_a_good_coil_is_told_with_what_its_sensors_saw_and_when(stage: Stage) -> None:
    tried = stage.run("--only", "B1")

    assert (tried.exit_code, line(tried, "B1")) == (0, f"OK {GOOD}")


@pytest.mark.parametrize(
    ("fault", "grade", "words", "remedy"),
    [
        ("jam", "FAIL", "not home again within 4 s; left home after 0.04 s", "Take out what is caught"),
        ("stuck_open", "FAIL", "not home again within 4 s", "its home switch does not close"),
        ("stuck_home", "FAIL", "the home switch did not open within 1 s", "If the coil turned: its home switch"),
        ("unplugged", "FAIL", "the home switch did not open within 1 s", "If not: the motor stands still"),
        ("no_drop", "WARN", "nothing fell; left home after 0.04 s, home after 1.56 s", "Is the coil empty?"),
        ("double", "WARN", "2 units fell in one turn", "one unit lies in each winding"),
        ("slow", "WARN", "slow; left home after 0.09 s, home after 3.11 s", "Clean and grease the coil"),
    ],
)
def test_a_fault_has_its_grade_its_words_and_one_remedy(
    stage: Stage, fault: str, grade: str, words: str, remedy: str
) -> None:
    tried = stage.run("--only", "B1,A2", "--fault", f"B1:{fault}")

    _, found, seen, to_do = row(tried, "B1")
    assert (found, words in seen, remedy in to_do) == (grade, True, True), (seen, to_do)
    assert tried.exit_code == (1 if grade == "FAIL" else 0)
    assert row(tried, "A2")[1] == "OK"


@pytest.mark.parametrize("fault", ["jam", "stuck_open", "stuck_home", "unplugged"])
def test_a_broken_coil_keeps_no_motor_on_and_the_next_is_tried(stage: Stage, fault: str) -> None:
    tried = stage.run("--fault", f"A1:{fault}")

    assert [line(tried, slot).split()[0] for slot in ("A1", "A2", "B1", "C1")] == ["FAIL", "OK", "OK", "OK"]
    assert stage.motors_on() == []


def test_the_coil_that_is_much_slower_than_the_others_is_told_though_it_keeps_its_limits(stage: Stage) -> None:
    stage.file.write_text(stage.file.read_text() + "timing: {come_home_s: 8}\n")

    tried = stage.run("--fault", "A2:slow")

    assert row(tried, "A2")[1:3] == [
        "WARN",
        "left home after 0.09 s, home after 3.11 s, drop after 3.12 s; slow, the cabinet's middle coil needs 1.56 s",
    ]
    assert row(tried, "A1")[1] == "OK"


def test_a_coil_that_stood_off_home_is_brought_home_and_then_makes_its_whole_turn(stage: Stage) -> None:
    stage.found_with(lambda bench: bench.break_slot("B1", None, 180.0))

    tried = stage.run("--only", "B1")

    assert line(tried, "B1").startswith("OK stood off home and was brought home first, left home after 0.0")
    assert "In the tray now: B1 2." in tried.output


def test_a_blocked_beam_fails_and_coils_are_held_to_their_home_switches(stage: Stage) -> None:
    tried = stage.run("--fault", "A2:beam_blocked")

    assert line(tried, "drop-sensor") == "FAIL reads broken, with nothing moving"
    assert line(tried, "B1") == "OK left home after 0.04 s, home after 1.56 s"
    assert "Nobody could see how many fell from: A1, A2, B1, C1." in tried.output


def test_a_thin_item_may_miss_the_beam(stage: Stage) -> None:
    tried = stage.run("--only", "C1", "--fault", "C1:thin")

    assert line(tried, "C1") == "OK left home after 0.04 s, home after 1.56 s"
    assert "Nobody could see how many fell from: C1." in tried.output


def test_where_the_beam_does_not_reach_nothing_is_missed(stage: Stage) -> None:
    stage.file.write_text(stage.file.read_text().replace("item: kit,", "item: kit, sensorless: true,"))

    tried = stage.run("--only", "B1", "--fault", "B1:thin", answers="\ny\n1\n")

    assert line(tried, "B1") == "OK left home after 0.04 s, home after 1.56 s"
    assert "In the tray now: B1 1." in tried.output


@pytest.mark.parametrize(
    ("fault", "answers", "words"),
    [
        ("none", "\ny\n1\n", f"OK {GOOD}"),
        ("none", "\nn\n1\n", f"FAIL B1 was driven and did not turn; {GOOD}"),
        ("none", "\ny\n0\n", f"FAIL the drop sensor saw a drop, and nothing fell; {GOOD}"),
        ("thin", "\ny\n1\n", "FAIL a unit fell that the drop sensor did not see; left home"),
        ("double", "\ny\n\n", "WARN 2 units fell in one turn; left home"),
        ("no_drop", "\ny\n0\n", "WARN nothing fell; left home"),
        ("none", "n\n", "WARN not tried"),
    ],
)
def test_whoever_looks_is_believed(stage: Stage, fault: str, answers: str, words: str) -> None:
    tried = stage.run("--only", "B1", "--fault", f"B1:{fault}", answers=answers)

    assert line(tried, "B1").startswith(words)


@pytest.mark.parametrize(
    ("answer", "remedy"), [("y", "The motor runs and the switch stays closed"), ("n", "The motor stands still")]
)
def test_who_sees_whether_the_motor_runs_learns_which_of_the_two_it_is(stage: Stage, answer: str, remedy: str) -> None:
    tried = stage.run("--only", "B1", "--fault", "B1:stuck_home", answers=f"\n{answer}\n0\n")

    assert row(tried, "B1")[3].startswith(remedy)


def test_no_motor_goes_on_before_somebody_says_so(stage: Stage) -> None:
    tried = stage.run("--only", "A1,A2", answers="\n" + "n\nn\n")  # the level sensor is asked about first

    assert (tried.exit_code, stage.time.motor_on_at) == (0, None)


def test_a_door_that_is_opened_stops_the_motor_at_once(stage: Stage) -> None:
    stage.at(0.5, lambda bench: bench.move_door(is_open=True))

    tried = stage.run("--only", "B1")

    assert line(tried, "B1").startswith("FAIL stopped, since the door was opened")
    assert stage.time.now < 1000.0 + 0.5 + 3.1  # the motor's time, then the drop window


def test_an_open_door_keeps_nobody_from_trying(stage: Stage) -> None:
    tried = stage.run("--only", "door,B1", answers="\n\n\n")

    assert line(tried, "door") == "OK read open, then closed"
