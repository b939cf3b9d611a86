"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

DEFAULT_CONFIG = Path("/etc/kiosk/kiosk.yaml")

Command = TypeVar("Command", bound=Callable[..., Any])  # click hands a command whatever its options are called


def config_option(command: Command) -> Command:
    """Give a command the argument ``config: Path``: ``--config``, else ``$KIOSK_CONFIG``, else the usual place.

    The file need not exist: whoever loads it says so, in the same words everywhere.
    """
    option = click.option(
        "--config",
        metavar="FILE",
        type=click.Path(path_type=Path),
        envvar="KIOSK_CONFIG",
        default=DEFAULT_CONFIG,
        show_envvar=True,
        show_default=True,
        help="The kiosk's configuration.",
    )
    return option(command)
