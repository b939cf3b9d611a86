"""What a kiosk runs with but should not be silent about: warnings, one small function each."""

from __future__ import annotations

from collections.abc import Iterator

from kiosk.config.faults import Finding, Trail, Tree, shown
from kiosk.config.model import NOT_BUILT_YET
from kiosk.config.places import Document
from kiosk.config.rules import Rule, entries, ids, section

LATER = "Keep it for a later version or remove it; nothing changes now."
TESTS_ONLY = "Keep it for demos and tests; at a kiosk that people use write 60."
NO_LIMIT = "Write `access: code` if it is to be limited, or remove the allowance."
NEVER_LIMITED = "Remove the allowance: what saves a life is never limited."
SECOND_SLOT = "Put it in a second slot too, so that one jam does not take it away."
NO_COILS = "Put its coils into the slots, each as `motor: {driver: matrix, row: 1, column: 1}`, or remove it."
GM65_BY_HAND = "Set the scanner up with its printed cards: text that ends with CR, continuous reading."


def all_warnings(document: Document) -> list[Finding]:
    """Return what every piece of advice finds."""
    return [finding for advice in ADVICE for finding in advice(document)]


def sections_not_used_yet(document: Document) -> Iterator[Finding]:
    """Name the sections of the contract that this version reads over."""
    for name in document.sections:
        if name in NOT_BUILT_YET:
            yield Finding((name,), "this version does not use it yet; the kiosk runs without", LATER)


def grid_is_not_kept_yet(document: Document) -> Iterator[Finding]:
    """Say that stock leaves at every change or not at all, and what the first gives away."""
    telemetry = document.sections.get("telemetry")
    if not isinstance(telemetry, dict) or not telemetry:
        return
    if telemetry.get("grid_minutes", 60) == 0:
        yield Finding(
            ("telemetry", "grid_minutes"), "0 publishes every change at once, and each names a visit", TESTS_ONLY
        )
    else:
        yield Finding(("telemetry",), "this version does not publish stock on a grid yet, only that it is there", LATER)


def open_items_have_no_limit(document: Document) -> Iterator[Finding]:
    """Say that nothing limits what everybody may take: nobody is known there."""
    for trail, item in entries(document, "items"):
        if item.get("access") == "open" and item.get("allowance") is not None:
            remedy = NEVER_LIMITED if item.get("emergency") is True else NO_LIMIT
            message = "nobody is known who takes what is open: this limits nothing"
            yield Finding((*trail, "allowance"), message, remedy)


def gm65_is_not_set_up(document: Document) -> Iterator[Finding]:
    """Say that no set-up commands are sent to the scanner."""
    if section(document.sections, "scanner").get("protocol") == "gm65":
        message = "set-up commands are not sent yet; codes are read as lines"
        yield Finding(("scanner", "protocol"), message, GM65_BY_HAND)


def matrix_has_coils(document: Document) -> Iterator[Finding]:
    """Say that nothing is done with a matrix in which no slot is."""
    drivers = [section(slot, "motor").get("driver") for _, slot in entries(document, "slots")]
    if drivers and section(document.sections, "matrix") and "matrix" not in drivers:
        yield Finding(("matrix",), "no slot has `driver: matrix`, so its lines are not touched", NO_COILS)


def emergency_items_in_two_slots(document: Document) -> Iterator[Finding]:
    """Warn of an emergency item that one jam would take away."""
    emergency = {trail for trail, item in entries(document, "items") if item.get("emergency") is True}
    for trail, item, slots in _stands_in(document):
        if trail in emergency and len(slots) == 1:
            message = f"{shown(item)} is for emergencies and stands in one slot only, {shown(slots[0])}"
            yield Finding(trail, message, SECOND_SLOT)


def emergency_items_are_not_blocked(document: Document) -> Iterator[Finding]:
    """Warn of an emergency item that a date takes away."""
    for trail, item in entries(document, "items"):
        if item.get("emergency") is True and item.get("unfit") == "block":
            message = "past its last good day nobody gets it; expired naloxone is better than none"
            yield Finding((*trail, "unfit"), message, "Write `unfit: last` unless a rule demands otherwise.")


def items_stand_somewhere(document: Document) -> Iterator[Finding]:
    """Warn of an item that nobody can get."""
    for trail, item, slots in _stands_in(document):
        if not slots:
            yield Finding(trail, f"{shown(item)} stands in no slot", "Put it in a slot, or remove it from the items.")


ADVICE: tuple[Rule, ...] = (
    sections_not_used_yet,
    grid_is_not_kept_yet,
    open_items_have_no_limit,
    gm65_is_not_set_up,
    matrix_has_coils,
    emergency_items_in_two_slots,
    emergency_items_are_not_blocked,
    items_stand_somewhere,
)


def _stands_in(document: Document) -> Iterator[tuple[Trail, str, list[Tree]]]:
    """Yield each item with the ids of its slots; nothing while any slot's item cannot be told."""
    stock = [(slot.get("item"), slot.get("id")) for _, slot in entries(document, "slots")]
    items = list(ids(document, "items"))
    known = [item for _, item in items]
    if stock and all(item in known for item, _ in stock):
        for trail, item in items:
            yield trail, item, [slot for standing, slot in stock if standing == item]
