"""``up/report``'s shape, held against the contract, and what it must not tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import cast

import pytest

from kiosk.core import asks
from kiosk.core.reports import LotReport, PassReport, Report, SlotReport
from kiosk.core.values import ItemId, SlotId
from kiosk.telemetry.messages import ReportMessage, reports
from tests.telemetry.conftest import said

DAY = date(2026, 11, 30)
NALOXONE, KIT = ItemId("naloxone"), ItemId("kit")
MOVED = {
    "loaded": 9, "found": 1, "adjusted": -2, "reconciled": 1, "delivered": 3, "removed": 1, "removed_expired": 2,
    "removed_recalled": 0, "removed_damaged": 1, "test": 1, "uncertain": 2, "not_delivered": 4,
    "test_not_delivered": 1,
}  # fmt: skip


def report(number: int, *lots: LotReport, quarters: tuple[tuple[ItemId, int, int], ...] = ()) -> Report:
    slot = SlotReport(SlotId("A1"), NALOXONE, lots, tuple(MOVED.items()))
    return Report(number, DAY, (slot,), ((KIT, 42),), quarters)


def told(*found: Report, simulated: bool = False) -> dict[str, object]:
    message = reports(asks.Reports("6f3a", found), ["naloxone", "kit"], simulated=simulated)
    return said(message.model_dump_json())


def test_a_report_is_as_in_the_contract() -> None:
    # all of it: a field more than these must be weighed against what it says of a visit
    assert told(report(7, LotReport("L1", 3, 6, "state"))) == {
        "v": 1,
        "simulated": False,
        "ledger": "6f3a",
        "from": 7,
        "to": 7,
        "reports": [
            {
                "n": 7,
                "day": "2026-11-30",
                "slots": {
                    "A1": {
                        "item": "naloxone",
                        "lots": {"L1": {"delivered": 3, "doses": 6, "funding": "state"}},
                        **{"not_delivered": 4, "uncertain": 2, "found": 1, "adjusted": -2, "reconciled": 1},
                        **{"test": 1, "test_not_delivered": 1, "loaded": 9, "removed": 4},
                        "removed_for": {"expired": 2, "damaged": 1},
                    }
                },
                "unavailable_minutes": {"naloxone": 0, "kit": 42},
            }
        ],
    }


def test_the_months_last_report_has_its_quarters() -> None:
    payload = told(report(7, quarters=((NALOXONE, 0, 3), (NALOXONE, 3, 1), (KIT, 2, 5))))

    assert payload["reports"][0]["quarters"] == {"naloxone": [3, 0, 0, 1], "kit": [0, 0, 5, 0]}  # type: ignore[index]


def test_one_lot_that_two_sources_paid_for_is_told_for_each() -> None:
    payload = told(report(7, LotReport("L1", 1, 1, "state"), LotReport("L1", 2, 2, "county")))

    assert payload["reports"][0]["slots"]["A1"]["lots"] == {  # type: ignore[index]
        "L1": {"delivered": 1, "doses": 1, "funding": "state"},
        "L1 (county)": {"delivered": 2, "doses": 2, "funding": "county"},
    }


def test_several_reports_are_named_by_their_first_and_last() -> None:
    payload = told(report(3), report(4), report(9))

    assert (payload["from"], payload["to"]) == (3, 9)


def test_no_report_is_a_message_too() -> None:
    assert told() == {"v": 1, "simulated": False, "ledger": "6f3a", "from": 0, "to": 0, "reports": []}


@pytest.mark.parametrize("simulated", [True, False])
def test_what_was_sent_can_be_read(simulated: bool) -> None:
    message = reports(asks.Reports("6f3a", (report(7),)), [], simulated=simulated)

    assert ReportMessage.model_validate_json(message.model_dump_json()) == message


def passes(has_ended: bool, used: int | None, lost: int) -> dict[str, object]:
    found = replace(report(7), passes=PassReport(has_ended, used, lost))
    (day,) = cast("list[dict[str, object]]", told(found)["reports"])
    return {name: day[name] for name in ("passes_used", "counters_lost") if name in day}


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ((True, 23, 0), {"passes_used": 23}),
        ((True, None, 0), {"passes_used": None}),
        ((False, None, 1), {"counters_lost": 1}),
        ((True, 12, 2), {"passes_used": 12, "counters_lost": 2}),
    ],
)
def test_a_periods_end_says_how_many_passes_were_used_and_null_below_11(
    found: tuple[bool, int | None, int], says: dict[str, object]
) -> None:
    assert passes(*found) == says


def test_what_is_read_says_the_same_when_it_is_written_again() -> None:
    found = replace(report(7), passes=PassReport(True, None, 0))
    message = reports(asks.Reports("6f3a", (found,)), ["kit"])

    assert ReportMessage.model_validate_json(message.model_dump_json()) == message
    assert '"passes_used":null' in ReportMessage.model_validate_json(message.model_dump_json()).model_dump_json()
