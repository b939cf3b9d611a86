"""The story: bytes on a serial line, one coil turns, one item falls, the ledger knows. As a process, from outside."""

from __future__ import annotations

import signal

import pytest

from tests.process.service import Service, wait_for


def figures(service: Service) -> tuple[int, int, str]:
    slot = service.stock("B1")
    return slot["count"], slot["uncertain"], slot["state"]


def test_a_ticket_on_the_serial_line_turns_one_coil_and_is_then_spent(loaded: Service) -> None:
    (ticket,) = loaded.tickets(1)
    commits = loaded.happened("commit").count("commit")
    loaded.scan(ticket)
    loaded.wait_for_outcome(commits + 2)

    order = [(line["what"], line["slot"]) for line in loaded.trace() if line["what"] != "commit"]
    assert order == [
        ("scan", None),
        ("motor_on", "B1"),
        ("home", "B1"),
        ("home", "B1"),
        ("motor_off", "B1"),
        ("drop", "B1"),
    ]
    assert figures(loaded) == (4, 0, "ok")

    loaded.scan(ticket)
    loaded.wait_for("scan", 2)
    assert figures(loaded) == (4, 0, "ok")
    assert loaded.happened("motor_on") == ["motor_on"]
    assert loaded.done("ledger", "verify").startswith("OK")


def test_the_intent_is_committed_before_the_motor_and_nothing_while_it_is_on(loaded: Service) -> None:
    (ticket,) = loaded.tickets(1)
    before = len(loaded.trace())
    loaded.scan(ticket)
    loaded.wait_for("drop")
    wait_for("the outcome", lambda: loaded.happened()[-1] == "commit")

    order = [what for what in loaded.happened()[before:] if what in ("scan", "commit", "motor_on", "motor_off")]
    assert order == ["scan", "commit", "motor_on", "motor_off", "commit"]


@pytest.mark.parametrize(("fault", "state"), [("jam", "jammed"), ("no_drop", "ok"), ("stuck_home", "jammed")])
def test_nothing_that_did_not_come_is_counted_against_the_person(loaded: Service, fault: str, state: str) -> None:
    (ticket,) = loaded.tickets(1)
    commits = loaded.happened("commit").count("commit")
    loaded.done("bench", "fault", "B1", fault)
    loaded.scan(ticket)
    loaded.wait_for_outcome(commits + 2)
    assert figures(loaded) == (5, 0, state)

    loaded.done("bench", "fault", "B1", "none")
    loaded.done("count", "B1", "5")
    loaded.done("bench", "angle", "B1", "0")
    commits = loaded.happened("commit").count("commit")
    loaded.scan(ticket)
    loaded.wait_for_outcome(commits + 2)
    assert figures(loaded) == (4, 0, "ok")


def test_a_coil_that_starts_off_home_gives_one_item(loaded: Service) -> None:
    (ticket,) = loaded.tickets(1)
    loaded.done("bench", "angle", "B1", "330")  # behind the point where the item falls
    loaded.scan(ticket)
    loaded.wait_for("drop")
    wait_for("the outcome", lambda: loaded.happened()[-1] == "commit")

    assert loaded.happened("motor_on", "drop") == ["motor_on", "motor_on", "drop"]
    assert figures(loaded) == (4, 0, "ok")


def test_a_door_opened_during_a_turn_stops_the_motor_and_leaves_the_vend_uncertain(loaded: Service) -> None:
    (ticket,) = loaded.tickets(1)
    commits = loaded.happened("commit").count("commit")
    loaded.scan(ticket)
    loaded.wait_for("home")  # the coil has left home
    loaded.done("bench", "door", "open")
    loaded.wait_for_outcome(commits + 2)

    assert loaded.happened("door", "motor_on", "motor_off") == ["motor_on", "door", "motor_off"]
    assert figures(loaded) == (4, 1, "ok")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_during_a_turn_switches_off_first_and_leaves_the_vend_uncertain(
    loaded: Service, number: signal.Signals
) -> None:
    (ticket,) = loaded.tickets(1)
    loaded.scan(ticket)
    loaded.wait_for("home")

    assert loaded.end(number) == 0
    assert loaded.happened()[-2:] == ["motor_off", "commit"]
    assert figures(loaded) == (4, 1, "ok")
    assert_the_ticket_still_works(loaded, ticket)


def test_a_kill_during_a_turn_is_found_at_the_next_start_and_nothing_moves(loaded: Service) -> None:
    (ticket,) = loaded.tickets(1)
    loaded.scan(ticket)
    loaded.wait_for("home")

    loaded.end(signal.SIGKILL)
    assert_the_ticket_still_works(loaded, ticket)
    assert "booked as uncertain" in loaded.log()


def assert_the_ticket_still_works(service: Service, ticket: str) -> None:
    service.simulate()
    assert figures(service) == (4, 1, "ok")
    assert service.happened("motor_on") == []
    commits = service.happened("commit").count("commit")
    service.scan(ticket)
    service.wait_for_outcome(commits + 2)
    assert figures(service) == (3, 1, "ok")
    assert service.done("ledger", "verify").startswith("OK")
