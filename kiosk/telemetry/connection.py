"""One connection to the broker, used once. It runs in the thread that calls it: paho gets none of its own.

paho's thread would keep to itself why a connection cannot be made, and end at the first exception in a callback.
"""

from __future__ import annotations

import contextlib
import select
import ssl
import time
from collections.abc import Callable

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from kiosk.telemetry import troubles
from kiosk.telemetry.bell import Bell
from kiosk.telemetry.plan import BrokerPlan, Timing

NEWEST, OLDER = MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311
QOS = 1


class _ClosingSocket(ssl.SSLSocket):
    """A socket that does not stay open when the other side cannot be trusted: paho would leave it to chance."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


class Connection:
    """A connection that keeps retained topics at the broker. One thread; ``close()`` may be called twice.

    ``open`` and ``pump`` raise ``BrokerLost`` when the connection has ended; it is of no more use then.
    """

    def __init__(self, plan: BrokerPlan, client_id: str, version: MQTTProtocolVersion, timing: Timing) -> None:
        self._plan, self._client_id, self._timing = plan, client_id, timing
        # A client of its own for each connection: paho sends again on its next connection whatever was not acknowledged
        # on the last one (_messages_reconnect_reset_out, _handle_connack), and an old stock would end up over a newer.
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=version, reconnect_on_failure=False
        )
        self._client.connect_timeout = timing.dial_s
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._shown: dict[str, str] = {}
        self._unacknowledged: dict[int, str] = {}
        self._denial: tuple[str, int] | None = None
        self._reason: int | None = None  # why the broker refused or ended it, if it said so
        self.is_accepted = False

    @property
    def is_settled(self) -> bool:
        """Whether the broker has acknowledged all it was shown."""
        return self.is_accepted and not self._unacknowledged

    def open(self, will: tuple[str, str], bell: Bell, is_closing: Callable[[], bool]) -> None:
        """Connect, with topic and payload of the last will; return when the broker has let us in, or on closing."""
        self._log_in(*will)
        self._dial()
        deadline = time.monotonic() + self._timing.connack_s
        while not (self.is_accepted or is_closing()):
            if time.monotonic() >= deadline:
                raise troubles.of_silence(self._plan)
            self.pump(bell, deadline - time.monotonic())

    def waits_for(self, topic: str) -> bool:
        """Whether the last payload of *topic* is not acknowledged yet."""
        return topic in self._unacknowledged.values()

    def show(self, topic: str, payload: str) -> bool:
        """Publish *payload*, unless *topic* has it already; whether it was published."""
        if self._shown.get(topic) == payload:
            return False
        sent = self._client.publish(topic, payload, QOS, retain=True)
        self._unacknowledged[sent.mid] = topic
        self._shown[topic] = payload
        return True

    def pump(self, bell: Bell, patience_s: float) -> None:
        """Send and receive what is due; return when something was, when the bell rings, or after *patience_s*."""
        if sock := self._client.socket():
            # what TLS has decrypted already is announced by nobody
            is_pending = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
            events = bell.wait(0 if is_pending else patience_s, sock, to_write=self._client.want_write())
            if is_pending or events & ~select.POLLOUT:
                self._client.loop_read()
            if events & select.POLLOUT:
                self._client.loop_write()
            self._client.loop_misc()
        if self._denial:
            raise troubles.of_denial(self._plan, *self._denial)
        if self._client.socket() is None:
            raise self._ended()

    def end(self) -> None:
        """Take leave: the last will is not carried out."""
        self._client.disconnect()
        self.close()

    def close(self) -> None:
        """Hang up; the broker carries out the last will."""
        if sock := self._client.socket():
            with contextlib.suppress(OSError):
                sock.close()

    def _log_in(self, topic: str, payload: str) -> None:
        if self._plan.username is not None:
            password = self._plan.password.reveal() if self._plan.password else None
            self._client.username_pw_set(self._plan.username, password)
        self._client.will_set(topic, payload, QOS, retain=True)
        if self._plan.tls:
            self._client.tls_set_context(self._context())

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self._plan.ca_file)
        except OSError as error:
            raise troubles.of_authorities(self._plan, error) from error
        context.sslsocket_class = _ClosingSocket
        return context

    def _dial(self) -> None:
        try:
            # no property says how long the session lives on: it ends with the connection
            if self._client.protocol == NEWEST:
                self._client.connect(self._plan.host, self._plan.port, self._timing.keepalive_s, clean_start=True)
            else:
                self._client.connect(self._plan.host, self._plan.port, self._timing.keepalive_s)
        except (OSError, UnicodeError) as error:
            raise troubles.of_dialling(self._plan, error) from error

    def _ended(self) -> troubles.BrokerLost:
        if self._reason is not None:
            return troubles.of_reason(self._plan, self._client_id, self._reason)
        if not self.is_accepted:
            return troubles.of_hang_up(self._plan)
        return troubles.of_break(self._plan, self._client_id)

    # --- called by paho from within pump, show and end: they note, and do nothing that could fail

    def _on_connect(self, _client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, _: object) -> None:
        self.is_accepted = not reason.is_failure
        self._reason = reason.value if reason.is_failure else None

    def _on_disconnect(
        self, _client: Client, _data: object, flags: DisconnectFlags, reason: ReasonCode, _: Properties | None
    ) -> None:
        if flags.is_disconnect_packet_from_server and self._reason is None:
            self._reason = reason.value

    def _on_publish(self, _client: Client, _data: object, mid: int, reason: ReasonCode, _: object) -> None:
        topic = self._unacknowledged.pop(mid)
        if reason.is_failure:
            self._denial = (topic, reason.value)
