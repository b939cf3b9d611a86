"""Checking one code among 100,000, against the one keyed hash that no check can do without.

Everything is the kiosk's own: the text of a scanner, the ledger's file, allowances of two groups.
"""

from __future__ import annotations

import hmac
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter

from kiosk.codes.allowances import Allowances
from kiosk.codes.check import USUAL, Checker
from kiosk.codes.format import make_code, qr_text
from kiosk.codes.tags import tag
from kiosk.core.asks import AddBatch
from kiosk.core.events import CodeAdmitted, CodeRefused
from kiosk.core.values import Allowance, CodeBatch, GroupId, Kind, Period, Secret
from kiosk.ledger.desk import answer
from kiosk.ledger.ledger import Ledger
from tests.bench.figures import Effort, Figure
from tests.kit import TODAY

KEY = bytes(range(32))
BATCHES, CODES = 10, 10_000
CHECKED = 500  # of each kind, at random: no page of the ledger is warmer than it would be
ALLOWED = {USUAL: (Allowance(GroupId("kits"), 2, Period.WEEK), Allowance(GroupId("tests"), 1, Period.DAY))}


def checking(effort: Effort) -> Iterator[Figure]:
    """The kinds of code take turns with the bare hash."""
    with tempfile.TemporaryDirectory(prefix="kiosk-bench-") as folder:
        with closing(Ledger(Path(folder) / "ledger.db", ())) as ledger:
            texts = _issue(ledger)
            allowances = Allowances(None, perf_counter, (Period.WEEK, Period.DAY))
            allowances.keep(TODAY, TODAY)
            checker = Checker(KEY, ledger, allowances, ALLOWED)
            for name, kind, wanted, aim in (
                ("a ticket", Kind.TICKET, CodeAdmitted, "≤ 5×"),
                ("a pass", Kind.PASS, CodeAdmitted, ""),
                ("an unknown code", None, CodeRefused, "≤ 5×"),
            ):
                runs = [_run(checker, texts[kind], wanted) for _ in range(effort.batches)]
                ours, floor = (list(samples) for samples in zip(*runs, strict=True))
                yield Figure(f"{name} among 100,000, floor: one HMAC", ours, "µs", floor, aim)


def _issue(ledger: Ledger) -> dict[Kind | None, list[Secret]]:
    """Fill the ledger with passes and tickets; texts to present, of each kind and of nobody's."""
    chance = random.Random(5)
    texts: dict[Kind | None, list[Secret]] = {None: [Secret(qr_text(make_code())) for _ in range(CHECKED)]}
    for number in range(BATCHES):
        kind = Kind.TICKET if number % 2 else Kind.PASS
        codes = [make_code() for _ in range(CODES)]
        batch = CodeBatch(f"batch-{number}", (), None, tuple(tag(KEY, code) for code in codes), kind)
        answer(ledger, AddBatch(batch), TODAY)
        texts.setdefault(kind, []).extend(Secret(qr_text(code)) for code in chance.sample(codes, CHECKED))
    return texts


def _run(checker: Checker, texts: list[Secret], wanted: type[object]) -> tuple[float, float]:
    """Mean times in microseconds of a check, and of a hash of the same text."""
    assert all(isinstance(checker.check(text, TODAY), wanted) for text in texts)
    return (
        _mean_us(lambda text: checker.check(text, TODAY), texts),
        _mean_us(lambda text: hmac.digest(KEY, text.reveal().encode(), "sha256"), texts),
    )


def _mean_us(work: Callable[[Secret], object], texts: list[Secret]) -> float:
    began = perf_counter()
    for text in texts:
        work(text)
    return 1e6 * (perf_counter() - began) / len(texts)
