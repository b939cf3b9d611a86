"""Why cards were not written; each message says what to do. No message holds a code."""

from __future__ import annotations


class CardsNotWritten(Exception):
    """The cards were not written, nothing is left behind, and the message says what to do."""


class CardsNameRefused(CardsNotWritten, ValueError):
    """The name does not say which kind of cards is wanted, or says a kind that there is not."""


class CardsInTheWay(CardsNotWritten, FileExistsError):
    """Something has that name already."""


class CardsUnwritable(CardsNotWritten, OSError):
    """The system did not let us write."""


class CardsPackageMissing(CardsNotWritten, ImportError):
    """This kind of cards needs a package that is not installed."""


class WordsRefused(CardsNotWritten, ValueError):
    """The programme's own text cannot be printed on these cards."""


class LettersLacking(WordsRefused):
    """The text has letters that our face has not; they would come out as boxes."""


class WordsTooLong(WordsRefused):
    """The text does not fit on the card; the message says how much of it does."""
