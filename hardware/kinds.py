"""The kinds of dispensers there are, and how each is opened: one line a kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from gpiozero.pins import Factory

from hardware.coil import Clock, Coil, Post
from hardware.dispenser import Dispenser
from hardware.plan import CabinetPlan


def openers(
    plan: CabinetPlan, pins: Factory, post: Post, clock: Clock
) -> Iterator[tuple[str, Callable[[], Dispenser]]]:
    """Each slot, and what opens its dispenser with its motor off; opening may raise whatever a pin raises."""
    for coil in plan.coils:
        yield coil.slot, partial(Coil, coil, pins, post, clock, plan.limits)
