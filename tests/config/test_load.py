from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from kiosk.config import Config, DropSensor, GpioMotor, Input, Timing
from kiosk.config.model import ACTIVE_LOW, Section
from kiosk.config.sentences import NO_REMEDY, finding_of
from kiosk.core.limits import USUAL
from kiosk.translation import rules_of
from tests.config.conftest import Read

FIVE_MISTAKES = """\
kiosk: {id: river-street, name: River Street, timezone: Europe/Viena}
items:
  - {id: naloxone, name: {en: Naloxone}, emergency: true, access: code}
slots:
  - {id: A1, item: naloxone, capacity: 10, motor: {driver: gpio, pin: 17, active_high: true}, home: {pin: 27}}
  - id: A2
    item: naloxone
    capacity: 10
    capcity: 10
    motor: {driver: gpio, pin: 18, active_high: true}
    home: {pin: 17, active_low: true}
"""

ONE_SLOT = """\
kiosk: {id: river-street, name: River Street, timezone: UTC}
items: [{id: kit, name: {en: Kit}, access: open}]
slots:
  - {id: A1, item: kit, capacity: 1, motor: {driver: gpio, pin: 17, active_high: true},
     home: {pin: 0, active_low: true}}
"""


def test_a_good_file_becomes_a_configuration_without_warnings(good: str, read: Read) -> None:
    loaded = read(good)

    assert isinstance(loaded.config, Config)
    assert (loaded.faults, loaded.warnings) == ((), ())


def test_the_configuration_holds_what_the_file_says(good: str, read: Read) -> None:
    config = read(good).config

    assert config is not None
    assert [slot.id for slot in config.slots] == ["A1", "A2", "B1", "B2", "C1"]
    assert isinstance(config.slots[4].motor, GpioMotor)
    assert (config.slots[4].motor.pin, config.slots[4].home) == (16, Input(pin=8, active_low=True))
    assert config.items[0].name == {"en": "Naloxone", "es": "Naloxona"}
    assert config.drop_sensor is not None
    assert config.drop_sensor.beam_down == "home"


def test_what_is_left_out_has_its_default(good: str, read: Read) -> None:
    config = read(good.replace("data: /var/lib/kiosk", "")).config

    assert config is not None
    assert config.data == Path("/var/lib/kiosk")
    assert config.timing == Timing()
    assert (config.items[1].doses, config.items[1].thin, config.items[1].emergency) == (1, False, False)


def test_sensor_door_and_scanner_may_be_missing(good: str, read: Read) -> None:
    config = read(good.partition("drop_sensor:")[0]).config

    assert config is not None
    assert (config.drop_sensor, config.door, config.scanner) == (None, None, None)


def test_a_configuration_does_not_change_later(good: str, read: Read) -> None:
    config = read(good).config

    assert config is not None
    with pytest.raises(ValidationError):
        config.kiosk.id = "elsewhere"


def test_the_usual_lease_outlasts_a_turn_at_the_usual_limits() -> None:
    timing = Timing()

    assert timing.lease_s > timing.leave_home_s + timing.clear_switch_s + timing.come_home_s


def test_the_usual_limits_are_those_that_core_is_proven_with(good: str, read: Read) -> None:
    config = read(good).config

    assert config is not None
    assert rules_of(config, has_beam=True, sensed=()).limits == USUAL


def test_five_different_mistakes_are_all_named_with_file_line_column_and_remedy(read: Read) -> None:
    faults = read(FIVE_MISTAKES).faults

    assert [(fault.file, fault.line, fault.column, fault.path, fault.remedy) for fault in faults] == [
        (
            "kiosk.yaml",
            1,
            47,
            "kiosk.timezone",
            "Write a zone of the IANA list, for example `timezone: Europe/Vienna`.",
        ),
        ("kiosk.yaml", 3, 59, "items[0].access", "Write `access: open`; what saves a life must never wait for a code."),
        ("kiosk.yaml", 5, 95, "slots[0].home.active_low", ACTIVE_LOW),
        ("kiosk.yaml", 9, 5, "slots[1].capcity", "Did you mean `capacity`?"),
        ("kiosk.yaml", 11, 12, "slots[1].home.pin", "Wire one of the two to another pin and write its number here."),
    ]


def test_a_broken_file_gives_no_configuration(read: Read) -> None:
    assert read(FIVE_MISTAKES).config is None


def test_a_fault_names_file_line_column_path_and_the_other_line(good: str, read: Read) -> None:
    (fault,) = read(good.replace("pin: 18", "pin: 17")).faults

    assert str(fault) == "kiosk.yaml:12:66 slots[1].motor.pin: 17 is already used by slots[0].motor.pin (line 11)"


@pytest.mark.parametrize("other", ["pin: 27", "pin: 18", "pin: 22", "pin: 23"])
def test_no_motor_switch_sensor_or_door_may_share_a_pin(other: str, good: str, read: Read) -> None:
    (fault,) = read(good.replace(other, "pin: 17")).faults

    assert "17 is already used by slots[0]." in fault.message


def test_every_further_user_of_a_pin_is_named(good: str, read: Read) -> None:
    faults = read(good.replace("pin: 18", "pin: 17").replace("pin: 23", "pin: 17")).faults

    assert [fault.path for fault in faults] == ["slots[1].motor.pin", "door.pin"]


def test_the_first_user_of_a_pin_in_the_file_has_it(good: str, read: Read) -> None:
    door = "door: {pin: 23, active_low: true}"
    (fault,) = read("door: {pin: 17, active_low: true}\n" + good.replace(door, "")).faults

    assert fault.path == "slots[0].motor.pin"
    assert fault.message == "17 is already used by door.pin (line 1)"


def test_rules_across_values_hold_while_the_shape_is_wrong_elsewhere(good: str, read: Read) -> None:
    faults = read(good.replace("pin: 18", "pin: 17").replace("door: {pin: 23", "door: {pin: x")).faults

    assert [fault.path for fault in faults] == ["slots[1].motor.pin", "door.pin"]


@pytest.mark.parametrize("pin", range(28))
def test_a_motor_may_stand_on_bcm_9_to_27_except_14_and_15(pin: int, read: Read) -> None:
    faults = read(ONE_SLOT.replace("pin: 17", f"pin: {pin}")).faults

    assert any("at boot" in fault.message for fault in faults) == (pin < 9 or pin in (14, 15))


def test_a_reason_allows_an_unsafe_pin_and_an_active_low_motor(good: str, read: Read) -> None:
    reason = "pin: 4, active_high: false, unsafe_pin_reason: a relay cuts the supply until the kiosk runs"

    assert read(good.replace("pin: 17, active_high: true", reason)).faults == ()


def test_a_blank_reason_is_none(good: str, read: Read) -> None:
    loaded = read(good.replace("pin: 17, active_high: true", 'pin: 17, active_high: true, unsafe_pin_reason: " "'))

    assert [fault.path for fault in loaded.faults] == ["slots[0].motor.unsafe_pin_reason"]


@pytest.mark.parametrize(("lease_s", "count"), [("5.25", 1), ("5.26", 0)])
def test_a_lease_as_long_as_a_turn_is_too_short(lease_s: str, count: int, good: str, read: Read) -> None:
    faults = read(good + f"timing: {{clear_switch_s: 0.25, lease_s: {lease_s}}}\n").faults

    assert len(faults) == count


def test_a_list_with_bad_entries_only_is_not_called_empty(good: str, read: Read) -> None:
    faults = read(good.replace("languages: [en, es, fr]", "languages: [1, 2]")).faults

    assert [fault.path for fault in faults] == ["kiosk.languages[0]", "kiosk.languages[1]"]


def test_a_time_limit_that_is_wrong_itself_says_nothing_of_the_lease(good: str, read: Read) -> None:
    faults = read(good + "timing: {come_home_s: 99}\n").faults

    assert [fault.path for fault in faults] == ["timing.come_home_s"]


def test_entries_of_the_wrong_shape_are_each_named_once(good: str, read: Read) -> None:
    faults = read(good.replace("slots:\n", "slots:\n  - A1\n").replace("id: strips, name", "name")).faults

    assert [fault.path for fault in faults] == ["items[2].id", "slots[0]", "slots[5].item"]


def test_items_that_are_no_list_make_no_slot_wrong(good: str, read: Read) -> None:
    faults = read(good.replace("items:", "items: 7\nboards:")).faults

    assert [fault.path for fault in faults] == ["items"]


def test_a_misspelt_item_of_a_slot_gives_no_advice_about_items_without_a_slot(good: str, read: Read) -> None:
    loaded = read(good.replace("item: strips", "item: strip"))

    assert [fault.path for fault in loaded.faults] == ["slots[4].item"]
    assert loaded.warnings == ()


@pytest.mark.parametrize("zone", ["", ".", "Europe", "../etc/passwd", "/etc/passwd", "zone.tab", "x" * 5000])
def test_what_is_no_time_zone_is_refused(zone: str, good: str, read: Read) -> None:
    (fault,) = read(good.replace("Europe/Vienna", f"'{zone}'")).faults

    assert fault.path == "kiosk.timezone"


@pytest.mark.parametrize("section", ["boards", "buttons", "maintenance"])
@pytest.mark.parametrize("content", ["{pin: 17, anything: [goes]}", "", "[7]", "no"])
def test_a_section_of_a_later_version_is_a_warning_whatever_it_holds(
    section: str, content: str, good: str, read: Read
) -> None:
    loaded = read(good + f"{section}: {content}\n")

    assert loaded.config is not None
    assert [warning.path for warning in loaded.warnings] == [section]


def test_every_field_says_what_to_write() -> None:
    models: list[type[Section]] = [*Section.__subclasses__(), DropSensor]
    fields = [(name, field.description) for model in models for name, field in model.model_fields.items()]

    assert [name for name, description in fields if not description] == []


def test_a_complaint_that_we_have_no_words_for_is_still_a_sentence() -> None:
    finding = finding_of({"type": "unheard_of", "loc": ("elsewhere",), "msg": "Not so", "input": "{x}"})

    assert (finding.trail, finding.message, finding.remedy) == (("elsewhere",), "cannot be '{x}': Not so", NO_REMEDY)
