"""How a command reaches the data: through the running service or, without one, by itself under the same lock."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from kiosk.calendar import LocalCalendar
from kiosk.codes.cards import CardsNotWritten
from kiosk.codes.issue import CountRefused, GivesRefused
from kiosk.codes.tags import ProgrammeKeyUnusable
from kiosk.config import Config, load
from kiosk.core.asks import Answer, Ask, AskRefused, StorageFailed
from kiosk.ledger.desk import answer
from kiosk.ledger.ledger import LEDGER_NAME, Ledger
from kiosk.local import ServiceFailed, ask_service
from kiosk.lock import AlreadyRunning, DataUnusable, InstanceLock
from kiosk.trace import TraceUnusable

FAILED = (
    AskRefused,
    StorageFailed,
    ServiceFailed,
    AlreadyRunning,
    DataUnusable,
    ProgrammeKeyUnusable,
    CardsNotWritten,
    TraceUnusable,
)
WRONG_USAGE = (CountRefused, GivesRefused)

Args = ParamSpec("Args")
Result = TypeVar("Result")


class WrongConfiguration(click.ClickException):
    """The configuration has faults; exits with 2."""

    exit_code = 2


def in_plain_words(command: Callable[Args, Result]) -> Callable[Args, Result]:
    """Turn what can go wrong by a user's mistake or a missing thing into a sentence and an exit code."""

    @functools.wraps(command)
    def wrapped(*args: Args.args, **kwargs: Args.kwargs) -> Result:
        try:
            return command(*args, **kwargs)
        except WRONG_USAGE as error:
            raise click.UsageError(str(error)) from error
        except FAILED as error:
            raise click.ClickException(str(error)) from error

    return wrapped


def usable(path: Path) -> Config:
    """The configuration at *path*. Raises ``WrongConfiguration``."""
    loaded = load(path)
    if loaded.config is None:
        faults = "\n".join(f"  {fault}" for fault in loaded.faults)
        raise WrongConfiguration(f"the configuration cannot be used; kiosk check says what to do:\n{faults}")
    return loaded.config


def ask(config: Config, what: Ask) -> Answer:
    """Have *what* answered. Raises one of ``FAILED``; nothing has changed then."""
    answered = ask_service(config.data, what)
    return _ask_alone(config, what) if answered is None else answered


def _ask_alone(config: Config, what: Ask) -> Answer:
    day = LocalCalendar(config.kiosk.timezone).today()
    lock = InstanceLock(config.data)
    try:
        ledger = Ledger(config.data / LEDGER_NAME, config.slots)
        try:
            ledger.recover(day)  # the service is not there, so a vend that is open was cut short
            return answer(ledger, what, day)
        finally:
            ledger.close()
    finally:
        lock.close()
