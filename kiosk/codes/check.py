"""Checking: is the code that was presented good, and for what?

Whatever a scanner reads or a person types, the answer is a value: no text makes this raise, and no text comes out of it
again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Protocol

from kiosk.codes.allowances import Allowances
from kiosk.codes.format import NotACode, read_any
from kiosk.codes.tags import account, tag
from kiosk.core.events import CodeAdmitted, CodeRefused
from kiosk.core.values import Allowance, Kind, Left, Period, Refusal, Secret, StoredCode, Tag, TicketUnit

USUAL = "default"  # the policy of batches that name none, or one that is not known here
CHOICE = (TicketUnit(0, None),)


class CodeStore(Protocol):
    """What checking needs of the ledger."""

    def find_code(self, tag: Tag) -> StoredCode | None:
        """Return the code kept under *tag*; None: there is none."""
        ...


class Checker:
    """Admits or refuses what was presented, by the programme's key, the codes in store, and what each has had."""

    __slots__ = ("_allowances", "_key", "_policies", "_store")

    def __init__(
        self, key: bytes, store: CodeStore, allowances: Allowances, policies: Mapping[str, tuple[Allowance, ...]]
    ) -> None:
        self._key, self._store = key, store
        self._allowances, self._policies = allowances, policies

    def check(self, presented: Secret, today: date | None) -> CodeAdmitted | CodeRefused:
        """Judge the text as it was scanned or typed; nothing is marked. Raises only what the store raises.

        *today* is the local date, or None while the clock is not trusted: then nothing expires.
        """
        try:
            code = read_any(presented.reveal())
        except NotACode:
            return CodeRefused(Refusal.NOT_A_CODE)
        wanted = tag(self._key, code)
        stored = self._store.find_code(wanted)
        if stored is None:
            return CodeRefused(Refusal.UNKNOWN_CODE)
        units = stored.units_left if stored.kind is Kind.TICKET else CHOICE
        if refusal := _refusal_of(stored, units, today):
            return CodeRefused(refusal)
        return CodeAdmitted(wanted, units) if stored.kind is Kind.TICKET else self._open(code, stored)

    def _open(self, code: Secret, stored: StoredCode) -> CodeAdmitted:
        allowances = self._policies.get(stored.policy or USUAL, self._policies[USUAL])
        if stored.kind is Kind.SHARED:
            return CodeAdmitted(None, CHOICE, None, _all_of(allowances))
        holder = account(self._key, code)
        return CodeAdmitted(None, CHOICE, holder, self._allowances.left(holder, allowances))


def _refusal_of(stored: StoredCode, units: tuple[TicketUnit, ...], today: date | None) -> Refusal | None:
    if stored.is_revoked:
        return Refusal.REVOKED_CODE
    if not units:
        return Refusal.USED_CODE
    return Refusal.EXPIRED_CODE if _is_over(stored.expires, today) else None


def _all_of(allowances: tuple[Allowance, ...]) -> tuple[Left, ...]:
    """What a code that everybody knows gives in one visit: who comes again cannot be told."""
    return tuple(Left(each.group, each.limit, Period.VISIT) for each in allowances)


def _is_over(last_good_day: date | None, today: date | None) -> bool:
    return last_good_day is not None and today is not None and today > last_good_day
