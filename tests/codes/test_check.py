from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.codes.allowances import Allowances
from kiosk.codes.check import USUAL, Checker
from kiosk.codes.format import printed, qr_text
from kiosk.codes.issue import issue_tickets
from kiosk.codes.tags import account, tag
from kiosk.core.events import CodeAdmitted, CodeRefused
from kiosk.core.values import (
    Allowance,
    GroupId,
    ItemId,
    Kind,
    Left,
    Period,
    Refusal,
    Secret,
    StoredCode,
    Tag,
    TicketUnit,
)
from tests.codes.making import KEY, checker_of, code_of

LAST_DAY = date(2027, 3, 31)
DAY_AFTER = date(2027, 4, 1)
KIT, STRIPS = ItemId("kit"), ItemId("strips")
KITS, TESTS = GroupId("kits"), GroupId("tests")
CODE = code_of(1)
ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates and control characters too


@dataclass(frozen=True)
class Tickets:
    """A store that is a table."""

    by_tag: dict[Tag, StoredCode]

    def find_code(self, tag: Tag) -> StoredCode | None:
        return self.by_tag.get(tag)


def checker(ticket: StoredCode) -> Checker:
    return checker_of(KEY, Tickets({tag(KEY, CODE): ticket}))


def ticket(*gives: ItemId, expires: date | None = None, taken: int = 0) -> StoredCode:
    return StoredCode(gives, expires, taken)


def scanned(code: Secret = CODE) -> Secret:
    return Secret(qr_text(code))


def test_a_ticket_is_admitted_for_all_it_gives() -> None:
    answer = checker(ticket(KIT, STRIPS)).check(scanned(), LAST_DAY)

    assert answer == CodeAdmitted(tag(KEY, CODE), (TicketUnit(0, KIT), TicketUnit(1, STRIPS)))


def test_a_ticket_without_items_is_admitted_for_one_of_the_persons_choice() -> None:
    assert checker(ticket()).check(scanned(), LAST_DAY) == CodeAdmitted(tag(KEY, CODE), (TicketUnit(0, None),))


def test_a_ticket_used_in_part_is_admitted_for_the_rest() -> None:
    answer = checker(ticket(KIT, STRIPS, taken=0b01)).check(scanned(), LAST_DAY)

    assert answer == CodeAdmitted(tag(KEY, CODE), (TicketUnit(1, STRIPS),))


def test_a_typed_code_is_as_good_as_a_scanned_one() -> None:
    assert isinstance(checker(ticket()).check(Secret(printed(CODE).lower()), LAST_DAY), CodeAdmitted)


def test_every_ticket_of_a_batch_is_admitted() -> None:
    issued = issue_tickets(20, KEY, "spring", (KIT,))
    store = Tickets({tag: StoredCode(issued.batch.gives, None, 0) for tag in issued.batch.tags})

    answers = [checker_of(KEY, store).check(scanned(code), LAST_DAY) for code in issued.codes]

    assert all(isinstance(answer, CodeAdmitted) for answer in answers)


def test_a_code_nobody_issued_is_unknown() -> None:
    assert checker(ticket()).check(scanned(code_of(2)), LAST_DAY) == CodeRefused(Refusal.UNKNOWN_CODE)


def test_a_code_of_another_programme_is_unknown() -> None:
    store = Tickets({tag(KEY, CODE): ticket()})

    assert checker_of(KEY[::-1], store).check(scanned(), LAST_DAY) == CodeRefused(Refusal.UNKNOWN_CODE)


@pytest.mark.parametrize("today", [LAST_DAY, DAY_AFTER, None])
def test_a_spent_ticket_is_called_used_expired_or_not(today: date | None) -> None:
    spent = ticket(KIT, STRIPS, expires=LAST_DAY, taken=0b11)

    assert checker(spent).check(scanned(), today) == CodeRefused(Refusal.USED_CODE)


def test_a_ticket_works_on_its_last_day_and_not_on_the_day_after() -> None:
    expiring = checker(ticket(expires=LAST_DAY))

    assert isinstance(expiring.check(scanned(), LAST_DAY), CodeAdmitted)
    assert expiring.check(scanned(), DAY_AFTER) == CodeRefused(Refusal.EXPIRED_CODE)


def test_a_ticket_without_a_last_day_never_expires() -> None:
    assert isinstance(checker(ticket()).check(scanned(), date.max), CodeAdmitted)


def test_nothing_expires_while_the_clock_is_not_trusted() -> None:
    assert isinstance(checker(ticket(expires=date.min)).check(scanned(), None), CodeAdmitted)


@given(ANY_TEXT)
def test_whatever_was_scanned_the_answer_is_a_refusal(text: str) -> None:
    assert checker(ticket()).check(Secret(text), LAST_DAY) == CodeRefused(Refusal.NOT_A_CODE)


@pytest.mark.parametrize(
    "text", ["", "0" * 100_000, "\x00\x1b[2J", "https://example.org/?q=1", "٠" * 25, "\ud800" * 27]
)
def test_what_is_no_code_is_called_so(text: str) -> None:
    assert checker(ticket()).check(Secret(text), LAST_DAY) == CodeRefused(Refusal.NOT_A_CODE)


def test_checking_says_nothing_of_the_code_anywhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.NOTSET)
    door = checker(ticket())

    said = [repr(door.check(presented, None)) for presented in (scanned(), scanned(code_of(2)), Secret("SECRET"))]

    assert caplog.records == []
    assert not any(text in f"{said}{door!r}" for text in (CODE.reveal(), code_of(2).reveal(), "SECRET"))
    assert KEY.hex() not in repr(door)


# --- codes that open a visit

ALLOWED = {
    USUAL: (Allowance(KITS, 2, Period.WEEK), Allowance(TESTS, 1, Period.DAY)),
    "more": (Allowance(KITS, 5, Period.MONTH), Allowance(TESTS, 1, Period.DAY)),
}
HOLDER = account(KEY, CODE)


def of_kind(kind: Kind, policy: str = "", *, revoked: bool = False, expires: date | None = None) -> StoredCode:
    return StoredCode((), expires, 0, kind, policy, revoked)


def opened(stored: StoredCode, allowances: Allowances | None = None, code: Secret = CODE) -> CodeAdmitted | CodeRefused:
    store = Tickets({tag(KEY, code): stored})
    return checker_of(KEY, store, allowances or an_allowance(), ALLOWED).check(Secret(code.reveal()), LAST_DAY)


def an_allowance() -> Allowances:
    made = Allowances(None, lambda: 0.0, (Period.DAY, Period.WEEK, Period.MONTH))
    made.keep(LAST_DAY, LAST_DAY)
    return made


def test_a_pass_opens_a_visit_with_what_the_items_allow() -> None:
    assert opened(of_kind(Kind.PASS)) == CodeAdmitted(
        None, (TicketUnit(0, None),), HOLDER, (Left(KITS, 2, Period.WEEK), Left(TESTS, 1, Period.DAY))
    )


def test_a_policy_has_allowances_of_its_own() -> None:
    answer = opened(of_kind(Kind.PASS, "more"))

    assert isinstance(answer, CodeAdmitted)
    assert answer.left[0] == Left(KITS, 5, Period.MONTH)


def test_a_policy_that_is_not_known_here_gives_what_the_items_allow() -> None:
    assert opened(of_kind(Kind.PASS, "of another kiosk")) == opened(of_kind(Kind.PASS))


def test_what_was_debited_is_not_left() -> None:
    allowances = an_allowance()
    allowances.debit(HOLDER, KITS, Period.WEEK)

    answer = opened(of_kind(Kind.PASS), allowances)

    assert isinstance(answer, CodeAdmitted)
    assert answer.left[0] == Left(KITS, 1, Period.WEEK)


def test_a_number_is_a_pass_that_is_typed() -> None:
    number = Secret("0123456789")

    answer = opened(of_kind(Kind.NUMBER), code=number)

    assert isinstance(answer, CodeAdmitted)
    assert (answer.tag, answer.account) == (None, account(KEY, number))


def test_a_shared_code_has_no_account_and_its_limits_are_those_of_a_visit() -> None:
    assert opened(of_kind(Kind.SHARED), code=Secret("2580")) == CodeAdmitted(
        None, (TicketUnit(0, None),), None, (Left(KITS, 2, Period.VISIT), Left(TESTS, 1, Period.VISIT))
    )


@pytest.mark.parametrize("kind", Kind)
def test_a_code_that_was_revoked_opens_nothing(kind: Kind) -> None:
    assert opened(of_kind(kind, revoked=True)) == CodeRefused(Refusal.REVOKED_CODE)


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_has_its_last_good_day(kind: Kind) -> None:
    assert isinstance(opened(of_kind(kind, expires=LAST_DAY)), CodeAdmitted)
    assert opened(of_kind(kind, expires=LAST_DAY - timedelta(days=1))) == CodeRefused(Refusal.EXPIRED_CODE)


def test_no_tag_leads_to_an_account() -> None:
    assert HOLDER not in (tag(KEY, CODE), account(KEY[::-1], CODE))
    assert opened(of_kind(Kind.PASS)) != opened(of_kind(Kind.PASS), code=code_of(2))
