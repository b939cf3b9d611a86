"""What telemetry must be told before it starts: where the broker is, what the kiosk is, and how patient to be."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from kiosk.core.values import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerPlan:
    """Where the broker is and how to get in. With *tls* and no *ca_file* the system's own authorities are trusted.

    *publishes_stock*: every change of stock is published at once. Each one names a visit: for demos and tests only.
    """

    host: str
    port: int
    tls: bool = False
    username: str | None = None
    password: Secret | None = None
    ca_file: Path | None = None
    publishes_stock: bool = False

    @property
    def place(self) -> str:
        """Host and port, for the eye."""
        return f"{self.host}:{self.port}"


class ItemFacts(NamedTuple):
    """One item: *names* by language, *doses* in one unit."""

    item: str
    names: Mapping[str, str]
    emergency: bool
    doses: int


class SlotFacts(NamedTuple):
    """One slot."""

    slot: str
    item: str
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What messages say of the kiosk besides stock. *boot* rises with every start and orders what was said before."""

    kiosk: str
    name: str
    software: str
    ledger: str
    boot: int
    simulated: bool
    items: tuple[ItemFacts, ...]
    slots: tuple[SlotFacts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How patient telemetry is, in seconds. *chance* is 0 to 1: how much of a pause that could be is made."""

    first_pause_s: float = 1.0
    longest_pause_s: float = 120.0  # a broker that comes back after a week is found within two minutes
    stable_s: float = 300.0  # two kiosks with one id throw each other out sooner: longest_pause_s comes between
    dial_s: float = 5.0  # TCP and TLS, each; a satellite link needs 2
    connack_s: float = 10.0
    keepalive_s: int = 60
    tick_s: float = 5.0  # how late a keep-alive may be: brokers wait for one and a half times keepalive_s
    goodbye_s: float = 1.0  # for "offline" to be acknowledged
    close_s: float = 2.0  # then close() leaves a thread behind that a name server holds
    chance: Callable[[], float] = random.random
