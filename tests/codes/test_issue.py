from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.codes.issue import MOST_CODES, CountRefused, GivesRefused, gives_text, issue_tickets, parse_gives
from kiosk.codes.tags import tag
from kiosk.core.values import MOST_UNITS, ItemId
from tests.codes.making import KEY, code_of

KIT, STRIPS = ItemId("kit"), ItemId("strips")
KNOWN = {"naloxone": 1, "kit": 2, "strips": 3}


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
    bits = iter([3, 1, 2])

    issued = issue_tickets(3, KEY, "spring", randbits=lambda _: next(bits), shuffle=lambda tags: tags.sort())

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
