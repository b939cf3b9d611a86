"""The memory folder: what is in it for whoever has a card, and for whoever has none, and what stays when it is over."""

from __future__ import annotations

import hmac
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest

from kiosk.codes.allowances import COUNTER, EPOCH_KEY_BYTES, HEADER, Allowances
from kiosk.codes.issue import TRIES_PER_NUMBER, Wish
from kiosk.codes.tags import account, tag
from kiosk.core.values import Account, GroupId, Kind, Period, Secret
from kiosk.ledger.ledger import LEDGER_NAME
from tests.kit import TODAY
from tests.privacy.world import DAY_S, Card, LongKiosk, full_kiosk

GROUPS = (b"", b"kits", b"strips")  # b"": that a pass was used at all
ACCOUNT = Account(b"somebody's hash.")
KITS = GroupId("kits")


class Intruder:
    """Somebody who took the machine while it ran: ledger, programme key and memory folder lie before them."""

    def __init__(self, kiosk: LongKiosk) -> None:
        self.programme_key = (kiosk.config.data / "programme.key").read_bytes()
        self.tags = [bytes.fromhex(str(tag)) for (tag,) in kiosk.ledger.database.rows("SELECT hex(tag) FROM codes")]
        files = [path.read_bytes() for path in kiosk.memory.iterdir()]
        self.epoch_keys = [HEADER.unpack_from(content)[3] for content in files]
        self.counters = {
            name: units for content in files for name, units in COUNTER.iter_unpack(content[HEADER.size :])
        }

    def counters_of_account(self, candidate: bytes) -> dict[bytes, int]:
        """The counters that an account leads to, by group."""
        named = [
            (group, hmac.digest(key, candidate + group, "sha256")[:16])
            for key, group in product(self.epoch_keys, GROUPS)
        ]
        return {group: self.counters[name] for group, name in named if name in self.counters}

    def counters_of_code(self, code: str) -> dict[bytes, int]:
        """What whoever holds the card itself can learn of it."""
        return self.counters_of_account(account(self.programme_key, Secret(code)))

    def number_of(self, wanted: bytes, candidates: Iterator[str]) -> str | None:
        """The number that a tag in the ledger belongs to, found by trying."""
        return next((code for code in candidates if tag(self.programme_key, Secret(code)) == wanted), None)


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[LongKiosk]:
    with full_kiosk(tmp_path / "data") as kiosk:
        yield kiosk


@pytest.fixture
def passes(kiosk: LongKiosk) -> list[Card]:
    """Twelve passes; the first three have had something this week."""
    passes = kiosk.issue_cards(Wish(Kind.PASS, 12), "passes", random.Random(2))
    take(kiosk, passes[0], "kit", "kit")
    take(kiosk, passes[1], "kit", "strips")
    take(kiosk, passes[2], "strips")
    return passes


def take(kiosk: LongKiosk, card: Card, *items: str) -> None:
    kiosk.scan(card.text)
    kiosk.pass_time(0)
    for item in items:
        assert kiosk.choose(item) is None
        kiosk.finish_vend()
    kiosk.pass_time(60)


# --- while the period goes on


def test_whoever_holds_a_card_learns_what_it_has_had_this_period(kiosk: LongKiosk, passes: list[Card]) -> None:
    assert Intruder(kiosk).counters_of_code(passes[1].code) == {b"": 0, b"kits": 1, b"strips": 1}


def test_whoever_holds_a_card_learns_nothing_of_the_others(kiosk: LongKiosk, passes: list[Card]) -> None:
    intruder = Intruder(kiosk)
    own = intruder.counters_of_code(passes[1].code)

    assert intruder.counters_of_code(passes[11].code) == {}
    assert len(intruder.counters) - len(own) == 2 + 2  # of the two others, and no name of one leads to another


WAYS_FROM_A_TAG: list[Callable[[Intruder, bytes], bytes]] = [
    lambda _, tag: tag,
    lambda intruder, tag: hmac.digest(intruder.programme_key, b"allowance" + tag, "sha256")[:16],
    lambda intruder, tag: hmac.digest(intruder.programme_key, b"code" + tag, "sha256")[:16],
    lambda intruder, tag: hmac.digest(intruder.programme_key, tag, "sha256")[:16],
    lambda intruder, tag: bytes(a ^ b for a, b in zip(tag, intruder.programme_key, strict=False)),
    lambda _, tag: tag[::-1],
]


@pytest.mark.parametrize("way", WAYS_FROM_A_TAG)
def test_without_a_card_no_tag_of_the_ledger_leads_to_a_counter(
    kiosk: LongKiosk, passes: list[Card], way: Callable[[Intruder, bytes], bytes]
) -> None:
    intruder = Intruder(kiosk)

    assert len(intruder.tags) == 12
    assert [intruder.counters_of_account(way(intruder, tag)) for tag in intruder.tags] == [{}] * 12


def test_no_name_of_a_counter_is_a_tag_or_an_account(kiosk: LongKiosk, passes: list[Card]) -> None:
    known = {bytes(content) for card in passes for content in (card.tag, card.account)}

    assert Intruder(kiosk).counters.keys() & known == set()


def test_counters_lie_in_no_order_of_visits(kiosk: LongKiosk, passes: list[Card]) -> None:
    for path in kiosk.memory.iterdir():
        names = [name for name, _ in COUNTER.iter_unpack(path.read_bytes()[HEADER.size :])]
        assert names == sorted(names)


def test_a_file_of_counters_says_it_was_written_in_1970(kiosk: LongKiosk, passes: list[Card]) -> None:
    """The time of change, which nobody can set, is that of the last one: SECURITY.md says so."""
    assert {path.stat().st_mtime for path in kiosk.memory.iterdir()} == {0.0}


def test_a_number_is_found_by_trying_and_so_are_its_counters(
    kiosk: LongKiosk, record_property: Callable[[str, object], None]
) -> None:
    """The programme key is all that keeps numbers secret: SECURITY.md says so, and what to do."""
    (number,) = kiosk.issue_cards(Wish(Kind.NUMBER, 1, digits=8), "number", random.Random(3))
    take(kiosk, number, "kit")
    intruder, near = Intruder(kiosk), int(number.code) // 20_000 * 20_000

    begun = time.perf_counter()
    found = intruder.number_of(number.tag, (f"{n:08}" for n in range(near, near + 20_000)))
    per_second = (int(number.code) - near + 1) / (time.perf_counter() - begun)

    assert found == number.code
    assert intruder.counters_of_code(found) == {b"": 0, b"kits": 1}
    hours = {digits: 10**digits / per_second / 3600 for digits in (8, 9, 10)}
    record_property("hours of one core, in plain Python", hours)
    sys.stdout.write(f"all numbers are tried at {per_second:,.0f} a second, in hours by digits: {hours}\n")
    assert hours[10] < 24 * 365  # weak, as we say


# --- when it is over


def allowances(folder: Path, *pers: Period, now: Callable[[], float] = lambda: 0.0) -> Allowances:
    kept = Allowances(folder, now, pers)
    kept.keep(TODAY, TODAY)
    return kept


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def keys_in(folder: Path) -> set[bytes]:
    return {content[HEADER.size - EPOCH_KEY_BYTES : HEADER.size] for content in contents(folder)}


def test_counters_of_a_period_that_the_configuration_no_longer_has_are_wiped(tmp_path: Path) -> None:
    allowances(tmp_path, Period.WEEK, Period.MONTH).debit(ACCOUNT, KITS, Period.WEEK)
    (tmp_path / "allowances.week.draft").write_bytes((tmp_path / "allowances.week").read_bytes())

    allowances(tmp_path, Period.MONTH)

    assert [path.name for path in tmp_path.iterdir()] == ["allowances.month"]


def test_what_is_replaced_is_written_over_before_its_memory_is_given_back(tmp_path: Path) -> None:
    kept = allowances(tmp_path, Period.WEEK)
    os.link(tmp_path / "allowances.week", tmp_path / "the same memory")

    kept.debit(ACCOUNT, KITS, Period.WEEK)

    assert (tmp_path / "the same memory").read_bytes() == bytes(HEADER.size)
    assert (tmp_path / "allowances.week").stat().st_size > HEADER.size


def test_what_is_over_is_written_over_before_its_memory_is_given_back(tmp_path: Path) -> None:
    now = [0.0]
    kept = allowances(tmp_path, Period.WEEK, now=lambda: now[0])
    kept.debit(ACCOUNT, KITS, Period.WEEK)
    os.link(tmp_path / "allowances.week", tmp_path / "the same memory")
    now[0] = 8 * DAY_S

    kept.keep(TODAY, TODAY)

    assert set((tmp_path / "the same memory").read_bytes()) == {0}


def test_a_periods_key_goes_at_its_end_even_while_the_ledger_cannot_be_opened(
    kiosk: LongKiosk, passes: list[Card]
) -> None:
    before = keys_in(kiosk.memory)

    def break_the_ledger() -> None:
        path = kiosk.config.data / LEDGER_NAME
        path.rename(path.with_name("aside"))
        path.mkdir()

    kiosk.kill_and_restart(break_the_ledger)
    kiosk.pass_quiet_time(32 * DAY_S)

    assert keys_in(kiosk.memory) & before == set()
    assert len(before) == 3


def test_a_batch_of_numbers_is_so_small_that_a_try_finds_one_in_a_million() -> None:
    assert TRIES_PER_NUMBER == 1_000_000
