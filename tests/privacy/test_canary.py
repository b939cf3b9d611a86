"""A code that must not be seen goes through checking, issuing and the controller, through success and every failure.

Whatever could print it is tried: formats, logs, tracebacks with all local variables, serialisers. Nobody in the kiosk
asks for more than that.
"""

from __future__ import annotations

import copy
import dataclasses
import faulthandler
import gc
import io
import json
import logging
import pickle
import pprint
import random
import reprlib
import tempfile
import traceback
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import FrameType, FunctionType, ModuleType

import pydantic_core
import pytest
from pydantic import ConfigDict, TypeAdapter
from rich.console import Console
from rich.traceback import Traceback

from hardware.events import TextRead
from kiosk.codes.format import NotACode, make_code, make_number, read_any
from kiosk.codes.issue import Wish, issue_codes
from kiosk.codes.tags import account, tag
from kiosk.core.asks import AddBatch, HoldCode, StorageFailed
from kiosk.core.events import CodeAdmitted, CodePresented
from kiosk.core.orders import CheckCode, CommitIntent, DebitAllowance, RecordOutcome
from kiosk.core.situation import Visit
from kiosk.core.values import CodeBatch, Kind, Outcome, Secret, SlotId, StoredCode, Tag, TicketUnit, VendId
from kiosk.data import Data
from kiosk.ledger.ledger import Ledger
from kiosk.translation import TRANSLATION
from kiosk.wiring import Kiosk, Surroundings
from tests.codes.making import KEY, checker_of
from tests.privacy.needles import Needles, forms_of
from tests.privacy.world import Card, LongKiosk, cards_of, logged, long_kiosk, write_key

ROOT = Path(__file__).parents[2]
CHANCE = random.Random(11)
PASS, NUMBER = make_code(CHANCE.getrandbits), make_number(10, CHANCE.randrange)
CANARIES = [PASS, NUMBER]
CARDS = [
    Card(Kind.PASS if code is PASS else Kind.NUMBER, code.reveal(), tag(KEY, code), account(KEY, code))
    for code in CANARIES
]
NEEDLES = Needles(
    (form, what) for card in CARDS for form, what in forms_of(card) if "code" in what or "account" in what
)


def seen_in(said: str) -> set[str]:
    return NEEDLES.found_in({"what was said": said.encode(errors="replace")})


# --- the type itself


def _assert_nothing(secret: Secret) -> None:
    assert secret == "nothing", f"{secret} is not nothing"


LOOSE = ConfigDict(arbitrary_types_allowed=True)
SHOWING: dict[str, Callable[[Secret], object]] = {
    "str": str,
    "repr": repr,
    "ascii": ascii,
    "format": format,
    "f-string": lambda secret: f"{secret} {secret!s} {secret!r} {secret!a} {[secret]} { {secret: secret} }",
    "%": lambda secret: "%s %r %a" % (secret, secret, secret),  # noqa: UP031
    "width": lambda secret: f"{secret:>40}",
    "number": lambda secret: f"{secret:d}",
    "% number": lambda secret: "%d" % secret,  # type: ignore[str-format]  # noqa: UP031
    "join": "".join,  # type: ignore[dict-item]
    "bytes": bytes,  # type: ignore[dict-item]
    "add": lambda secret: "code " + secret,  # type: ignore[operator]
    "list": list,  # type: ignore[dict-item]
    "vars": vars,
    "dir": dir,
    "pprint": pprint.pformat,
    "reprlib": reprlib.repr,
    "pickle": pickle.dumps,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "json": json.dumps,
    "json by str": lambda secret: json.dumps(secret, default=str),
    "json by vars": lambda secret: json.dumps(secret, default=vars),
    "asdict": lambda secret: dataclasses.asdict(CodePresented(secret)),
    "astuple": lambda secret: dataclasses.astuple(CodePresented(secret)),
    "pydantic": lambda secret: TypeAdapter(Secret).dump_json(secret),
    "pydantic of an event": lambda secret: TypeAdapter(CodePresented).dump_json(CodePresented(secret)),
    "pydantic, loose": lambda secret: TypeAdapter(Secret, config=LOOSE).dump_json(secret),
    "pydantic, loose, as Python": lambda secret: TypeAdapter(Secret, config=LOOSE).dump_python(secret, mode="json"),
    "pydantic of anything": lambda secret: pydantic_core.to_json(secret, serialize_unknown=True),
    "pydantic, refused": lambda secret: TypeAdapter(int).validate_python(secret),
    "an error's text": lambda secret: ValueError(secret, f"{secret}"),
    "a key that is missing": dict[Secret, str]().__getitem__,
    "an assertion": _assert_nothing,
}


@pytest.mark.parametrize("code", CANARIES, ids=["pass", "number"])
@pytest.mark.parametrize("show", SHOWING.values(), ids=SHOWING)
def test_what_is_done_to_a_secret_is_refused_or_shows_nothing(show: Callable[[Secret], object], code: Secret) -> None:
    try:
        said = _told(show(code))
    except Exception as error:  # noqa: BLE001 - whatever it raises, with all that can be told of it
        said = _all_of(error, colours=False)

    assert seen_in(said) == set()


def _told(shown: object) -> str:
    return f"{shown!s} {shown!r}"


def _traceback_of(error: BaseException) -> str:
    """A failure as Python and a log at DEBUG tell it: the stack, and of its frames the lines of code."""
    with logged() as log:
        logging.getLogger("kiosk").debug("it failed: %s", error, exc_info=error, stack_info=True)
    return f"{error!s} {error!r} {log.getvalue()} {''.join(traceback.format_exception(error))}"


def _all_of(error: BaseException, *, colours: bool = True) -> str:
    """A failure as it could be told at worst: each frame with its local variables, by Python and by rich.

    The outer frames are those of the test, which has the code in hand.
    """
    while error.__traceback__ and "/tests/" in error.__traceback__.tb_frame.f_code.co_filename:
        error.__traceback__ = error.__traceback__.tb_next
    with_locals = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join([_traceback_of(error), *with_locals.format(), _in_colours(error) if colours else ""])


def _in_colours(error: BaseException) -> str:
    console = Console(width=400, record=True, file=io.StringIO())
    console.print(Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True))
    return console.export_text()


def test_a_code_that_lies_in_the_open_is_seen_in_a_traceback() -> None:
    """The search can fail: the reader's own error would show the text, if anybody let it out."""
    with pytest.raises(NotACode) as caught:
        read_any(f"{PASS.reveal()}!")

    assert seen_in(_all_of(caught.value)) == {"the code of a pass in what was said"}


def test_no_value_that_a_code_travels_in_shows_it_or_its_holder() -> None:
    code, card = PASS, CARDS[0]
    values = [
        *(TextRead(card.text), HoldCode(card.text), TRANSLATION[TextRead](TextRead(card.text))),
        *(CodePresented(code), CheckCode(code), Wish(Kind.SHARED, chosen=code)),
        CodeAdmitted(card.tag, (TicketUnit(0, None),), card.account),
        DebitAllowance(card.account, None, None),
        Visit((), card.tag, card.account),
        CommitIntent(VendId(1), 1, SlotId("B1"), card.tag, 0),
        RecordOutcome(VendId(1), SlotId("B1"), Outcome.DELIVERED, card.tag, 0, jammed=False),
        issue_codes(Wish(Kind.PASS, 2), KEY, "passes", random.Random(12)),
    ]

    said = _told(values)

    assert seen_in(said) == set()
    assert repr(bytes(card.tag)) not in said


# --- checking and issuing, with parts that fail


class Failing:
    """A store that fails as no store should, or as one may."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def find_code(self, tag: Tag) -> StoredCode | None:  # noqa: ARG002 - the protocol's name
        raise self._error


class Looking:
    """A store that looks around at what could be seen from within a check, and knows every code."""

    def __init__(self, kind: Kind) -> None:
        self.kind, self.seen = kind, ""

    def find_code(self, tag: Tag) -> StoredCode | None:  # noqa: ARG002 - the protocol's name
        self.seen += what_the_stack_shows()
        return StoredCode((), None, kind=self.kind)


def what_the_stack_shows() -> str:
    """The stack as it is now: by faulthandler, by a log, and each of the kiosk's frames with its local variables."""
    with tempfile.TemporaryFile() as file, logged() as log:
        faulthandler.dump_traceback(file, all_threads=True)
        logging.getLogger("kiosk").debug("here", stack_info=True)
        file.seek(0)
        shown = [file.read().decode(), log.getvalue()]
    frames = [frame for frame, _ in traceback.walk_stack(None) if "/kiosk/" in frame.f_code.co_filename]
    assert frames
    return "\n".join([*shown, *(repr(frame.f_locals) for frame in frames)])


BROKEN_KEYS = [None, "a text", 7]


@pytest.mark.parametrize("card", CARDS, ids=["pass", "number"])
@pytest.mark.parametrize(
    "error", [StorageFailed("the disk is full"), RuntimeError("a bug"), MemoryError(), KeyError(3)]
)
def test_a_store_that_fails_takes_no_code_along(card: Card, error: Exception) -> None:
    checker = checker_of(KEY, Failing(error))

    with pytest.raises(type(error)) as caught:
        checker.check(Secret(card.text), None)

    assert seen_in(_all_of(caught.value)) == set()


@pytest.mark.parametrize("card", CARDS, ids=["pass", "number"])
@pytest.mark.parametrize("key", BROKEN_KEYS)
def test_a_broken_key_takes_no_code_along(card: Card, key: bytes) -> None:
    """Not with local variables: those of Python's own hmac show what it was given, and nobody prints them."""
    with pytest.raises(TypeError) as caught:
        checker_of(key, Looking(card.kind)).check(Secret(card.text), None)

    assert seen_in(_traceback_of(caught.value)) == set()


@pytest.mark.parametrize("kind", [Kind.PASS, Kind.NUMBER])
@pytest.mark.parametrize("key", BROKEN_KEYS)
def test_issuing_with_a_broken_key_takes_no_code_along(kind: Kind, key: bytes) -> None:
    would_be = cards_of(issue_codes(Wish(kind, 3), KEY, "batch", random.Random(3)), KEY)

    with pytest.raises(TypeError) as caught:
        issue_codes(Wish(kind, 3), key, "batch", random.Random(3))

    needles = Needles(form for card in would_be for form in forms_of(card))
    assert needles.found_in({"what was said": _traceback_of(caught.value).encode()}) == set()


@pytest.mark.parametrize("card", CARDS, ids=["pass", "number"])
def test_from_within_a_check_no_code_can_be_seen(card: Card) -> None:
    store = Looking(card.kind)

    answer = checker_of(KEY, store).check(Secret(card.text), None)

    assert isinstance(answer, CodeAdmitted)
    assert seen_in(store.seen) == set()


# --- the whole kiosk


class LookingLedger(Ledger):
    """Looks around whenever it is used, and fails when it is told to."""

    seen = ""
    fails_at = ""

    def find_code(self, tag: Tag) -> StoredCode | None:
        self._look("find_code")
        return super().find_code(tag)

    def commit_intent(self, intent: CommitIntent) -> None:
        self._look("commit_intent")
        super().commit_intent(intent)

    def record_outcome(self, order: RecordOutcome, day: date, quarter: int = 0) -> None:
        self._look("record_outcome")
        super().record_outcome(order, day, quarter)

    def _look(self, where: str) -> None:
        self.seen += what_the_stack_shows()
        if self.fails_at == where:
            raise RuntimeError(f"a bug in {where}")


class LookingData(Data):
    """Has such a ledger."""

    def debit(self, order: DebitAllowance) -> None:
        assert isinstance(self.ledger, LookingLedger)
        self.ledger._look("debit")
        super().debit(order)

    def _build(self, path: Path) -> Ledger:
        return LookingLedger(path, self._config.slots, self._note, doses=self._config.doses)


class LookingKiosk(Kiosk):
    """Has such data."""

    def _data(self, surroundings: Surroundings) -> Data:
        allowances = self._allowances(surroundings)
        return LookingData(self._config, self._calendar, allowances, note=lambda: None, tell=self._hear)


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[LongKiosk]:
    write_key(tmp_path / "data", KEY)
    with long_kiosk(tmp_path / "data", LookingKiosk) as kiosk:
        kiosk.fill()
        for card in CARDS:
            kiosk.ask(AddBatch(CodeBatch(f"batch of a {card.kind}", (), None, (card.tag,), card.kind)))
        yield kiosk


def ledger_of(kiosk: LongKiosk) -> LookingLedger:
    assert isinstance(kiosk.ledger, LookingLedger)
    return kiosk.ledger


def come(kiosk: LongKiosk, card: Card) -> None:
    kiosk.scan(card.text)
    kiosk.pass_time(0)
    kiosk.choose("kit")
    kiosk.finish_vend()


@pytest.mark.parametrize("card", CARDS, ids=["pass", "number"])
def test_from_nowhere_in_a_whole_visit_can_a_code_be_seen(
    kiosk: LongKiosk, card: Card, capfd: pytest.CaptureFixture[str]
) -> None:
    with logged() as log:
        come(kiosk, card)
        kiosk.scan(f"{card.text}0")  # and something like it that is none
        kiosk.pass_time(60)

    assert kiosk.world.tray == ["kit"]
    assert "record_outcome" in ledger_of(kiosk).seen
    said = capfd.readouterr()
    assert seen_in(f"{ledger_of(kiosk).seen} {log.getvalue()} {said} {kiosk.shown} {kiosk.sent}") == set()


@pytest.mark.parametrize("card", CARDS, ids=["pass", "number"])
@pytest.mark.parametrize("where", ["find_code", "commit_intent", "record_outcome", "debit"])
def test_a_bug_anywhere_in_a_visit_takes_no_code_along(
    kiosk: LongKiosk, card: Card, where: str, capfd: pytest.CaptureFixture[str]
) -> None:
    ledger_of(kiosk).fails_at = where

    with logged() as log, pytest.raises(RuntimeError) as caught:
        come(kiosk, card)

    said = _all_of(caught.value)
    assert f"a bug in {where}" in said
    assert seen_in(f"{said} {log.getvalue()} {capfd.readouterr()}") == set()


def test_once_a_visit_is_over_nothing_in_the_kiosk_holds_the_code(kiosk: LongKiosk) -> None:
    come(kiosk, CARDS[0])
    assert CARDS[0].account in reachable(kiosk.kiosk)  # while the person may still choose

    kiosk.pass_time(60)

    assert not {PASS.reveal(), CARDS[0].text, CARDS[0].account} & reachable(kiosk.kiosk)


def reachable(root: object) -> set[str | bytes]:
    """All texts and bytes that are held, by whatever way, by an object and what it holds."""
    found: set[str | bytes] = set()
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, (type, ModuleType, FunctionType, FrameType)):
            continue
        seen.add(id(each))
        if isinstance(each, (str, bytes)):
            found.add(each)
        waiting += gc.get_referents(each)
    return found


def test_nothing_in_the_product_prints_local_variables() -> None:
    """What a traceback could show of them is therefore shown by nobody."""
    ways = ("capture_locals", "show_locals", "cgitb", "rich.traceback", "sentry", "import pdb", "breakpoint(")
    sources = {
        path: path.read_text() for folder in ("kiosk", "hardware", "web") for path in (ROOT / folder).rglob("*.py")
    }

    assert len(sources) > 100
    assert [str(path) for path, source in sources.items() for way in ways if way in source] == []
