"""Issuing: new codes for the printer, and the batch of tags for the service.

The two leave in different orders, and nothing here stores, logs or numbers a code. Numbers that somebody would find by
trying are not issued.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from random import Random, SystemRandom

from kiosk.codes.format import NUMBER_DIGITS, SHARED_DIGITS, TYPED, make_code, make_number
from kiosk.codes.tags import tag
from kiosk.core.values import MOST_UNITS, CodeBatch, ItemId, Kind, Secret, Tag

MOST_CODES = 10_000  # of one batch: its tags reach the ledger in one transaction
TRIES_PER_NUMBER = 1_000_000  # until one opens: at a kiosk, where wrong ones have to wait, a year day and night
CHANCE = SystemRandom()

USUAL_DIGITS = {Kind.NUMBER: 10, Kind.SHARED: 6}
_DIGITS = {Kind.NUMBER: NUMBER_DIGITS, Kind.SHARED: SHARED_DIGITS}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")  # of policies, as of items


class BatchRefused(ValueError):
    """There cannot be such a batch; the message says why and what to do."""


class CountRefused(BatchRefused):
    """A batch cannot have that many codes."""


class GivesRefused(BatchRefused):
    """A ticket cannot give that; the message says what is wrong and what is known."""


class PolicyRefused(BatchRefused):
    """There is no such policy."""


class DigitsRefused(BatchRefused):
    """A code of this kind cannot have that many digits."""


class NotForThisKind(BatchRefused):
    """What was asked for does not go with this kind of codes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of a batch; what the fields mean, ``CodeBatch`` says.

    *digits* are those of numbers and of a shared code, None: the usual ones; *chosen* is a shared code of the
    programme's own choice.
    """

    kind: Kind
    count: int = 1
    gives: tuple[ItemId, ...] = ()
    expires: date | None = None
    policy: str = ""
    anywhere: bool = False
    digits: int | None = None
    chosen: Secret | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A new batch: *codes* in printing order, for the cards and then forgotten; *batch* is all that is kept."""

    codes: tuple[Secret, ...]
    batch: CodeBatch


def issue_codes(wish: Wish, key: bytes, batch: str, chance: Random = CHANCE) -> Issued:
    """Make the codes of *wish*, no two alike. The order of their tags says nothing about the order of the codes.

    Raises a ``BatchRefused``.
    """
    digits = _digits(wish)
    _refuse_what_does_not_go_together(wish)
    _refuse_count(wish, digits)
    _refuse_too_many(len(wish.gives))
    codes = _draw(wish, digits, chance)
    tags = [tag(key, code) for code in codes]
    chance.shuffle(tags)
    return Issued(codes, _batch(wish, batch, tags))


def issue_tickets(  # noqa: PLR0913, PLR0917 what tickets are, and chance, are all the caller's
    count: int,
    key: bytes,
    batch: str,
    gives: tuple[ItemId, ...] = (),
    expires: date | None = None,
    chance: Random = CHANCE,
) -> Issued:
    """Make *count* tickets, as ``issue_codes`` does."""
    return issue_codes(Wish(Kind.TICKET, count, gives, expires), key, batch, chance)


def parse_policy(name: str, known: Collection[str]) -> str:
    """Return *name* if it is that of a policy; *known* holds those there are. Raises ``PolicyRefused``."""
    if not _NAME.fullmatch(name):
        raise PolicyRefused(f"{name!r} is no policy's name: that has small letters, digits, hyphens or underscores.")
    if name not in known:
        there_are = f"Known policies: {', '.join(sorted(known))}." if known else "The configuration has no policies."
        raise PolicyRefused(f"There is no policy {name!r}. {there_are}")
    return name


def parse_gives(text: str, known: Collection[str]) -> tuple[ItemId, ...]:
    """Read ``kit:1,strips:2`` into one entry a unit: ``("kit", "strips", "strips")``.

    *known* holds the items there are. Raises ``GivesRefused``.
    """
    parts = [_item_and_number(part.strip(), known) for part in text.split(",")]
    _refuse_too_many(sum(number for _, number in parts))
    return tuple(item for item, number in parts for _ in range(number))


def gives_text(gives: tuple[ItemId, ...]) -> str:
    """Write *gives* as ``parse_gives`` reads it; empty when the person chooses."""
    return ",".join(f"{item}:{len(list(units))}" for item, units in groupby(gives))


def _item_and_number(part: str, known: Collection[str]) -> tuple[ItemId, int]:
    item, _, digits = part.rpartition(":")
    if not (item and digits.isascii() and digits.isdigit()):
        raise GivesRefused(f"{part!r} does not say an item and a number. Write for example kit:1,strips:2")
    if item not in known:
        raise GivesRefused(f"There is no item {item!r}. Known items: {', '.join(sorted(known))}.")
    number = int(digits) if len(digits) < 10 else MOST_UNITS + 1  # int() raises on thousands of digits
    if number == 0:
        raise GivesRefused(f"{part!r} gives nothing. Leave the item out, or give at least 1.")
    return ItemId(item), number


def _refuse_too_many(units: int) -> None:
    if units > MOST_UNITS:
        raise GivesRefused(f"One ticket gives at most {MOST_UNITS} units.")


def _digits(wish: Wish) -> int:
    """Return how many digits its codes have; 0 if they are no digits."""
    if wish.kind not in TYPED:
        return 0
    wanted = len(wish.chosen.reveal()) if wish.chosen else wish.digits
    digits, allowed = USUAL_DIGITS[wish.kind] if wanted is None else wanted, _DIGITS[wish.kind]
    if digits not in allowed:
        name = "A shared code" if wish.kind is Kind.SHARED else "A number"
        raise DigitsRefused(f"{name} has {allowed.start} to {allowed.stop - 1} digits, not {digits}.")
    return digits


def _refuse_what_does_not_go_together(wish: Wish) -> None:
    for option, is_wanted, kinds in (
        ("--gives", bool(wish.gives), (Kind.TICKET,)),
        ("--anywhere", wish.anywhere, (Kind.TICKET,)),
        ("--policy", bool(wish.policy), (Kind.PASS, Kind.NUMBER)),
        ("--digits", wish.digits is not None, (Kind.NUMBER, Kind.SHARED)),
        ("--code", wish.chosen is not None, (Kind.SHARED,)),
    ):
        if is_wanted and wish.kind not in kinds:
            raise NotForThisKind(f"{option} is for --kind {' and '.join(kinds)} only. Leave it out.")
    if wish.chosen and wish.digits is not None:
        raise NotForThisKind("--code says how many digits there are. Leave --digits out.")


def _refuse_count(wish: Wish, digits: int) -> None:
    if wish.kind is Kind.SHARED and wish.count != 1:
        raise CountRefused(f"Everybody is told the same shared code: there is one in a batch, not {wish.count}.")
    if not 1 <= wish.count <= MOST_CODES:
        raise CountRefused(f"A batch has 1 to {MOST_CODES} codes, not {wish.count}.")
    most = 10**digits // TRIES_PER_NUMBER
    if wish.kind is Kind.NUMBER and wish.count > most:
        raise CountRefused(
            f"{wish.count} numbers of {digits} digits would be found by trying. Issue {most} at most, or take more "
            f"digits: --digits {NUMBER_DIGITS.stop - 1} is enough for {MOST_CODES}."
        )


def _draw(wish: Wish, digits: int, chance: Random) -> tuple[Secret, ...]:
    if wish.chosen:
        return (wish.chosen,)
    drawn: dict[Secret, None] = {}  # keeps their order, and each once
    while len(drawn) < wish.count:
        drawn[make_number(digits, chance.randrange) if digits else make_code(chance.getrandbits)] = None
    return tuple(drawn)


def _batch(wish: Wish, batch: str, tags: list[Tag]) -> CodeBatch:
    return CodeBatch(batch, wish.gives, wish.expires, tuple(tags), wish.kind, wish.policy, wish.anywhere)
