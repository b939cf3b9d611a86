"""What an act is: a weight and a function. Tables of acts make up what people, technicians and accidents do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.sim.stage import Stage


@dataclass(frozen=True, slots=True)
class Act:
    """Something that is done on the stage, *weight* times as likely as an act of weight 1 in the same table."""

    weight: int
    does: Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class Episode:
    """Acts that belong together under one heading: *fewest* to *most* of them."""

    weight: int
    heading: str
    acts: tuple[Act, ...]
    fewest: int = 1
    most: int = 1
