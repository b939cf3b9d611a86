"""``mosquitto_sub`` at any broker of this machine, in MQTT 3.1.1."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.broker import Watch, program


@contextmanager
def listening(port: int, topic: str) -> Iterator[Watch]:
    """Listen to *topic*; returns once the broker has confirmed it."""
    command = [program("mosquitto_sub"), "-V", "mqttv311", "-h", "127.0.0.1", "-p", str(port), "-t", topic]
    command = ["stdbuf", "-oL", *command, "-d", "-q", "1", "-F", "%j"]
    watch = Watch(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    try:
        yield watch
    finally:
        watch.close()
