"""Serves the pages with cheroot, on this machine's own address only."""

from __future__ import annotations

import logging
import os
import socket
import threading

from cheroot import wsgi
from flask import Flask

from web.streams import Streams

log = logging.getLogger(__name__)

OWN_ADDRESS = "127.0.0.1"
THREADS = 16  # four times the streams
SILENT_S = 2  # a connection that says nothing holds a thread so long: browsers open some before they need them
END_S = 2  # how long an answer that is on its way may take at the end


class PortTaken(RuntimeError):
    """Nobody can be served; the message says why."""


class LoggingServer(wsgi.Server):
    """Cheroot's server, on a socket that listens already; its own way to complain would go past the log."""

    listener: socket.socket

    def bind(self, family: int, type: int, proto: int = 0) -> socket.socket:  # noqa: ARG002 - cheroot's names
        """Take the socket; cheroot's own way leaves one open behind it when the port is taken."""
        self.socket = self.listener
        return self.listener

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Log what cheroot has to say."""
        log.log(level, "%s", msg, exc_info=traceback)


class PageServer:
    """Serves *app* until it is closed; ``close()`` may be called twice. Raises ``PortTaken`` at construction."""

    def __init__(self, app: Flask, streams: Streams, port: int) -> None:
        self._streams = streams
        self._server = LoggingServer((OWN_ADDRESS, port), app, THREADS, shutdown_timeout=END_S, timeout=SILENT_S)
        self._server.listener = _listening(port)
        self._server.prepare()
        self._thread = threading.Thread(target=self._server.serve, name="pages", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """End every stream, then the server."""
        self._streams.close()
        self._server.stop()
        if self._thread.ident:
            self._thread.join()


def _listening(port: int) -> socket.socket:
    try:
        listener = socket.create_server((OWN_ADDRESS, port))
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise PortTaken(f"port {port} of this machine cannot be had ({why})") from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
