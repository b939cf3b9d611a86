"""The shape of ``kiosk.yaml``: what each value may be by itself. What holds between values stands in ``rules.py``.

Every field's description is the sentence a technician reads when that value is missing or wrong.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from kiosk.config.faults import UNREAD, Trail, nearest, shown

NOT_BUILT_YET = ("boards", "buttons", "maintenance")
DRIVERS = ("gpio", "servo", "matrix")


def known_timezone(name: str) -> str:
    """Return *name* if this system or the tzdata package knows it as a time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no relative path, a directory such as "Europe"
        like = nearest(name, available_timezones())
        hint = f"; did you mean {like}?" if like else ""
        raise PydanticCustomError("timezone", "", {"hint": hint}) from None
    return name


KioskId = Annotated[str, Field(pattern=r"^[a-z0-9-]{3,40}$")]
ItemId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
SlotId = Annotated[str, Field(pattern=r"^[A-Z]{1,2}[0-9]{1,3}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Words = Annotated[str, Field(pattern=r"\S", max_length=80)]
Pin = Annotated[int, Field(ge=0, le=27)]  # BCM numbers on the 40-pin header
Line = Annotated[int, Field(ge=0, le=63)]  # a pin, or an output of up to eight shift registers

PIN = "Write the pin's BCM number, 0 to 27, for example `pin: 22`; not its place on the header."
MOTOR_PIN = "Write a BCM number from 9 to 27 except 14 and 15, for example `pin: 17`."
REASON = "Say in words why this pin is safe for a motor here, or leave it out."
DRIVER = "Write `driver: gpio`, servo or matrix, whichever drives it."
ACTIVE_LOW = "Write `active_low: true` if the contact pulls its pin to ground when active, else `active_low: false`."


class Section(BaseModel):
    """A section of the file: unknown keys are refused, nothing is converted, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Kiosk(Section):
    """Which kiosk this is."""

    id: KioskId = Field(description="Write 3 to 40 small letters, digits or hyphens, for example `id: river-street`.")
    name: Words = Field(description="Write the name people know it by, for example `name: River Street`.")
    timezone: Annotated[str, AfterValidator(known_timezone)] = Field(
        description="Write a zone of the IANA list, for example `timezone: Europe/Vienna`."
    )
    languages: tuple[Language, ...] = Field(
        default=("en",),
        min_length=1,
        strict=False,
        description="List the languages of the screen, the usual one first, for example `languages: [en, es]`.",
    )


class Allowance(Section):
    """How much of a group of items one code gives in a period."""

    group: ItemId = Field(description="Name the group that shares this limit, for example `group: kits`.")
    limit: int = Field(ge=1, le=1000, description="Write how many units a period allows, for example `limit: 2`.")
    per: Literal["visit", "day", "week", "month"] = Field(description="Write `per: visit`, day, week or month.")


class Limit(Section):
    """What a policy allows of a group; 0: nothing."""

    limit: int = Field(ge=0, le=1000, description="Write how many units a period allows, for example `limit: 4`.")
    per: Literal["visit", "day", "week", "month"] = Field(description="Write `per: visit`, day, week or month.")


class Item(Section):
    """Something the kiosk gives. *doses* are per unit; *thin* things miss the light beam."""

    id: ItemId = Field(description="Write small letters, digits, hyphens or underscores, for example `id: naloxone`.")
    name: dict[Language, Words] = Field(
        min_length=1, description="Write the name for each language, for example `name: {en: Naloxone}`."
    )
    emergency: bool = Field(default=False, description="Write `emergency: true` for what saves a life, else leave out.")
    access: Literal["open", "code"] = Field(
        description="Write `access: open` if everybody may take it, `access: code` if a code is needed."
    )
    thin: bool = Field(default=False, description="Write `thin: true` if the thing misses the light beam.")
    doses: int = Field(default=1, ge=1, le=1000, description="Write the doses in one unit, for example `doses: 2`.")
    unfit: Literal["warn", "last", "block"] = Field(
        # expired naloxone is better than none; a self-test past its day may give a false result
        default="last",
        description="Write what to do past the last good day: `unfit: warn`, last (after all that is good) or block.",
    )
    allowance: Allowance | None = Field(
        default=None, description="Write it as `allowance: {group: kits, limit: 2, per: week}`."
    )
    nudges: int = Field(
        # [S] AMS turns by three halves more, Seaga by quarters up to one whole turn
        default=3,
        ge=0,
        le=3,
        description="Write how often a slot is nudged when nothing fell, 0 to 3, or leave it out for 3.",
    )

    @property
    def limit(self) -> Allowance | None:
        """The allowance, where it limits anything: whoever takes what is open is not known, so nothing counts there."""
        return self.allowance if self.access == "code" else None


class GpioMotor(Section):
    """A motor on one pin. It turns a coil until its home switch says stop, or, without one, runs for *run_s*."""

    driver: Literal["gpio"] = Field(description=DRIVER)
    pin: Pin = Field(description=MOTOR_PIN)
    active_high: bool = Field(description="Write `active_high: true`; the motor must stand still while its pin is low.")
    run_s: float | None = Field(
        default=None,
        gt=0,
        le=30,
        description="Write the seconds that push out one item, above 0 and up to 30, or leave it out for a coil.",
    )
    unsafe_pin_reason: str | None = Field(default=None, pattern=r"\S", description=REASON)


class ServoMotor(Section):
    """A hobby servo on one pin, which swings to *give_deg* and back: degrees from its middle."""

    driver: Literal["servo"] = Field(description=DRIVER)
    pin: Pin = Field(description=MOTOR_PIN)
    rest_deg: float = Field(
        ge=-90, le=90, description="Write where it rests, -90 to 90 degrees from its middle, as `rest_deg: -45`."
    )
    give_deg: float = Field(
        ge=-90,
        le=90,
        description="Write how far it swings to give, -90 to 90 degrees from its middle, as `give_deg: 45`.",
    )
    swing_s: float = Field(
        gt=0, le=10, description="Write the seconds it needs each way, above 0 and up to 10, as `swing_s: 0.6`."
    )
    unsafe_pin_reason: str | None = Field(default=None, pattern=r"\S", description=REASON)


class MatrixMotor(Section):
    """A coil at a crossing of the section ``matrix``."""

    driver: Literal["matrix"] = Field(description=DRIVER)
    row: int = Field(ge=1, le=64, description="Write the row, counted from 1, for example `row: 1`.")
    column: int = Field(ge=1, le=64, description="Write the column, counted from 1, for example `column: 3`.")


def known_driver(motor: Any) -> Any:  # pydantic's own signature
    """Refuse an unknown driver by one sentence, not by one for each key that another would need."""
    if not isinstance(motor, dict):
        return motor
    driver = motor.get("driver")
    if driver is UNREAD:
        raise PydanticCustomError("unread", "")
    if "driver" not in motor:
        raise PydanticCustomError("missing", "", {"key": "driver"})
    if driver not in DRIVERS:
        kind = "later_driver" if driver == "board" else "driver"
        raise PydanticCustomError(kind, "", {"driver": shown(driver), "key": "driver"})
    return motor


Motor = Annotated[
    Annotated[GpioMotor | ServoMotor | MatrixMotor, Field(discriminator="driver")], BeforeValidator(known_driver)
]


class Input(Section):
    """A contact on a pin."""

    pin: Pin = Field(description=PIN)
    active_low: bool = Field(description=ACTIVE_LOW)


class DropSensor(Input):
    """The light beam under the slots. *beam_down* says what counts as delivered while it is blind."""

    beam_down: Literal["home", "refuse"] = Field(
        default="home", description="Write `beam_down: home` (a full turn counts) or `beam_down: refuse` (no vend)."
    )


class LevelSensor(Input):
    """A sensor beside the coil that sees whether few units are left."""

    at: int = Field(ge=0, le=998, description="Write the units left at which it first sees the coil low, as `at: 3`.")


class Slot(Section):
    """One dispenser of the cabinet and what stands in it. *sensorless*: the drop sensor does not reach under it."""

    id: SlotId = Field(description="Write row and column as on the cabinet, for example `id: A1`.")
    item: ItemId = Field(description="Write the id of one of the items above.")
    capacity: int = Field(ge=1, le=999, description="Write how many units it holds when full, 1 to 999.")
    motor: Motor = Field(description="Write it as `motor: {driver: gpio, pin: 17, active_high: true}`.")
    home: Input | None = Field(
        default=None, description="Write it as `home: {pin: 27, active_low: true}`; only a coil on its own pin has one."
    )
    sensorless: bool = Field(
        default=False, description="Write `sensorless: true` if the drop sensor does not reach here, or leave it out."
    )
    par: int | None = Field(
        default=None,
        ge=1,
        le=999,
        description="Write how many units should stand there after a visit, or leave it out.",
    )
    low: LevelSensor | None = Field(
        default=None, description="Write it as `low: {pin: 26, active_low: true, at: 3}`, or leave it out."
    )


class MotorEnable(Section):
    """An output that pulses while a motor may be on; a one-shot outside drops the motors' supply without it."""

    pin: Pin = Field(description="Write a BCM number from 9 to 27 except 14 and 15, for example `pin: 26`.")
    pulse_ms: int = Field(
        default=100,  # [J] five in the half second that the one-shot waits
        ge=10,
        le=250,  # [J] one that comes late must not drop the supply
        description="Write 10 to 250, or leave it out for 100; the supply drops 500 ms after the last pulse.",
    )
    rise_ms: int = Field(
        default=0,
        ge=0,
        le=2000,
        description="Write how long the supply takes to come up, 0 to 2000; the motor goes on after it.",
    )


class ShiftRegister(Section):
    """A chain of 74HC595 on an SPI bus: output 0 is Q0 (or QA) of the chip that gets the data first."""

    driver: Literal["shift_register"] = Field(description="Write `driver: shift_register`.")
    spi: Literal[0] = Field(description="Write `spi: 0`, the bus on BCM 7 to 11.")
    output_enable: Pin = Field(
        description="Write the BCM number of the pin at the chips' OE, for example 25; a pull-up holds it high at boot."
    )


class Matrix(Section):
    """Rows and columns whose crossings are coils. *presence* tells whether current flows, *look_s* after power."""

    rows: tuple[Line, ...] = Field(
        min_length=1, strict=False, description="List the rows' BCM numbers, or with `outputs` those of its outputs."
    )
    columns: tuple[Line, ...] = Field(
        min_length=1, strict=False, description="List the columns' BCM numbers, or with `outputs` those of its outputs."
    )
    active_high: bool = Field(description="Write `active_high: true`; all motors must stand still while lines are low.")
    home: Input = Field(
        description="Write the line that all home switches share, as `home: {pin: 5, active_low: true}`."
    )
    presence: Input | None = Field(
        default=None, description="Write it as `presence: {pin: 6, active_low: true}`, or leave it out."
    )
    look_s: float = Field(
        default=0.05,  # [J] opto-couplers and a motor's first current settle in milliseconds
        gt=0,
        le=0.5,
        description="Write the seconds until switch and current can be read, above 0 and up to 0.5, or leave it out.",
    )
    outputs: ShiftRegister | None = Field(
        default=None,
        description="Write it as `outputs: {driver: shift_register, spi: 0, output_enable: 25}`, or leave it out.",
    )
    unsafe_pin_reason: str | None = Field(default=None, pattern=r"\S", description=REASON)


class Scanner(Section):
    """The code reader on a serial port."""

    port: str = Field(
        pattern=r"\S",
        max_length=500,
        description="Write the device, for example `port: /dev/serial/by-id/usb-scanner`.",
    )
    protocol: Literal["gm65", "lines"] = Field(description="Write `protocol: lines`: one code a line, any scanner.")
    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = Field(
        default=9600, description="Write the speed the scanner is set to; 9600 is usual."
    )


class Telemetry(Section):
    """Where the kiosk reports to. The grid and the operator's key are read, and not used by this version."""

    broker: str = Field(
        pattern=r"^mqtts?://[A-Za-z0-9._-]+(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}))?$",
        max_length=300,
        description="Write `broker: mqtts://broker.example:8883`; mqtt:// is not encrypted.",
    )
    username: Words | None = Field(
        default=None, description="Write the kiosk's user name at the broker, or leave it out."
    )
    password_file: Path | None = Field(
        default=None, strict=False, description="Name a file that holds the password, or leave it out."
    )
    ca_file: Path | None = Field(
        default=None, strict=False, description="Name the file of the broker's authority, or leave it out."
    )
    grid_minutes: int = Field(
        default=60,
        ge=0,
        le=1440,
        description="Write minutes from 1 to 1440, or 0 for every change at once: tests only.",
    )
    at_least: int = Field(default=5, ge=1, le=1000, description="Write how many items must have gone, for example 5.")
    operator_key: Path | None = Field(
        default=None, strict=False, description="Name the file of the operator's public key, or leave it out."
    )


class Screen(Section):
    """The touchscreen. Sizes on it are true millimetres of the lit panel; 154 mm is a 7-inch panel's width."""

    port: int = Field(
        default=8080,
        ge=1024,
        le=65535,
        description="Write a port from 1024 to 65535, for example `port: 8080`; only this machine reaches it.",
    )
    width_mm: int = Field(
        default=154, ge=100, le=1000, description="Write how wide the lit panel is, for example `width_mm: 154`."
    )


def _seconds(default: float, most: float) -> float:
    remedy = f"Write seconds above 0 and up to {most:g}, or leave it out for {default:g}."
    field: float = Field(default=default, gt=0, le=most, description=remedy)
    return field


class Timing(Section):
    """Every time limit, in seconds. Each default has its source beside it: [S] a manual or source, [J] judgement."""

    leave_home_s: float = _seconds(1.0, 10)  # [S] Crane 1670065: a home switch that opens later means jammed
    clear_switch_s: float = _seconds(0.3, 2)  # [J] closings sooner after leaving home are bounce
    come_home_s: float = _seconds(4.0, 30)  # [S] Crane 1670065: home within 4 s more, 5 s in all
    drop_window_s: float = _seconds(3.0, 15)  # [J] after the motor stopped; Crane's cup sensor waits 3 s
    homing_window_s: float = _seconds(1.0, 10)  # [J] falling 1.5 m takes 0.55 s; then the full turn may begin
    earliest_drop_s: float = _seconds(0.3, 5)  # [J] nothing falls into the beam sooner after the motor went on
    beam_down_s: float = _seconds(0.5, 10)  # [J] an item is through the beam in under 0.1 s; longer means it is down
    choose_s: float = _seconds(45.0, 600)  # [J] 25 s to look, then at least 20 s of warning
    choose_more_s: float = _seconds(25.0, 600)  # [J] once something came: 5 s to take it, then 20 s of warning
    taken_shown_s: float = _seconds(10.0, 60)  # [J] then nobody else reads what was taken
    said_shown_s: float = _seconds(20.0, 120)  # [J] time to read two short sentences twice
    rest_s: float = _seconds(1800.0, 6000)  # [S] Crane's anti-jackpot rings out for 0 to 99 min; 30 min [J]
    emergency_cooldown_s: float = _seconds(20.0, 60)  # [J] a child tires of it; the next dose is due in 2 to 3 min
    nudge_s: float = _seconds(0.4, 5)  # [S] Seaga nudges by quarter turns; [J] a coil turns once in 1.6 s
    lease_s: float = _seconds(10.0, 60)  # [J] 5 s of a good turn twice over; a motor never runs longer, whatever fails
    held_card_s: float = _seconds(2.0, 60)  # [J] a held card is read again and again; out of view so long, it is new
    frame_silence_s: float = _seconds(0.08, 1)  # [S] GM65 and kin end a frame without CR by 50 to 100 ms of silence


def _units(default: int, least: int) -> int:
    remedy = f"Write {least} or more, or leave it out for {default}."
    field: int = Field(default=default, ge=least, le=100, description=remedy)
    return field


class Limits(Section):
    """What keeps a hand above the beam, or a child at the button, from emptying the kiosk; sources as in ``Timing``."""

    unproven_a_slot: int = _units(2, 1)  # [S] Crane's anti-jackpot: two losses
    unproven_a_kiosk: int = _units(4, 1)  # [J] two slots of it
    no_drops_in_a_row: int = _units(3, 1)  # [S] Crane's anti-jackpot: the third is final
    emergency_reserve: int = _units(2, 0)  # [J] two kits of two doses


class Config(Section):
    """A whole ``kiosk.yaml``, without the sections that this version does not use."""

    kiosk: Kiosk = Field(description="Add `kiosk: {id: river-street, name: River Street, timezone: Europe/Vienna}`.")
    data: Path = Field(
        default=Path("/var/lib/kiosk"),
        strict=False,
        description="Write a directory, as `data: /var/lib/kiosk`.",
    )
    items: tuple[Item, ...] = Field(
        min_length=1,
        strict=False,
        description="List what the kiosk gives, each as `- {id: kit, name: ..., ...}`.",
    )
    policies: dict[ItemId, dict[ItemId, Limit]] = Field(
        default_factory=dict,
        description="Write what each policy allows of a group, as `policies: {more: {kits: {limit: 4, per: week}}}`.",
    )
    slots: tuple[Slot, ...] = Field(
        min_length=1, strict=False, description="List the slots, each as `- {id: A1, item: ..., capacity: ..., ...}`."
    )
    matrix: Matrix | None = Field(
        default=None,
        description="Write it as `matrix: {rows: [9, 10], columns: [12, 13], active_high: true, home: ...}`.",
    )
    drop_sensor: DropSensor | None = Field(
        default=None, description="Write it as `drop_sensor: {pin: 22, active_low: true}`."
    )
    door: Input | None = Field(default=None, description="Write it as `door: {pin: 23, active_low: true}`.")
    motor_enable: MotorEnable | None = Field(
        default=None, description="Write it as `motor_enable: {pin: 26, pulse_ms: 100}`, or leave it out."
    )
    scanner: Scanner | None = Field(default=None, description="Write it as `scanner: {port: ..., protocol: lines}`.")
    screen: Screen | None = Field(
        default=None, description="Write it as `screen: {port: 8080, width_mm: 154}`, or leave it out."
    )
    telemetry: Telemetry | None = Field(
        default=None,
        description="Write it as `telemetry: {broker: mqtts://broker.example:8883, ...}`, or leave it out.",
    )
    timing: Timing = Field(default=Timing(), description="Write it as `timing: {choose_s: 60}`, or leave it out.")
    limits: Limits = Field(
        default=Limits(), description="Write it as `limits: {emergency_reserve: 2}`, or leave it out."
    )

    @property
    def doses(self) -> dict[str, int]:
        """The doses in one unit of each item."""
        return {item.id: item.doses for item in self.items}


def field_at(trail: Trail) -> FieldInfo | None:
    """Return the last field of the model that *trail* passes."""
    return _walked(trail)[0]


def known_keys(trail: Trail) -> tuple[str, ...]:
    """Return the keys that the section at *trail* takes."""
    keys = dict.fromkeys(key for section in _sections_in(_walked(trail)[1]) for key in section.model_fields)
    return (*keys, *(() if trail else NOT_BUILT_YET))


def written(trail: Trail) -> Trail:
    """Return a trail of pydantic's as it stands in the file: without the driver by which it chose a motor's keys."""
    return tuple(step for before, step in zip((None, *trail), trail, strict=False) if (before, step) not in _CHOICES)


def _walked(trail: Trail) -> tuple[FieldInfo | None, object]:
    """Return the last field that *trail* passes, and what kind of value stands at its end."""
    found: FieldInfo | None = None
    kind: object = Config
    for key in trail:
        if get_origin(kind) is dict:  # its keys are names, not fields
            kind = get_args(kind)[1]
        elif isinstance(key, str) and (sections := _sections_in(kind)):
            if len(sections) > 1 and key in DRIVERS:  # pydantic's choice among motors
                kind = sections[DRIVERS.index(key)]
                continue
            found = next((section.model_fields[key] for section in sections if key in section.model_fields), None)
            kind = found.annotation if found else None
    return found, kind


def _sections_in(kind: object) -> list[type[Section]]:
    """Return the sections that a value of this kind may be, or holds in a list or optionally."""
    kinds = (kind, *get_args(kind)) if get_origin(kind) is not dict else ()
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Section)]


_CHOICES = {("motor", driver) for driver in DRIVERS}
