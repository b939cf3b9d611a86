"""Sheets of 1,000 cards, against the bare QR matrices of the same cards as qrcode and segno make them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter

import segno

from kiosk.codes.format import make_code, qr_text
from kiosk.codes.layouts import SHEETS, Look
from kiosk.codes.sheets import draw_sheets
from kiosk.codes.symbol import MASK, QR_VERSION, qr
from kiosk.codes.wording import neutral_words
from kiosk.core.values import Kind, Secret
from tests.bench.figures import Effort, Figure

CARDS = 1000
IMPORT = "from time import perf_counter as now; a = now(); import kiosk.codes.sheets; print(now() - a)"


def cards(effort: Effort) -> Iterator[Figure]:
    """Everything is drawn in one thread on one core; the three kinds of work take turns."""
    codes = [make_code() for _ in range(CARDS)]
    for kind in (("a4", "cards"), ("letter", "labels")):
        look = Look(*kind, neutral_words(Kind.TICKET, ["en", "es", "fr"], None))
        runs = [
            (seconds(draw, codes, look), seconds(bare_qrcode, codes), seconds(bare_segno, codes))
            for _ in range(effort.batches)
        ]
        name = f"{kind[0]} {kind[1]}, {SHEETS[kind].cards} a sheet"
        ours, by_qrcode, by_segno = (list(samples) for samples in zip(*runs, strict=True))
        yield Figure(f"1,000 {name}: PDF, floor: qrcode's matrices", ours, "s", by_qrcode, "≤ 1.5×")
        per_card = [[1000 * sample / CARDS for sample in samples] for samples in (ours, by_segno)]
        yield Figure("one card of them, floor: segno's matrix", per_card[0], "ms", per_card[1])
    yield Figure("once before: importing reportlab", [import_s() for _ in range(effort.batches)], "s")


def draw(codes: Sequence[Secret], look: Look) -> None:
    draw_sheets(codes, look, lambda: None)


def bare_qrcode(codes: Sequence[Secret]) -> None:
    for code in codes:
        qr(qr_text(code)).make(fit=False)


def bare_segno(codes: Sequence[Secret]) -> None:
    for code in codes:
        segno.make_qr(qr_text(code), error="q", version=QR_VERSION, mask=MASK, boost_error=False)


def seconds(work: Callable[..., None], *arguments: object) -> float:
    began = perf_counter()
    work(*arguments)
    return perf_counter() - began


def import_s() -> float:
    ran = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
    return float(ran.stdout)
