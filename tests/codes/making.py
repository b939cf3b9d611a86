"""Codes for tests."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from kiosk.codes.allowances import Allowances
from kiosk.codes.check import USUAL, Checker, CodeStore
from kiosk.codes.format import RANDOM_BITS, make_code
from kiosk.core.values import Allowance, Secret

KEY = bytes(range(32))


def code_of(bits: int) -> Secret:
    return make_code(lambda _: bits)


CODES = st.integers(0, (1 << RANDOM_BITS) - 1).map(code_of)
NUMBERS = st.integers(4, 10).flatmap(lambda digits: st.text("0123456789", min_size=digits, max_size=digits)).map(Secret)
ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates and control characters too
NO_LIMITS: Mapping[str, tuple[Allowance, ...]] = {USUAL: ()}


def checker_of(
    key: bytes,
    store: CodeStore,
    allowances: Allowances | None = None,
    policies: Mapping[str, tuple[Allowance, ...]] = NO_LIMITS,
) -> Checker:
    """A checker; without *allowances* nobody has had anything yet."""
    return Checker(key, store, allowances or Allowances(None, lambda: 0.0, ()), policies)
