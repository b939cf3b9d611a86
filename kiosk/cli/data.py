"""How a command reaches the data: through the running service or, without one, by itself under the same lock."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from kiosk.calendar import LocalCalendar
from kiosk.codes.key_files import KeyUnusable
from kiosk.config import Config, load
from kiosk.core.asks import Answer, Ask, AskRefused, StorageFailed
from kiosk.ledger.desk import answer
from kiosk.ledger.ledger import LEDGER_NAME, Ledger
from kiosk.ledger.rescue import is_lost, put_next
from kiosk.local import ServiceFailed, ask_service
from kiosk.lock import AlreadyRunning, DataUnusable, InstanceLock
from kiosk.trace import TraceUnusable

FAILED = (
    AskRefused,
    StorageFailed,
    ServiceFailed,
    AlreadyRunning,
    DataUnusable,
    KeyUnusable,
    TraceUnusable,
)

Command = TypeVar("Command", bound=Callable[..., Any])  # click hands a command whatever its options are called


class WrongConfiguration(click.ClickException):
    """The configuration has faults; exits with 2."""

    exit_code = 2


def plain_words(
    failed: tuple[type[Exception], ...] = (), wrong_usage: tuple[type[Exception], ...] = ()
) -> Callable[[Command], Command]:
    """Turn what can go wrong by a mistake or a missing thing into a sentence and an exit code.

    *failed* and *wrong_usage* are a command's own kinds, on top of ``FAILED``: they are not imported here, since
    what draws cards is slow to import and the service never needs it.
    """

    all_failed: tuple[type[Exception], ...] = FAILED + failed

    def decorator(command: Command) -> Command:
        @functools.wraps(command)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            try:
                return command(*args, **kwargs)
            except wrong_usage as error:
                raise click.UsageError(str(error)) from error
            except all_failed as error:
                raise click.ClickException(str(error)) from error

        return cast("Command", wrapped)

    return decorator


in_plain_words = plain_words()  # for a command that has no failures of its own


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
    path, calendar = config.data / LEDGER_NAME, LocalCalendar(config.kiosk.timezone)
    with closing(InstanceLock(config.data)):
        put_next(path)
        if is_lost(path):
            raise StorageFailed(f"the ledger {path} is gone; start the service, which goes on from its backup")
        with closing(Ledger(path, config.slots, doses=config.doses)) as ledger:
            calendar.remember(ledger.day)
            ledger.recover(calendar.today())  # the service is not there, so a vend that is open was cut short
            return answer(ledger, what, calendar.today())
