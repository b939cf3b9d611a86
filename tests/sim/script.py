"""The script of a run, out of its seed alone: episodes of beats, each with chance of its own.

What is left out of a script does not change what the other beats do: so a failing run can be shortened.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from tests.sim.accidents import CABINET, CLOCK, ENDS, STORAGE
from tests.sim.acts import Act, Episode
from tests.sim.people import PEOPLE
from tests.sim.technicians import TECHNICIANS

EPISODES = (
    Episode(14, "Somebody comes to the kiosk.", PEOPLE, 1, 8),
    Episode(4, "A technician comes.", TECHNICIANS, 2, 7),
    Episode(3, "Something happens to the cabinet.", CABINET, 1, 2),
    Episode(1, "Something happens to the disk.", STORAGE),
    Episode(1, "Something happens to the clock.", CLOCK),
    Episode(2, "Something happens to the service.", ENDS),
)
MEANWHILE = (*(act for table in (CABINET, ENDS) for act in table), *STORAGE)
MEANWHILE_CHANCE = 0.12  # that an accident comes between two acts of an episode
FEWEST_EPISODES, MOST_EPISODES = 8, 24

Weighted = TypeVar("Weighted", Act, Episode)


@dataclass(frozen=True, slots=True)
class Beat:
    """One act of a script; *number* names it when a run is shortened."""

    number: int
    episode: int
    heading: str
    act: Act

    def chance(self, seed: int) -> random.Random:
        """What is by chance in it."""
        return random.Random(f"{seed} beat {self.number}")


def script(seed: int) -> list[Beat]:
    """All that happens in a run."""
    chance = random.Random(f"{seed} script")
    beats: list[Beat] = []
    for episode in range(chance.randint(FEWEST_EPISODES, MOST_EPISODES)):
        kind = pick(chance, EPISODES)
        for _ in range(chance.randint(kind.fewest, kind.most)):
            act = pick(chance, MEANWHILE if chance.random() < MEANWHILE_CHANCE else kind.acts)
            beats.append(Beat(len(beats), episode, kind.heading, act))
    return beats


def pick(chance: random.Random, table: Sequence[Weighted]) -> Weighted:
    """One of the table, by weight."""
    return chance.choices(table, [each.weight for each in table])[0]
