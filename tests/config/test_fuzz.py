from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.config import load

GOOD = (Path(__file__).parent / "good.yaml").read_text()
KINDS = (Path(__file__).parent / "kinds.yaml").read_text()
WORDS = sorted(set((GOOD + KINDS).replace("{", " ").replace("}", " ").replace(",", " ").split()))
SIGNS = list("{}[],:#&*!|>'\"%@`?-~<=.\t\n\r \\/0\x00\x85\u2028\ud7ff")
PIECES = ["- ", ": ", "\n  ", "\n    ", "---\n", "...\n", "<<: ", "*a", "&a ", "!!int ", "? ", ".nan", "0x", "1e999"]
PIECES += ["9" * 30, "null", "{}", "[]", '"\\uD800"', '"\\0"', "%YAML 1.1\n", "a: b: c", "telemetry:", "timing:"]
PIECES += ["policies:", "policies: {more: {kits: {", "allowance: {group: kits, limit: 2, per: week}"]

pieces = st.sampled_from(WORDS + SIGNS + PIECES) | st.text(max_size=5)
yaml_like = st.lists(pieces, max_size=60).map("".join)
places = st.integers(0, len(KINDS))
mutations = st.lists(st.tuples(places, st.integers(0, 12), pieces), min_size=1, max_size=6)


def _mutated(base: str, changes: list[tuple[int, int, str]]) -> str:
    text = base
    for start, length, piece in changes:
        text = text[:start] + piece + text[start + length :]
    return text


def _hold_the_promises(content: bytes) -> None:
    """Load never raises; a configuration or faults, never both; each fault once, on one line, with a place."""
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        Path(file.name).write_bytes(content)
        loaded = load(Path(file.name))
    texts = [str(fault) for fault in loaded.faults]

    assert (loaded.config is None) == bool(loaded.faults)
    assert len(set(texts)) == len(texts)
    for fault in (*loaded.faults, *loaded.warnings):
        assert str(fault).isprintable()
        assert fault.remedy.isprintable()
        assert fault.line is not None
        assert 1 <= fault.line <= len(content) + 1


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200))
def test_no_bytes_make_load_raise(content: bytes) -> None:
    _hold_the_promises(content)


@settings(deadline=None, max_examples=300)
@given(yaml_like)
def test_nothing_like_yaml_makes_load_raise(text: str) -> None:
    _hold_the_promises(text.encode("utf-8", "surrogatepass"))


@settings(deadline=None, max_examples=300)
@given(st.sampled_from([GOOD, KINDS]), mutations)
def test_no_damage_to_a_good_file_makes_load_raise(base: str, changes: list[tuple[int, int, str]]) -> None:
    _hold_the_promises(_mutated(base, changes).encode("utf-8", "surrogatepass"))
