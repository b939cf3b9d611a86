"""Moves one part of the cabinet at a time and takes in all that its sensors say. It judges nothing.

It is the cabinet's owner meanwhile: one thread, one turn, every phase ended at its deadline.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from hardware.cabinet import Cabinet
from hardware.coil import Clock
from hardware.events import (
    BeamBroken,
    BeamCleared,
    BeamMoved,
    CabinetEvent,
    DoorClosed,
    DoorOpened,
    HomeMoved,
    Signal,
    TurnEnded,
    TurnResult,
)

LOOK_S = 0.05  # Python hears a signal to end only between two waits
SECOND_UNIT_S = 0.5  # after a drop, for a second unit that came along; judgement


class Inbox(Protocol):
    """Where the cabinet's signals wait for the examiner."""

    def post(self, signal: Signal) -> None:
        """Leave a signal; any thread."""

    def next(self, until: float) -> Signal | None:
        """The next signal; None when *until* has come, or before: look at the clock again."""


class QueueInbox:
    """Signals in real time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queue: queue.SimpleQueue[Signal] = queue.SimpleQueue()

    def post(self, signal: Signal) -> None:
        """Leave a signal; any thread."""
        self._queue.put(signal)

    def next(self, until: float) -> Signal | None:
        """The next signal; None when none came for a moment."""
        try:
            return self._queue.get(timeout=max(0.0, min(until - self._clock(), LOOK_S)))
        except queue.Empty:
            return None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the sensors said of one turn, in seconds since its motor went on; None: they did not say it."""

    result: TurnResult
    left_s: float | None = None
    home_s: float | None = None
    drop_s: float | None = None
    drops: int = 0
    was_off_home: bool = False  # it was brought home first
    drops_before: int = 0  # while it was
    door_opened: bool = False  # so it was stopped
    is_blind: bool = False  # nothing could be seen to fall


class _Watch:
    """One turn, while it is watched."""

    def __init__(self, slot: str, began: float, rise_s: float) -> None:
        self.slot, self.began = slot, began
        self._on_at = began + rise_s
        self.result: TurnResult | None = None
        self.left_s: float | None = None
        self.home_s: float | None = None
        self.drops: list[float] = []
        self.door_opened = False

    @property
    def last_drop(self) -> float:
        """When it was, if there was any."""
        return self._on_at + self.drops[-1]

    def take(self, signal: Signal | None, events: Iterable[CabinetEvent], now: float) -> None:
        """Take in a signal with what the cabinet made of it, or what became due at *now*."""
        if isinstance(signal, HomeMoved) and signal.slot == self.slot and signal.at >= self.began:
            self._take_home(signal)
        for event in events:
            match event:
                case BeamBroken(after_leaving=True) if isinstance(signal, BeamMoved):
                    self.drops.append(signal.at - self._on_at)
                case TurnEnded(_, result):
                    self.result = result
                    if result in (TurnResult.CAME_HOME, TurnResult.HOMED) and self.home_s is None:
                        self.home_s = now - self._on_at  # the edge was lost, the level tells

    def _take_home(self, moved: HomeMoved) -> None:
        if self.result is not None:
            return
        if moved.at_home:
            self.home_s = moved.at - self._on_at
        elif self.left_s is None:
            self.left_s = moved.at - self._on_at

    def seen(self, is_blind: bool) -> Seen:
        assert self.result is not None
        came_home = self.result in (TurnResult.CAME_HOME, TurnResult.HOMED)
        return Seen(
            self.result,
            self.left_s,
            self.home_s if came_home else None,
            self.drops[0] if self.drops else None,
            len(self.drops),
            door_opened=self.door_opened,
            is_blind=is_blind,
        )


class Examiner:
    """Owns the cabinet during a self-test. *rise_s*: how long the motors' supply needs to come up."""

    def __init__(self, cabinet: Cabinet, inbox: Inbox, clock: Clock, rise_s: float = 0.0) -> None:
        self._cabinet, self._inbox, self._clock, self._rise_s = cabinet, inbox, clock, rise_s
        self._watch: _Watch | None = None
        self.door_is_open = self.beam_is_broken = False
        self.breaks = 0  # how often the beam was broken
        self._note(cabinet.sense())

    def turn(self, slot: str, drop_window_s: float) -> Seen:
        """Let a dispenser make one turn and wait for what it lets fall. Raises ``MotorStuckOn``."""
        self.catch_up()
        began = self._clock()
        is_blind = not self._cabinet.has_beam or self.beam_is_broken
        watch = self._watch = _Watch(slot, began, self._rise_s)
        self._take(None, self._cabinet.start_turn(slot, began))
        while watch.result is None:
            self._step(self._cabinet.deadline or began)
        if not is_blind and watch.result is not TurnResult.NOT_STARTED:
            self._wait_for_drops(watch, self._clock() + drop_window_s)
        self._watch = None
        return watch.seen(is_blind)

    def wait_for(self, is_so: Callable[[], bool], within_s: float) -> bool:
        """Wait until something is so; False if it is not in that time."""
        until = self._clock() + within_s
        while not is_so() and self._clock() < until:
            self._step(until)
        return is_so()

    def catch_up(self) -> None:
        """Take in what was posted meanwhile; no motor is on."""
        while (signal := self._inbox.next(self._clock())) is not None:
            self._take(signal, self._cabinet.feel(signal))

    def _wait_for_drops(self, watch: _Watch, window_ends: float) -> None:
        while self._clock() < (until := watch.last_drop + SECOND_UNIT_S if watch.drops else window_ends):
            self._step(until)

    def _step(self, until: float) -> None:
        if (signal := self._inbox.next(until)) is not None:
            self._take(signal, self._cabinet.feel(signal))
        deadline, now = self._cabinet.deadline, self._clock()
        if deadline is not None and deadline <= now:
            self._take(None, self._cabinet.expire(now))

    def _take(self, signal: Signal | None, events: list[CabinetEvent]) -> None:
        self._note(events)
        if self.door_is_open and DoorOpened() in events and self._cabinet.is_turning:
            events = [*events, *self._stop_for_the_door()]
        if self._watch:
            self._watch.take(signal, events, self._clock())

    def _stop_for_the_door(self) -> list[CabinetEvent]:
        if self._watch:
            self._watch.door_opened = True
        return self._cabinet.stop_motors()

    def _note(self, events: Iterable[CabinetEvent]) -> None:
        for event in events:
            match event:
                case DoorOpened() | DoorClosed():
                    self.door_is_open = isinstance(event, DoorOpened)
                case BeamBroken():
                    self.beam_is_broken = True
                    self.breaks += 1
                case BeamCleared():
                    self.beam_is_broken = False
                case _:
                    pass
