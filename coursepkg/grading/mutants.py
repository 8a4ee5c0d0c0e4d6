"""Wrong versions of an answer, made by changing one place of its syntax tree.

The changes are slips that people make: an operator or a constant, a factor or a term lost, a
parameter doubled, another axis, another comparison, a mean for a sum.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SWAPPED_OPERATORS = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div],
    ast.Div: [ast.Mult],
    ast.FloorDiv: [ast.Div],
    ast.Pow: [ast.Mult],
}
SWAPPED_COMPARISONS = {
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.GtE],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.LtE],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
}
SWAPPED_NAMES = {
    "argmax": "argmin",
    "argmin": "argmax",
    "max": "min",
    "maximum": "minimum",
    "mean": "sum",
    "min": "max",
    "minimum": "maximum",
    "std": "var",
    "sum": "mean",
    "var": "std",
    "zeros": "ones",
}
# Functions of one argument that people forget.
DROPPED_CALLS = {"abs", "exp", "log", "sign", "sqrt", "square"}


@dataclass(frozen=True)
class Mutant:
    """A changed answer.

    Attributes
    ----------
    change : str
        What was changed, as ``function: before -> after``; the number of the place follows
        where a function holds the same expression more than once.
    source : str
        The source of the answer cell.
    """

    change: str
    source: str


def mutants(source: str) -> list[Mutant]:
    """Make every wrong version of an answer that differs from it in one place.

    Parameters
    ----------
    source : str
        The answer cell of a master.

    Returns
    -------
    list of Mutant
        No two with the same source.
    """
    tree = ast.parse(source)
    found: dict[str, str] = {}
    for function in [node for node in tree.body if isinstance(node, ast.FunctionDef)]:
        parameters = {argument.arg for argument in _arguments(function)}
        for place, node in enumerate(_places(function)):
            for after in _changed(node, parameters):
                changed = _with_replaced(tree, function, place, after)
                if changed not in found.values():
                    change = f"{function.name}: {ast.unparse(node)} -> {ast.unparse(after)}"
                    found[_unused(change, found)] = changed
    original = ast.unparse(tree)
    return [Mutant(change, changed) for change, changed in found.items() if changed != original]


def _arguments(function: ast.FunctionDef) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _places(function: ast.FunctionDef) -> Iterator[ast.expr]:
    """Yield the expressions of a body, without its docstring, always in the same order."""
    first = 1 if ast.get_docstring(function) is not None else 0
    for statement in function.body[first:]:
        for node in ast.walk(statement):
            if isinstance(node, ast.expr):
                yield node


def _with_replaced(tree: ast.Module, function: ast.FunctionDef, place: int, after: ast.expr) -> str:
    """Write the source with one expression replaced."""
    changed = copy.deepcopy(tree)
    twin = changed.body[tree.body.index(function)]
    target = list(_places(twin))[place]
    for node in ast.walk(twin):
        for field, value in ast.iter_fields(node):
            if value is target:
                setattr(node, field, after)
            elif isinstance(value, list) and any(item is target for item in value):
                setattr(node, field, [after if item is target else item for item in value])
    return ast.unparse(ast.fix_missing_locations(changed))


def _unused(change: str, found: dict[str, str]) -> str:
    number = 2
    name = change
    while name in found:
        name, number = f"{change} ({number})", number + 1
    return name


def _changed(node: ast.expr, parameters: set[str]) -> Iterator[ast.expr]:
    """Yield what may stand in the place of an expression."""
    for kind, change in _CHANGES.items():
        if isinstance(node, kind):
            yield from change(node)
    if isinstance(node, ast.Name) and node.id in parameters and isinstance(node.ctx, ast.Load):
        yield ast.BinOp(ast.Constant(2), ast.Mult(), node)


def _binary(node: ast.BinOp) -> Iterator[ast.expr]:
    for swapped in SWAPPED_OPERATORS.get(type(node.op), []):
        yield ast.BinOp(node.left, swapped(), node.right)
    yield node.left
    if isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.MatMult):
        yield node.right


def _unary(node: ast.UnaryOp) -> Iterator[ast.expr]:
    yield node.operand


def _comparison(node: ast.Compare) -> Iterator[ast.expr]:
    for swapped in SWAPPED_COMPARISONS.get(type(node.ops[0]), []):
        yield ast.Compare(node.left, [swapped(), *node.ops[1:]], node.comparators)


def _boolean(node: ast.BoolOp) -> Iterator[ast.expr]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)


def _constant(node: ast.Constant) -> Iterator[ast.expr]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield ast.Constant(value + 1)
        if value:
            yield ast.Constant(value * 2)
    elif isinstance(value, str):
        yield ast.Constant(value + "_")


def _call(node: ast.Call) -> Iterator[ast.expr]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if name in DROPPED_CALLS and len(node.args) == 1:
        yield node.args[0]


def _attribute(node: ast.Attribute) -> Iterator[ast.expr]:
    if node.attr in SWAPPED_NAMES:
        yield ast.Attribute(node.value, SWAPPED_NAMES[node.attr], node.ctx)
    elif node.attr == "T":
        yield node.value


_CHANGES: dict[type[ast.expr], Callable[..., Iterator[ast.expr]]] = {
    ast.Attribute: _attribute,
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.Call: _call,
    ast.Compare: _comparison,
    ast.Constant: _constant,
    ast.UnaryOp: _unary,
}
