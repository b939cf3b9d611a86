"""Telemetry at a real broker that comes, goes, forgets and refuses."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import pytest

from kiosk.telemetry.telemetry import FRAGILE
from tests.broker import Broker, wait_for
from tests.telemetry.conftest import FACTS, QUICK, TOPICS, Speaking, has, is_state, said, stock
from tests.telemetry.line import UNACCEPTABLE_VERSION, Line

Speak = Callable[..., Speaking]


# --- what the operator sees


def test_status_info_and_stock_are_retained(broker: Broker, speak: Speak) -> None:
    speaking = speak(broker.port)
    speaking.telemetry.tell(stock(5))
    broker.wait_for(TOPICS.stock, has(5))

    retained = broker.retained()

    assert set(retained) == {TOPICS.status, TOPICS.info, TOPICS.stock}
    assert is_state("online")(retained[TOPICS.status])
    assert said(retained[TOPICS.info])["name"] == "River Street"
    assert retained == dict(speaking.telemetry.told())


def test_every_change_of_stock_is_published_with_a_higher_number(broker: Broker, speak: Speak) -> None:
    speaking = speak(broker.port)

    with broker.watch(TOPICS.stock) as operator:
        for count in (5, 4, 3):
            speaking.telemetry.tell(stock(count))
            heard = operator.until(TOPICS.stock, has(count))

    assert said(heard[-1].payload)["snapshot"] == 3


def test_a_stock_larger_than_any_buffer_arrives_whole(broker: Broker, speak: Speak) -> None:
    with Line(broker.port) as line:
        speaking = speak(line.port)
        speaking.found()
        speaking.telemetry.tell(stock(1) * 80_000)
        payload = broker.wait_for(TOPICS.stock, has(80_000))

    assert len(payload) > 6_000_000  # a socket holds 4 MB at most
    assert payload == speaking.telemetry.told()[TOPICS.stock]


def test_a_kiosk_with_another_ledger_says_goodbye_and_begins_anew_under_its_name(broker: Broker, speak: Speak) -> None:
    speaking = speak(broker.port)
    speaking.telemetry.tell(stock(5))
    broker.wait_for(TOPICS.stock, has(5))

    with broker.watch(TOPICS.status) as operator:
        speaking.telemetry.renew(replace(FACTS, ledger="b00c", boot=8))
        operator.until(TOPICS.status, is_state("online", boot=8))

    assert said(broker.wait_for(TOPICS.info, lambda payload: said(payload)["ledger"] == "b00c"))
    newest = said(broker.wait_for(TOPICS.stock, lambda payload: said(payload)["ledger"] == "b00c"))
    assert (newest["snapshot"], newest["items"]) == (1, {"naloxone": 5})


def test_the_same_stock_told_again_is_not_published_again(broker: Broker, speak: Speak) -> None:
    speaking = speak(broker.port)

    with broker.watch(TOPICS.stock) as operator:
        for count in (5, 5, 5, 4):
            speaking.telemetry.tell(stock(count))
        heard = operator.until(TOPICS.stock, has(4))

    assert len(heard) <= 2


def test_a_kiosk_that_reports_on_a_grid_publishes_no_stock(broker: Broker, speak: Speak) -> None:
    speaking = speak(broker.port, publishes_stock=False)
    for count in range(5):
        speaking.telemetry.tell(stock(count))
    speaking.found()
    speaking.telemetry.close()

    assert set(broker.retained()) == {TOPICS.status, TOPICS.info}
    assert TOPICS.stock not in speaking.telemetry.told()
    assert "up/stock" not in broker.log()


def test_listeners_hear_of_all_that_was_told(broker: Broker, speak: Speak) -> None:
    speaking = Speaking(broker.port)
    topics: list[int] = []
    speaking.telemetry.listen(lambda: topics.append(len(speaking.telemetry.told())))
    speaking.telemetry.tell(stock(5))

    speaking.telemetry.start()
    speaking.found()
    speaking.telemetry.close()

    assert topics == [1, 2, 3, 3]  # status, info, stock, offline


def test_nothing_is_logged_of_what_is_published(broker: Broker, speak: Speak, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    speaking = speak(broker.port)
    for count in (5, 4):
        speaking.telemetry.tell(stock(count))
        broker.wait_for(TOPICS.stock, has(count))
    speaking.telemetry.close()

    assert [record.getMessage() for record in caplog.records] == [f"broker found at localhost:{broker.port}"]


# --- the end


def test_a_clean_stop_leaves_offline(broker: Broker, speak: Speak) -> None:
    speaking = speak(broker.port)
    speaking.found()

    speaking.telemetry.close()
    speaking.telemetry.close()

    assert is_state("offline")(broker.retained()[TOPICS.status])


def test_the_last_change_before_a_clean_stop_is_published(broker: Broker, speak: Speak) -> None:
    speaking = speak(broker.port)
    speaking.found()

    speaking.telemetry.tell(stock(3))
    speaking.telemetry.close()

    assert has(3)(broker.retained()[TOPICS.stock])


def test_a_killed_process_leaves_lost_with_its_boot(broker: Broker) -> None:
    command = [sys.executable, "-m", "tests.telemetry.alone", str(broker.port)]
    with broker.watch(TOPICS.status) as operator, subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        operator.until(TOPICS.status, is_state("online"))
        process.kill()
        operator.until(TOPICS.status, is_state("lost", boot=7))

    assert is_state("lost", boot=7)(broker.retained()[TOPICS.status])


def test_a_cut_line_leaves_lost_until_the_kiosk_is_back(broker: Broker, speak: Speak) -> None:
    with Line(broker.port) as line, broker.watch(TOPICS.status) as operator:
        speaking = speak(line.port)
        operator.until(TOPICS.status, is_state("online"))
        line.cut()

        operator.until(TOPICS.status, is_state("lost"))
        operator.until(TOPICS.status, is_state("online"))
        speaking.telemetry.close()


def test_a_kiosk_stopped_while_it_connects_leaves_no_word(broker: Broker, speak: Speak) -> None:
    with Line(broker.port) as line:
        line.is_silent = True
        speaking = speak(line.port)
        wait_for("the kiosk's call", lambda: "New client connected" in broker.log())

        speaking.telemetry.close()

        assert broker.retained() == {}


# --- a broker that comes and goes


def test_a_broker_that_starts_after_the_kiosk_is_found(tmp_path: Path, speak: Speak) -> None:
    broker = Broker(tmp_path)
    speaking = speak(broker.port)
    speaking.telemetry.tell(stock(5))
    assert speaking.lost() == (
        f"nobody listens at localhost:{broker.port}; start the broker, or correct telemetry.broker"
    )

    with broker:
        broker.wait_for(TOPICS.stock, has(5))
        assert speaking.next() is None


def test_a_broker_that_lost_its_memory_is_told_all_of_it_again(broker: Broker, speak: Speak) -> None:
    speaking = speak(broker.port)
    speaking.telemetry.tell(stock(5))
    broker.wait_for(TOPICS.stock, has(5))

    broker.kill()
    speaking.telemetry.tell(stock(4))
    broker.start()
    broker.wait_for(TOPICS.stock, has(4))

    wait_for("all topics", lambda: broker.retained() == dict(speaking.telemetry.told()))


def test_what_changes_as_the_broker_dies_is_not_lost(broker: Broker, speak: Speak) -> None:
    speaking = speak(broker.port)
    speaking.found()

    for count in range(0, 24, 2):
        speaking.telemetry.tell(stock(count))
        broker.kill()
        speaking.telemetry.tell(stock(count + 1))
        broker.start()
        broker.wait_for(TOPICS.stock, has(count + 1))

    # the broker may hear it an instant before telemetry says that it has been told
    wait_for("what was told", lambda: has(23)(speaking.telemetry.told()[TOPICS.stock]))


@pytest.mark.parametrize("attempt", range(5))
def test_a_stock_that_was_not_acknowledged_never_comes_over_a_newer_one(
    broker: Broker, speak: Speak, attempt: int
) -> None:
    with Line(broker.port) as line, broker.watch(TOPICS.stock) as operator:
        speaking = speak(line.port)
        speaking.found()
        line.is_silent = True  # the broker takes what the kiosk says, and the kiosk does not know
        speaking.telemetry.tell(stock(3))
        heard = operator.until(TOPICS.stock, has(3))
        speaking.telemetry.tell(stock(2))
        line.is_silent = False
        line.cut()
        heard += operator.until(TOPICS.stock, has(2))
        speaking.telemetry.tell(stock(1))
        heard += operator.until(TOPICS.stock, has(1))

    snapshots = [said(each.payload)["snapshot"] for each in heard]
    assert snapshots == sorted(snapshots)
    assert has(1)(broker.retained()[TOPICS.stock])


def test_a_thousand_changes_without_a_broker_are_one_message(tmp_path: Path, speak: Speak) -> None:
    broker = Broker(tmp_path)
    speaking = speak(broker.port)
    for count in range(1000):
        speaking.telemetry.tell(stock(count))

    with broker:
        broker.wait_for(TOPICS.stock, has(999))
        speaking.found()

        assert said(broker.retained()[TOPICS.stock])["snapshot"] == 1
        taken = [line for line in broker.log().splitlines() if "Received PUBLISH from river-street" in line]
        assert sum(TOPICS.stock in line for line in taken) == 1


def test_a_broker_is_lost_once_and_found_once(broker: Broker, speak: Speak, caplog: pytest.LogCaptureFixture) -> None:
    speaking = speak(broker.port, timing=replace(QUICK, stable_s=0.0))
    speaking.found()

    broker.stop()
    why, why_still = speaking.lost(), speaking.lost()
    broker.start()

    assert speaking.next() is None
    assert [record.getMessage() for record in caplog.records] == [
        f"broker lost: {why}",
        f"broker still lost: {why_still}",
    ]


def test_two_kiosks_with_one_id_give_way_to_each_other(broker: Broker, speak: Speak) -> None:
    timing = replace(QUICK, first_pause_s=0.01, longest_pause_s=30.0, chance=lambda: 1.0)
    begin = time.monotonic()
    kiosks = [speak(broker.port, timing=timing) for _ in range(2)]
    wait_for("a quarrel", lambda: broker.log().count("New client connected") >= 12)

    # without a growing pause they would do this a hundred times a second; and say so each time
    assert time.monotonic() - begin > 0.02 + 0.04 + 0.08 + 0.16 + 0.32
    assert all(list_of(kiosk.heard).count(None) <= FRAGILE for kiosk in kiosks)


def test_a_connection_must_last_to_count_as_found_when_three_did_not(broker: Broker, speak: Speak) -> None:
    with Line(broker.port) as line, broker.watch(TOPICS.stock) as operator:
        speaking = speak(line.port)
        for count in range(0, 12, 2):
            for each in (count, count + 1):  # the second is sent once the first is acknowledged
                speaking.telemetry.tell(stock(each))
                operator.until(TOPICS.stock, has(each))
            line.cut()

    assert list_of(speaking.heard).count(None) <= FRAGILE


def test_a_connection_that_lasts_is_found_whatever_was_before(broker: Broker, speak: Speak) -> None:
    with Line(broker.port) as line, broker.watch(TOPICS.stock) as operator:
        speaking = speak(line.port, timing=replace(QUICK, stable_s=0.3, tick_s=0.05))
        for count in range(0, 12, 2):
            for each in (count, count + 1):
                speaking.telemetry.tell(stock(each))
                operator.until(TOPICS.stock, has(each))
            list_of(speaking.heard)
            line.cut()

        speaking.found()


def list_of(heard: SimpleQueue[str | None]) -> list[str | None]:
    return [heard.get() for _ in range(heard.qsize())]


# --- older brokers


@pytest.mark.parametrize("answer", [UNACCEPTABLE_VERSION, b""], ids=["refuses", "hangs up"])
def test_a_broker_that_knows_no_mqtt_5_is_spoken_to_in_3_1_1(broker: Broker, speak: Speak, answer: bytes) -> None:
    with Line(broker.port, answer_to_5=answer) as line:
        speaking = speak(line.port)

        assert speaking.next() is None
        assert is_state("online")(broker.retained()[TOPICS.status])
        assert line.versions == [5, 4]
        speaking.telemetry.close()
        wait_for("the last words to be handed on", lambda: line.is_free)

    assert is_state("offline")(broker.retained()[TOPICS.status])


def test_a_broker_that_waits_for_the_rest_of_an_mqtt_5_greeting_is_spoken_to_in_3_1_1(
    broker: Broker, speak: Speak
) -> None:
    with Line(broker.port, waits_at_5=True) as line:
        speaking = speak(line.port, timing=replace(QUICK, connack_s=0.5))

        assert speaking.next() is None
        assert line.versions == [5, 4]
        speaking.telemetry.close()


def test_what_worked_last_is_tried_first_and_mqtt_5_again_when_it_fails(broker: Broker, speak: Speak) -> None:
    with Line(broker.port, answer_to_5=b"") as line, broker.watch(TOPICS.status) as operator:
        speaking = speak(line.port)
        operator.until(TOPICS.status, is_state("online"))
        speaking.found()
        line.cut()
        operator.until(TOPICS.status, is_state("online"))
        assert line.versions == [5, 4, 4]

        broker.kill()
        wait_for("a try with MQTT 5", lambda: line.versions[3:].count(5) > 0)
        speaking.telemetry.close()


def test_a_broker_of_mqtt_5_is_spoken_to_in_mqtt_5(broker: Broker, speak: Speak) -> None:
    with Line(broker.port) as line:
        speak(line.port).found()

        assert line.versions == [5]
