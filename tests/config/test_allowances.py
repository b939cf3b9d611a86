"""Allowances and policies in ``kiosk.yaml``: what may be written, and what it comes to."""

from __future__ import annotations

import pytest

from kiosk.config import Config
from kiosk.core.values import Allowance, GroupId, ItemId, Period
from kiosk.policies import periods_of, policies_of
from kiosk.translation import rules_of
from tests.config.conftest import Read

KITS, TESTS = GroupId("kits"), GroupId("tests")
TWO_A_WEEK = "allowance: {group: kits, limit: 2, per: week}"
ONE_A_MONTH = "allowance: {group: tests, limit: 1, per: month}"


@pytest.fixture
def limited(good: str) -> str:
    """Kits and strips need a code, and have a group each."""
    limited = good.replace("access: code}", f"access: code, {TWO_A_WEEK}}}")
    return limited.replace("access: open, thin: true}", f"access: code, thin: true, {ONE_A_MONTH}}}")


def config_of(read: Read, text: str) -> Config:
    loaded = read(text)
    assert (loaded.faults, loaded.warnings) == ((), ())
    assert loaded.config
    return loaded.config


# --- what may be written


@pytest.mark.parametrize("per", Period)
def test_an_allowance_is_per_visit_day_week_or_month(read: Read, limited: str, per: Period) -> None:
    config = config_of(read, limited.replace("per: week", f"per: {per}"))

    assert policies_of(config)["default"][0] == Allowance(KITS, 2, per)


def test_two_items_may_share_a_group_at_the_same_limit(read: Read, limited: str) -> None:
    config = config_of(read, limited.replace(ONE_A_MONTH, TWO_A_WEEK))

    rules = rules_of(config, has_beam=True, sensed=())
    assert policies_of(config)["default"] == (Allowance(KITS, 2, Period.WEEK),)
    assert {rules.items[ItemId(item)].group for item in ("kit", "strips")} == {KITS}


@pytest.mark.parametrize("policies", ["{}", "{more: {}}", "{default: {kits: {limit: 3, per: day}}}"])
def test_policies_may_be_empty_and_may_change_the_usual_one(read: Read, limited: str, policies: str) -> None:
    assert config_of(read, f"{limited}policies: {policies}\n").policies.keys() <= {"more", "default"}


def test_a_group_that_is_no_text_is_named_once(read: Read, limited: str) -> None:
    faults = read(limited.replace("group: kits", "group: [kits]")).faults

    assert [fault.path for fault in faults] == ["items[1].allowance.group"]


def test_groups_of_what_has_the_wrong_shape_are_none(read: Read, limited: str) -> None:
    faults = read(limited + "policies: {more: 7, less: [kits], 1: {}}\n").faults

    assert {fault.line for fault in faults} == {29}
    assert not [fault for fault in faults if "no item has the group" in fault.message]


# --- what it comes to


def test_without_policies_the_allowances_of_the_items_are_the_usual_ones(read: Read, limited: str) -> None:
    assert policies_of(config_of(read, limited)) == {
        "default": (Allowance(KITS, 2, Period.WEEK), Allowance(TESTS, 1, Period.MONTH))
    }


def test_a_policy_changes_what_it_names_and_leaves_the_rest(read: Read, limited: str) -> None:
    config = config_of(read, limited + "policies: {more: {kits: {limit: 10, per: day}}}\n")

    assert policies_of(config) == {
        "default": (Allowance(KITS, 2, Period.WEEK), Allowance(TESTS, 1, Period.MONTH)),
        "more": (Allowance(KITS, 10, Period.DAY), Allowance(TESTS, 1, Period.MONTH)),
    }


def test_what_the_usual_policy_changes_holds_for_the_others_too(read: Read, limited: str) -> None:
    config = config_of(
        read, limited + "policies: {default: {kits: {limit: 3, per: week}}, more: {tests: {limit: 4, per: month}}}\n"
    )

    assert policies_of(config)["more"] == (Allowance(KITS, 3, Period.WEEK), Allowance(TESTS, 4, Period.MONTH))


def test_a_policy_may_give_nothing_of_a_group(read: Read, limited: str) -> None:
    config = config_of(read, limited + "policies: {less: {tests: {limit: 0, per: month}}}\n")

    assert policies_of(config)["less"][1] == Allowance(TESTS, 0, Period.MONTH)


def test_what_is_open_has_no_allowance_whatever_is_written(read: Read, limited: str) -> None:
    loaded = read(limited.replace("access: code, thin", "access: open, thin"))

    assert loaded.config
    assert policies_of(loaded.config)["default"] == (Allowance(KITS, 2, Period.WEEK),)
    assert rules_of(loaded.config, has_beam=True, sensed=()).items[ItemId("strips")].group is None
    assert [warning.path for warning in loaded.warnings] == ["items[2].allowance"]


def test_the_periods_in_use_are_those_of_all_policies(read: Read, limited: str) -> None:
    config = config_of(read, limited + "policies: {more: {kits: {limit: 9, per: visit}}}\n")

    assert periods_of(policies_of(config)) == {Period.WEEK, Period.MONTH, Period.VISIT}


def test_a_kiosk_without_allowances_has_no_period(read: Read, good: str) -> None:
    assert periods_of(policies_of(config_of(read, good))) == set()
