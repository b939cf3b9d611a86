"""What must hold between motors, their switches, and the lines of a matrix: one small rule each, as in ``rules.py``."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from kiosk.config.faults import Finding, Trail, Tree, shown
from kiosk.config.model import Matrix, Timing
from kiosk.config.places import Document
from kiosk.config.rules import PULLED_UP, SAFE_LEVEL, SERIAL_CONSOLE, Rule, entries, lines_of, reference, section

MATRIX = ("matrix",)
LAST_PIN = 27  # of the header

A_MATRIX = "Add `matrix: {rows: [9, 10], columns: [12, 13], active_high: true, home: {pin: 5, active_low: true}}`."
LINE_PIN = "Write a BCM number from 9 to 13 or 16 to 27, or add the `outputs` that carry the line."
SAFE_LINE = "Move the line to one of BCM 9 to 13 or 16 to 27, or say in `unsafe_pin_reason` why it is safe here."
HIGH_LINES = "Use drivers that are on at a high level, and write `active_high: true`."
OWN_OUTPUT = "Wire one of the two to another output and write its number here."
OWN_CROSSING = "Give each coil a crossing of its own."
A_STOP = (
    "Write `home: {pin: 27, active_low: true}` for a coil, or `run_s: 1.5` in the motor of a pusher without a switch."
)
ONE_STOP = "Remove `run_s`, or remove `home` if there is no switch."
NO_SWITCH = "Remove it."
PROOF = "Put it into a coil with a home switch, which counts by coming home."
A_SENSOR = "Add `drop_sensor: {pin: 22, active_low: true}`, or use a coil with a home switch."
A_WAY = "Write another angle for one of the two."
A_LONGER_LEASE = "Write less, or raise `timing.lease_s`."
AN_EARLY_LOOK = "Write less, or raise `timing.leave_home_s`."


def motor_faults(document: Document) -> list[Finding]:
    """Return what every rule of this file finds."""
    return [finding for rule in RULES for finding in rule(document)]


def lines_on_safe_pins(document: Document) -> Iterator[Finding]:
    """Refuse lines on pins that do not exist, or that are high while the machine starts, unless somebody says why."""
    if section(document.sections, "matrix").get("outputs") is not None:
        return
    is_explained = section(document.sections, "matrix").get("unsafe_pin_reason") is not None
    for trail, pin in lines_of(document):
        if pin > LAST_PIN:
            yield Finding(trail, f"must be {LAST_PIN} or less, not {pin}", LINE_PIN)
        elif (danger := _danger(pin)) and not is_explained:
            yield Finding(trail, f"{pin} {danger}: motors could run before the kiosk does", SAFE_LINE)


def lines_on_when_high(document: Document) -> Iterator[Finding]:
    """Refuse active-low lines, unless somebody says why that is safe; behind shift registers nothing makes them so."""
    matrix = section(document.sections, "matrix")
    if matrix.get("active_high") is not False:
        return
    if matrix.get("outputs") is not None:
        message = "a shift register that holds zeros would have every active-low line on"
        yield Finding((*MATRIX, "active_high"), message, HIGH_LINES)
    elif matrix.get("unsafe_pin_reason") is None:
        message = "active-low lines let motors twitch whenever their pins are set up"
        yield Finding((*MATRIX, "active_high"), message, SAFE_LEVEL)


def one_line_an_output(document: Document) -> Iterator[Finding]:
    """Refuse the second line on an output of the shift registers; pins are the business of another rule."""
    if section(document.sections, "matrix").get("outputs") is None:
        return
    first: dict[int, Trail] = {}
    for trail, output in lines_of(document):
        if (holder := first.setdefault(output, trail)) != trail:
            yield Finding(trail, f"output {output} is already used by {reference(document, holder)}", OWN_OUTPUT)


def coils_are_in_the_matrix(document: Document) -> Iterator[Finding]:
    """Refuse a coil of a matrix that is not there, or at a crossing outside it."""
    matrix = document.sections.get("matrix")
    for trail, _, motor in _slots(document, "matrix"):
        if matrix is None:
            yield Finding((*trail, "motor", "driver"), "there is no section `matrix` for this coil", A_MATRIX)
            continue
        for way, ways in (("row", "rows"), ("column", "columns")):
            lines, place = section(document.sections, "matrix").get(ways), motor.get(way)
            if isinstance(lines, list) and type(place) is int and place > len(lines) > 0:
                message = f"the matrix has {len(lines)} {ways if len(lines) > 1 else way}, so there is no {way} {place}"
                remedy = f"Write a number up to {len(lines)}, or add the missing {way} to `matrix.{ways}`."
                yield Finding((*trail, "motor", way), message, remedy)


def one_coil_a_crossing(document: Document) -> Iterator[Finding]:
    """Refuse the second coil at a crossing."""
    first: dict[tuple[Tree, Tree], Trail] = {}
    for trail, _, motor in _slots(document, "matrix"):
        row, column = motor.get("row"), motor.get("column")
        if type(row) is int and type(column) is int and (holder := first.setdefault((row, column), trail)) != trail:
            message = f"row {row}, column {column} is already the crossing of {reference(document, holder)}"
            yield Finding((*trail, "motor"), message, OWN_CROSSING)


def motors_know_when_to_stop(document: Document) -> Iterator[Finding]:
    """Refuse a motor on a pin that has neither a home switch nor a time to run, or both."""
    for trail, slot, motor in _slots(document, "gpio"):
        has_home, has_time = slot.get("home") is not None, motor.get("run_s") is not None
        if not has_home and not has_time:
            message = "is missing, and so is `run_s`: nothing says when the motor has to stop"
            yield Finding((*trail, "home"), message, A_STOP)
        if has_home and has_time:
            yield Finding((*trail, "motor", "run_s"), "the home switch says when the motor has to stop", ONE_STOP)


def switches_belong_to_coils(document: Document) -> Iterator[Finding]:
    """Refuse a home switch where none would be read."""
    for driver, message in (
        ("servo", "a servo has no home switch"),
        ("matrix", "all coils of the matrix share one home switch, `matrix.home`"),
    ):
        for trail, slot, _ in _slots(document, driver):
            if slot.get("home") is not None:
                yield Finding((*trail, "home"), message, NO_SWITCH)


def what_runs_by_time_is_seen_to_fall(document: Document) -> Iterator[Finding]:
    """Refuse pushers and servos where no drop could be seen: nothing else would ever prove that they gave anything."""
    thin = [item.get("id") for _, item in entries(document, "items") if item.get("thin") is True]
    for trail, slot, what in _by_time(document):
        if document.sections.get("drop_sensor") is None:
            message = f"without a drop sensor nothing proves that this {what} gave anything"
            yield Finding((*trail, "motor"), message, A_SENSOR)
            continue
        if (item := slot.get("item")) in thin and item is not None:
            message = f"{shown(item)} is thin and misses the light beam: nothing proves that this {what} gave it"
            yield Finding((*trail, "item"), message, PROOF)
        if slot.get("sensorless") is True:
            message = f"no drop is seen here, so nothing proves that this {what} gave anything"
            yield Finding((*trail, "sensorless"), message, PROOF)


def servos_swing(document: Document) -> Iterator[Finding]:
    """Refuse a servo that gives where it rests."""
    for trail, _, motor in _slots(document, "servo"):
        give, rest = _number(motor.get("give_deg")), _number(motor.get("rest_deg"))
        if give is not None and give == rest:
            message = f"{give:g} is where it rests, so it would push nothing out"
            yield Finding((*trail, "motor", "give_deg"), message, A_WAY)


def lease_outlasts_every_run(document: Document) -> Iterator[Finding]:
    """Refuse pushers and servos that the lease would cut; silent while a time limit is wrong."""
    timing = _timing(document)
    for driver, key, times in (("gpio", "run_s", 1), ("servo", "swing_s", 2)) if timing else ():
        for trail, _, motor in _slots(document, driver):
            seconds = _number(motor.get(key))
            if timing and seconds and seconds * times >= timing.lease_s:
                how_long = f"{seconds:g} s" if times == 1 else f"{seconds:g} s there and {seconds:g} s back"
                message = f"{how_long} is too long: every motor is cut after timing.lease_s = {timing.lease_s:g}"
                yield Finding((*trail, "motor", key), message, A_LONGER_LEASE)


def matrix_is_looked_at_in_time(document: Document) -> Iterator[Finding]:
    """Refuse to look at a home switch only when the coil must have left it; silent while a time limit is wrong."""
    matrix, timing = section(document.sections, "matrix"), _timing(document)
    look_s = _number(matrix.get("look_s", Matrix.model_fields["look_s"].default)) if matrix else None
    if timing and look_s and look_s >= timing.leave_home_s:
        message = (
            f"{look_s:g} s is too late: a coil must leave home within timing.leave_home_s = {timing.leave_home_s:g}"
        )
        yield Finding((*MATRIX, "look_s"), message, AN_EARLY_LOOK)


RULES: tuple[Rule, ...] = (
    lines_on_safe_pins,
    lines_on_when_high,
    one_line_an_output,
    coils_are_in_the_matrix,
    one_coil_a_crossing,
    motors_know_when_to_stop,
    switches_belong_to_coils,
    what_runs_by_time_is_seen_to_fall,
    servos_swing,
    lease_outlasts_every_run,
    matrix_is_looked_at_in_time,
)


def _slots(document: Document, driver: str) -> Iterator[tuple[Trail, dict[str, Tree], dict[str, Tree]]]:
    """Yield each slot of that driver, and its motor."""
    for trail, slot in entries(document, "slots"):
        if (motor := section(slot, "motor")).get("driver") == driver:
            yield trail, slot, motor


def _by_time(document: Document) -> Iterator[tuple[Trail, dict[str, Tree], str]]:
    """Yield each slot whose course goes by time alone, and what it is called."""
    for trail, slot, motor in _slots(document, "gpio"):
        if slot.get("home") is None and motor.get("run_s") is not None:
            yield trail, slot, "pusher"
    for trail, slot, _ in _slots(document, "servo"):
        yield trail, slot, "servo"


def _timing(document: Document) -> Timing | None:
    try:
        return Timing.model_validate(section(document.sections, "timing"))
    except ValidationError:
        return None


def _danger(pin: int) -> str | None:
    if pin in PULLED_UP:
        return "is pulled up at boot"
    if pin in SERIAL_CONSOLE:
        return "belongs to the serial console and is high at boot"
    return None


def _number(value: Tree) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
