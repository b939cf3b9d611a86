"""Whatever a scanner sends: a plain refusal, nothing of it anywhere, and the kiosk is ready for the next person."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hardware.framing import Framing
from kiosk.codes.format import LONGEST_TEXT, make_code, printed, qr_text
from kiosk.codes.issue import Wish
from kiosk.core.situation import State
from kiosk.core.values import Kind, Refusal
from tests.privacy.needles import SHORTEST, Needles
from tests.privacy.world import LongKiosk, files_in, full_kiosk, logged

CODE = next(
    code
    for code in (make_code(random.Random(seed).getrandbits) for seed in count())
    if {"1", "5", "S", "K", "A"} <= set(code.reveal())  # each has a letter of another script that is like it
)
TEXT = CODE.reveal()

MALFORMED = {
    "nothing": "",
    "a blank": " ",
    "hyphens": "-" * 50,
    "cut short": TEXT[:-1],
    "one too many": f"{TEXT}0",
    "a wrong symbol": TEXT.replace(TEXT[3], "U"),
    "a wrong check": TEXT[:-1] + ("0" if TEXT[-1] != "0" else "1"),
    "another prefix": f"H2{TEXT}",
    "the prefix twice": f"H1H1{TEXT}",
    "the prefix only": "H1",
    "backwards": TEXT[::-1],
    "in quotes": f'"{TEXT}"',
    "in Cyrillic look-alikes": "АВСЕНКМОРТХ" * 3,
    "in Greek look-alikes": "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ0123456789Α",
    "in full width": "".join(chr(ord(letter) + 0xFEE0) for letter in TEXT),
    "with a letter of Turkish": TEXT.replace("1", "ı"),
    "with a long s": TEXT.replace("S", "ſ"),
    "with the sign for kelvin": TEXT.replace("K", "\N{KELVIN SIGN}"),
    "with accents": "".join(f"{letter}\N{COMBINING ACUTE ACCENT}" for letter in TEXT),
    "with invisible letters": "\N{ZERO WIDTH SPACE}".join(TEXT),
    "written from right to left": f"\N{RIGHT-TO-LEFT OVERRIDE}{TEXT}",
    "with a Cyrillic letter": TEXT.replace("A", "А"),
    "with a Greek letter": TEXT.replace("K", "Κ"),
    "with a wide letter": TEXT.replace("A", "Ａ"),
    "with a wide digit": TEXT.replace("5", "５"),
    "with a letter of mathematics": TEXT.replace("S", "𝐒"),
    "with an Arabic digit": TEXT.replace("5", "٥"),
    "in Arabic digits": "١٢٣٤٥٦٧٨",
    "in digits of mathematics": "𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖",
    "in superscript": "¹²³⁴⁵⁶⁷⁸",
    "three digits": "123",
    "eleven digits": "12345678901",
    "a number with a sign": "+12345678",
    "a number with a point": "1234.5678",
    "a number of Python's": "1_000_000",
    "a hundred digits": "1" * 100,
    "an address": "https://example.org/?code=" + TEXT,
    "a WiFi password": "WIFI:T:WPA;S:kiosk;P:secret;;",
    "a barcode of goods": "4006381333931x",
    "SQL": "'; DROP TABLE codes; --",
    "SQL that is true": "' OR 1=1 --",
    "a format": "%s%s%n {0} {code!r} ${HOME}",
    "a template": "{{ config }} {% include '/etc/passwd' %}",
    "a shell": "$(reboot) `id` ; rm -rf / |",
    "JSON": '{"code": "' + TEXT + '"}',
    "HTML": "<script>alert(1)</script>",
    "a path": "../../../etc/passwd",
    "scanner commands": "\x7e\x00\x08\x01\x00\x02\x01\x02\xda",
    "a scanner's answer": "\x02\x00\x00\x01\x00\x33\x31" + TEXT,
    "control characters": "\x00\x01\x07\x08\x1b[2J\x7f",
    "NUL inside": TEXT[:12] + "\x00" + TEXT[12:],
    "NUL behind": TEXT + "\x00",
    "a line break inside": TEXT[:12] + "\n" + TEXT[12:],
    "tabs": "\t".join(TEXT),
    "a lone surrogate": "\ud800" * 27,
    "a surrogate behind": TEXT + "\udfff",
    "a byte order mark": "\ufeff" + TEXT,
    "beyond Unicode's letters": "\U0010ffff" * 30,
    "emoji": "💉" * 25,
    "a family of emoji": "👩‍👩‍👧‍👧",
    "a little too long": "0" * (LONGEST_TEXT + 1),
    "a good code behind blanks": " " * 200 + TEXT,
    "10 MB of nothing": " " * 10_000_000,
    "10 MB of digits": "7" * 10_000_000,
    "10 MB of emoji": "💉" * 2_500_000,
}


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LongKiosk]:
    """One kiosk for all of it: whatever came before must not matter."""
    with full_kiosk(tmp_path_factory.mktemp("malformed") / "data") as kiosk:
        kiosk.issue_cards(Wish(Kind.PASS, 50), "passes", random.Random(2))
        kiosk.issue_cards(Wish(Kind.NUMBER, 50), "numbers", random.Random(2))
        yield kiosk


def refusal_of(kiosk: LongKiosk, text: str) -> object:
    """What is said to whoever presents this; the kiosk is ready, and nothing was written or logged."""
    before = files_in(kiosk.config.data)
    with logged() as log:
        kiosk.scan(text)
        kiosk.pass_time(0)
    picture = kiosk.kiosk.controller.board.snapshot
    assert (picture.state, picture.visit, log.getvalue()) == (State.READY, None, "")
    assert files_in(kiosk.config.data) == before
    return picture.said


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_code_is_refused_plainly(kiosk: LongKiosk, text: str) -> None:
    assert refusal_of(kiosk, text) is Refusal.NOT_A_CODE


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_nothing_of_it_is_shown_or_kept(kiosk: LongKiosk, text: str) -> None:
    refusal_of(kiosk, text)
    kiosk.pass_time(60)

    controller = kiosk.kiosk.controller
    shown = f"{controller.board.snapshot!r}{controller.situation!r}{controller.unlisted!r}{kiosk.shown}"
    encoded = text.encode("utf-8", "replace")[:200]
    assert len(encoded) < SHORTEST or Needles([(encoded, "it")]).found_in({"what is shown": shown.encode()}) == set()
    assert not any(isinstance(each, str) and len(each) > 1_000_000 for each in gc.get_referents(controller))


@pytest.mark.parametrize(
    "text", [TEXT, qr_text(CODE), qr_text(CODE).lower(), printed(CODE), printed(CODE).replace("-", " "), f"  {TEXT}  "]
)
def test_a_code_in_any_spelling_is_read_and_unknown_here(kiosk: LongKiosk, text: str) -> None:
    kiosk.pass_quiet_time(600, look_s=600)

    assert refusal_of(kiosk, text) is Refusal.UNKNOWN_CODE


@given(st.text(st.characters(exclude_categories=()), max_size=200))
@example("\ud800")
def test_any_text_at_all_is_refused(kiosk: LongKiosk, text: str) -> None:
    kiosk.pass_quiet_time(600, look_s=600)

    assert refusal_of(kiosk, text) in (Refusal.NOT_A_CODE, Refusal.UNKNOWN_CODE)


@given(st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZoOiIlL -", min_size=20, max_size=40))
def test_any_text_of_our_own_letters_is_refused(kiosk: LongKiosk, text: str) -> None:
    kiosk.pass_quiet_time(600, look_s=600)

    assert refusal_of(kiosk, text) in (Refusal.NOT_A_CODE, Refusal.UNKNOWN_CODE)


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_any_bytes_on_the_scanners_line_become_texts_that_are_refused(kiosk: LongKiosk, chunks: list[bytes]) -> None:
    framing = Framing(silence_s=0.08)

    texts = [text for chunk in chunks for text in (*framing.feed(chunk, 0.0), *framing.expire())]

    for text in texts:
        kiosk.pass_quiet_time(600, look_s=600)
        assert refusal_of(kiosk, text) in (Refusal.NOT_A_CODE, Refusal.UNKNOWN_CODE)


def test_after_all_of_it_a_good_code_opens(kiosk: LongKiosk) -> None:
    (card,) = kiosk.issue_cards(Wish(Kind.PASS), "the last", random.Random(3))
    for text in MALFORMED.values():
        kiosk.scan(text)
    kiosk.pass_time(0)

    kiosk.scan(card.text)
    kiosk.pass_time(0)

    assert kiosk.choose("kit") is None
    kiosk.finish_vend()
    assert kiosk.world.tray == ["kit"]
