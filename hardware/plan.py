"""What is wired to which pin: plain values that whoever builds the cabinet fills in. Pins are BCM numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutputPlan:
    """A pin that switches something on."""

    pin: int
    active_high: bool = True


@dataclass(frozen=True, slots=True)
class InputPlan:
    """A pin that reads a switch or sensor, pulled to its inactive level inside the Pi."""

    pin: int
    active_low: bool = True


@dataclass(frozen=True, slots=True)
class LevelPlan:
    """A sensor beside a coil, active while *at* units or fewer stand in it."""

    sensor: InputPlan
    at: int


@dataclass(frozen=True, slots=True)
class CoilPlan:
    """A coil on one motor pin; its home switch is active while the coil is at home."""

    slot: str
    motor: OutputPlan
    home: InputPlan
    capacity: int = 10
    level: LevelPlan | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, in seconds."""

    leave_home_s: float = 1.0  # Crane 1670065 manual: later means jammed
    clear_switch_s: float = 0.3  # closings sooner after leaving are chatter of the switch; judgement
    come_home_s: float = 4.0  # Crane 1670065 manual: 5 s in all
    earliest_drop_s: float = 0.3  # nothing falls into the beam sooner after the motor went on; judgement
    lease_s: float = 10.0  # twice a whole turn: only a hung owner gets there


@dataclass(frozen=True, slots=True)
class CabinetPlan:
    """All of one cabinet. The drop sensor is active while its beam is broken, the door switch while it is closed."""

    coils: tuple[CoilPlan, ...]
    drop_sensor: InputPlan | None = None
    door: InputPlan | None = None
    limits: Limits = Limits()
