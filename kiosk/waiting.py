"""Waiting for what the owner was asked to do, so that whoever gives up is never wrong about what became of it."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TypeVar

Answer = TypeVar("Answer")


def answer_of(asked: Future[Answer], patience_s: float) -> Answer:
    """The answer, or what it raises. Raises ``TimeoutError`` only when the ask was called off: nothing comes of it."""
    try:
        return asked.result(patience_s)
    except TimeoutError:
        if asked.cancel():
            raise
        return asked.result()  # it has begun: its answer is the truth
