"""From the birth of the process to ``ready:``, against a process that only imports the same third-party libraries."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.figures import Effort, Figure
from tests.bench.processes import import_command, run_arguments, started, unloaded_service


def start(effort: Effort) -> Iterator[Figure]:
    """The service and the floor start in turn; all files are in the page cache, all byte code is compiled."""
    with unloaded_service() as service:
        imports = import_command(service)  # runs the service once, so that nothing is done for the first time below
        run = ("-m", "kiosk", *run_arguments(service))
        pairs = [(start_s(*run), start_s(*imports)) for _ in range(effort.starts)]
    yield Figure("process start to ready:", [run for run, _ in pairs], "s", [least for _, least in pairs], "≤ 1.3×")


def start_s(*arguments: str) -> float:
    """Seconds until a python process with these arguments says that it is ready."""
    with started(*arguments) as (_, seconds):
        return seconds
