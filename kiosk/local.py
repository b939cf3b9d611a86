"""The local socket by which commands reach the running service: one line there, one line back, each a kind and JSON.

It lies in the data directory and is for its owner and group only. It passes asks on; it carries nothing out itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from kiosk.core.asks import Answer, Ask, AskRefused, BenchAsk, StorageFailed
from kiosk.waiting import answer_of

NAME = "kiosk.sock"
TRY_AGAIN = "try again, then restart it"
PATIENCE_S = 30.0  # a batch of 10,000 on a slow card, behind a vend
SILENT_CALLER_S = 5.0  # one that says nothing must not hold up the next
# a batch of 10,000 tags is 0.4 MB; the largest list that other kiosks take, as the answer to MakeList, 12 MB: one that
# is larger must still arrive here, for whoever signs it to say what to do
MOST_BYTES = 32 << 20

_ASKS: dict[str, TypeAdapter[Any]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(Ask | BenchAsk)}
_ANSWERS: dict[str, TypeAdapter[Any]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(Answer)}
Asking = Callable[[Ask | BenchAsk], Future[Answer]]

_ERRORS: dict[str, type[Exception]] = {"AskRefused": AskRefused, "StorageFailed": StorageFailed}


class ServiceFailed(RuntimeError):
    """The service is there and did not answer as it should; the message says what to do."""


def ask_service(data: Path, ask: Ask | BenchAsk) -> Answer | None:
    """Ask the running service; None when there is none. Raises ``AskRefused``, ``StorageFailed``, ``ServiceFailed``."""
    with socket.socket(socket.AF_UNIX) as line, _short_path(data) as path:
        line.settimeout(2 * PATIENCE_S)  # longer than the service waits: who gives up first must be the one who knows
        try:
            line.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except PermissionError as error:
            raise ServiceFailed(f"this user may not talk to the service in {data}; use sudo") from error
        try:
            line.sendall(_packed(ask))
            with line.makefile("rb") as answers:
                return _unpacked_answer(answers.readline(MOST_BYTES))
        except OSError as error:
            raise ServiceFailed(f"the service in {data} did not answer ({error}); {TRY_AGAIN}") from error
        except (KeyError, UnicodeDecodeError, json.JSONDecodeError, ValidationError):
            # nothing of these: they quote what they found, which may be a list of codes
            raise ServiceFailed(f"the service in {data} did not answer as it should; {TRY_AGAIN}") from None


class LocalServer:
    """Serves the socket in one thread, one caller at a time; ``close()`` may be called twice."""

    def __init__(self, data: Path, ask: Asking, patience_s: float = PATIENCE_S) -> None:
        self._path = data / NAME
        self._ask = ask
        self._patience_s = patience_s
        self._closing = threading.Event()
        self._path.unlink(missing_ok=True)  # left by a kill; the instance lock says that nobody listens there
        self._listener = socket.socket(socket.AF_UNIX)
        with _short_path(data) as path:
            self._listener.bind(path)
        self._path.chmod(0o660)
        self._listener.listen()
        self._thread = threading.Thread(target=self._run, name="local", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def close(self) -> None:
        """Stop serving and take the socket away."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread
        if self._thread.ident:
            self._thread.join()
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                caller, _ = self._listener.accept()
            except OSError:
                self._closing.wait(1.0)  # closed, or out of descriptors for a moment
                continue
            with caller, contextlib.suppress(OSError):  # the caller went away, or said nothing
                caller.settimeout(SILENT_CALLER_S)
                with caller.makefile("rb") as lines:
                    caller.sendall(self._answer(lines.readline(MOST_BYTES)))

    def _answer(self, line: bytes) -> bytes:
        try:
            return _packed(self._wait(self._ask(_unpacked(line))))
        except (ValidationError, KeyError, UnicodeDecodeError):
            return _packed_error("AskRefused", "this was not an ask; use the kiosk command of the same version")
        except AskRefused as error:
            return _packed_error("AskRefused", str(error))
        except RuntimeError as error:
            return _packed_error("StorageFailed", str(error))

    def _wait(self, asked: Future[Answer]) -> Answer:
        try:
            return answer_of(asked, self._patience_s)
        except TimeoutError:
            raise StorageFailed("the service is busy and has done nothing; try again") from None


def _packed(value: Ask | BenchAsk | Answer) -> bytes:
    kind = type(value).__name__
    return kind.encode() + b" " + (_ASKS | _ANSWERS)[kind].dump_json(value) + b"\n"


def _packed_error(kind: str, message: str) -> bytes:
    return kind.encode() + b" " + json.dumps(message).encode() + b"\n"


def _unpacked(line: bytes) -> Ask | BenchAsk:
    kind, _, content = line.partition(b" ")
    value: Ask | BenchAsk = _ASKS[kind.decode()].validate_json(content)
    return value


def _unpacked_answer(line: bytes) -> Answer:
    kind, _, content = line.partition(b" ")
    if kind.decode() in _ERRORS:
        raise _ERRORS[kind.decode()](json.loads(content))
    value: Answer = _ANSWERS[kind.decode()].validate_json(content)
    return value


@contextlib.contextmanager
def _short_path(data: Path) -> Iterator[str]:
    # a socket's path may have 107 bytes only; through a descriptor of its directory it is always short
    try:
        folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield str(data / NAME)
        return
    try:
        yield f"/proc/self/fd/{folder}/{NAME}"
    finally:
        os.close(folder)
