"""Lives of a kiosk without hardware, as many as fit into half a minute."""

from __future__ import annotations

from hypothesis import settings

from tests.lives.life import KioskLife

TestKioskLife = KioskLife.TestCase
TestKioskLife.settings = settings(deadline=None, max_examples=100, stateful_step_count=50)
