"""Carries out what is asked of the simulated cabinet, past the owner: a fault comes in the middle of a turn.

It exists under simulation only; a real kiosk refuses every such ask (``refuse``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hardware.bench.bench import Bench
from kiosk.core.asks import (
    AddUnits,
    AskRefused,
    BenchAsk,
    BreakSlot,
    EmptyTray,
    FillSlot,
    HoldCode,
    MoveDoor,
    TouchItem,
)
from kiosk.core.values import ItemId

Disturb = Callable[[BenchAsk], None]


def refuse(_ask: BenchAsk) -> None:
    """What a real kiosk answers. Raises ``AskRefused``."""
    raise AskRefused("this kiosk is real: only kiosk run --simulate has a bench")


def disturbing(bench: Bench, hold: Callable[[str], None], touch: Callable[[ItemId, bool], None]) -> Disturb:
    """What disturbs *bench*, holds a code to the scanner or touches an item; any thread. It raises ``AskRefused``."""

    def disturb(ask: BenchAsk) -> None:
        with _refused(bench):
            match ask:
                case HoldCode(text):
                    hold(text)
                case TouchItem(item, reserve):
                    touch(item, reserve)
                case MoveDoor(is_open):
                    bench.move_door(is_open)
                case BreakSlot(slot, fault, angle):
                    bench.break_slot(slot, fault, angle)
                case FillSlot(slot, count):
                    bench.fill_slot(slot, count)
                case AddUnits(slot, count):
                    bench.add_units(slot, count)
                case EmptyTray():
                    bench.empty_tray()

    return disturb


@contextmanager
def _refused(bench: Bench) -> Iterator[None]:
    try:
        yield
    except KeyError as error:
        slots = ", ".join(bench.world.coils)
        raise AskRefused(f"the bench has no slot {error.args[0]}; its slots are {slots}") from error
    except ValueError as error:
        raise AskRefused(str(error)) from error
