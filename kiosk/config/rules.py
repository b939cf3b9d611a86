"""What must hold between values. Each rule reads the plain tree, passes over what has the wrong shape, yields findings.

Whether a single value is right is the model's business, so no rule says again what the model says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pydantic import ValidationError

from kiosk.config.faults import Finding, Trail, Tree, nearest, path_text, shown
from kiosk.config.model import Timing
from kiosk.config.places import Document

Rule = Callable[[Document], Iterator[Finding]]

PULLED_UP = range(9)  # BCM 0 to 8 are pulled up from power-on on
SERIAL_CONSOLE = (14, 15)  # idle high, and the boot console talks there

# MOSI, MISO, clock, and the chip selects 0 and 1, which the system takes together
SPI_PINS = {0: (7, 8, 9, 10, 11)}

OWN_PIN = "Wire one of the two to another pin and write its number here."
NOT_OF_SPI = "Wire the other to another pin: SPI 0 takes BCM 7 to 11."
SAFE_PIN = "Move the motor to one of BCM 9 to 13 or 16 to 27, or say in `unsafe_pin_reason` why it is safe here."
SAFE_PULSE = "Move it to one of BCM 9 to 13 or 16 to 27."
SAFE_LEVEL = "Use a motor driver that is on at a high level, or say in `unsafe_pin_reason` why it is safe here."
FREE_EMERGENCY = "Write `access: open`; what saves a life must never wait for a code."


def all_faults(document: Document) -> list[Finding]:
    """Return what every rule finds."""
    return [finding for rule in RULES for finding in rule(document)]


def one_user_a_pin(document: Document) -> Iterator[Finding]:
    """Refuse the second and every further user of a pin; the first in the file has it."""
    users: dict[int, Trail] = {}
    pins = [*_pins(document), *_matrix_pins(document)]
    for trail, pin in sorted(pins, key=lambda user: document.place(user[0])):
        first = users.setdefault(pin, trail)
        if first != trail:
            remedy = NOT_OF_SPI if trail[-1] == "spi" else OWN_PIN
            yield Finding(trail, f"{pin} is already used by {reference(document, first)}", remedy)


def motors_on_safe_pins(document: Document) -> Iterator[Finding]:
    """Refuse pins that are high while the machine starts, unless somebody says why that is safe."""
    for trail, motor in _unexplained_motors(document):
        pin = motor.get("pin")
        if type(pin) is int and (danger := _danger(pin)):
            yield Finding((*trail, "pin"), f"{pin} {danger}", SAFE_PIN)


def the_supply_pulses_on_a_safe_pin(document: Document) -> Iterator[Finding]:
    """Refuse a pulse on a pin that is high while the machine starts, or on which the console talks."""
    pin = section(document.sections, "motor_enable").get("pin")
    if type(pin) is int and _danger(pin):
        message = f"{pin} is not low at boot, and each change would count as a pulse"
        yield Finding(("motor_enable", "pin"), message, SAFE_PULSE)


def motors_on_when_high(document: Document) -> Iterator[Finding]:
    """Refuse active-low motors, unless somebody says why that is safe."""
    for trail, motor in _unexplained_motors(document):
        if motor.get("active_high") is False:
            message = "an active-low motor twitches whenever its pin is set up"
            yield Finding((*trail, "active_high"), message, SAFE_LEVEL)


def one_slot_an_id(document: Document) -> Iterator[Finding]:
    """Refuse the second slot of the same name."""
    return _doubled_ids(document, "slots")


def one_item_an_id(document: Document) -> Iterator[Finding]:
    """Refuse the second item of the same name."""
    return _doubled_ids(document, "items")


def slots_hold_known_items(document: Document) -> Iterator[Finding]:
    """Refuse a slot whose item is not in the list of items; silent while no item can be read."""
    known = [item for _, item in ids(document, "items")]
    for trail, slot in entries(document, "slots"):
        item = slot.get("item")
        if isinstance(item, str) and known and item not in known:
            yield Finding((*trail, "item"), f"{shown(item)} is not in the list of items", _known(item, known))


def emergency_items_need_no_code(document: Document) -> Iterator[Finding]:
    """Refuse a code in front of an emergency item: naloxone never needs one."""
    for trail, item in entries(document, "items"):
        if item.get("emergency") is True and item.get("access") == "code":
            yield Finding((*trail, "access"), "an emergency item cannot need a code", FREE_EMERGENCY)


def one_limit_a_group(document: Document) -> Iterator[Finding]:
    """Refuse two items of one group that would set it different limits; the first in the file sets it."""
    first: dict[str, tuple[Trail, dict[str, Tree]]] = {}
    for trail, item in entries(document, "items"):
        limit = section(item, "allowance")
        if isinstance(group := limit.get("group"), str):
            holder, set_there = first.setdefault(group, (trail, limit))
            if (limit.get("limit"), limit.get("per")) != (set_there.get("limit"), set_there.get("per")):
                message = f"the group {shown(group)} has another limit in {reference(document, holder)}"
                yield Finding((*trail, "allowance"), message, "Give all items of a group the same limit and period.")


def policies_name_known_groups(document: Document) -> Iterator[Finding]:
    """Refuse a policy for a group that no item has: it would limit nothing."""
    limits = [section(item, "allowance").get("group") for _, item in entries(document, "items")]
    known = [group for group in limits if isinstance(group, str)]
    for name, policy in section(document.sections, "policies").items():
        for group in policy if isinstance(policy, dict) else ():
            if group not in known:
                yield Finding(
                    ("policies", name, group), f"no item has the group {shown(group)}", _known(group, known, "groups")
                )


def lease_outlasts_a_turn(document: Document) -> Iterator[Finding]:
    """Refuse a lease that would cut a good turn or a nudge; silent while another time limit is wrong."""
    try:
        timing = Timing.model_validate(section(document.sections, "timing"))
    except ValidationError:
        return
    turn_s = timing.leave_home_s + timing.clear_switch_s + timing.come_home_s
    if timing.lease_s <= turn_s:
        message = f"must be more than leave_home_s + clear_switch_s + come_home_s = {turn_s:g}, not {timing.lease_s:g}"
        yield Finding(("timing", "lease_s"), message, f"Write more than {turn_s:g}, or shorten the other limits.")
    elif timing.lease_s <= timing.nudge_s:
        message = f"{timing.nudge_s:g} s is too long: every motor is cut after timing.lease_s = {timing.lease_s:g}"
        yield Finding(("timing", "nudge_s"), message, "Write less, or raise `timing.lease_s`.")


def par_and_level_fit_the_coil(document: Document) -> Iterator[Finding]:
    """Refuse a par above the capacity, and a level sensor that would see a full coil low."""
    for trail, slot in entries(document, "slots"):
        capacity, par, at = slot.get("capacity"), slot.get("par"), section(slot, "low").get("at")
        if type(capacity) is int and type(par) is int and par > capacity:
            yield Finding((*trail, "par"), f"{par} is more than the capacity of {capacity}", f"Write up to {capacity}.")
        if type(capacity) is int and type(at) is int and at >= capacity:
            message = f"{at} is as much as the coil holds, so it would always be low"
            yield Finding((*trail, "low", "at"), message, f"Write less than {capacity}.")


RULES: tuple[Rule, ...] = (
    one_user_a_pin,
    motors_on_safe_pins,
    the_supply_pulses_on_a_safe_pin,
    motors_on_when_high,
    one_slot_an_id,
    one_item_an_id,
    slots_hold_known_items,
    emergency_items_need_no_code,
    one_limit_a_group,
    policies_name_known_groups,
    lease_outlasts_a_turn,
    par_and_level_fit_the_coil,
)


def entries(document: Document, name: str) -> Iterator[tuple[Trail, dict[str, Tree]]]:
    """Yield the sections in the list *name*, as far as it is one."""
    listed = document.sections.get(name)
    for index, entry in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(entry, dict):
            yield (name, index), entry


def section(holder: dict[str, Tree], name: str) -> dict[str, Tree]:
    """Return the section *name* of *holder*; empty when there is none."""
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


def ids(document: Document, name: str) -> Iterator[tuple[Trail, str]]:
    """Yield the trail and the id of every entry of the list *name* that has one."""
    for trail, entry in entries(document, name):
        if isinstance(found := entry.get("id"), str):
            yield trail, found


def _doubled_ids(document: Document, name: str) -> Iterator[Finding]:
    first: dict[str, Trail] = {}
    for trail, word in ids(document, name):
        if (holder := first.setdefault(word, trail)) != trail:
            message = f"{shown(word)} is already the id of {reference(document, holder)}"
            yield Finding((*trail, "id"), message, "Give each its own id.")


def _pins(document: Document) -> Iterator[tuple[Trail, int]]:
    """Yield every pin in use, in the order of the file."""
    holders = [((*trail, part), section(slot, part)) for trail, slot in entries(document, "slots") for part in slot]
    holders += [((name,), section(document.sections, name)) for name in ("drop_sensor", "door", "motor_enable")]
    matrix = section(document.sections, "matrix")
    holders += [(("matrix", part), section(matrix, part)) for part in ("home", "presence")]
    for trail, holder in sorted(holders, key=lambda one: document.place((*one[0], "pin"))):
        if type(pin := holder.get("pin")) is int:
            yield (*trail, "pin"), pin


def _matrix_pins(document: Document) -> Iterator[tuple[Trail, int]]:
    """Yield every pin of the matrix but its switches: its lines, or what shifts them out."""
    outputs = section(section(document.sections, "matrix"), "outputs")
    trail: Trail = ("matrix", "outputs")
    if section(document.sections, "matrix").get("outputs") is None:
        yield from lines_of(document)
    if type(enable := outputs.get("output_enable")) is int:
        yield (*trail, "output_enable"), enable
    spi = outputs.get("spi")
    for pin in SPI_PINS.get(spi, ()) if type(spi) is int else ():
        yield (*trail, "spi"), pin


def lines_of(document: Document) -> Iterator[tuple[Trail, int]]:
    """Yield the number of every line of the matrix: of its pin, or of its output."""
    for way in ("rows", "columns"):
        lines = section(document.sections, "matrix").get(way)
        for index, line in enumerate(lines if isinstance(lines, list) else ()):
            if type(line) is int:
                yield ("matrix", way, index), line


def _unexplained_motors(document: Document) -> Iterator[tuple[Trail, dict[str, Tree]]]:
    for trail, slot in entries(document, "slots"):
        motor = section(slot, "motor")
        if motor.get("unsafe_pin_reason") is None:
            yield (*trail, "motor"), motor


def _danger(pin: int) -> str | None:
    if pin in PULLED_UP:
        return "is pulled up at boot: the motor would run before the kiosk does"
    if pin in SERIAL_CONSOLE:
        return "belongs to the serial console and is high at boot: the motor would run before the kiosk does"
    return None


def _known(item: str, known: list[str], what: str = "items") -> str:
    like = nearest(item, known)
    hint = f"Did you mean {shown(like)}? " if like else ""
    return f"{hint}Known {what}: {', '.join(map(shown, dict.fromkeys(known))) or 'none'}."


def reference(document: Document, trail: Trail) -> str:
    """Return how a message names another place of the file."""
    return f"{path_text(trail)} (line {document.place(trail).line})"
