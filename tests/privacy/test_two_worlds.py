"""Two worlds with one history, and other people in it: whatever is stored, logged or sent is the same byte for byte.

Which pass came, how often and when cannot be in what does not differ by it. Of a ticket it is known that it was spent.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hardware.bench.physics import Fault
from kiosk.codes.allowances import EPOCH_KEY_BYTES, HEADER
from kiosk.codes.issue import Wish
from kiosk.core.asks import BackUpLedger, RevokeCodes
from kiosk.core.events import VisitLeft
from kiosk.core.values import ItemId, Kind
from kiosk.data import Data
from kiosk.wiring import Kiosk, Surroundings
from tests.privacy.leaks import CounterPerPass, LastSeenLast, RowPerVisit
from tests.privacy.world import DAY_S, HOUR_S, KEY, MEMORY, Card, LongKiosk, files_in, logged, long_kiosk, write_key

PEOPLE, VISITS, DAYS = 12, 80, 15


@dataclass(frozen=True)
class Act:
    """One visit: of which *person*, and what else happens meanwhile."""

    person: int
    items: tuple[str, ...]
    wait_s: float
    accident: str = ""


@dataclass(frozen=True)
class Traces:
    """All that two worlds can be told apart by."""

    data: dict[str, bytes]
    memory: dict[str, bytes]
    log: str
    sent: list[str]


def difference(one: Traces, other: Traces) -> list[str]:
    """What two worlds can be told apart by: files, lines of the log, messages."""
    pairs = [(one.data, other.data), (one.memory, other.memory)]
    files = [name for a, b in pairs for name in sorted(a.keys() | b.keys()) if a.get(name) != b.get(name)]
    lines = set(one.log.splitlines()) ^ set(other.log.splitlines())
    return [*files, *sorted(lines), *(["MQTT"] if one.sent != other.sent else [])]


@dataclass(frozen=True)
class Town:
    """A folder in which a kiosk was set up, and the cards that were handed out."""

    start: Path
    passes: list[Card]
    numbers: list[Card]
    tickets: list[Card]
    revoked: Card


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    start, chance = tmp_path_factory.mktemp("town") / "start", random.Random(1)
    write_key(start / "data", KEY)
    with long_kiosk(start / "data") as kiosk:
        kiosk.fill()
        town = Town(
            start,
            kiosk.issue_cards(Wish(Kind.PASS, PEOPLE, policy="much"), "passes", chance),
            kiosk.issue_cards(Wish(Kind.NUMBER, PEOPLE, policy="much"), "numbers", chance),
            kiosk.issue_cards(Wish(Kind.TICKET, 30, (ItemId("kit"),)), "tickets", chance),
            *kiosk.issue_cards(Wish(Kind.PASS), "revoked", chance),
        )
        kiosk.ask(RevokeCodes("revoked"))
        kiosk.stop()
    return town


@pytest.fixture(scope="module")
def usual(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Traces:
    """What is left of the usual history."""
    return lived(town, tmp_path_factory.mktemp("usual") / "world", history(), town.passes)


def history() -> list[Act]:
    """Who came, what they took, and what went wrong; everybody came at least once a month."""
    chance = random.Random(1)
    accidents = ["jam", "door", "restart", "plug", "backup"] * 2
    people = [*range(PEOPLE), *(chance.randrange(PEOPLE) for _ in range(VISITS - PEOPLE))]
    chance.shuffle(people)
    at = dict(zip(chance.sample(range(VISITS), len(accidents)), accidents, strict=True))
    return [
        Act(
            person,
            tuple(chance.choices(("kit", "strips", "condoms"), k=chance.randint(1, 3))),
            chance.uniform(0.1, 1.9) * DAYS * DAY_S / VISITS,
            at.get(number, ""),
        )
        for number, person in enumerate(people)
    ]


def lived(town: Town, folder: Path, acts: Sequence[Act], cards: Sequence[Card], kind: type[Kiosk] = Kiosk) -> Traces:
    """What is left of a world in which these *acts* happened, and *cards* says who has which."""
    shutil.copytree(town.start, folder)
    with logged() as log, long_kiosk(folder / "data", kind) as kiosk:
        for act in acts:
            kiosk.pass_quiet_time(act.wait_s)
            live(kiosk, act, cards[act.person])
        kiosk.pass_quiet_time(32 * DAY_S, look_s=DAY_S)
        kiosk.ask(BackUpLedger())
        kiosk.tell_all()
        return Traces(files_in(folder / "data"), without_keys(files_in(folder / MEMORY)), log.getvalue(), kiosk.sent)


def without_keys(memory: dict[str, bytes]) -> dict[str, bytes]:
    """The memory folder but for its newest keys, which are by chance and of periods in which nobody came."""
    return {name: content[: HEADER.size - EPOCH_KEY_BYTES] + content[HEADER.size :] for name, content in memory.items()}


def live(kiosk: LongKiosk, act: Act, card: Card) -> None:
    match act.accident:
        case "jam":
            kiosk.world.set_fault("B1", Fault.JAM)
        case "restart":
            kiosk.kill_and_restart()
        case "backup":
            kiosk.ask(BackUpLedger())
    kiosk.scan(card.text)
    kiosk.pass_time(0)
    for item in act.items:
        kiosk.choose(item)
        if act.accident in ("door", "plug"):
            kiosk.pass_time(0.7)  # the coil is turning
            kiosk.pull_the_plug() if act.accident == "plug" else kiosk.world.set_door(is_open=True)
        kiosk.finish_vend()
        kiosk.world.set_door(is_open=False)
    kiosk.kiosk.controller.post(VisitLeft())
    kiosk.pass_time(60)
    for slot in ("B1", "B2", "C1") if act.accident else ():
        kiosk.mend(slot)


def mixed(cards: Sequence[Card], seed: int) -> list[Card]:
    return random.Random(seed).sample(cards, len(cards))


def test_whose_pass_it_was_is_nowhere(town: Town, usual: Traces, tmp_path: Path) -> None:
    other = lived(town, tmp_path / "other", history(), mixed(town.passes, 2))

    assert difference(usual, other) == []
    assert usual.data["ledger.db-wal"] == b""
    assert len(usual.sent) > 100


def test_whether_it_was_a_pass_or_a_number_is_nowhere(town: Town, usual: Traces, tmp_path: Path) -> None:
    assert difference(usual, lived(town, tmp_path / "other", history(), town.numbers)) == []


def test_whether_one_pass_came_often_or_ten_came_in_turn_is_nowhere(town: Town, tmp_path: Path) -> None:
    """Of fewer than eleven passes a report does not even say how many they were."""
    acts = [act for act in history() if act.accident not in ("plug", "restart")][:30]
    lonely = [replace(act, person=3) for act in acts]
    ten = [replace(act, person=number % 10) for number, act in enumerate(acts)]

    one, other = (lived(town, tmp_path / f"{n}", acts, town.passes) for n, acts in enumerate((lonely, ten)))

    assert difference(one, other) == []


@pytest.mark.parametrize("text", ["9876543210", "no code at all"])
def test_who_was_refused_is_nowhere(town: Town, tmp_path: Path, text: str) -> None:
    acts = [*history()[:10], Act(PEOPLE, (), HOUR_S)]
    revoked, stranger = town.revoked, replace(town.revoked, code=text)

    one, other = (
        lived(town, tmp_path / f"{n}", acts, [*town.passes, last]) for n, last in enumerate((revoked, stranger))
    )

    assert (one.data, one.log) == (other.data, other.log)


def test_when_a_ticket_was_spent_is_nowhere_once_the_days_backup_is_made(town: Town, tmp_path: Path) -> None:
    acts = [replace(act, person=number, items=()) for number, act in enumerate(history()[:20]) if not act.accident]
    later = [replace(act, person=other.person) for act, other in zip(acts, reversed(acts), strict=True)]

    one, other = (lived(town, tmp_path / f"{n}", acts, town.tickets) for n, acts in enumerate((acts, later)))

    assert difference(one, other) == []


def test_the_backup_tells_which_tickets_were_spent_since_it_was_made(town: Town, tmp_path: Path) -> None:
    """An honest limit that SECURITY.md names: whoever takes the machine learns which were spent within a day."""
    shutil.copytree(town.start, tmp_path / "one")
    with long_kiosk(tmp_path / "one" / "data") as kiosk:
        for ticket in town.tickets[:2]:
            kiosk.pass_quiet_time(2 * DAY_S)
            kiosk.scan(ticket.text)
            kiosk.finish_vend()
        kiosk.ledger.tidy()

        assert spent_in(kiosk, "ledger.backup.db") == {town.tickets[0].tag}
        assert spent_in(kiosk, "ledger.db") == {ticket.tag for ticket in town.tickets[:2]}


def spent_in(kiosk: LongKiosk, name: str) -> set[bytes]:
    with closing(sqlite3.connect(f"file:{kiosk.config.data / name}?immutable=1", uri=True)) as found:
        return {tag for (tag,) in found.execute("SELECT tag FROM codes WHERE taken <> x'0000'")}


# --- the proof can fail


def leaky(leak: type[Data]) -> type[Kiosk]:
    """A kiosk that keeps too much."""

    class LeakyKiosk(Kiosk):
        def _data(self, surroundings: Surroundings) -> Data:
            allowances = self._allowances(surroundings)
            return leak(self._config, self._calendar, allowances, note=lambda: None, tell=self._hear)

    return LeakyKiosk


@pytest.mark.parametrize("leak", [RowPerVisit, CounterPerPass, LastSeenLast])
def test_a_ledger_that_keeps_more_is_noticed(town: Town, tmp_path: Path, leak: type[Data]) -> None:
    acts, folders = history()[:10], (tmp_path / "one", tmp_path / "other")

    one, other = (
        lived(town, folder, acts, cards, leaky(leak))
        for folder, cards in zip(folders, (town.passes, mixed(town.passes, 2)), strict=True)
    )

    assert difference(one, other) == ["ledger.backup.db", "ledger.db"]


def test_another_history_is_noticed(town: Town, usual: Traces, tmp_path: Path) -> None:
    acts = history()
    others = [*acts[:-1], replace(acts[-1], items=("kit", *acts[-1].items))]

    assert difference(usual, lived(town, tmp_path / "other", others, town.passes)) != []
