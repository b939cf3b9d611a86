"""Issuing: new codes for the printer, and the batch of tags for the service.

The two leave in different orders, and nothing here stores, logs or numbers a code.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from kiosk.codes.format import make_code
from kiosk.codes.tags import tag
from kiosk.core.values import MOST_UNITS, CodeBatch, ItemId, Secret, Tag

MOST_CODES = 10_000  # of one batch: its tags reach the ledger in one transaction


class CountRefused(ValueError):
    """A batch cannot have that many codes."""


class GivesRefused(ValueError):
    """A ticket cannot give that; the message says what is wrong and what is known."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A new batch: *codes* in printing order, for the cards and then forgotten; *batch* is all that is kept."""

    codes: tuple[Secret, ...]
    batch: CodeBatch


def shuffle_tags(tags: list[Tag]) -> None:
    """Put *tags* in an order that nobody can foresee."""
    secrets.SystemRandom().shuffle(tags)


def issue_tickets(  # noqa: PLR0913 what a batch is, and chance, are all the caller's
    count: int,
    key: bytes,
    batch: str,
    gives: tuple[ItemId, ...] = (),
    expires: date | None = None,
    *,
    randbits: Callable[[int], int] = secrets.randbits,
    shuffle: Callable[[list[Tag]], None] = shuffle_tags,
) -> Issued:
    """Make *count* tickets, 1 to 10,000. The order of their tags says nothing about the order of the codes.

    Raises ``CountRefused`` or ``GivesRefused``.
    """
    if not 1 <= count <= MOST_CODES:
        raise CountRefused(f"A batch has 1 to {MOST_CODES} codes, not {count}.")
    _refuse_too_many(len(gives))
    codes = tuple(make_code(randbits) for _ in range(count))
    tags = [tag(key, code) for code in codes]
    shuffle(tags)
    return Issued(codes, CodeBatch(batch, gives, expires, tuple(tags)))


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
