"""Making mutants: one small fault in the syntax tree of one file. It reads files and never writes one.

Left alone: docstrings, annotations, decorators, asserts (they tell the type checker what the table of states holds) and
words that only people read.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Protocol, TypeGuard

from tests.mutation.sql import is_sql, sql_faults

Change = tuple[ast.AST, ast.AST, str]  # what is replaced, by what, and both in words

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
RECKONED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
}
SWAPPED = {"min": "max", "max": "min", "any": "all", "all": "any"}
ORDERED = ("sorted", "reversed")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault. *key* names it by its words, so that it keeps its name when lines move; *number* is its place."""

    key: str
    file: str
    number: int
    definition: str  # hash of the function, class or table that the fault is in


def mutants_of(root: Path, file: str) -> list[Mutant]:
    """All mutants of a file, in the order of its text."""
    tree = ast.parse((root / file).read_text())
    seen: Counter[str] = Counter()
    found = []
    for number, (definition, name, (_, _, words)) in enumerate(_changes(tree)):
        key = f"{file} {name}: {words}"
        seen[key] += 1
        key = key if seen[key] == 1 else f"{key} ({seen[key]})"
        found.append(Mutant(key, file, number, definition))
    return found


def compiled(root: Path, mutant: Mutant) -> CodeType:
    """The mutant's whole file, ready to run."""
    tree = ast.parse((root / mutant.file).read_text())
    for number, (_, _, (old, new, _)) in enumerate(_changes(tree)):
        if number == mutant.number:
            _Replace(old, ast.copy_location(new, old)).visit(tree)
            return compile(ast.fix_missing_locations(tree), root / mutant.file, "exec", dont_inherit=True)
    raise LookupError(mutant.key)


def _changes(tree: ast.Module) -> Iterator[tuple[str, str, Change]]:
    for statement in tree.body:
        definition = hashlib.sha256(ast.dump(statement).encode()).hexdigest()[:12]
        for name, node in _reached(statement, ""):
            for change in _faults(node):
                yield definition, name or _assigned(statement), change


def _assigned(statement: ast.stmt) -> str:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return ", ".join(ast.unparse(target) for target in targets if target) or "file"


def _reached(node: ast.AST, name: str) -> Iterator[tuple[str, ast.AST]]:
    """Every node in which a fault may be, with the name of what it is in."""
    if isinstance(node, ast.Assert | ast.Import | ast.ImportFrom) or getattr(node, "arg", "") == "strict":
        return
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        name = f"{name}.{node.name}".strip(".")
    yield name, node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "ctx"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_only_said(child):
                yield from _reached(child, name)


def _is_only_said(node: ast.AST) -> bool:
    """A docstring, or a type written as text."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


class _Text(Protocol):
    value: str


def _is_text(node: ast.expr) -> TypeGuard[_Text]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else super().generic_visit(node)


def _faults(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Compare():
            yield from _compared(node)
        case ast.BinOp(left, operator, right) if type(operator) in RECKONED:
            yield _change(node, ast.BinOp(left, RECKONED[type(operator)](), right))
        case ast.BoolOp():
            yield from _joined(node)
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield _change(node, operand)
        case ast.Constant() | ast.JoinedStr():
            yield from _constants(node)
        case ast.Call():
            yield from _called(node)
        case ast.comprehension(_, _, [_, *_]):
            yield from (_without(node, "ifs", n) for n in range(len(node.ifs)))
        case ast.Dict() if len(node.keys) > 1:
            yield from _rows(node)
        case ast.ExceptHandler(ast.Tuple() as several):
            yield from _elements(several)
        case ast.Assign([ast.Name()], ast.Tuple() as several):
            yield from _elements(several)
        case ast.FunctionDef(returns=ast.BinOp(right=ast.Constant(None))):
            yield from _returned(node)
        case _:
            yield from _statements(node)


def _compared(node: ast.Compare) -> Iterator[Change]:
    for place, operator in enumerate(node.ops):
        for other in COMPARED[type(operator)]:
            operators = [*node.ops[:place], other(), *node.ops[place + 1 :]]
            yield _change(node, ast.Compare(node.left, operators, node.comparators))
        if isinstance(several := node.comparators[place], ast.Tuple):
            yield from _elements(several)


def _joined(node: ast.BoolOp) -> Iterator[Change]:
    yield _change(node, ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values))
    for place in range(len(node.values)):
        left = [*node.values[:place], *node.values[place + 1 :]]
        yield _change(node, left[0] if len(left) == 1 else ast.BoolOp(node.op, left))


def _constants(node: ast.Constant | ast.JoinedStr) -> Iterator[Change]:
    match node:
        case ast.JoinedStr(parts):
            yield from _templates(node, parts)
        case ast.Constant(bool(value)):
            yield _change(node, ast.Constant(not value))
        case ast.Constant(int(value) | float(value)):
            yield from (_change(node, ast.Constant(value + by)) for by in ((1, -1) if value else (1,)))
        case ast.Constant(str(value)) if is_sql(value):
            yield from ((node, ast.Constant(new), words) for new, words in sql_faults(value))


def _templates(node: ast.JoinedStr, parts: list[ast.expr]) -> Iterator[Change]:
    if not is_sql("".join(part.value for part in parts if _is_text(part))):
        return
    for place, part in enumerate(parts):
        if _is_text(part):
            for new, words in sql_faults(part.value):
                yield node, ast.JoinedStr([*parts[:place], ast.Constant(new), *parts[place + 1 :]]), words


def _called(node: ast.Call) -> Iterator[Change]:
    name = ast.unparse(node.func)
    yield from (_without(node, "keywords", n) for n in range(len(node.keywords)) if node.keywords[n].arg != "strict")
    if name in SWAPPED:
        yield _change(node, ast.Call(ast.Name(SWAPPED[name], ast.Load()), node.args, node.keywords))
    if name in ORDERED:
        yield _change(node, ast.Call(ast.Name("list", ast.Load()), node.args, []))


def _asked(node: ast.If | ast.IfExp | ast.While) -> Iterator[Change]:
    if not isinstance(node.test, ast.Compare | ast.UnaryOp):  # those are negated by themselves
        yield _change(node.test, ast.UnaryOp(ast.Not(), node.test))


def _rows(node: ast.Dict) -> Iterator[Change]:
    for place, key in enumerate(node.keys):
        keys, values = [*node.keys], [*node.values]
        del keys[place], values[place]
        yield node, ast.Dict(keys, values), f"without row {ast.unparse(key) if key else '**'}"


def _elements(node: ast.Tuple) -> Iterator[Change]:
    # of names only: a pair of values that lacks one breaks everything and proves nothing
    if len(node.elts) > 1 and all(isinstance(each, ast.Attribute | ast.Name) for each in node.elts):
        yield from (_without(node, "elts", n) for n in range(len(node.elts)))


def _returned(node: ast.FunctionDef) -> Iterator[Change]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Return) and inner.value and ast.unparse(inner.value) != "None":
            yield inner, ast.Return(ast.Constant(None)), f"{_short(inner)} → return None"


def _statements(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.If() | ast.IfExp() | ast.While():
            yield from _asked(node)
        case ast.Expr(ast.Call() | ast.YieldFrom() | ast.Yield()) | ast.AugAssign() | ast.Raise():
            yield node, ast.Pass(), f"without {_short(node)}"
        case ast.With(items, body) if all(item.optional_vars is None for item in items):
            within = ", ".join(ast.unparse(item) for item in items)
            yield node, ast.If(ast.Constant(True), body, []), f"without with {within}"
        case ast.Match(_, cases) if len(cases) > 1:
            yield from (_without(node, "cases", n) for n in range(len(cases) - _ends_open(cases)))
        case ast.match_case(pattern, ast.expr(), body):
            yield node, ast.match_case(pattern, None, body), f"without the guard of case {ast.unparse(pattern)}"


def _ends_open(cases: list[ast.match_case]) -> int:
    """1 if the last case is ``case _``, which only says what is not there."""
    return int(ast.unparse(cases[-1].pattern) == "_")


def _without(node: ast.AST, field: str, place: int) -> Change:
    fields = dict(ast.iter_fields(node))
    gone = fields[field][place]
    fields[field] = [*fields[field][:place], *fields[field][place + 1 :]]
    words = gone.pattern if isinstance(gone, ast.match_case) else gone
    around = _short(node.func) if isinstance(node, ast.Call) else type(node).__name__.lower()
    return node, type(node)(**fields), f"{around} without {_short(words)}"


def _change(old: ast.AST, new: ast.AST) -> Change:
    return old, new, f"{_short(old)} → {_short(ast.fix_missing_locations(new))}"


def _short(node: ast.AST, most: int = 90) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= most else f"{text[: most // 2]}…{text[-most // 2 :]}"
