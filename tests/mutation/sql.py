"""Faults in SQL: its texts are what the ledger is made of, and no tool for Python sees more in them than a word."""

from __future__ import annotations

import re
from collections.abc import Iterator

STATEMENTS = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|BEGIN|PRAGMA|UNION ALL SELECT|id NOT IN)\b")
LEFT_ALONE = re.compile(r"--[^\n]*|'[^']*'")  # comments and texts
END_OF_WHERE = r"(?=\)| GROUP BY| ORDER BY| LIMIT| ON CONFLICT| UNION|;|$)"

# what is found, and what stands there instead
FAULTS: tuple[tuple[str, str], ...] = (
    (r" = ", " <> "),
    (r" <> ", " = "),
    (r" > ", " >= "),
    (r" > ", " <= "),
    (r" < ", " <= "),
    (r" < ", " >= "),
    (r" >= ", " > "),
    (r" \+ ", " - "),
    (r" - ", " + "),
    (r"(?<!\d) AND (?!\?)", " OR "),
    (r" OR (?!REPLACE|IGNORE)", " AND "),
    (r" NOT IN ", " IN "),
    (r" DESC\b", ""),
    (r" DISTINCT\b", ""),
    (r" OR IGNORE\b", ""),
    (r" OR REPLACE\b", ""),
    (r" LIMIT [\w?]+", ""),
    (r" ORDER BY [^)\"]+?(?= LIMIT|\)|;|$)", ""),
    (r" WHERE (?:[^()]|\([^()]*\))+?" + END_OF_WHERE, ""),
    (r"\bmax\(", "min("),
    (r"\bsum\(", "max("),
    (r"\btotal\(", "max("),
    (r"\bLEFT JOIN\b", "JOIN"),
    (r" IMMEDIATE\b", ""),
    (r" CHECK \((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)", ""),
    (r" UNIQUE\b", ""),
    (r" REFERENCES \w+", ""),
    (r" STRICT\b", ""),
)
NUMBER = re.compile(r"(?<![\w?.])(?<!SELECT )(?<!LIMIT )\d+(?!\w)")  # SELECT 1 asks whether there is a row
CHECK = re.compile(FAULTS[-4][0])


def is_sql(text: str) -> bool:
    """Whether a text is a statement or a part of one."""
    return STATEMENTS.match(text) is not None


def sql_faults(text: str) -> Iterator[tuple[str, str]]:
    """The text with one fault each, and the fault in words. What is within a CHECK goes as a whole or not at all."""
    plain = LEFT_ALONE.sub(lambda found: "\0" * len(found[0]), text)
    checks = [found.span() for found in CHECK.finditer(plain)]
    for pattern, other in FAULTS:
        for found in re.finditer(pattern, plain):
            is_assigned = found[0] == " = " and _sets(plain[: found.start()])
            if not is_assigned and not any(start < found.start() < end for start, end in checks):
                yield _fault(text, found.span(), other)
    for found in NUMBER.finditer(plain):
        if not any(start < found.start() < end for start, end in checks):
            yield _fault(text, found.span(), str(int(found[0]) + 1))


def _sets(before: str) -> bool:
    """Whether a column is given a value here, and nothing compared."""
    return before.rfind("SET ") > max(before.rfind(word) for word in ("WHERE ", "ON "))


def _fault(text: str, span: tuple[int, int], other: str) -> tuple[str, str]:
    start, end = span
    before, gone, after = text[max(0, start - 30) : start], text[start:end], text[end : end + 30]
    words = f"{before}[{gone}]{after} → [{other}]"
    return text[:start] + other + text[end:], " ".join(words.split())
