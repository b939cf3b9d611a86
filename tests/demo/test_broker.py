"""The demo's broker: a real amqtt, called by our own telemetry, mosquitto's clients and people with bad manners."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import threading
from collections.abc import Iterator

import pytest

from kiosk.demo.broker import HOST, UNSUPPORTED_VERSION, Broker
from kiosk.telemetry.plan import Timing
from tests.broker import PATIENCE_S, Watch, program
from tests.demo.listening import listening
from tests.telemetry.conftest import TOPICS, Speaking, has, is_state, stock
from tests.telemetry.line import Line

PATIENT = Timing(connack_s=600.0)  # whoever waited for silence to end would fail by PATIENCE_S
GREETING, WELCOME = b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03abc", b"\x20\x02\x00\x00"  # MQTT 3.1.1


@pytest.fixture
def broker() -> Iterator[Broker]:
    with Broker(preferred_port=0) as broker:
        yield broker


@pytest.fixture
def operator(broker: Broker) -> Iterator[Watch]:
    """What is retained, and everything from now on."""
    with listening(broker.port, "kiosks/#") as watch:
        yield watch


def retained(broker: Broker, topic: str) -> str:
    with listening(broker.port, topic) as watch:
        return watch.until(topic)[-1].payload


def test_our_telemetry_leaves_status_info_and_stock_retained(broker: Broker) -> None:
    speaking = Speaking(broker.port, timing=PATIENT)
    speaking.telemetry.tell(stock(5))
    speaking.telemetry.start()
    assert speaking.next() is None  # found, and never lost

    assert is_state("online")(retained(broker, TOPICS.status))
    assert json.loads(retained(broker, TOPICS.info))["kiosk"] == "river-street"
    assert has(5)(retained(broker, TOPICS.stock))
    speaking.telemetry.close()
    assert is_state("offline")(retained(broker, TOPICS.status))


def test_a_change_of_stock_reaches_who_listens(broker: Broker, operator: Watch) -> None:
    speaking = Speaking(broker.port, timing=PATIENT)
    speaking.telemetry.start()

    for count in (5, 4):
        speaking.telemetry.tell(stock(count))
        operator.until(TOPICS.stock, has(count))

    speaking.telemetry.close()


def test_a_cut_line_leaves_lost_and_the_kiosk_comes_back(broker: Broker, operator: Watch) -> None:
    with Line(broker.port) as line:
        speaking = Speaking(line.port)
        speaking.telemetry.start()
        operator.until(TOPICS.status, is_state("online"))
        line.cut()

        operator.until(TOPICS.status, is_state("lost"))
        operator.until(TOPICS.status, is_state("online"))
        speaking.telemetry.close()


def test_a_caller_who_speaks_mqtt_5_is_told_at_once(broker: Broker) -> None:
    command = [program("mosquitto_sub"), "-V", "mqttv5", "-p", str(broker.port), "-t", "#"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)

    assert ran.returncode == 0x84
    assert "Unsupported Protocol Version" in ran.stderr


@pytest.mark.parametrize("length", [b"\x0d", b"\x8d\x00", b"\xff\xff\xff\xff"], ids=["short", "long", "endless"])
def test_mqtt_5_is_recognised_whatever_its_length(broker: Broker, length: bytes) -> None:
    with socket.create_connection((HOST, broker.port), PATIENCE_S) as caller:
        caller.sendall(b"\x10" + length + b"\x00\x04MQTT\x05")

        assert caller.recv(100) == UNSUPPORTED_VERSION
        assert caller.recv(100) == b""


def test_a_greeting_that_comes_in_pieces_is_understood(broker: Broker) -> None:
    with socket.create_connection((HOST, broker.port), PATIENCE_S) as caller:
        caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in GREETING:
            caller.send(bytes([number]))

        assert caller.recv(4) == WELCOME


def test_bad_manners_are_not_logged_and_disturb_nobody(
    broker: Broker, operator: Watch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for words in (b"", b"\x10", b"GET / HTTP/1.1\r\n\r\n", b"\x10\x0f\x00\x04MQTT\x04", b"\xff" * 64):
        with socket.create_connection((HOST, broker.port), PATIENCE_S) as caller:
            caller.sendall(words)
    speaking = Speaking(broker.port)
    speaking.telemetry.start()
    operator.until(TOPICS.status, is_state("online"))
    speaking.telemetry.close()
    operator.close()
    broker.close()

    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert capfd.readouterr() == ("", "")


def test_a_port_that_is_taken_is_not_fought_for() -> None:
    with socket.create_server((HOST, 0)) as taken, Broker(taken.getsockname()[1]) as broker:
        assert broker.port != taken.getsockname()[1]
        assert broker.url == f"mqtt://127.0.0.1:{broker.port}"


def test_close_gives_thread_and_files_back_and_may_be_called_twice() -> None:
    before = len(os.listdir("/proc/self/fd"))
    broker = Broker(preferred_port=0)
    with socket.create_connection((HOST, broker.port)), socket.create_connection((HOST, broker.port)) as caller:
        caller.sendall(GREETING)
        assert caller.recv(4) == WELCOME  # and the other one was met before, and says nothing

        broker.close()
        broker.close()

        assert caller.recv(4) == b""
    assert len(os.listdir("/proc/self/fd")) == before
    assert "broker" not in [thread.name for thread in threading.enumerate()]
