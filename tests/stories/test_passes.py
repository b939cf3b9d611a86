"""Whole stories with passes, numbers and shared codes: what one gets in a week, and what the kiosk keeps of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from hardware.bench.physics import Fault
from kiosk.codes.format import read_code
from kiosk.codes.tags import KEY_NAME, read_programme_key, tag
from kiosk.core.asks import CountSlot, ReadReports, Reports, RevokeCodes
from kiosk.core.reports import PassReport
from kiosk.core.situation import Ending, State
from kiosk.core.values import Kind, Outcome, Period, Refusal, SlotId
from kiosk.snapshot import Snapshot
from tests.kit import CONFIG, VirtualKiosk, virtual_kiosk

MONDAY = date(2026, 11, 30)
DAY_S = 86400.0
TWO_A_WEEK = CONFIG.replace("access: code", "access: code, allowance: {{group: kits, limit: 2, per: week}}")
TWO_A_WEEK += "policies: {{more: {{kits: {{limit: 4, per: week}}}}, none: {{kits: {{limit: 0, per: week}}}}}}\n"
STRIPS_TOO = TWO_A_WEEK.replace(
    "access: open, thin", "access: code, allowance: {{group: tests, limit: 1, per: month}}, thin"
)
SLOTS = ("A1", "A2", "B1", "B2", "C1", "D1")


def loaded(folder: Path, config: str = TWO_A_WEEK) -> Iterator[VirtualKiosk]:
    with virtual_kiosk(folder / "data", config) as virtual:
        for slot in SLOTS:
            virtual.load(slot, 10)
        yield virtual
        virtual.check()


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[VirtualKiosk]:
    """Kits need a code: two a week."""
    yield from loaded(tmp_path)


@pytest.fixture
def wide(tmp_path: Path) -> Iterator[VirtualKiosk]:
    """Kits, two a week, and test strips, one a month."""
    yield from loaded(tmp_path, STRIPS_TOO)


def seen(kiosk: VirtualKiosk) -> Snapshot:
    return kiosk.kiosk.controller.board.snapshot


def present(kiosk: VirtualKiosk, card: str) -> Refusal | Ending | None:
    """Hold a card to the scanner; what is said to it."""
    kiosk.scan(card)
    kiosk.pass_time(0)
    return seen(kiosk).said


def left(kiosk: VirtualKiosk, card: str) -> int:
    """How many kits the card still gives; nothing is taken."""
    if isinstance(said := present(kiosk, card), Refusal):
        assert said.startswith("limit")
        return 0
    visit = seen(kiosk).visit
    assert visit
    kiosk.leave()
    return next(each.units for each in visit.left if each.group == "kits")


def take(kiosk: VirtualKiosk, card: str, kits: int = 1) -> None:
    """Come with a card, take so many kits in one visit, and go."""
    assert present(kiosk, card) is None
    for _ in range(kits):
        assert kiosk.choose("kit") is None
        kiosk.finish_vend()
    kiosk.leave()


def counters(kiosk: VirtualKiosk) -> dict[str, bytes]:
    """The files in memory."""
    return {path.name: path.read_bytes() for path in kiosk.memory.rglob("allowances.*")}


def pull_the_plug(kiosk: VirtualKiosk) -> Callable[[], None]:
    """What a power cut does beside ending the service: memory is empty."""

    def forget() -> None:
        for path in kiosk.memory.rglob("allowances.*"):
            path.unlink()

    return forget


def passes_told(kiosk: VirtualKiosk) -> list[PassReport]:
    """What the sealed reports say of passes, once the day is over."""
    kiosk.calendar.day += timedelta(days=1)
    kiosk.pass_time(61)
    answer = kiosk.ask(ReadReports(0, 400))
    assert isinstance(answer, Reports)
    return [report.passes for report in answer.reports if report.passes]


# --- what one gets


def test_a_pass_gives_its_two_kits_a_week_and_then_says_so(kiosk: VirtualKiosk) -> None:
    (card,) = kiosk.issue_passes()

    take(kiosk, card, 2)

    assert kiosk.world.tray == ["kit", "kit"]
    assert present(kiosk, card) is Refusal.LIMIT_WEEK
    assert kiosk.choose("kit") is Refusal.NEEDS_CODE
    assert kiosk.turns() == ["B1", "B1"]


def test_two_visits_are_as_good_as_one(kiosk: VirtualKiosk) -> None:
    (card,) = kiosk.issue_passes()
    take(kiosk, card)
    assert left(kiosk, card) == 1

    kiosk.calendar.day += timedelta(days=5)  # Sunday
    take(kiosk, card)

    assert left(kiosk, card) == 0


def test_monday_gives_again(kiosk: VirtualKiosk) -> None:
    (card,) = kiosk.issue_passes()
    take(kiosk, card, 2)

    kiosk.calendar.day = MONDAY

    assert left(kiosk, card) == 2


def test_what_needs_no_code_comes_when_nothing_is_left_and_counts_nowhere(kiosk: VirtualKiosk) -> None:
    (card,) = kiosk.issue_passes()
    present(kiosk, card)
    assert kiosk.choose("condoms") is None
    kiosk.finish_vend()
    assert seen(kiosk).visit
    assert left(kiosk, card) == 2

    take(kiosk, card, 2)

    assert kiosk.choose("condoms") is None
    kiosk.finish_vend()
    assert kiosk.world.tray == ["condoms", "kit", "kit", "condoms"]


def test_a_group_that_is_used_up_leaves_the_other(wide: VirtualKiosk) -> None:
    (card,) = wide.issue_passes()
    take(wide, card, 2)

    assert present(wide, card) is None
    assert wide.choose("kit") is Refusal.LIMIT_WEEK
    assert seen(wide).state is State.CHOOSING
    assert wide.choose("strips") is None
    wide.finish_vend()

    assert seen(wide).state is State.READY  # nothing is left
    assert present(wide, card) is Refusal.LIMIT_WEEK  # the first to begin anew


def test_each_period_ends_by_itself(wide: VirtualKiosk) -> None:
    (card,) = wide.issue_passes()
    present(wide, card)
    for item in ("kit", "strips"):
        wide.choose(item)
        wide.finish_vend()
    wide.leave()

    wide.calendar.day = MONDAY  # still November
    present(wide, card)
    visit = seen(wide).visit
    assert visit
    assert {each.group: each.units for each in visit.left} == {"kits": 2, "tests": 0}

    wide.calendar.day += timedelta(days=1)
    present(wide, card)
    visit = seen(wide).visit
    assert visit
    assert {each.group: each.units for each in visit.left} == {"kits": 2, "tests": 1}


@pytest.mark.parametrize(("policy", "kits"), [("", 2), ("more", 4), ("none", 0), ("taken out of the file", 2)])
def test_a_batch_may_have_a_policy_of_its_own_and_one_that_is_unknown_is_the_usual_one(
    kiosk: VirtualKiosk, policy: str, kits: int
) -> None:
    (card,) = kiosk.issue_passes(policy=policy)

    assert left(kiosk, card) == kits


# --- what was not surely delivered is not debited


def test_a_jam_gives_the_allowance_back(kiosk: VirtualKiosk) -> None:
    (card,) = kiosk.issue_passes()
    for slot in ("B1", "B2"):
        kiosk.world.set_fault(slot, Fault.JAM)
    present(kiosk, card)

    kiosk.choose("kit")
    kiosk.pass_time(30)

    assert kiosk.turns() == ["B1", "B2"]
    assert (seen(kiosk).state, seen(kiosk).visit) == (State.READY, None)  # no tries without end out of one scan
    for slot in ("B1", "B2"):
        kiosk.world.set_fault(slot, Fault.NONE)
        kiosk.ask(CountSlot(SlotId(slot), 10))
    assert left(kiosk, card) == 2


def test_a_kit_that_came_from_the_second_slot_is_debited_once(kiosk: VirtualKiosk) -> None:
    (card,) = kiosk.issue_passes()
    kiosk.world.set_fault("B1", Fault.JAM)
    present(kiosk, card)

    kiosk.choose("kit")
    kiosk.pass_time(15)

    assert kiosk.world.tray == ["kit"]
    assert left(kiosk, card) == 1


def test_an_uncertain_vend_gives_the_allowance_back(kiosk: VirtualKiosk) -> None:
    (card,) = kiosk.issue_passes()
    present(kiosk, card)
    kiosk.choose("kit")
    kiosk.pass_time(0.5)

    kiosk.world.set_door(is_open=True)
    kiosk.pass_time(0)
    kiosk.world.set_door(is_open=False)
    kiosk.pass_time(30)

    assert kiosk.counted("uncertain") == 1
    assert left(kiosk, card) == 2


@pytest.mark.parametrize("after_s", [0.0, 0.5, 1.4, 1.7])
def test_a_power_cut_in_the_middle_of_a_vend_gives_the_allowance_back(kiosk: VirtualKiosk, after_s: float) -> None:
    (card,) = kiosk.issue_passes()
    take(kiosk, card)
    present(kiosk, card)
    kiosk.choose("kit")
    kiosk.pass_time(after_s)
    assert seen(kiosk).state in (State.MOVING, State.SETTLING)

    kiosk.kill_and_restart()  # and memory stays: the service alone was killed

    assert kiosk.counted("uncertain") == 1
    assert left(kiosk, card) == 1


def test_while_the_ledger_takes_nothing_a_pass_gives_nothing_and_loses_nothing(kiosk: VirtualKiosk) -> None:
    (card,) = kiosk.issue_passes()
    present(kiosk, card)
    kiosk.ledger.database.change("PRAGMA query_only = 1")

    assert kiosk.choose("kit") is Refusal.STORAGE

    kiosk.ledger.database.change("PRAGMA query_only = 0")
    kiosk.pass_time(60)
    assert kiosk.turns() == []
    assert left(kiosk, card) == 2


def test_an_outcome_that_a_crash_takes_before_the_ledger_could_takes_nothing_from_the_allowance(
    kiosk: VirtualKiosk,
) -> None:
    (card,) = kiosk.issue_passes()
    present(kiosk, card)
    kiosk.choose("kit")
    kiosk.pass_time(0.5)
    kiosk.ledger.database.change("PRAGMA query_only = 1")
    kiosk.finish_vend()

    kiosk.kill_and_restart()

    assert kiosk.counted("uncertain") == 1
    assert left(kiosk, card) == 2


# --- how long it is kept


def test_a_restart_of_the_service_keeps_what_each_pass_has_had(kiosk: VirtualKiosk) -> None:
    (card,) = kiosk.issue_passes()
    take(kiosk, card, 2)

    kiosk.kill_and_restart()

    assert present(kiosk, card) is Refusal.LIMIT_WEEK
    assert passes_told(kiosk) == []


def test_a_power_cut_forgets_what_each_pass_has_had_and_the_report_says_so(kiosk: VirtualKiosk) -> None:
    (card,) = kiosk.issue_passes()
    take(kiosk, card, 2)

    kiosk.kill_and_restart(pull_the_plug(kiosk))

    assert left(kiosk, card) == 2
    assert passes_told(kiosk) == [PassReport(has_ended=False, used=None, lost=1)]


def test_a_power_cut_over_the_weekend_is_no_loss(kiosk: VirtualKiosk) -> None:
    (card,) = kiosk.issue_passes()
    take(kiosk, card, 2)

    kiosk.calendar.day = MONDAY
    kiosk.kill_and_restart(pull_the_plug(kiosk))

    assert left(kiosk, card) == 2
    assert [told.lost for told in passes_told(kiosk)] == []


def test_while_nobody_has_set_the_clock_the_week_ends_by_elapsed_time(kiosk: VirtualKiosk) -> None:
    kiosk.calendar.trusted = False
    (card,) = kiosk.issue_passes()
    take(kiosk, card, 2)
    began = 1000.0  # when the kiosk started

    kiosk.calendar.day = MONDAY
    assert left(kiosk, card) == 0
    kiosk.now = began + 7 * DAY_S - 60
    assert left(kiosk, card) == 0

    kiosk.now = began + 7 * DAY_S
    assert left(kiosk, card) == 2


def test_a_clock_that_is_set_at_last_ends_a_week_that_is_over(kiosk: VirtualKiosk) -> None:
    kiosk.calendar.trusted = False
    (card,) = kiosk.issue_passes()
    take(kiosk, card, 2)
    kiosk.calendar.day = MONDAY
    assert left(kiosk, card) == 0

    kiosk.calendar.trusted = True

    assert left(kiosk, card) == 2


# --- revoked, shared, typed


def test_a_pass_that_was_revoked_opens_nothing_and_its_batch_goes_on(kiosk: VirtualKiosk) -> None:
    lost, kept = kiosk.issue_passes(2)
    key = read_programme_key(kiosk.config.data / KEY_NAME)

    kiosk.ask(RevokeCodes(tags=(tag(key, read_code(lost)),)))

    assert present(kiosk, lost) is Refusal.REVOKED_CODE
    assert left(kiosk, kept) == 2
    assert kiosk.turns() == []


def test_a_batch_that_was_revoked_opens_nothing(kiosk: VirtualKiosk) -> None:
    cards = kiosk.issue_passes(2)
    take(kiosk, cards[0])

    kiosk.ask(RevokeCodes("batch-0"))

    assert [present(kiosk, card) for card in cards] == [Refusal.REVOKED_CODE] * 2


def test_a_shared_code_gives_to_everybody_as_much_as_one_visit_may(kiosk: VirtualKiosk) -> None:
    (shared,) = kiosk.issue_passes(kind=Kind.SHARED)
    before = counters(kiosk)

    for _ in range(3):
        kiosk.type(shared)
        kiosk.pass_time(0)
        visit = seen(kiosk).visit
        assert visit
        assert [(each.units, each.per) for each in visit.left] == [(2, Period.VISIT)]
        for _ in range(2):
            assert kiosk.choose("kit") is None
            kiosk.finish_vend()
        assert seen(kiosk).state is State.READY  # that was all for this visit

    assert kiosk.world.tray == ["kit"] * 6
    assert counters(kiosk) == before


def test_a_number_that_is_typed_has_the_rules_of_a_pass(kiosk: VirtualKiosk) -> None:
    number, other = kiosk.issue_passes(2, kind=Kind.NUMBER)
    kiosk.type(number)
    kiosk.pass_time(0)
    for _ in range(2):
        assert kiosk.choose("kit") is None
        kiosk.finish_vend()

    kiosk.type(number)
    kiosk.pass_time(0)

    assert seen(kiosk).said is Refusal.LIMIT_WEEK
    assert left(kiosk, other) == 2


# --- other people


def test_two_people_one_after_another_have_each_their_own(kiosk: VirtualKiosk) -> None:
    ana, ben = kiosk.issue_passes(2)

    take(kiosk, ana)
    take(kiosk, ben, 2)

    assert (left(kiosk, ana), left(kiosk, ben)) == (1, 0)


def test_whoever_holds_a_card_there_while_another_chooses_is_served_instead(kiosk: VirtualKiosk) -> None:
    ana, ben = kiosk.issue_passes(2)
    present(kiosk, ana)
    kiosk.choose("kit")
    kiosk.finish_vend()  # and goes, the visit still open

    take(kiosk, ben)

    assert (left(kiosk, ana), left(kiosk, ben)) == (1, 1)


def test_a_visit_that_was_left_open_is_over_before_long(kiosk: VirtualKiosk) -> None:
    (card,) = kiosk.issue_passes()
    present(kiosk, card)
    kiosk.choose("kit")
    kiosk.finish_vend()
    assert isinstance(seen(kiosk).said, Ending)

    kiosk.pass_time(26)

    assert (seen(kiosk).visit, seen(kiosk).said) == (None, None)
    assert kiosk.choose("kit") is Refusal.NEEDS_CODE


def test_naloxone_in_the_middle_of_somebodys_visit_comes_and_is_counted_nowhere(kiosk: VirtualKiosk) -> None:
    (card,) = kiosk.issue_passes()
    present(kiosk, card)
    kiosk.choose("kit")
    kiosk.pass_time(0.5)

    assert kiosk.choose("naloxone") is None
    kiosk.pass_time(15)

    assert kiosk.world.tray == ["kit", "naloxone"]
    assert left(kiosk, card) == 1


def test_naloxone_chosen_in_a_visit_ends_it_and_leaves_everything_that_was_left(kiosk: VirtualKiosk) -> None:
    (card,) = kiosk.issue_passes()
    present(kiosk, card)

    assert kiosk.choose("naloxone") is None
    kiosk.finish_vend()

    assert kiosk.world.tray == ["naloxone"]
    assert (seen(kiosk).state, seen(kiosk).visit) == (State.READY, None)
    assert left(kiosk, card) == 2


def test_naloxone_comes_to_whoever_has_nothing_left(kiosk: VirtualKiosk) -> None:
    (card,) = kiosk.issue_passes()
    take(kiosk, card, 2)
    before = counters(kiosk)
    present(kiosk, card)

    assert kiosk.choose("naloxone") is None
    kiosk.finish_vend()

    said = seen(kiosk).said
    assert isinstance(said, Ending)
    assert said.outcome is Outcome.DELIVERED
    assert counters(kiosk) == before


# --- what the programme hears


@pytest.mark.parametrize(("people", "told"), [(10, None), (11, 11), (12, 12)])
def test_at_the_weeks_end_the_report_tells_how_many_passes_were_used_unless_they_are_few(
    kiosk: VirtualKiosk, people: int, told: int | None
) -> None:
    for card in kiosk.issue_passes(people):
        take(kiosk, card)

    kiosk.calendar.day = MONDAY - timedelta(days=1)

    assert passes_told(kiosk) == [PassReport(has_ended=True, used=told, lost=0)]


def test_a_pass_that_only_looked_was_not_used(kiosk: VirtualKiosk) -> None:
    *users, looker = kiosk.issue_passes(11)
    for card in users:
        take(kiosk, card)

    left(kiosk, looker)
    kiosk.calendar.day = MONDAY - timedelta(days=1)

    assert [report.used for report in passes_told(kiosk)] == [None]


def test_no_byte_of_the_ledger_tells_five_people_from_ten(tmp_path: Path) -> None:
    with virtual_kiosk(tmp_path / "few", TWO_A_WEEK) as kiosk:
        for slot in SLOTS:
            kiosk.load(slot, 10)
        cards = kiosk.issue_passes(10, policy="more")
        kiosk.stop()
    for name in ("many", "others"):
        copytree(tmp_path / "few", tmp_path / name)
        copytree(tmp_path / "few in memory", tmp_path / f"{name} in memory")

    few = ledger_after_a_week(tmp_path / "few", cards[:5], kits=4)

    assert few == ledger_after_a_week(tmp_path / "many", cards, kits=2)
    assert few != ledger_after_a_week(tmp_path / "others", cards, kits=1)


def ledger_after_a_week(data: Path, cards: list[str], kits: int) -> bytes:
    """The ledger after a week in which each card took so many kits."""
    with virtual_kiosk(data, TWO_A_WEEK) as kiosk:
        for card in cards:
            take(kiosk, card, kits)
        kiosk.calendar.day = MONDAY
        kiosk.pass_time(61)
        kiosk.stop()
    return (data / "ledger.db").read_bytes()
