"""Deals out trials of the linkage game: two visits, what was stored before and after, and whether it was one pass.

It is as easy as can be: nobody else came, and both took the same item.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from kiosk.codes.allowances import Allowances
from kiosk.codes.issue import Wish, issue_codes
from kiosk.core.values import Kind
from kiosk.data import Data
from tests.privacy.attacker import Attacker, Files, Seen, auc
from tests.privacy.keeper import Keeper
from tests.privacy.world import DAY_S, KEY, Card, cards_of, files_in, write_key

PASSES = 40
TRIALS_A_LIFE = 200  # then the kiosk begins anew, so that it stays small


class Game:
    """Deals out trials. *take* says what the attacker gets to see."""

    def __init__(
        self, folder: Path, seed: int, kind: type[Data] = Data, allowances: type[Allowances] = Allowances
    ) -> None:
        self._folder, self._kind, self._allowances = folder, kind, allowances
        self._chance = random.Random(seed)
        self._start = folder / "start" / "data"
        self._cards = self._prepare()

    def data(self, trials: int) -> Iterator[Seen]:
        """The data directory; now and then a backup is made, or a day ends."""

        def play(keeper: Keeper) -> bool:
            is_same = self._play(keeper.visit)
            if self._chance.random() < 0.05:
                keeper.store.back_up()
            if self._chance.random() < 0.05:
                keeper.pass_day()
            return is_same

        return self._trials(trials, play, Keeper.stored)

    def memory(self, trials: int) -> Iterator[Seen]:
        """The memory folder, when all periods are over."""

        def play(keeper: Keeper) -> bool:
            is_same = self._play(keeper.debit)
            keeper.now += 32 * DAY_S
            keeper.store.keep_periods()
            return is_same

        return self._trials(trials, play, lambda keeper: files_in(keeper.memory))

    def memory_of_a_running_machine(self, trials: int) -> Iterator[Seen]:
        """The memory folder, while the periods go on."""
        return self._trials(trials, lambda keeper: self._play(keeper.debit), lambda keeper: files_in(keeper.memory))

    def _trials(self, trials: int, play: Callable[[Keeper], bool], take: Callable[[Keeper], Files]) -> Iterator[Seen]:
        for begun in range(0, trials, TRIALS_A_LIFE):
            with closing(self._born()) as keeper:
                before = take(keeper)
                for _ in range(min(trials - begun, TRIALS_A_LIFE)):
                    is_same = play(keeper)
                    after = take(keeper)
                    yield Seen(before, after, is_same)
                    before = after

    def _play(self, visit: Callable[[Card, str], None]) -> bool:
        """Let the two visits happen."""
        one, other = self._chance.sample(self._cards, 2)
        is_same, slot = self._chance.random() < 0.5, self._chance.choice(("B1", "B2", "C1"))
        for card in (one, one if is_same else other):
            visit(card, slot)
        return is_same

    def _prepare(self) -> list[Card]:
        write_key(self._start, KEY)
        issued = issue_codes(Wish(Kind.PASS, PASSES, policy="much"), KEY, "passes", self._chance)
        with closing(Keeper(self._start, self._chance)) as keeper:
            keeper.fill(issued.batch)
            keeper.ledger.database.change("UPDATE ledger SET id = '0123456789abcdef'")  # the one thing chance has made
        return cards_of(issued, KEY)

    def _born(self) -> Keeper:
        life = self._folder / f"life {len(list(self._folder.iterdir()))}"
        shutil.copytree(self._start.parent, life)
        return Keeper(life / "data", self._chance, self._kind, self._allowances)


def played(trials: Iterator[Seen], learning: int) -> float:
    """How well an attacker plays who learns from the first ones."""
    attacker = Attacker([next(trials) for _ in range(learning)])
    rest = [(attacker.score(seen), seen.is_same) for seen in trials]
    return auc([score for score, _ in rest], [is_same for _, is_same in rest])
