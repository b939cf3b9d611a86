"""From the edge of the home switch to the motor's pin being low, in a real process whose pages are busy.

The trace stamps both. A thread fetches the home page 20 times a second meanwhile, as four impatient browsers would.
Floor: a message that is handed from one thread to another by a queue, as the edge is handed to the owner.
"""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from statistics import quantiles
from time import monotonic

from tests.bench.figures import Effort, Figure
from tests.bench.processes import MeasuredService, loaded_service

REQUESTS_A_SECOND = 20
HAND_OVERS = 200


def home_to_motor_off(effort: Effort) -> Iterator[Figure]:
    """Turns of one coil, one after the other."""
    with loaded_service() as service:
        tickets = service.tickets(1 + effort.turns)
        _turn_s(service, tickets.pop())  # nothing is done for the first time below
        with visitors(service.port) as answered:
            began = monotonic()
            times = [1e3 * _turn_s(service, ticket) for ticket in tickets]
            rate = len(answered) / (monotonic() - began)
    floor = [1e3 * seconds for seconds in hand_overs()]
    yield Figure("home edge to motor off", times, "ms", floor, "≤ 1 ms")
    yield Figure("of a hundred, all but one within", [quantiles(times, n=100)[98]], "ms", aim="≤ 10 ms")
    yield Figure("pages answered meanwhile", [rate], "/s", aim=f"{REQUESTS_A_SECOND}")


@contextmanager
def visitors(port: int) -> Iterator[list[float]]:
    """Fetch the home page steadily; when each answer came."""
    answered: list[float] = []
    ended = threading.Event()

    def fetch() -> None:
        due = monotonic()
        while not ended.wait(max(0.0, due - monotonic())):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
                answer.read()
            answered.append(monotonic())
            due += 1 / REQUESTS_A_SECOND

    thread = threading.Thread(target=fetch)
    thread.start()
    try:
        yield answered
    finally:
        ended.set()
        thread.join()


def hand_overs() -> list[float]:
    """Seconds that a message takes from one thread into another that waits for it."""
    there: SimpleQueue[float | None] = SimpleQueue()
    back: SimpleQueue[float] = SimpleQueue()

    def take() -> None:
        while (sent := there.get()) is not None:
            back.put(monotonic() - sent)

    thread = threading.Thread(target=take)
    thread.start()
    took = []
    for _ in range(HAND_OVERS):
        there.put(monotonic())
        took.append(back.get())
    there.put(None)
    thread.join()
    return took


def _turn_s(service: MeasuredService, ticket: str) -> float:
    _, trace = service.vend(ticket)
    at = {line["what"]: line["t"] for line in trace if line["what"] == "motor_off" or line.get("at_home")}
    home, off = at["home"], at["motor_off"]
    assert isinstance(home, float)
    assert isinstance(off, float)
    return off - home
