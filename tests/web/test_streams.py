"""Server-sent events without a server: who gets a stream, what it sends, how it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue

import pytest
from flask import Response

from web.streams import COME_BACK_MS, STILL, Streams

PATIENCE_S = 10.0


def events(response: Response) -> Iterator[str]:
    body: Iterable[str] = response.response  # type: ignore[assignment]  # of ours: text
    return iter(body)


def in_thread(read: Callable[[], str | None]) -> SimpleQueue[str | None]:
    """What *read* gives, once it gives it."""
    came: SimpleQueue[str | None] = SimpleQueue()
    threading.Thread(target=lambda: came.put(read()), daemon=True).start()
    return came


def test_a_stream_begins_with_the_picture_and_when_to_come_back() -> None:
    response = Streams().response(lambda: "one")

    assert response.mimetype == "text/event-stream"
    assert next(events(response)) == f"retry: {COME_BACK_MS}\ndata: one\n\n"


def test_a_change_is_sent_when_it_is_made_known() -> None:
    streams, shown = Streams(), ["one"]
    stream = events(streams.response(lambda: shown[-1]))
    next(stream)
    came = in_thread(lambda: next(stream))

    shown.append("two")
    streams.wake()

    assert came.get(timeout=PATIENCE_S) == "data: two\n\n"


def test_a_change_in_the_middle_of_the_first_picture_is_not_missed() -> None:
    streams, shown = Streams(), ["one"]
    stream = events(streams.response(lambda: shown[-1]))
    next(stream)
    shown.append("two")
    streams.wake()

    assert next(stream) == "data: two\n\n"


def test_a_slow_reader_gets_the_last_picture_and_none_between() -> None:
    streams, shown = Streams(still_there_s=0.01), ["one"]
    stream = events(streams.response(lambda: shown[-1]))
    next(stream)
    for picture in ("two", "three"):
        shown.append(picture)
        streams.wake()

    assert [next(stream), next(stream)] == ["data: three\n\n", STILL]


def test_a_browser_is_asked_now_and_then_whether_it_is_still_there() -> None:
    stream = events(Streams(still_there_s=0.01).response(lambda: "one"))
    next(stream)

    assert [next(stream), next(stream)] == [STILL, STILL]


def test_whoever_comes_when_all_are_taken_gets_one_picture_and_no_more() -> None:
    streams = Streams(most=2)
    for _ in range(2):
        streams.response(lambda: "one")

    late = events(streams.response(lambda: "one"))

    assert list(late) == [f"retry: {COME_BACK_MS}\ndata: one\n\n"]
    assert streams.open == 2


@pytest.mark.parametrize("has_begun", [True, False])
def test_a_stream_that_is_closed_makes_room(has_begun: bool) -> None:
    streams = Streams(most=1)
    first = streams.response(lambda: "one")
    if has_begun:
        next(events(first))
    streams.response(lambda: "one").close()  # a late comer, who had no room to give back
    assert streams.open == 1

    first.close()

    assert streams.open == 0
    stream = events(streams.response(lambda: "one"))
    next(stream)
    streams.wake()
    assert next(stream) == STILL


def test_close_ends_every_stream_and_lets_no_other_begin() -> None:
    streams = Streams(still_there_s=1000)
    stream = events(streams.response(lambda: "one"))
    next(stream)
    came = in_thread(lambda: next(stream, None))

    streams.close()
    streams.close()

    assert came.get(timeout=PATIENCE_S) in (STILL, None)
    assert list(stream) == []
    assert len(list(events(streams.response(lambda: "one")))) == 1
