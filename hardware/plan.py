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
class PusherPlan:
    """A motor without a home switch: *run_s* seconds of it push out one item."""

    slot: str
    motor: OutputPlan
    run_s: float
    capacity: int = 10
    level: LevelPlan | None = None


@dataclass(frozen=True, slots=True)
class ServoPlan:
    """A hobby servo that swings to its giving angle and back to rest: degrees from its middle, *swing_s* each way."""

    slot: str
    pin: int
    rest_deg: float
    give_deg: float
    swing_s: float
    capacity: int = 10
    level: LevelPlan | None = None


@dataclass(frozen=True, slots=True)
class MatrixCoilPlan:
    """A coil at a crossing of the matrix; rows and columns count from 1."""

    slot: str
    row: int
    column: int
    capacity: int = 10
    level: LevelPlan | None = None


@dataclass(frozen=True, slots=True)
class ShiftRegisterPlan:
    """A chain of 74HC595 on SPI bus *spi*, latched by its chip select; a pull-up holds *output_enable* off at boot.

    Outputs count from 0, which is Q0 (or QA) of the chip that gets the data first.
    """

    spi: int
    output_enable: int


@dataclass(frozen=True, slots=True)
class MatrixPlan:
    """Coils at crossings of rows (ground side) and columns (supply side), each with its diode.

    *rows* and *columns* are pins, or with *outputs* the numbers of the register's outputs. The one *home* switch line,
    and *presence* (current flows), can be read only while a coil is driven, *look_s* after it went on.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    home: InputPlan
    coils: tuple[MatrixCoilPlan, ...]
    active_high: bool = True
    presence: InputPlan | None = None
    outputs: ShiftRegisterPlan | None = None
    look_s: float = 0.05  # opto-couplers and a motor's first current settle in milliseconds; judgement


@dataclass(frozen=True, slots=True)
class SupplyPlan:
    """An output that pulses once in *pulse_s* while a motor may be on; the supply is up *rise_s* after the first one.

    Outside, a one-shot or charge pump takes the motors' supply away within half a second of the last pulse.
    """

    pin: int
    pulse_s: float = 0.1  # five within the half second, so that an owner who is late once loses nothing; judgement
    rise_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, in seconds."""

    leave_home_s: float = 1.0  # Crane 1670065 manual: later means jammed
    clear_switch_s: float = 0.3  # closings sooner after leaving are chatter of the switch; judgement
    come_home_s: float = 4.0  # Crane 1670065 manual: 5 s in all
    earliest_drop_s: float = 0.3  # nothing falls into the beam sooner after the motor went on; judgement
    nudge_s: float = 0.4  # a quarter turn of a coil that makes one in 1.6 s; Seaga nudges by quarters
    lease_s: float = 10.0  # twice a whole turn: only a hung owner gets there


@dataclass(frozen=True, slots=True)
class CabinetPlan:
    """All of one cabinet. The drop sensor is active while its beam is broken, the door switch while it is closed."""

    coils: tuple[CoilPlan, ...]
    drop_sensor: InputPlan | None = None
    door: InputPlan | None = None
    limits: Limits = Limits()
    pushers: tuple[PusherPlan, ...] = ()
    servos: tuple[ServoPlan, ...] = ()
    matrix: MatrixPlan | None = None
    supply: SupplyPlan | None = None

    @property
    def dispensers(self) -> tuple[DispenserPlan, ...]:
        """All of them, of whatever kind."""
        return (*self.coils, *self.pushers, *self.servos, *(self.matrix.coils if self.matrix else ()))


DispenserPlan = CoilPlan | PusherPlan | ServoPlan | MatrixCoilPlan
