"""The herald, at a real web server that comes late, is not well, hangs or never comes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Empty, SimpleQueue

import pytest

from kiosk.demo.herald import Herald, answers
from tests.broker import PATIENCE_S, free_port

QUICK_S = 0.3


class Screen(BaseHTTPRequestHandler):
    """Answers 503 to the first two, then 200."""

    asked: SimpleQueue[str]

    def do_GET(self) -> None:
        self.asked.put(self.path)
        self.send_response(503 if self.asked.qsize() <= 2 else 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def screen(port: int) -> Iterator[SimpleQueue[str]]:
    """A screen at *port*; what it was asked for."""
    asked: SimpleQueue[str] = SimpleQueue()
    with HTTPServer(("127.0.0.1", port), type("Mine", (Screen,), {"asked": asked})) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def herald(port: int, patience_s: float = PATIENCE_S) -> Iterator[SimpleQueue[str]]:
    """A herald that has begun; what it said."""
    said: SimpleQueue[str] = SimpleQueue()
    url = f"http://127.0.0.1:{port}/healthz"
    with Herald(url, lambda: said.put("ready"), lambda: said.put("late"), patience_s) as begun:
        begun.start()
        yield said


@pytest.fixture
def deaf() -> Iterator[int]:
    """The port of a screen that hangs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_screen_that_comes_later_and_is_well_later_is_ready_once() -> None:
    port = free_port()
    with herald(port) as said, screen(port) as asked:
        assert said.get(timeout=PATIENCE_S) == "ready"
        assert [asked.get() for _ in range(asked.qsize())] == ["/healthz"] * 3
        with pytest.raises(Empty):
            said.get(timeout=QUICK_S)


def test_a_screen_that_never_comes_is_late() -> None:
    with herald(free_port(), patience_s=QUICK_S) as said:
        assert said.get(timeout=PATIENCE_S) == "late"


def test_a_screen_that_hangs_does_not_answer(deaf: int) -> None:
    assert not answers(f"http://127.0.0.1:{deaf}/healthz", within_s=0.05)


def test_a_proxy_is_not_asked(monkeypatch: pytest.MonkeyPatch, deaf: int) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{deaf}")
    with herald(port := free_port()) as said, screen(port):
        assert said.get(timeout=PATIENCE_S) == "ready"


def test_after_close_nothing_is_said() -> None:
    port = free_port()
    with herald(port) as said:
        pass

    with screen(port):
        assert said.empty()
        assert "herald" not in [thread.name for thread in threading.enumerate()]


def test_close_without_start_may_be_called_twice() -> None:
    unused = Herald("http://127.0.0.1:1/healthz", lambda: None, lambda: None)

    unused.close()
    unused.close()
