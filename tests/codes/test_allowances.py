"""What each pass has had: counted while the period goes on, in memory only, and gone with its key when it ends."""

from __future__ import annotations

import hmac
import stat
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.codes.allowances import DAY_S, HEADER, LENGTH_S, Allowances, first_day
from kiosk.core.reports import PeriodNews
from kiosk.core.values import Account, Allowance, GroupId, Left, Period

MONDAY = date(2026, 11, 23)
SUNDAY = date(2026, 11, 29)
KITS, TESTS = GroupId("kits"), GroupId("tests")
ANNA, BEN = Account(b"a" * 16), Account(b"b" * 16)
TWO_A_WEEK = Allowance(KITS, 2, Period.WEEK)
ONE_A_DAY = Allowance(TESTS, 1, Period.DAY)


class Kept:
    """Allowances in a folder in memory, under a clock and a calendar that the test turns."""

    def __init__(self, folder: Path | None, pers: tuple[Period, ...] = (Period.DAY, Period.WEEK)) -> None:
        self.folder, self.pers = folder, pers
        self.now, self.today, self.is_trusted = 1000.0, MONDAY, True
        self.start()

    def start(self) -> None:
        """Begin a process."""
        self.allowances = Allowances(self.folder, lambda: self.now, self.pers)
        self.keep()

    def keep(self) -> None:
        self.allowances.keep(self.today, self.today if self.is_trusted else None)

    def go_to(self, day: date) -> None:
        self.now += (day - self.today).days * DAY_S
        self.today = day
        self.keep()

    def left(self, account: Account = ANNA, allowance: Allowance = TWO_A_WEEK) -> int:
        ((_, units, _),) = [(each.group, each.units, each.per) for each in self.allowances.left(account, (allowance,))]
        return units

    def debit(self, account: Account = ANNA, group: GroupId = KITS, per: Period = Period.WEEK) -> None:
        self.allowances.debit(account, group, per)

    def files(self) -> dict[str, bytes]:
        assert self.folder
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


# --- what is left


def test_whoever_has_had_nothing_has_all_left(kept: Kept) -> None:
    assert kept.allowances.left(ANNA, (TWO_A_WEEK, ONE_A_DAY)) == (
        Left(KITS, 2, Period.WEEK),
        Left(TESTS, 1, Period.DAY),
    )


def test_each_unit_leaves_one_less_and_never_less_than_none(kept: Kept) -> None:
    seen = [kept.left()]
    for _ in range(3):
        kept.debit()
        seen.append(kept.left())

    assert seen == [2, 1, 0, 0]


def test_nobody_elses_allowance_and_no_other_groups_is_touched(kept: Kept) -> None:
    kept.debit()

    assert (kept.left(BEN), kept.left(ANNA, ONE_A_DAY)) == (2, 1)
    assert kept.left(ANNA, Allowance(KITS, 2, Period.DAY)) == 2


def test_a_visits_limit_begins_anew_each_time(kept: Kept) -> None:
    visit = Allowance(KITS, 3, Period.VISIT)
    kept.allowances.debit(ANNA, KITS, Period.VISIT)

    assert kept.left(ANNA, visit) == 3


def test_a_group_of_the_shortest_name_is_not_taken_for_the_mark_of_a_pass(kept: Kept) -> None:
    kept.allowances.debit(ANNA, None, None)

    assert kept.left() == 2


def test_units_beyond_what_a_file_can_say_stay_at_the_most(kept: Kept) -> None:
    epoch = kept.allowances._epochs[Period.WEEK]
    epoch.units[epoch.name(ANNA, KITS.encode())] = 65535

    kept.debit()

    kept.start()
    assert kept.left() == 0


# --- periods


@pytest.mark.parametrize(
    ("per", "day", "first"),
    [
        (Period.DAY, date(2026, 11, 25), date(2026, 11, 25)),
        (Period.WEEK, MONDAY, MONDAY),
        (Period.WEEK, SUNDAY, MONDAY),
        (Period.WEEK, date(2027, 1, 1), date(2026, 12, 28)),
        (Period.MONTH, date(2026, 11, 1), date(2026, 11, 1)),
        (Period.MONTH, date(2028, 2, 29), date(2028, 2, 1)),
    ],
)
def test_a_period_has_its_first_day_by_the_calendar(per: Period, day: date, first: date) -> None:
    assert first_day(per, day) == first


def test_a_week_goes_on_until_sunday_and_begins_anew_on_monday(kept: Kept) -> None:
    kept.debit()

    kept.go_to(SUNDAY)
    on_sunday = kept.left()
    kept.go_to(SUNDAY + timedelta(days=1))

    assert (on_sunday, kept.left()) == (1, 2)


def test_a_day_ends_while_the_week_goes_on(kept: Kept) -> None:
    kept.debit()
    kept.debit(group=TESTS, per=Period.DAY)

    kept.go_to(MONDAY + timedelta(days=1))

    assert (kept.left(), kept.left(ANNA, ONE_A_DAY)) == (1, 1)


@pytest.mark.parametrize(("per", "days"), [(Period.DAY, 1), (Period.WEEK, 7), (Period.MONTH, 31)])
def test_while_nobody_has_set_the_clock_a_period_ends_by_elapsed_time(tmp_path: Path, per: Period, days: int) -> None:
    kept = Kept(tmp_path, (per,))
    kept.is_trusted = False
    kept.debit(per=per)
    limit = Allowance(KITS, 1, per)

    kept.now += days * DAY_S - 1
    kept.keep()
    shortly_before = kept.left(ANNA, limit)
    kept.now += 1
    kept.keep()

    assert (shortly_before, kept.left(ANNA, limit)) == (0, 1)


@pytest.mark.parametrize(("per", "days"), [(Period.DAY, 1), (Period.WEEK, 7), (Period.MONTH, 31)])
def test_a_period_in_which_clocks_are_set_back_goes_on_to_its_last_hour(tmp_path: Path, per: Period, days: int) -> None:
    kept = Kept(tmp_path, (per,))
    kept.allowances.news = None

    kept.now += days * DAY_S + 3599
    kept.keep()

    assert kept.allowances.news is None


def test_a_clock_that_was_set_and_stands_still_makes_no_limit_last_for_ever(kept: Kept) -> None:
    kept.debit()

    kept.now += 8 * DAY_S
    kept.keep()

    assert kept.left() == 2


def test_while_nobody_has_set_the_clock_a_wrong_day_ends_nothing(kept: Kept) -> None:
    kept.debit()
    kept.is_trusted, kept.today = False, date(2040, 1, 1)

    kept.keep()

    assert kept.left() == 1


def test_a_clock_that_is_set_to_another_week_ends_the_one_that_it_was_taken_for(kept: Kept) -> None:
    kept.debit()
    kept.today = MONDAY - timedelta(days=300)

    kept.keep()

    assert kept.left() == 2


def test_a_file_from_before_this_start_of_the_machine_is_over(kept: Kept) -> None:
    kept.debit()
    kept.now = 10.0  # a machine's monotonic clock begins anew

    kept.start()

    assert kept.left() == 2


def test_a_debit_in_another_period_than_its_check_counts_where_it_was_delivered(kept: Kept) -> None:
    before = kept.left()
    kept.go_to(SUNDAY + timedelta(days=1))

    kept.debit()

    assert (before, kept.left()) == (2, 1)


# --- files


def test_a_restart_of_the_service_forgets_nothing(kept: Kept) -> None:
    kept.debit()
    kept.debit(BEN)
    kept.debit(BEN)

    kept.start()

    assert (kept.left(), kept.left(BEN), kept.left(ANNA, ONE_A_DAY)) == (1, 0, 1)


def test_without_a_folder_in_memory_a_restart_forgets(tmp_path: Path) -> None:
    kept = Kept(None)
    kept.debit()
    counted = kept.left()

    kept.start()

    assert (counted, kept.left(), list(tmp_path.iterdir())) == (1, 2, [])


def test_files_are_for_their_owner_only_and_do_not_say_when_they_were_written(kept: Kept) -> None:
    kept.debit()

    assert kept.folder
    for path in kept.folder.iterdir():
        status = path.stat()
        assert (stat.S_IMODE(status.st_mode), status.st_mtime) == (0o600, 0)


@given(order=st.permutations(range(12)))
def test_a_file_is_the_same_in_whatever_order_people_came(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    kept = Kept(tmp_path_factory.mktemp("memory"), (Period.WEEK,))
    epoch = kept.allowances._epochs[Period.WEEK]
    epoch.key, epoch.since = bytes(32), 0.0

    for number in order:
        kept.debit(Account(bytes([number]) * 16))

    counters = [bytes([number]) * 16 + group for number in range(12) for group in (b"", KITS.encode())]
    names = sorted(hmac.digest(bytes(32), counter, "sha256")[:16] for counter in counters)
    content = kept.files()["allowances.week"][HEADER.size :]
    assert [content[at : at + 16] for at in range(0, len(content), 18)] == names


def test_when_a_period_ends_its_key_and_its_counters_are_wiped(kept: Kept) -> None:
    kept.debit()
    assert kept.folder
    path = kept.folder / "allowances.week"
    with path.open("rb") as as_it_was:
        before = as_it_was.read()
        kept.go_to(SUNDAY + timedelta(days=1))
        as_it_was.seek(0)

        assert as_it_was.read() == bytes(len(before))
    assert path.read_bytes()[HEADER.size :] == b""
    assert before[-32:] not in path.read_bytes()


def test_no_counter_is_named_by_the_account_itself(kept: Kept) -> None:
    kept.debit()

    assert not any(bytes(ANNA) in content for content in kept.files().values())


def test_the_same_pass_has_other_names_in_another_period_and_in_another_group(kept: Kept) -> None:
    def names() -> set[bytes]:
        content = kept.files()["allowances.week"][HEADER.size :]
        return {content[at : at + 16] for at in range(0, len(content), 18)}

    kept.debit()
    this_week = names()
    kept.go_to(SUNDAY + timedelta(days=1))
    kept.debit()
    kept.debit(group=TESTS)

    assert len(this_week) == 2
    assert len(names()) == 3
    assert not this_week & names()


@pytest.mark.parametrize(
    "content",
    [b"", b"kiosk", bytes(200), b"kiosk allowances 1" + b"x" * 50, b"kiosk allowances 1" + b"2026-11-23" + bytes(41)],
    ids=["empty", "cut short", "zeros", "no date", "half a counter"],
)
def test_a_file_that_cannot_be_used_begins_anew(kept: Kept, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    kept.debit()
    assert kept.folder
    (kept.folder / "allowances.week").write_bytes(content)

    kept.start()

    assert kept.left() == 2
    assert "begin anew" in caplog.text


def test_a_folder_that_is_gone_is_told_once_and_counters_go_on(kept: Kept, caplog: pytest.LogCaptureFixture) -> None:
    assert kept.folder
    for path in kept.folder.iterdir():
        path.unlink()
    kept.folder.rmdir()

    kept.debit()
    kept.debit()

    assert kept.left() == 0
    assert caplog.text.count("takes no counters") == 1


def test_a_folder_that_is_back_takes_counters_again_and_its_next_loss_is_told_again(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    assert kept.folder
    for _ in range(2):
        for path in kept.folder.iterdir():
            path.unlink()
        kept.folder.rmdir()
        kept.debit()
        kept.folder.mkdir()
        kept.debit()

    assert caplog.text.count("takes no counters") == 2
    kept.start()
    assert kept.left() == 0


# --- what the ledger is told


def test_a_new_period_is_news_and_so_is_that_no_file_of_it_was_there(kept: Kept) -> None:
    assert kept.allowances.news == PeriodNews(
        frozenset({Period.DAY, Period.WEEK}), ((Period.DAY, MONDAY), (Period.WEEK, MONDAY))
    )


def test_a_period_that_goes_on_after_a_restart_is_no_news(kept: Kept) -> None:
    kept.start()

    assert kept.allowances.news is None


@pytest.mark.parametrize(("passes", "told"), [(0, None), (10, None), (11, 11), (12, 12)])
def test_the_longest_periods_end_tells_how_many_passes_were_used(kept: Kept, passes: int, told: int | None) -> None:
    kept.allowances.news = None
    for number in range(passes):
        for group in (KITS, TESTS, TESTS):
            kept.debit(Account(bytes([number]) * 16), group)

    kept.go_to(SUNDAY + timedelta(days=1))

    assert kept.allowances.news == PeriodNews(
        begin=((Period.DAY, kept.today), (Period.WEEK, kept.today)), has_ended=True, used=told
    )


def test_a_pass_that_took_only_what_has_no_limit_was_used_too(kept: Kept) -> None:
    for number in range(11):
        kept.allowances.debit(Account(bytes([number]) * 16), None, None)

    kept.go_to(SUNDAY + timedelta(days=1))

    assert kept.allowances.news
    assert kept.allowances.news.used == 11


def test_a_shorter_periods_end_tells_nothing_of_passes(kept: Kept) -> None:
    kept.allowances.news = None
    kept.debit()

    kept.go_to(MONDAY + timedelta(days=1))

    assert kept.allowances.news == PeriodNews(begin=((Period.DAY, kept.today),))


def test_where_nothing_is_limited_passes_are_counted_by_months(tmp_path: Path) -> None:
    kept = Kept(tmp_path, ())

    assert kept.allowances.news == PeriodNews(frozenset({Period.MONTH}), ((Period.MONTH, date(2026, 11, 1)),))


def test_news_that_nobody_took_yet_is_not_lost_by_the_next(kept: Kept) -> None:
    kept.go_to(SUNDAY + timedelta(days=1))
    kept.go_to(SUNDAY + timedelta(days=2))

    assert kept.allowances.news
    assert kept.allowances.news.has_ended
    assert dict(kept.allowances.news.begin) == {Period.DAY: kept.today, Period.WEEK: SUNDAY + timedelta(days=1)}


def test_each_period_has_a_length() -> None:
    assert set(LENGTH_S) == set(Period) - {Period.VISIT}
