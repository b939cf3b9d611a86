"""The line between a kiosk and its broker, and what can happen to it: cut, dead, or a broker that is old or strange."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading

PROTOCOL_LEVEL = 8  # where a CONNECT with less than 128 bytes says its version of MQTT; one byte later if longer
UNACCEPTABLE_VERSION = b"\x20\x02\x00\x01"  # how a broker of MQTT 3.1.1 answers a later version


class Line:
    """Hands bytes on to the broker at *port*; with no port it only listens.

    *greeting* is said to whoever calls. *answer_to_5* is said to a caller that speaks MQTT 5 before it is hung up on,
    unless *waits_at_5*: then such a caller is heard for as long as it likes, and never answered.
    *is_silent*: what the broker says is lost. *tls*: the line ends in TLS.
    """

    def __init__(
        self,
        port: int | None = None,
        *,
        greeting: bytes = b"",
        answer_to_5: bytes | None = None,
        waits_at_5: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._tls = tls
        self._broker, self._greeting = port, greeting
        self._answer_to_5, self._waits_at_5 = answer_to_5, waits_at_5
        self.is_silent = False
        self.versions: list[int] = []  # of MQTT, one for each call
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)  # a line holds little; callers wait
        self.port = int(self._server.getsockname()[1])
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self.cut()
        for thread in self._threads:
            thread.join(5)
        self._server.close()

    @property
    def is_free(self) -> bool:
        """Whether all that was said has been handed on, and nobody is on the line."""
        return not self._open

    def cut(self) -> None:
        """Cut the line without a word; who calls again gets through."""
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self._server.accept()
                if self._tls:
                    caller = self._tls.wrap_socket(caller, server_side=True)
                self._threads.append(threading.Thread(target=self._serve, args=(caller,), daemon=True))
                self._threads[-1].start()

    def _serve(self, caller: socket.socket) -> None:
        self._open.add(caller)
        with caller, contextlib.suppress(OSError):
            caller.sendall(self._greeting)
            first = caller.recv(4096)
            level = first[PROTOCOL_LEVEL + (first[1] > 127)] if len(first) > PROTOCOL_LEVEL + 1 else 0
            self.versions.append(level)
            if level == 5 and self._answer_to_5 is not None:
                caller.sendall(self._answer_to_5)
            elif self._broker is None or (level == 5 and self._waits_at_5):
                while caller.recv(4096):
                    pass
            else:
                self._hand_on(caller, first)
        self._open.discard(caller)

    def _hand_on(self, caller: socket.socket, first: bytes) -> None:
        with socket.create_connection(("127.0.0.1", self._broker)) as broker:
            self._open.add(broker)
            with contextlib.suppress(OSError):
                broker.sendall(first)
                self._exchange(caller, broker)
            self._open.discard(broker)

    def _exchange(self, caller: socket.socket, broker: socket.socket) -> None:
        while True:
            for end in select.select([caller, broker], [], [])[0]:
                if not (data := end.recv(4096)):
                    return
                if end is caller:
                    broker.sendall(data)
                elif not self.is_silent:
                    caller.sendall(data)
