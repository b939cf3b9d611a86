"""The local socket, by which commands reach the service."""

from __future__ import annotations

import socket
import stat
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Thread, Timer

import pytest

from kiosk.core.asks import (
    AddBatch,
    Answer,
    Ask,
    AskRefused,
    Batches,
    BatchFacts,
    BenchAsk,
    BreakSlot,
    CodeList,
    CountSlot,
    Done,
    EmptyTray,
    EndImport,
    FillSlot,
    HoldCode,
    ListBatches,
    ListSigners,
    LoadSlot,
    MakeList,
    MakeTestVend,
    MoveDoor,
    ReadCounters,
    ReadReports,
    ReadStock,
    RecallLot,
    RemoveUnits,
    Reports,
    RevokeCodes,
    Signers,
    Stock,
    StorageFailed,
    TouchItem,
    TrustSigner,
    Verdict,
    VerifyLedger,
    Why,
)
from kiosk.core.reports import LotReport, Report, SlotReport
from kiosk.core.values import CodeBatch, ItemId, Kind, LotStock, SlotId, SlotState, SlotStock, Tag
from kiosk.local import NAME, LocalServer, ServiceFailed, ask_service

SOME_STOCK = Stock(
    (SlotStock(SlotId("A1"), ItemId("kit"), 3, 1, 10, SlotState.OK, (LotStock("L1", date(2027, 3, 31), 3),)),)
)
SOME_SLOT = SlotReport(SlotId("A1"), ItemId("kit"), (LotReport("L1", 2, 4, "state"),), (("delivered", 2),))
SOME_REPORTS = Reports(
    "6f3a", (Report(7, date(2026, 11, 30), (SOME_SLOT,), ((ItemId("kit"), 5),), ((ItemId("kit"), 3, 2),)),)
)
ASKS: list[Ask | BenchAsk] = [
    LoadSlot(SlotId("A1"), 3, "L1", date(2027, 3, 31), "state"),
    CountSlot(SlotId("A1"), 0),
    ReadStock(),
    VerifyLedger(),
    AddBatch(CodeBatch("b", (ItemId("kit"),), None, (Tag(bytes(range(240, 256))), Tag(bytes(16))))),
    BreakSlot(SlotId("A1"), fault="jam"),
    MoveDoor(True),
    HoldCode("H1"),
    TouchItem(ItemId("kit")),
    TouchItem(ItemId("kit"), reserve=True),
    ListBatches(),
    ReadCounters(),
    FillSlot(SlotId("A1"), 3),
    EmptyTray(),
    RemoveUnits(SlotId("A1"), 2, Why.RECALLED, "L1"),
    RecallLot(ItemId("kit"), "L1", is_recalled=False),
    MakeTestVend(SlotId("A1")),
    ReadReports(3, 7),
    RevokeCodes("b", (Tag(bytes(range(16))),)),
    MakeList(("b",)),
    ListSigners(),
    TrustSigner(bytes(range(224, 256))),
    EndImport(bytes(32), 3, ("b",), (Tag(bytes(range(16))),)),
]
BATCH = CodeBatch("b", (), None, (Tag(bytes(range(240, 256))),), Kind.PASS, "generous", anywhere=True)
SOME_BATCHES = Batches((BatchFacts("b", Kind.NUMBER, 9, date(2027, 3, 31), "", True, False, True),))
SOME_LIST = CodeList(3, (BATCH,), ("b",), (Tag(bytes(range(16))),))


class Desk:
    """Keeps what it was asked and answers as told."""

    def __init__(self, answer: Answer | Exception) -> None:
        self.answer = answer
        self.asked: list[Ask | BenchAsk] = []

    def __call__(self, ask: Ask | BenchAsk) -> Future[Answer]:
        self.asked.append(ask)
        answered: Future[Answer] = Future()
        if isinstance(self.answer, Exception):
            answered.set_exception(self.answer)
        else:
            answered.set_result(self.answer)
        return answered


Serve = Callable[[Answer | Exception], Desk]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serve answers in *tmp_path*."""
    servers: list[LocalServer] = []

    def start(answer: Answer | Exception) -> Desk:
        desk = Desk(answer)
        servers.append(LocalServer(tmp_path, desk))
        servers[-1].start()
        return desk

    yield start
    for server in servers:
        server.close()


@pytest.mark.parametrize("ask", ASKS, ids=lambda ask: type(ask).__name__)
def test_an_ask_arrives_as_it_was_sent(tmp_path: Path, serve: Serve, ask: Ask | BenchAsk) -> None:
    desk = serve(Done())

    assert ask_service(tmp_path, ask) == Done()
    assert desk.asked == [ask]


@pytest.mark.parametrize(
    "answer",
    [
        *(SOME_STOCK, SOME_REPORTS, SOME_BATCHES, SOME_LIST, Signers(((bytes(range(32)), 3),))),
        *(Verdict(()), Verdict(("wrong",)), Done()),
    ],
)
def test_an_answer_arrives_as_it_was_given(tmp_path: Path, serve: Serve, answer: Answer) -> None:
    serve(answer)

    assert ask_service(tmp_path, ReadStock()) == answer


def test_a_list_of_100_000_codes_comes_and_goes(tmp_path: Path, serve: Serve) -> None:
    tags = tuple(Tag(n.to_bytes(16, "big")) for n in range(100_000))
    whole = CodeList(3, tuple(replace(BATCH, tags=tags[n : n + 10_000]) for n in range(0, 100_000, 10_000)), (), tags)
    desk, ask = serve(whole), EndImport(bytes(32), 3, (), tags)

    assert ask_service(tmp_path, ask) == whole
    assert desk.asked == [ask]


@pytest.mark.parametrize("error", [AskRefused("there is no slot Z9"), StorageFailed("the disk is full")])
def test_a_refusal_arrives_with_its_words(tmp_path: Path, serve: Serve, error: Exception) -> None:
    serve(error)

    with pytest.raises(type(error), match=str(error)):
        ask_service(tmp_path, ReadStock())


@pytest.mark.parametrize(
    "line", [b"", b"\n", b"nonsense\n", b"LoadSlot {}\n", b"Done {}\n", b"\xff\xfe {\n", b"LoadSlot [\n"]
)
def test_what_is_no_ask_is_answered_and_the_next_is_served(tmp_path: Path, serve: Serve, line: bytes) -> None:
    desk = serve(Done())
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(tmp_path / NAME))
        caller.sendall(line)
        caller.shutdown(socket.SHUT_WR)
        assert caller.makefile("rb").readline().startswith(b"AskRefused ")

    assert desk.asked == []
    assert ask_service(tmp_path, ReadStock()) == Done()


def test_without_a_service_there_is_no_answer(tmp_path: Path) -> None:
    assert ask_service(tmp_path, ReadStock()) is None
    assert ask_service(tmp_path / "nowhere", ReadStock()) is None


def test_a_service_that_hangs_up_is_reported(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / NAME))
        listening.listen()
        listening.settimeout(10)
        hanging_up = Thread(target=lambda: listening.accept()[0].close())  # noqa: PLW0108 - accepts in the thread
        hanging_up.start()
        with pytest.raises(ServiceFailed, match="did not answer"):
            ask_service(tmp_path, ReadStock())
        hanging_up.join()


@pytest.mark.parametrize("line", [b'CodeList {"version":1,"batches":"5ec4e7"}\n', b'AskRefused "5ec4e7\n', b"5ec4e7\n"])
def test_an_answer_that_is_none_is_reported_without_a_word_of_it(tmp_path: Path, line: bytes) -> None:
    def answer(listening: socket.socket) -> None:
        caller, _ = listening.accept()
        with caller, caller.makefile("rb") as asked:
            asked.readline()
            caller.sendall(line)

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / NAME))
        listening.listen()
        listening.settimeout(10)
        answering = Thread(target=answer, args=(listening,))
        answering.start()
        with pytest.raises(ServiceFailed, match="did not answer") as raised:
            ask_service(tmp_path, ReadStock())
        answering.join()

    assert "5ec4e7" not in "".join(traceback.format_exception(raised.value))


def test_the_socket_is_for_owner_and_group_and_goes_with_the_service(tmp_path: Path) -> None:
    server = LocalServer(tmp_path, Desk(Done()))
    server.start()
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o660

    server.close()
    server.close()
    assert not (tmp_path / NAME).exists()


def test_a_long_path_is_no_hindrance(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    server = LocalServer(deep, Desk(Done()))
    server.start()

    assert ask_service(deep, ReadStock()) == Done()
    server.close()


def test_an_ask_that_nobody_took_up_in_time_is_never_carried_out(tmp_path: Path) -> None:
    waiting: Future[Answer] = Future()
    server = LocalServer(tmp_path, lambda _: waiting, patience_s=0.05)
    server.start()

    with pytest.raises(StorageFailed, match="has done nothing; try again"):
        ask_service(tmp_path, CountSlot(SlotId("A1"), 1))
    assert waiting.cancelled()
    server.close()


def test_an_ask_that_was_taken_up_is_waited_for(tmp_path: Path) -> None:
    begun: Future[Answer] = Future()
    begun.set_running_or_notify_cancel()
    server = LocalServer(tmp_path, lambda _: begun, patience_s=0.05)
    server.start()
    Timer(0.3, begun.set_result, [Done()]).start()

    assert ask_service(tmp_path, CountSlot(SlotId("A1"), 1)) == Done()
    server.close()


def test_an_ask_to_hold_a_code_does_not_print_it() -> None:
    assert "H1CODE" not in repr(HoldCode("H1CODE"))
