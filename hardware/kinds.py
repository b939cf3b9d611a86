"""The kinds of dispensers there are, and how each is opened: one line a kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from gpiozero.pins import Factory

from hardware.coil import Clock, Coil, Post
from hardware.dispenser import Dispenser
from hardware.matrix import OpenPresence, open_matrix
from hardware.plan import CabinetPlan
from hardware.pusher import Pusher
from hardware.servo import Servo


def openers(
    plan: CabinetPlan, pins: Factory, post: Post, clock: Clock, presence: OpenPresence
) -> Iterator[tuple[str, Callable[[], Sequence[Dispenser]]]]:
    """What there is to open, by name, and what opens it with its motors off; that may raise whatever a pin raises."""
    for coil in plan.coils:
        yield f"slot {coil.slot}", partial(_one, partial(Coil, coil, pins, post, clock, plan.limits))
    for pusher in plan.pushers:
        yield f"slot {pusher.slot}", partial(_one, partial(Pusher, pusher, pins, plan.limits))
    for servo in plan.servos:
        yield f"slot {servo.slot}", partial(_one, partial(Servo, servo, pins))
    if plan.matrix:
        yield "matrix", partial(open_matrix, plan.matrix, pins, post, clock, plan.limits, presence)


def _one(opener: Callable[[], Dispenser]) -> Sequence[Dispenser]:
    return [opener()]
