"""SECURITY.md claims nothing without a test: each one that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT)))
ROWS = [row for row in TEXT.partition("## Who gets what")[2].partition("\n## ")[0].splitlines() if row.startswith("| ")]


@pytest.mark.parametrize(("path", "test"), NAMED, ids=lambda part: part or "all")
def test_every_test_that_is_named_is_there(path: str, test: str) -> None:
    source = (ROOT / path).read_text()

    assert re.search(rf"^def {test or 'test_'}", source, re.MULTILINE) or path.endswith("leaks.py")


def test_every_row_of_the_threat_model_names_a_test() -> None:
    assert len(ROWS) >= 15
    assert [row for row in ROWS[1:] if not re.search(r"`tests/[^`]+`[^|]*\|$", row)] == []


def test_every_file_of_these_proofs_is_named() -> None:
    proofs = {f"tests/privacy/{path.name}" for path in (ROOT / "tests" / "privacy").glob("test_*.py")}

    unnamed = proofs - {path for path, _ in NAMED}
    assert unnamed == {"tests/privacy/test_needles.py", "tests/privacy/test_security_md.py"}


def test_names_of_files_and_tests_are_spelled_as_names() -> None:
    assert len(NAMED) >= 25
    assert TEXT.count("tests/") == len(re.findall(r"`tests/[^`]+`", TEXT))
