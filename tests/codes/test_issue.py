from __future__ import annotations

import random
from collections import deque
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.codes.issue import (
    MOST_CODES,
    BatchRefused,
    CountRefused,
    DigitsRefused,
    GivesRefused,
    NotForThisKind,
    PolicyRefused,
    Wish,
    gives_text,
    issue_codes,
    issue_tickets,
    parse_gives,
    parse_policy,
)
from kiosk.codes.tags import tag
from kiosk.core.values import MOST_UNITS, CodeBatch, ItemId, Kind, Secret
from tests.codes.making import KEY, code_of

KIT, STRIPS = ItemId("kit"), ItemId("strips")
KNOWN = {"naloxone": 1, "kit": 2, "strips": 3}


class Drawn(random.Random):
    """Chance that has been told beforehand, and that shuffles by sorting."""

    def __init__(self, *numbers: int) -> None:
        super().__init__(0)
        self.numbers = deque(numbers)

    def getrandbits(self, *_: int) -> int:
        return self.numbers.popleft()

    def randrange(self, *_: int) -> int:  # type: ignore[override]
        return self.numbers.popleft()

    def shuffle(self, x: list[bytes]) -> None:  # type: ignore[override]
        x.sort()


def numbers(count: int = 1, digits: int | None = None) -> Wish:
    return Wish(Kind.NUMBER, count, digits=digits)


def shared(digits: int | None = None, chosen: str | None = None) -> Wish:
    return Wish(Kind.SHARED, digits=digits, chosen=Secret(chosen) if chosen else None)


@pytest.mark.parametrize("count", [1, 2, MOST_CODES])
def test_a_batch_has_as_many_different_codes_as_asked(count: int) -> None:
    issued = issue_tickets(count, KEY, "spring")

    assert len(issued.codes) == len(set(issued.codes)) == count


@pytest.mark.parametrize("count", [-1, 0, MOST_CODES + 1])
def test_a_batch_of_none_or_too_many_is_refused(count: int) -> None:
    with pytest.raises(CountRefused, match=f"1 to 10000 codes, not {count}"):
        issue_tickets(count, KEY, "spring")


def test_a_batch_keeps_its_name_gives_and_last_day() -> None:
    batch = issue_tickets(1, KEY, "spring", (KIT, STRIPS), date(2027, 3, 31)).batch

    assert (batch.batch, batch.gives, batch.expires) == ("spring", (KIT, STRIPS), date(2027, 3, 31))


def test_every_code_has_exactly_its_tag_in_the_batch() -> None:
    issued = issue_tickets(100, KEY, "spring")

    assert sorted(issued.batch.tags) == sorted(tag(KEY, code) for code in issued.codes)


def test_the_order_of_tags_is_not_the_order_of_codes() -> None:
    issued = issue_tickets(100, KEY, "spring")

    assert list(issued.batch.tags) != [tag(KEY, code) for code in issued.codes]


def test_the_order_of_tags_is_the_shuffles_and_the_codes_keep_theirs() -> None:
    issued = issue_tickets(3, KEY, "spring", chance=Drawn(3, 1, 2))

    assert issued.codes == (code_of(3), code_of(1), code_of(2))
    assert list(issued.batch.tags) == sorted(tag(KEY, code) for code in issued.codes)


def test_no_code_is_in_what_the_batch_shows() -> None:
    issued = issue_tickets(2, KEY, "spring")

    assert not any(code.reveal() in repr(issued) + str(issued.batch) for code in issued.codes)


def test_a_ticket_that_gives_too_much_is_not_issued() -> None:
    assert issue_tickets(1, KEY, "spring", (KIT,) * MOST_UNITS)
    with pytest.raises(GivesRefused, match="at most 16 units"):
        issue_tickets(1, KEY, "spring", (KIT,) * (MOST_UNITS + 1))


@pytest.mark.parametrize("text", ["kit:1,strips:2", " kit:1 , strips:2 ", "kit:01,strips:1,strips:1"])
def test_gives_has_one_entry_a_unit(text: str) -> None:
    assert parse_gives(text, KNOWN) == (KIT, STRIPS, STRIPS)


@given(st.lists(st.sampled_from([KIT, STRIPS]), min_size=1, max_size=MOST_UNITS).map(tuple))
def test_gives_reads_back_what_it_writes(gives: tuple[ItemId, ...]) -> None:
    assert parse_gives(gives_text(gives), KNOWN) == gives


def test_a_ticket_of_the_persons_choice_is_written_as_nothing() -> None:
    assert gives_text(()) == ""


@pytest.mark.parametrize(
    "text", ["", "kit", "kit:", ":1", "kit:x", "kit:-1", "kit:1.5", "kit:1,", "kit:²", "kit:٣", "kit 1"]
)
def test_gives_that_says_no_item_and_number_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(GivesRefused, match=r"does not say an item and a number\. Write for example kit:1,strips:2"):
        parse_gives(text, KNOWN)


def test_an_unknown_item_is_refused_with_the_known_ones() -> None:
    with pytest.raises(GivesRefused, match=r"no item 'kits'\. Known items: kit, naloxone, strips"):
        parse_gives("kit:1,kits:1", KNOWN)


@pytest.mark.parametrize("text", ["kit:0", "strips:1,kit:000"])
def test_giving_none_of_an_item_is_refused(text: str) -> None:
    with pytest.raises(GivesRefused, match="gives nothing"):
        parse_gives(text, KNOWN)


@pytest.mark.parametrize("text", ["kit:17", "kit:9,strips:8", "kit:999999999", "kit:" + "9" * 10_000])
def test_gives_beyond_the_most_units_is_refused(text: str) -> None:
    assert len(parse_gives("kit:8,strips:8", KNOWN)) == 16
    with pytest.raises(GivesRefused, match="at most 16 units"):
        parse_gives(text, KNOWN)


# --- the four kinds


@pytest.mark.parametrize(
    "wish",
    [
        Wish(Kind.PASS, 3, expires=date(2027, 3, 31), policy="generous"),
        Wish(Kind.TICKET, 3, (KIT,), anywhere=True),
        Wish(Kind.NUMBER, 3, policy="generous"),
        Wish(Kind.SHARED, expires=date(2027, 3, 31)),
    ],
    ids=lambda wish: wish.kind,
)
def test_a_batch_of_any_kind_keeps_its_rule_and_a_tag_for_each_code(wish: Wish) -> None:
    issued = issue_codes(wish, KEY, "spring")

    tags = issued.batch.tags
    rule = CodeBatch("spring", wish.gives, wish.expires, tags, wish.kind, wish.policy, wish.anywhere)
    assert issued.batch == rule
    assert sorted(tags) == sorted(tag(KEY, code) for code in issued.codes)
    assert len(tags) == wish.count


@pytest.mark.parametrize(
    ("wish", "digits"),
    [(numbers(), 10), (numbers(digits=8), 8), (numbers(digits=9), 9), (shared(), 6), (shared(4), 4), (shared(8), 8)],
)
def test_numbers_and_shared_codes_have_the_digits_asked_for(wish: Wish, digits: int) -> None:
    (code,) = issue_codes(wish, KEY, "spring").codes

    assert (len(code.reveal()), code.reveal().isdigit()) == (digits, True)


def test_a_number_that_was_drawn_before_is_drawn_again() -> None:
    issued = issue_codes(numbers(3), KEY, "spring", Drawn(7, 8, 7, 8, 9))

    assert [code.reveal() for code in issued.codes] == ["0000000007", "0000000008", "0000000009"]


def test_the_order_of_numbers_tags_is_not_the_order_of_numbers() -> None:
    issued = issue_codes(numbers(100), KEY, "spring")

    assert list(issued.batch.tags) != [tag(KEY, code) for code in issued.codes]


def test_a_shared_code_may_be_the_programmes_own_choice() -> None:
    issued = issue_codes(shared(chosen="2580"), KEY, "spring")

    assert issued.codes == (Secret("2580"),)
    assert issued.batch.tags == (tag(KEY, Secret("2580")),)


@pytest.mark.parametrize(("digits", "most"), [(10, 10_000), (9, 1_000), (8, 100)])
def test_numbers_that_would_be_found_by_trying_are_refused_with_what_to_do(digits: int, most: int) -> None:
    assert len(issue_codes(numbers(most, digits), KEY, "spring").codes) == most
    with pytest.raises(CountRefused, match=rf"found by trying\. Issue {most} at most|1 to 10000 codes"):
        issue_codes(numbers(most + 1, digits), KEY, "spring")


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        (numbers(digits=7), "A number has 8 to 10 digits, not 7"),
        (numbers(digits=11), "A number has 8 to 10 digits, not 11"),
        (shared(3), "A shared code has 4 to 8 digits, not 3"),
        (shared(9), "A shared code has 4 to 8 digits, not 9"),
        (shared(chosen="123456789"), "A shared code has 4 to 8 digits, not 9"),
    ],
)
def test_too_few_and_too_many_digits_are_refused(wish: Wish, says: str) -> None:
    with pytest.raises(DigitsRefused, match=says):
        issue_codes(wish, KEY, "spring")


@pytest.mark.parametrize("kind", [Kind.PASS, Kind.TICKET, Kind.NUMBER])
@pytest.mark.parametrize("count", [-1, 0, MOST_CODES + 1])
def test_no_batch_has_none_or_too_many(kind: Kind, count: int) -> None:
    with pytest.raises(CountRefused, match=f"1 to 10000 codes, not {count}"):
        issue_codes(Wish(kind, count), KEY, "spring")


@pytest.mark.parametrize("count", [0, 2])
def test_a_shared_code_is_one(count: int) -> None:
    with pytest.raises(CountRefused, match=f"there is one in a batch, not {count}"):
        issue_codes(Wish(Kind.SHARED, count), KEY, "spring")


@pytest.mark.parametrize(
    ("wish", "option"),
    [
        *((Wish(kind, gives=(KIT,)), "--gives") for kind in (Kind.PASS, Kind.NUMBER, Kind.SHARED)),
        *((Wish(kind, anywhere=True), "--anywhere") for kind in (Kind.PASS, Kind.NUMBER, Kind.SHARED)),
        *((Wish(kind, policy="generous"), "--policy") for kind in (Kind.TICKET, Kind.SHARED)),
        *((Wish(kind, digits=8), "--digits") for kind in (Kind.PASS, Kind.TICKET)),
        *((Wish(kind, chosen=Secret("25802580")), "--code") for kind in (Kind.PASS, Kind.TICKET, Kind.NUMBER)),
        (shared(4, chosen="2580"), "--digits"),
    ],
)
def test_what_does_not_go_with_a_kind_is_refused_by_name(wish: Wish, option: str) -> None:
    with pytest.raises(NotForThisKind, match=f"{option}.*out"):
        issue_codes(wish, KEY, "spring")


def test_a_policy_that_is_known_is_taken() -> None:
    assert parse_policy("generous_2", {"default", "generous_2"}) == "generous_2"


@pytest.mark.parametrize(
    ("name", "known", "says"),
    [
        ("generous", {"b": 1, "a": 2}, r"no policy 'generous'\. Known policies: a, b\."),
        ("generous", (), r"no policy 'generous'\. The configuration has no policies\."),
        ("", (), "'' is no policy's name: that has small letters"),
        ("Generous", (), "no policy's name"),
        ("-a", (), "no policy's name"),
        ("a" * 41, (), "no policy's name"),
        ("a\n", (), "no policy's name"),
    ],
)
def test_another_policy_is_refused_with_the_known_ones(name: str, known: dict[str, int], says: str) -> None:
    with pytest.raises(PolicyRefused, match=says):
        parse_policy(name, known)


@given(
    st.builds(
        Wish,
        st.sampled_from(Kind),
        st.integers(-1, 200),
        st.sampled_from([(), (KIT,), (KIT,) * 17]),
        policy=st.sampled_from(["", "generous"]),
        anywhere=st.booleans(),
        digits=st.none() | st.integers(-1, 12),
        chosen=st.none() | st.text("0123456789", min_size=4, max_size=10).map(Secret),
    )
)
def test_any_wish_is_carried_out_or_refused_in_a_sentence_without_a_code(wish: Wish) -> None:
    said = ""
    try:
        issued = issue_codes(wish, KEY, "spring")
        assert len(set(issued.codes)) == len(issued.codes) == wish.count
    except BatchRefused as refusal:
        said = f"{refusal}{refusal!r}"

    assert not (wish.chosen and wish.chosen.reveal() in said)
