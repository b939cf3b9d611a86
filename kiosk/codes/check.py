"""Checking: is the code that was scanned good, and for what?

Whatever a scanner reads, the answer is a value: no text makes this raise, and no text comes out of it again.
"""

from __future__ import annotations

from datetime import date
from typing import Protocol

from kiosk.codes.format import NotACode, read_code
from kiosk.codes.tags import tag
from kiosk.core.events import CodeAdmitted, CodeRefused
from kiosk.core.values import Refusal, Secret, StoredCode, Tag


class TicketStore(Protocol):
    """What checking needs of the ledger."""

    def find_code(self, tag: Tag) -> StoredCode | None:
        """Return the ticket kept under *tag*; None: there is none."""
        ...


class Checker:
    """Admits or refuses what was presented, by the programme's key and the tickets in store."""

    __slots__ = ("_key", "_store")

    def __init__(self, key: bytes, store: TicketStore) -> None:
        self._key = key
        self._store = store

    def check(self, presented: Secret, today: date | None) -> CodeAdmitted | CodeRefused:
        """Judge the text as it was scanned; nothing is marked. Raises only what the store raises.

        *today* is the local date, or None while the clock is not trusted: then nothing expires.
        """
        try:
            code = read_code(presented.reveal())
        except NotACode:
            return CodeRefused(Refusal.NOT_A_CODE)
        wanted = tag(self._key, code)
        return _judge(wanted, self._store.find_code(wanted), today)


def _judge(wanted: Tag, ticket: StoredCode | None, today: date | None) -> CodeAdmitted | CodeRefused:
    if ticket is None:
        return CodeRefused(Refusal.UNKNOWN_CODE)
    if not ticket.units_left:
        return CodeRefused(Refusal.USED_CODE)
    if _is_over(ticket.expires, today):
        return CodeRefused(Refusal.EXPIRED_CODE)
    return CodeAdmitted(wanted, ticket.units_left)


def _is_over(last_good_day: date | None, today: date | None) -> bool:
    return last_good_day is not None and today is not None and today > last_good_day
