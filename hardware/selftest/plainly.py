"""Warnings of drivers in one line each: what a technician reads beside the findings. It decides nothing."""

from __future__ import annotations

import logging


class OneLine(logging.Formatter):
    """A record without its traceback: whatever broke is told as a finding too."""

    def formatException(self, ei: object) -> str:  # noqa: N802, ARG002 - logging's own signature
        """Nothing."""
        return ""


def log_plainly() -> None:
    """Write warnings to standard error, unless somebody has set logging up already."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine("%(levelname)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
