"""What the pages are given: the controller's door, what stands in the cabinet, and under simulation the bench.

Only shapes; wiring fills them. No page reaches anything that is not named here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from kiosk.core.asks import Answer, Ask, BenchAsk
from kiosk.core.events import CodePresented, ItemChosen, VisitLeft
from kiosk.core.values import CodeBatch, GroupId, ItemId, Kind, Refusal
from kiosk.snapshot import Snapshot


class Controller(Protocol):
    """The controller's door, as far as pages go through it; any thread."""

    def post(self, event: CodePresented | VisitLeft) -> None:
        """Tell the kiosk what a person did; nobody waits for what comes of it."""

    def choose(self, event: ItemChosen) -> Future[Refusal | None]:
        """Ask for an item."""

    def ask(self, ask: Ask) -> Future[Answer]:
        """Ask something of the data."""


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """One kind of thing on the screen; *names* by language. *free* needs no code; *group*: see ``ItemRule``."""

    id: ItemId
    names: Mapping[str, str]
    free: bool
    emergency: bool
    group: GroupId | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """The way to the kiosk. *snapshot* gives the current picture and never blocks."""

    controller: Controller
    snapshot: Callable[[], Snapshot]
    items: tuple[ItemPlan, ...]
    name: str  # of the kiosk, as people know it
    simulated: bool
    languages: tuple[str, ...]  # the usual one first
    width_mm: int  # of the lit panel: sizes on the screen are true millimetres
    patience_s: float = 10.0  # the owner answers within a commit, and a card that stalls takes seconds


@dataclass(frozen=True, slots=True)
class BenchDoor:
    """The way to the simulated cabinet, and to what a visitor may look at beside it; any thread.

    *disturb* raises ``AskRefused`` with a sentence. *picture* is what ``GET /bench/state`` answers. *happened* are the
    trace's newest lines, oldest first. *new_code* makes a code of a kind, a ticket for these items (none: the person
    chooses): its text, and the batch for the ledger; it raises ``AskRefused``. *told* is the newest message of each
    MQTT topic, empty without a broker.
    """

    disturb: Callable[[BenchAsk], None]
    picture: Callable[[], Mapping[str, object]]
    happened: Callable[[], Sequence[Mapping[str, object]]]
    new_code: Callable[[Kind, tuple[ItemId, ...]], tuple[str, CodeBatch]]
    told: Callable[[], Mapping[str, str]]
