"""A kiosk's telemetry at a real broker, and what it told the kiosk."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from kiosk.core.values import ItemId, SlotId, SlotState, SlotStock
from kiosk.telemetry.plan import BrokerPlan, Facts, ItemFacts, SlotFacts, Timing
from kiosk.telemetry.telemetry import Telemetry
from kiosk.telemetry.topics import Topics
from tests.broker import PATIENCE_S, Broker

TOPICS = Topics("river-street")
FACTS = Facts(
    kiosk="river-street",
    name="River Street",
    software="0.1.0",
    ledger="6f3a",
    boot=7,
    simulated=False,
    items=(ItemFacts("naloxone", {"en": "Naloxone", "fr": "Naloxone à sniffer"}, emergency=True, doses=2),),
    slots=(SlotFacts("A1", "naloxone", 10),),
)
QUICK = Timing(first_pause_s=0.01, longest_pause_s=0.2, dial_s=1.0, connack_s=1.0, goodbye_s=0.5)


def stock(count: int) -> tuple[SlotStock, ...]:
    """A kiosk with so many units."""
    return (SlotStock(SlotId("A1"), ItemId("naloxone"), count, 0, 10_000, SlotState.OK),)


def has(count: int) -> Callable[[str], bool]:
    """Whether a stock message speaks of so many units."""
    return lambda payload: said(payload)["items"] == {"naloxone": count}


def is_state(state: str, boot: int = 7) -> Callable[[str], bool]:
    """Whether a status message says so."""
    return lambda payload: (said(payload)["state"], said(payload)["boot"]) == (state, boot)


def said(payload: str) -> dict[str, Any]:
    """A payload's content."""
    return dict(json.loads(payload))


class Speaking:
    """One telemetry, and all that it told its kiosk: a sentence when the broker was lost, None when it was found."""

    def __init__(self, port: int, facts: Facts = FACTS, timing: Timing = QUICK, **plan: Any) -> None:
        settings: dict[str, Any] = {"host": "localhost", "port": port, "publishes_stock": True, **plan}
        self.heard: SimpleQueue[str | None] = SimpleQueue()
        self.telemetry = Telemetry(BrokerPlan(**settings), facts, self.heard.put, lambda: self.heard.put(None), timing)

    def next(self) -> str | None:
        """What it told next."""
        return self.heard.get(timeout=PATIENCE_S)

    def lost(self) -> str:
        """The sentence, when that is what it told next."""
        sentence = self.next()
        assert sentence is not None
        return sentence

    def found(self) -> None:
        """Wait until the broker is found, whatever was lost before."""
        while self.next() is not None:
            pass


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that runs."""
    with Broker(tmp_path) as broker:
        yield broker


@pytest.fixture
def speak() -> Iterator[Callable[..., Speaking]]:
    """Start telemetry at a port; ended with the test."""
    all_of_them: list[Speaking] = []

    def start(port: int, **settings: Any) -> Speaking:
        speaking = Speaking(port, **settings)
        all_of_them.append(speaking)
        speaking.telemetry.start()
        return speaking

    yield start
    for speaking in all_of_them:
        speaking.telemetry.close()


@pytest.fixture
def silent() -> Iterator[Speaking]:
    """Telemetry that was never started, at a port where nobody listens."""
    speaking = Speaking(1)
    yield speaking
    speaking.telemetry.close()


def simulated(facts: Facts) -> Facts:
    return replace(facts, simulated=True)


class Authority:
    """A certificate authority made for one test run, with openssl."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self.file = folder / f"{name}.crt"
        self._key = folder / f"{name}.key"
        self._openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"),
            *("-subj", f"/CN={name}", "-keyout", str(self._key), "-out", str(self.file)),
            *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        )

    def lines(self, host: str, days: int = 2) -> tuple[str, ...]:
        """Lines of mosquitto.conf for a broker with a certificate for *host*; with *days* below 0 it has expired."""
        certificate, key = self.certificate(host, days)
        return ("allow_anonymous true", f"cafile {self.file}", f"certfile {certificate}", f"keyfile {key}")

    def certificate(self, host: str, days: int = 2) -> tuple[Path, Path]:
        """Files of a new certificate for *host* and its key."""
        key, request, certificate = (self._folder / f"{self._name}-{host}{days}.{end}" for end in ("key", "csr", "crt"))
        self._openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={host}"),
            *("-keyout", str(key), "-out", str(request)),
        )
        extensions = self._folder / f"{host}.ext"
        extensions.write_text(
            f"subjectAltName=DNS:{host}\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
            "extendedKeyUsage=serverAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        )
        self._openssl(
            *("x509", "-req", "-in", str(request), "-CA", str(self.file), "-CAkey", str(self._key)),
            *("-CAcreateserial", "-days", str(days), "-extfile", str(extensions), "-out", str(certificate)),
        )
        return certificate, key

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=30)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "ours")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"), "theirs")
