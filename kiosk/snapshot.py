"""The kiosk as others may see it: one immutable picture, replaced whole whenever something changed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from kiosk.core.situation import Ending, State
from kiosk.core.values import ItemId, Refusal, SlotId, SlotStock


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One picture. *number* rises with each change; *faults* are pairs of device and what to do about it."""

    number: int = 0
    state: State = State.READY
    simulated: bool = False
    item: ItemId | None = None
    slot: SlotId | None = None
    said: Refusal | Ending | None = None
    stock: tuple[SlotStock, ...] = ()
    door_is_open: bool = False
    beam_is_broken: bool = False
    faults: tuple[tuple[str, str], ...] = ()


class Board:
    """Where the current snapshot hangs. Any thread may look or wait; only the owner thread puts a new one up."""

    def __init__(self, first: Snapshot) -> None:
        self._snapshot = first
        self._changed = threading.Condition()

    @property
    def snapshot(self) -> Snapshot:
        """The current picture."""
        return self._snapshot

    def put(self, snapshot: Snapshot) -> None:
        """Replace the picture, if it differs in more than its number."""
        numbered = replace(snapshot, number=self._snapshot.number)
        if numbered != self._snapshot:
            with self._changed:
                self._snapshot = replace(numbered, number=numbered.number + 1)
                self._changed.notify_all()

    def wait(self, after: int, timeout_s: float) -> Snapshot:
        """Wait until the picture's number is higher than *after*; the current one when the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._snapshot.number > after, timeout_s)
            return self._snapshot
