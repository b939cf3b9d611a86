"""Brokers that refuse, lie or say nothing: one sentence each that says what to do, and nobody is held up."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.core.values import Secret
from kiosk.telemetry.telemetry import Telemetry
from tests.broker import Broker, program, wait_for
from tests.telemetry.conftest import QUICK, TOPICS, Authority, Speaking, has, is_state, stock
from tests.telemetry.line import Line

Speak = Callable[..., Speaking]
AT_ONCE_S = 0.5  # for a thousand tells, on a busy computer


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Broker]:
    """A broker that lets the kiosk write status and info, and the operator everything."""
    passwords, access = tmp_path / "passwords", tmp_path / "access"
    passwords.touch(mode=0o600)
    for user in ("kiosk", "operator"):
        subprocess.run([program("mosquitto_passwd"), "-b", passwords, user, "right"], check=True)
    access.write_text(
        f"user kiosk\ntopic write {TOPICS.status}\ntopic write {TOPICS.info}\nuser operator\ntopic readwrite #\n"
    )
    lines = ("allow_anonymous false", f"password_file {passwords}", f"acl_file {access}")
    with Broker(tmp_path, lines, operator=("-u", "operator", "-P", "right")) as broker:
        yield broker


@pytest.fixture
def deaf() -> Iterator[int]:
    """The port of a broker that hangs: calls are taken by the system, and nobody ever answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def seconds(work: Callable[[], None]) -> float:
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


def tell_a_thousand(telemetry: Telemetry) -> None:
    for count in range(1000):
        telemetry.tell(stock(count))


def is_heard_once(speaking: Speaking, sentence: str, tries: Callable[[], int]) -> bool:
    """Whether *sentence* comes, and nothing more of it while telemetry tries three times more."""
    came = speaking.lost()
    before = tries()
    wait_for("more tries", lambda: tries() >= before + 3)
    return (came, speaking.heard.empty()) == (sentence, True)


# --- who may come in


def test_the_right_password_opens(guarded: Broker, speak: Speak) -> None:
    speak(guarded.port, username="kiosk", password=Secret("right"), publishes_stock=False).found()

    assert is_state("online")(guarded.retained()[TOPICS.status])


def test_a_wrong_password_is_said_once(guarded: Broker, speak: Speak) -> None:
    speaking = speak(guarded.port, username="kiosk", password=Secret("wrong"))

    # mosquitto calls a wrong password "not authorised"
    assert is_heard_once(
        speaking,
        f"the broker at localhost:{guarded.port} does not let user kiosk in;"
        " allow it there, or correct telemetry.username and the password's file",
        lambda: guarded.log().count("not authorised"),
    )


def test_a_password_stands_in_no_sentence_and_no_log(
    guarded: Broker, speak: Speak, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    sentence = speak(guarded.port, username="kiosk", password=Secret("s3cr3t")).lost()

    assert "s3cr3t" not in sentence + caplog.text


def test_a_message_that_the_broker_does_not_take_is_said_once(guarded: Broker, speak: Speak) -> None:
    speaking = speak(guarded.port, username="kiosk", password=Secret("right"))
    speaking.found()

    speaking.telemetry.tell(stock(5))

    assert is_heard_once(
        speaking,
        f"the broker at localhost:{guarded.port} does not take {TOPICS.stock} (code 135);"
        " let its ACL allow this kiosk to write there",
        lambda: guarded.log().count("Denied PUBLISH"),
    )


WELCOME = b"\x20\x03\x00\x00\x00"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            b"\x20\x03\x00\x85\x00",
            "refuses the client id river-street; allow it there, or change kiosk.id in kiosk.yaml",
        ),
        (b"\x20\x03\x00\x86\x00", "refuses user name or password; correct telemetry.username and the password's file"),
        (b"\x20\x03\x00\x97\x00", "ended the connection with code 151; see its log"),
        (WELCOME + b"\xe0\x01\x8b", "was stopped; start it again"),
        (WELCOME + b"\xe0\x01\x9a", "keeps no retained messages; switch them on there"),
    ],
)
def test_the_brokers_reason_is_said_with_what_to_do(speak: Speak, answer: bytes, sentence: str) -> None:
    with Line(greeting=answer) as line:
        assert speak(line.port).lost() == f"the broker at localhost:{line.port} {sentence}"


def test_a_kiosk_thrown_out_by_another_with_its_id_says_so_and_gives_way(speak: Speak) -> None:
    timing = replace(QUICK, longest_pause_s=30.0, chance=lambda: 1.0)
    with Line(greeting=WELCOME + b"\xe0\x01\x8e") as line:
        sentence = speak(line.port, timing=timing).lost()

        assert sentence == (
            f"another client uses the id river-street at the broker at localhost:{line.port};"
            " give each kiosk a kiosk.id of its own"
        )
        with pytest.raises(AssertionError):
            wait_for("another try", lambda: len(line.versions) > 1, within_s=0.3)


def test_words_that_come_in_one_record_of_tls_are_all_heard(speak: Speak, authority: Authority) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*authority.certificate("localhost"))
    with Line(greeting=WELCOME + b"\xe0\x01\x8b", tls=tls) as line:
        assert "was stopped" in speak(line.port, tls=True, ca_file=authority.file).lost()


# --- whom to trust


def test_a_broker_with_a_certificate_of_our_authority_is_trusted(
    tmp_path: Path, speak: Speak, authority: Authority
) -> None:
    operator = ("--cafile", str(authority.file))
    with Broker(tmp_path, authority.lines("localhost"), operator) as broker:
        speaking = speak(broker.port, tls=True, ca_file=authority.file)
        for count in range(20):
            speaking.telemetry.tell(stock(count))
        broker.wait_for(TOPICS.stock, has(19))
        speaking.telemetry.close()

        assert is_state("offline")(broker.retained()[TOPICS.status])


NOT_OURS = (
    "is from an authority that this kiosk does not trust; put that authority's certificate into telemetry.ca_file"
)
OTHER_NAME = "is for another name; write the name it is for into telemetry.broker, or have a new one made"
EXPIRED = "is not valid today; check this kiosk's clock, then renew the certificate"


@pytest.mark.parametrize(
    ("called", "made_for", "days", "trusted", "sentence"),
    [
        ("localhost", "localhost", 2, "stranger", NOT_OURS),
        ("localhost", "localhost", 2, None, NOT_OURS),
        ("localhost", "broker.example", 2, "authority", OTHER_NAME),
        ("127.0.0.1", "localhost", 2, "authority", OTHER_NAME),
        ("localhost", "localhost", -1, "authority", EXPIRED),
    ],
)
def test_a_certificate_that_cannot_be_trusted_is_said_once_and_nothing_is_sent(
    request: pytest.FixtureRequest, *, called: str, made_for: str, days: int, trusted: str | None, sentence: str
) -> None:
    authority, speak, folder = (request.getfixturevalue(name) for name in ("authority", "speak", "tmp_path"))
    ca_file = request.getfixturevalue(trusted).file if trusted else None
    with Broker(folder, authority.lines(made_for, days)) as broker:
        speaking = speak(broker.port, host=called, tls=True, ca_file=ca_file)

        assert is_heard_once(
            speaking,
            f"the certificate at {called}:{broker.port} {sentence}",
            lambda: broker.log().count("New connection from"),
        )
        assert "New client connected" not in broker.log()


@pytest.mark.parametrize("content", [None, "no certificate"], ids=["missing", "rubbish"])
def test_an_unusable_file_of_authorities_is_named(tmp_path: Path, speak: Speak, content: str | None) -> None:
    ca_file = tmp_path / "ca.crt"
    if content:
        ca_file.write_text(content)

    sentence = speak(1, tls=True, ca_file=ca_file).lost()

    assert sentence.startswith(f"telemetry.ca_file {ca_file} cannot be read (")


def test_tls_to_a_port_without_tls_is_said(broker: Broker, speak: Speak) -> None:
    sentence = speak(broker.port, tls=True).lost()

    assert sentence.startswith(f"localhost:{broker.port} does not speak TLS as it should (")


def test_a_port_with_tls_called_without_is_said(tmp_path: Path, speak: Speak, authority: Authority) -> None:
    with Broker(tmp_path, authority.lines("localhost")) as broker:
        sentence = speak(broker.port).lost()

    assert sentence == (
        f"localhost:{broker.port} hangs up at once;"
        " correct telemetry.broker in kiosk.yaml, perhaps to mqtts:// and port 8883"
    )


# --- who is not there


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 70, "a..b"])
def test_a_name_that_is_not_found_is_said(speak: Speak, host: str) -> None:
    sentence = speak(1883, host=host).lost()

    assert sentence == (
        f"the name {host} is not found; check telemetry.broker in kiosk.yaml and the network's name server"
    )


def test_an_address_that_leads_nowhere_is_said(speak: Speak) -> None:
    sentence = speak(1883, host="255.255.255.255").lost()  # a broadcast: the system itself refuses

    assert sentence.startswith("255.255.255.255:1883 cannot be reached (")


def test_a_broker_that_hangs_is_said(deaf: int, speak: Speak) -> None:
    sentence = speak(deaf, timing=replace(QUICK, connack_s=0.05)).lost()

    assert sentence == (
        f"localhost:{deaf} takes calls and does not answer; restart the broker, or correct telemetry.broker"
    )


def test_a_broker_that_hangs_is_hung_up_on(speak: Speak) -> None:
    with Line() as line:
        speaking = speak(line.port, timing=replace(QUICK, connack_s=0.05, first_pause_s=30.0))
        speaking.lost()

        wait_for("the line to be free", lambda: line.is_free)


def test_a_broker_that_hangs_in_tls_is_said(deaf: int, speak: Speak, authority: Authority) -> None:
    sentence = speak(deaf, tls=True, ca_file=authority.file, timing=replace(QUICK, dial_s=0.05)).lost()

    assert sentence == f"localhost:{deaf} does not answer; check the network, its firewall and the broker"


@pytest.mark.parametrize("tls", [False, True])
def test_a_broker_that_hangs_holds_up_nobody(deaf: int, speak: Speak, tls: bool) -> None:
    speaking = speak(deaf, tls=tls, timing=replace(QUICK, dial_s=30.0, connack_s=30.0, close_s=1.0))

    assert seconds(lambda: tell_a_thousand(speaking.telemetry)) < AT_ONCE_S
    assert seconds(speaking.telemetry.close) < 2.0


def test_a_broker_that_stops_answering_holds_up_nobody_and_leaves_lost(broker: Broker, speak: Speak) -> None:
    with Line(broker.port) as line:
        speaking = speak(line.port)
        speaking.found()
        line.is_silent = True

        assert seconds(lambda: tell_a_thousand(speaking.telemetry)) < AT_ONCE_S
        assert seconds(speaking.telemetry.close) < 2.0

    broker.wait_for(TOPICS.status, is_state("lost"))


def test_a_broker_that_does_not_acknowledge_is_sent_nothing_more(broker: Broker, speak: Speak) -> None:
    with Line(broker.port) as line:
        speaking = speak(line.port)
        speaking.found()
        line.is_silent = True
        speaking.telemetry.tell(stock(2))
        broker.wait_for(TOPICS.stock, has(2))
        speaking.telemetry.tell(stock(1))
        speaking.telemetry.close()

        assert has(2)(broker.retained()[TOPICS.stock])


def test_a_broker_that_stops_answering_is_noticed_and_left(broker: Broker, speak: Speak) -> None:
    with Line(broker.port) as line:
        speaking = speak(line.port, timing=replace(QUICK, keepalive_s=1, tick_s=0.1))
        speaking.found()
        line.is_silent = True

        assert "broke" in speaking.lost()


# --- who talks nonsense


@pytest.mark.parametrize(
    "greeting",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x20\xff\xff\xff\xff\x7f",  # a length without end
        b"\x20\x01\x00",  # a CONNACK cut short
        b"\x20\x03\x00\x00\x05",  # properties that are not there
        b"\x20\x03\x00\x33\x00",  # a reason that does not exist
        b"\x40\x00",  # an acknowledgement of nothing
        b"\xe0\x00",  # a farewell before the welcome
        bytes(range(256)),
    ],
)
def test_a_broker_that_talks_nonsense_is_left_and_tried_again(speak: Speak, greeting: bytes) -> None:
    with Line(greeting=greeting) as line:
        speaking = speak(line.port, timing=replace(QUICK, connack_s=0.2))
        speaking.telemetry.tell(stock(1))

        assert f"localhost:{line.port}" in speaking.lost()
        wait_for("another try", lambda: len(line.versions) >= 5)
        assert not speaking.telemetry.told()


# --- the kiosk's side


def test_close_without_start_ends(silent: Speaking) -> None:
    silent.telemetry.close()
    silent.telemetry.tell(stock(1))

    assert silent.heard.empty()


def test_tell_after_close_does_nothing(broker: Broker, speak: Speak) -> None:
    speaking = speak(broker.port)
    speaking.found()
    speaking.telemetry.close()

    speaking.telemetry.tell(stock(1))

    assert TOPICS.stock not in broker.retained()


def mistake() -> None:
    raise ZeroDivisionError


def test_a_mistake_in_the_program_is_said_once_and_telemetry_goes_on_trying(broker: Broker) -> None:
    speaking = Speaking(broker.port)
    speaking.telemetry.listen(mistake)
    speaking.telemetry.start()

    assert is_heard_once(
        speaking,
        "telemetry met a mistake in the program (ZeroDivisionError) and tries again; send its log to who wrote it",
        lambda: broker.log().count("New client connected"),
    )
    speaking.telemetry.close()
