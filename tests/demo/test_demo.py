"""``kiosk demo`` as a process, as a newcomer starts it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from kiosk.config import load
from tests.broker import PATIENCE_S, Watch, free_port, wait_for
from tests.demo.listening import listening

STOCK = "kiosks/v1/demo/up/stock"
WITHOUT_AMQTT = "import sys; sys.modules['amqtt'] = None; from kiosk.cli import main; main()"


class Demo:
    """One demo, and what it prints; *starter* starts Python, with ``kiosk`` as its program."""

    def __init__(self, folder: Path, port: int, starter: tuple[str, ...], **environment: str) -> None:
        self._out, self._err = folder / f"out{port}", folder / f"err{port}"
        command = [sys.executable, *starter, "demo", "--no-browser", "--port", str(port)]
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(command, stdout=out, stderr=err, env={**os.environ, **environment})

    def wait_until_ready(self) -> None:
        wait_for("the demo", lambda: self.values("ready") != [] or self.process.poll() is not None)
        assert self.values("ready"), self.complaints()

    def values(self, name: str) -> list[str]:
        """All that was printed under *name*."""
        lines = [line.partition(": ") for line in self._out.read_text().splitlines()]
        return [value for found, _, value in lines if found == name]

    def value(self, name: str) -> str:
        """What was printed under *name*, once."""
        (value,) = self.values(name)
        return value

    def wait_for_scanner(self) -> None:
        """Wait until the kiosk has opened its end of the line, besides the line itself that holds it open."""
        config = load(Path(self.value("config"))).config
        assert config
        assert config.scanner
        port = config.scanner.port
        wait_for("the scanner", lambda: open_files(self.process.pid).count(port) == 2)

    def complaints(self) -> str:
        return self._err.read_text()

    def end(self, number: signal.Signals) -> int:
        """Send a signal; the exit code."""
        self.process.send_signal(number)
        return self.exit_code()

    def exit_code(self) -> int:
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        """End it if it still runs; a kill would leave its folder behind."""
        if self.process.poll() is None:
            self.end(signal.SIGTERM)


def open_files(pid: int) -> list[str]:
    """The names of all files a process has open."""
    names = []
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            names.append(os.readlink(file))
    return names


Start = Callable[..., Demo]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a demo; ended with the test."""
    all_of_them: list[Demo] = []

    def start(port: int | None = None, starter: tuple[str, ...] = ("-m", "kiosk"), **environment: str) -> Demo:
        all_of_them.append(Demo(tmp_path, port or free_port(), starter, **environment))
        return all_of_them[-1]

    yield start
    for demo in all_of_them:
        demo.close()


@pytest.fixture
def demo(start: Start) -> Demo:
    """A demo that is ready."""
    demo = start()
    demo.wait_until_ready()
    return demo


@pytest.fixture
def operator(demo: Demo) -> Iterator[Watch]:
    """Who listens to the topics that were printed."""
    with listening(int(demo.value("broker").rsplit(":", 1)[1]), demo.value("topics")) as watch:
        yield watch


def kits_in(payload: str) -> int:
    return int(json.loads(payload)["items"]["kit"])


def test_a_printed_ticket_written_to_the_printed_scanner_gives_one_kit(demo: Demo, operator: Watch) -> None:
    before = kits_in(operator.until(STOCK)[-1].payload)
    (ticket, *_) = demo.values("ticket for 1 kit")

    demo.wait_for_scanner()
    Path(demo.value("scanner")).write_text(f"{ticket}\r", newline="")

    operator.until(STOCK, lambda payload: kits_in(payload) == before - 1)


def test_the_printed_line_for_a_shell_holds_a_ticket_to_the_scanner(demo: Demo, operator: Watch) -> None:
    before = kits_in(operator.until(STOCK)[-1].payload)

    demo.wait_for_scanner()
    subprocess.run(["/bin/sh", "-c", demo.value("hold a ticket to the scanner")], check=True, timeout=PATIENCE_S)

    operator.until(STOCK, lambda payload: kits_in(payload) == before - 1)


def test_other_commands_work_with_the_printed_configuration(demo: Demo) -> None:
    command = [sys.executable, "-m", "kiosk", "stock", "--json"]
    environment = {**os.environ, "KIOSK_CONFIG": demo.value("config")}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE_S)

    assert len(json.loads(ran.stdout)["slots"]) == 12


def test_addresses_are_printed_under_their_names(start: Start) -> None:
    demo = start(port := free_port())
    demo.wait_until_ready()

    assert demo.value("screen") == f"http://127.0.0.1:{port}/"
    assert demo.value("bench") == f"http://127.0.0.1:{port}/bench"
    assert demo.value("broker").startswith("mqtt://127.0.0.1:")
    assert demo.value("topics") == "kiosks/v1/demo/#"
    assert "Ctrl-C" in demo.value("end")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_cleanly_and_leaves_nothing(demo: Demo, number: signal.Signals) -> None:
    folder = Path(demo.value("config")).parent
    assert folder.exists()

    assert demo.end(number) == 0
    assert not folder.exists()
    assert demo.complaints() == ""


def test_a_signal_while_it_sets_itself_up_ends_it_cleanly_too(start: Start) -> None:
    with TemporaryDirectory() as folder:  # pytest's own are too long for the kiosk's socket
        demo = start(TMPDIR=folder)
        wait_for("a part of the demo", lambda: list(Path(folder).glob("kiosk-demo-*/data")) != [])

        assert demo.end(signal.SIGTERM) == 0
        assert os.listdir(folder) == []
    assert demo.complaints() == ""


def test_no_counters_of_its_passes_are_left_in_memory(start: Start) -> None:
    with TemporaryDirectory(dir="/dev/shm") as memory:
        demo = start(XDG_RUNTIME_DIR=memory)
        demo.wait_until_ready()

        assert demo.end(signal.SIGTERM) == 0
        assert os.listdir(memory) == []


def test_it_ends_cleanly_while_an_operator_listens(demo: Demo, operator: Watch) -> None:
    operator.until(STOCK)

    assert demo.end(signal.SIGINT) == 0
    assert demo.complaints() == ""


def test_two_demos_run_beside_each_other(demo: Demo, start: Start) -> None:
    other = start()
    other.wait_until_ready()

    for name in ("broker", "scanner", "config"):
        assert demo.value(name) != other.value(name)


def test_a_port_that_is_taken_is_said_in_one_sentence(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        demo = start(port)

        assert demo.exit_code() == 1
    assert demo.complaints() == (
        f"Error: port {port} cannot be had (Address already in use): end what uses it, "
        f"or run kiosk demo --port {port + 1}\n"
    )


def test_a_missing_broker_is_said_in_one_sentence(start: Start) -> None:
    demo = start(starter=("-c", WITHOUT_AMQTT))

    assert demo.exit_code() == 1
    assert demo.complaints() == (
        "Error: the demo's broker is not installed (amqtt is missing): run make demo, "
        "or pip install 'supply-kiosk[demo]'\n"
    )
