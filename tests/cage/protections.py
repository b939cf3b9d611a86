"""What may stop a service, and what of the kiosk's protections then still takes the motor's power.

``HOLDS`` is the promise; the tests hold real services to it, with each protection alone and with each one missing.
"""

from __future__ import annotations

import signal
from collections.abc import Set
from enum import StrEnum

from tests.process.service import CONFIG


class Failure(StrEnum):
    """How a service can end, or stand still."""

    KILLED = "killed"  # SIGKILL, out of memory, a crash of the interpreter
    TOLD = "told to end"  # SIGTERM, SIGINT, SIGHUP
    STOPPED = "stopped"  # SIGSTOP, a debugger: all its threads
    HUNG = "hung"  # its owner never comes back from somewhere


class Protection(StrEnum):
    """What takes the motor's power."""

    HANDLERS = "signal handlers"
    LEASE = "lease timer"
    STRICT = "strict_gpiod"
    SAFE_STATE = "safe state"
    PULSE = "motor_enable"


HOLDS: dict[Failure, frozenset[Protection]] = {
    Failure.KILLED: frozenset({Protection.STRICT, Protection.SAFE_STATE, Protection.PULSE}),
    Failure.TOLD: frozenset({Protection.HANDLERS, Protection.STRICT, Protection.SAFE_STATE, Protection.PULSE}),
    Failure.STOPPED: frozenset({Protection.PULSE}),
    Failure.HUNG: frozenset({Protection.LEASE, Protection.PULSE}),
}

BARE = frozenset({Protection.HANDLERS, Protection.LEASE})  # what the service has by itself
ALL = frozenset(Protection)

BY: dict[signal.Signals, Failure] = {
    signal.SIGKILL: Failure.KILLED,
    signal.SIGTERM: Failure.TOLD,
    signal.SIGINT: Failure.TOLD,
    signal.SIGHUP: Failure.TOLD,
    signal.SIGSTOP: Failure.STOPPED,
    signal.SIGUSR1: Failure.HUNG,  # the cage's driver lets the owner wait for ever
    signal.SIGUSR2: Failure.HUNG,  # or run for ever
}
LIVES_ON = (Failure.STOPPED, Failure.HUNG)

LEASE_S = 3.0  # of ours, 9 s of the cabinet, whose motors burn after 12
MOST_LEASE_S = 60.0  # as good as none
PULSED = "motor_enable: {{pin: 13, pulse_ms: 30}}\n"  # short, for the cabinet's time is fast
TIMING = "timing: {{leave_home_s: 0.5, clear_switch_s: 0.1, come_home_s: 1.3, lease_s: {lease_s}}}\n"


def config_with(protections: Set[Protection]) -> str:
    """A configuration with those protections, as far as they are its business; still to be formatted."""
    timing = TIMING.replace("{lease_s}", str(LEASE_S if Protection.LEASE in protections else MOST_LEASE_S))
    return CONFIG + timing + (PULSED if Protection.PULSE in protections else "")


def environment_with(protections: Set[Protection]) -> dict[str, str]:
    """What the cage's driver is told, to take the handlers away."""
    return {} if Protection.HANDLERS in protections else {"KIOSK_CAGE_DEAF": "1"}
