"""The kiosk as others may see it: one immutable picture, replaced whole whenever something changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from kiosk.core.situation import Ending, State
from kiosk.core.stock import Alarm
from kiosk.core.values import ItemId, Left, Refusal, SlotId, SlotStock


@dataclass(frozen=True, slots=True)
class VisitShown:
    """The visit of whoever is choosing: what their code still *left* them; *goes_on*: more than one thing."""

    left: tuple[Left, ...]
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One picture. *number* rises with each change.

    *wanted* is an emergency item that comes next. *stock* is the ledger's, with slots that rest. *can_be_given* are the
    items that some slot can give now, *reserved* those of them that only the overdose page gives, *cooling* those that
    come again in a few seconds. *takes_digits*: there are codes that can be typed. *faults* are pairs of device and
    what to do about it.
    """

    number: int = 0
    state: State = State.READY
    simulated: bool = False
    item: ItemId | None = None
    slot: SlotId | None = None
    wanted: ItemId | None = None
    said: Refusal | Ending | None = None
    visit: VisitShown | None = None
    takes_digits: bool = False
    stock: tuple[SlotStock, ...] = ()
    can_be_given: frozenset[ItemId] = frozenset()
    cooling: frozenset[ItemId] = frozenset()
    reserved: frozenset[ItemId] = frozenset()
    alarms: tuple[Alarm, ...] = ()
    door_is_open: bool = False
    beam_is_broken: bool = False
    faults: tuple[tuple[str, str], ...] = ()


Listener = Callable[[Snapshot], None]


class Board:
    """Where the current snapshot hangs. Any thread may look or listen; only the owner thread puts a new one up."""

    def __init__(self, first: Snapshot) -> None:
        self._snapshot = first
        self._listeners: tuple[Listener, ...] = ()

    @property
    def snapshot(self) -> Snapshot:
        """The current picture."""
        return self._snapshot

    def put(self, snapshot: Snapshot) -> None:
        """Replace the picture, if it differs in more than its number."""
        numbered = replace(snapshot, number=self._snapshot.number)
        if numbered != self._snapshot:
            self._snapshot = replace(numbered, number=numbered.number + 1)
            for listener in self._listeners:
                listener(self._snapshot)

    def listen(self, listener: Listener) -> None:
        """Have *listener* told of every new picture, on the owner thread: it must hand on and return, never raise."""
        self._listeners = (*self._listeners, listener)
