"""The pages of a kiosk that is a process of its own."""

from __future__ import annotations

import json
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker import free_port
from tests.process.service import CONFIG, Service, screened, wait_for


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def with_screen(tmp_path: Path, port: int) -> Iterator[Service]:
    service = Service(tmp_path, screened(CONFIG, port))
    try:
        yield service
    finally:
        service.close()


def code_of(port: int, path: str, form: bytes | None = None) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", form, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def health(port: int) -> object:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=20) as answer:
        return json.load(answer)


def test_a_real_kiosk_has_a_screen_and_no_bench(with_screen: Service, port: int) -> None:
    with_screen.start(ready="out of order: pins")
    wait_for("the screen", lambda: "ready:" in with_screen.log())

    assert health(port) == {"state": "ready", "simulated": False}
    for path in ("/bench", "/bench/state", "/bench/events", "/bench/ledger", "/bench/static/bench.js"):
        assert code_of(port, path) == 404
    for path in ("fault", "scan", "door", "fill", "take", "load", "ticket"):
        assert code_of(port, f"/bench/{path}", b"slot=B1&kind=jam") == 404
    assert with_screen.end(signal.SIGTERM) == 0


def test_a_touch_at_a_simulated_kiosk_turns_a_coil_and_is_logged_nowhere(with_screen: Service, port: int) -> None:
    with_screen.done("load", "A1", "3")
    with_screen.simulate()
    assert code_of(port, "/bench") == 200

    assert code_of(port, "/choose", b"item=naloxone") == 200  # urllib has followed to the home page
    with_screen.wait_for_outcome(commits=3)  # the first start has one of its own

    assert with_screen.stock("A1")["count"] == 2
    assert "choose" not in with_screen.log()
    assert "naloxone" not in with_screen.log()
    assert with_screen.end(signal.SIGINT) == 0


def test_a_taken_port_is_said_in_the_log_and_the_kiosk_stays_up(with_screen: Service, port: int) -> None:
    with_screen.done("load", "A1", "3")
    with socket.create_server(("127.0.0.1", port)):
        with_screen.simulate()

        assert (
            f"screen lost: port {port} of this machine cannot be had (Address already in use); end what uses it"
            in with_screen.log()
        )
        with_screen.done("bench", "choose", "naloxone")
        with_screen.wait_for_outcome()
    assert "Traceback" not in with_screen.log()
    assert with_screen.end(signal.SIGTERM) == 0
