"""A broker inside the demo: amqtt, on this machine only, open to everybody, keeping nothing.

amqtt speaks MQTT 3.1.1, and takes the CONNECT of MQTT 5 for the beginning of a longer one that never comes. So each
caller is met here first, and one that speaks MQTT 5 hears at once, as MQTT 5 has it, that it is not spoken here.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from typing import Any, Self, TypeVar

HOST = "127.0.0.1"
USUAL_PORT = 1883  # as IANA registered it, and where mosquitto_sub looks
PATIENCE_S = 5.0  # for amqtt to start or end, which takes milliseconds unless a client hangs
VERSION_5 = 5
UNSUPPORTED_VERSION = b"\x20\x03\x00\x84\x00"  # MQTT 5, 3.2: CONNACK, no session, reason 0x84, no properties
LONGEST_HEADER = 5  # one byte of type, up to four of length
NAME_AND_LEVEL = 7  # then 0 4 M Q T T, and the level

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class BrokerMissing(RuntimeError):
    """There is no broker to start; the message says what to install."""


class Broker:
    """A broker that runs from construction to ``close()``, which may be called twice. One thread, with its own loop.

    It is at *port*: the preferred one, or a free one if that is taken. Raises ``BrokerMissing``.
    """

    def __init__(self, preferred_port: int = USUAL_PORT) -> None:
        self._amqtt = _imported()
        _hush()
        self._door = _listening(preferred_port)
        self.port = int(self._door.getsockname()[1])
        self._closing = AsyncExitStack()
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_note)
        self._thread = threading.Thread(target=self._loop.run_forever, name="broker", daemon=True)
        self._thread.start()
        try:
            self._have_done(self._open())
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The broker's address, as ``telemetry.broker`` takes it."""
        return f"mqtt://{HOST}:{self.port}"

    def close(self) -> None:
        """Hang up on everybody and end the thread."""
        if self._loop.is_closed():
            return
        with suppress(TimeoutError):  # a client that hangs is left behind
            self._have_done(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._door.close()

    def _have_done(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    # --- in the broker's thread

    async def _open(self) -> None:
        self._broker = self._amqtt.Broker(
            {
                "listeners": {"default": {"type": "external"}},  # it is handed its callers
                "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
            }
        )
        await self._broker.start()
        self._closing.push_async_callback(self._broker.shutdown)
        server = await asyncio.start_server(self._meet, sock=self._door)
        self._closing.callback(server.close)

    async def _shut(self) -> None:
        await self._closing.aclose()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others, timeout=0)  # a task that is cancelled before it began cleans nothing up
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, OSError):  # who hangs up is gone
            try:
                words = await _first_words(reader)
                if words[-1] == VERSION_5:
                    writer.write(UNSUPPORTED_VERSION)
                else:
                    saying = self._amqtt.StreamWriterAdapter(writer)
                    await self._broker.external_connected(_Said(words, reader), saying, "default")
            finally:
                writer.close()
                await writer.wait_closed()


class _Said:
    """What amqtt reads from: the words that were heard already, then the rest."""

    def __init__(self, words: bytes, rest: asyncio.StreamReader) -> None:
        self._words, self._rest = words, rest

    async def read(self, n: int = -1) -> bytes:
        """Read *n* bytes, or all of them."""
        words, self._words = (self._words, b"") if n < 0 else (self._words[:n], self._words[n:])
        return words + (await self._rest.read() if n < 0 else await self._rest.readexactly(n - len(words)))

    def feed_eof(self) -> None:
        """Take it that nothing more comes."""
        self._rest.feed_eof()


async def _first_words(reader: asyncio.StreamReader) -> bytes:
    """All that a caller says up to the level of its protocol, which comes last."""
    words = await reader.readexactly(2)
    while words[-1] >= 0x80 and len(words) < LONGEST_HEADER:  # the length goes on
        words += await reader.readexactly(1)
    return words + await reader.readexactly(NAME_AND_LEVEL)


def _imported() -> Any:
    """amqtt's broker module, imported only by who needs it."""
    try:
        import amqtt.broker  # noqa: PLC0415
    except ImportError as error:
        missing = (error.name or "amqtt").partition(".")[0]
        raise BrokerMissing(
            f"the demo's broker is not installed ({missing} is missing): run make demo, "
            "or pip install 'supply-kiosk[demo]'"
        ) from error
    return amqtt.broker


def _hush() -> None:
    # amqtt logs at every client that leaves or stumbles, at times with a traceback; nobody can act on that
    for name in ("amqtt", "transitions"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _listening(preferred_port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, preferred_port))
    except OSError:
        return socket.create_server((HOST, 0))


def _note(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    log.debug("%s", context.get("message"))
