"""A real mosquitto for tests, on a free port of this machine, and its operator: ``mosquitto_sub``.

    with Broker(tmp_path) as broker:                # anonymous, MQTT 5 and 3.1.1, keeps nothing on disk
        broker.retained("kiosks/#")                 # {topic: payload} of what is retained now
        broker.wait_for(topic, lambda payload: "7" in payload)
        with broker.watch("kiosks/#") as watch:     # everything from now on, retained messages first
            watch.next()                            # Heard(topic, payload, retained)
        broker.kill()                               # SIGKILL: all it retained is gone
        broker.start()                              # again, on the same port

*lines* are lines of mosquitto.conf that stand below its ``listener``: passwords, access lists, certificates. *operator*
are further options for ``mosquitto_sub``. Where mosquitto is missing the test is skipped; with CI=true that fails.
"""

from __future__ import annotations

import json
import os
import queue
import select
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

import pytest

PATIENCE_S = 15.0
ANYBODY = ("allow_anonymous true",)
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"  # Debian puts mosquitto where only root looks


class Heard(NamedTuple):
    """One message as the operator hears it."""

    topic: str
    payload: str
    retained: bool


def wait_for(what: str, condition: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
    """Wait until *condition* is true; fails when it does not become so in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {within_s:g} s in vain for {what}"
        select.select([], [], [], 0.005)


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def program(name: str) -> str:
    """The path of one of mosquitto's programs; skips the test where it is missing."""
    path = shutil.which(name, path=PATH)
    if path is None:
        pytest.skip(f"{name} is missing: sudo apt-get install mosquitto mosquitto-clients")
    return path


class Watch:
    """What the operator hears from now on. It connects again by itself when the broker was away."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._heard: queue.SimpleQueue[Heard | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        while self._heard.get(timeout=PATIENCE_S) is not None:
            pass  # amqtt sends retained messages of others' subscriptions first, and all that are due once more

    def next(self, within_s: float = PATIENCE_S) -> Heard:
        """The next message."""
        while (heard := self._heard.get(timeout=within_s)) is None:
            pass
        return heard

    def until(self, topic: str, condition: Callable[[str], bool] = bool) -> list[Heard]:
        """All messages up to the first of *topic* whose payload fulfils *condition*."""
        heard = [self.next()]
        while heard[-1].topic != topic or not condition(heard[-1].payload):
            heard.append(self.next())
        return heard

    def close(self) -> None:
        """Stop listening."""
        self._process.kill()
        self._process.wait()
        self._thread.join()
        assert self._process.stdout
        self._process.stdout.close()

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith("Subscribed"):
                self._heard.put(None)
            elif line.startswith("{"):
                said = json.loads(line)
                self._heard.put(Heard(said["topic"], said.get("payload") or "", bool(said["retain"])))


class Broker:
    """One mosquitto. Its port stays the same through ``kill``, ``stop`` and ``start``."""

    def __init__(self, folder: Path, lines: Sequence[str] = ANYBODY, operator: Sequence[str] = ()) -> None:
        self._program, self._sub = program("mosquitto"), program("mosquitto_sub")
        self.port = free_port()
        self._operator = ["--host", "localhost", "--port", str(self.port), *operator]
        self._process: subprocess.Popen[bytes] | None = None
        self._config, self._log = folder / "mosquitto.conf", folder / "mosquitto.log"
        root = ("user root",) if os.geteuid() == 0 else ()  # else it becomes another user, who may read nothing here
        listener = (f"listener {self.port} localhost", "persistence false", "max_queued_messages 0")
        self._config.write_text("\n".join((*root, *listener, *lines, "")))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start, and wait until it listens."""
        with self._log.open("ab") as log:
            command = [self._program, "-v", "-c", str(self._config)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_for("the broker", lambda: self._listens() or not self.is_running)
        assert self.is_running, self.log()

    def kill(self) -> None:
        """SIGKILL: connections are cut, and all it retained is gone."""
        if self._process:
            self._process.kill()
            self._process.wait(PATIENCE_S)

    def stop(self) -> None:
        """SIGTERM: it tells its clients that it goes."""
        if self._process:
            self._process.terminate()
            self._process.wait(PATIENCE_S)

    def restart(self) -> None:
        """Kill and start."""
        self.kill()
        self.start()

    def log(self) -> str:
        """All that the broker has logged, of all its lives."""
        return self._log.read_text(errors="replace")

    def retained(self, topic: str = "#") -> dict[str, str]:
        """What is retained now, payload by topic."""
        end = "tests/end"  # asked for in the same breath, so it is heard behind all that is retained
        with self.watch(topic, end) as watch:
            self.publish(end, "end")
            return {heard.topic: heard.payload for heard in watch.until(end) if heard.retained}

    def publish(self, topic: str, payload: str) -> None:
        """Say something as the operator does."""
        command = [program("mosquitto_pub"), *self._operator, "-q", "1", "-t", topic, "-m", payload]
        subprocess.run(command, check=True, timeout=PATIENCE_S)

    def wait_for(self, topic: str, condition: Callable[[str], bool] = bool) -> str:
        """Wait until the newest payload of *topic* fulfils *condition*; that payload."""
        with self.watch(topic) as watch:
            return watch.until(topic, condition)[-1].payload

    @contextmanager
    def watch(self, *topics: str) -> Iterator[Watch]:
        """Listen to *topics* as the operator does; returns once the broker has confirmed it."""
        wanted = [word for topic in topics for word in ("-t", topic)]
        command = [self._sub, *self._operator, *wanted, "-d", "-q", "1", "-F", "%j"]
        # without a terminal it would keep its words until a page is full
        command = ["stdbuf", "-oL", *command]
        watch = Watch(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        try:
            yield watch
        finally:
            watch.close()

    def _listens(self) -> bool:
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", self.port)) == 0
