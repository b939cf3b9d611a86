from __future__ import annotations

import re

import pytest

from kiosk.config.sentences import SENTENCES
from kiosk.config.syntax import SYNTAX
from tests.config.conftest import Checked
from tests.config.goldens import GOLDENS, TEXT, Golden

OUR_SENTENCES = [*SENTENCES.values(), *(message for _, message, _ in SYNTAX)]


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.name)
def test_check_says_to_the_letter_what_golden_txt_says(golden: Golden, checked: Checked) -> None:
    result = checked(golden.changed)

    assert result.stderr == golden.output


@pytest.mark.parametrize("sentence", OUR_SENTENCES)
def test_every_sentence_has_a_golden_output(sentence: str) -> None:
    words = re.split(r"\{[^}]*\}", sentence)  # what stands between the figures

    assert re.search(".+".join(map(re.escape, words)), TEXT)
