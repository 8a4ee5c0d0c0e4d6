"""What an answer needs of a submission's other cells, read from the code without running it.

An import or a helper may stand in a cell of the student's own. What comes along are the statements
that make a name that the answer uses what it is; all else, such as trials and plots, stays out.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import re
import symtable
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from coursepkg.grading.answers import Answer

ASSIGNED = re.compile(r"(?m)(^[^=\n]*=)[ \t]*[!%].*$")  # as in files = !ls
ASKED = re.compile(r"(?m)^.*\?[ \t]*$")  # as in sum??
MAGIC = re.compile(r"(?m)^[ \t]*[%!?].*$")  # lines that are IPython's, not Python's
NOT_TO_BE_READ = (SyntaxError, ValueError, RecursionError, MemoryError)  # code that is none
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
MOST_CODE = 200_000  # characters, of which reading takes a thousand times as much memory
MOST_STATEMENTS = 2000  # that are looked at; a notebook has some hundred

Offered = Sequence[tuple[int, ast.stmt]]  # statements, each with the place of its cell


def needed(
    answer: Answer, submitted: NotebookNode, *, known: set[str], apart_from: set[int]
) -> dict[int, str]:
    """Return what an answer takes from a submission's other cells.

    Parameters
    ----------
    answer : Answer
        The answer.
    submitted : NotebookNode
        The submission.
    known : set of str
        Names that the exercise itself defines; nothing takes their place.
    apart_from : set of int
        Places of cells that offer nothing: those of the other answers, which run anyway.

    Returns
    -------
    dict of int to str
        Python source by place of the cell that it is from: the statements that bind or change a
        name that the answer uses, or that one of them uses. They stand above the answer, or below
        it if there are none above.
    """
    offered = list(_offered(submitted, {answer.place, *apart_from}))[:MOST_STATEMENTS]
    makers = _makers(offered)
    seen = set(known)
    waiting = _used(answer.cell.source) - seen
    taken: dict[int, str] = {}
    unknown = built_in = False
    while waiting:
        name = waiting.pop()
        seen.add(name)
        above = [n for n in makers[name] if offered[n][0] < answer.place]
        is_built_in = hasattr(builtins, name)  # unless a cell above says otherwise
        built_in |= is_built_in
        unknown |= not (is_built_in or makers[name])
        for number in above if is_built_in else above or makers[name]:
            if number not in taken:
                taken[number] = _text(offered[number][1])
                waiting |= _used(taken[number]) - seen
    for number, (place, node) in enumerate(offered):  # the name may be one of a star's
        if _is_star(node) and (unknown or (built_in and place < answer.place)):
            taken[number] = _text(node)
    return _by_place(taken, offered)


def forget() -> None:
    """Drop what was kept of the code that was read, which may be large."""
    _parsed.cache_clear()


def imported_modules(source: str) -> list[str]:
    """List the modules that a cell imports, as far as its text shows."""
    found = []
    for node in ast.walk(_parsed(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and _is_import(node):
            found += [a.value for a in node.args[:1] if isinstance(a, ast.Constant)]
    return [name for name in found if isinstance(name, str)]


def bound_names(source: str) -> set[str]:
    """Return the names that a cell binds at its top level."""
    return set().union(*(_changed(node)[0] for node in _parsed(source).body))


def _offered(submitted: NotebookNode, apart_from: set[int]) -> Iterator[tuple[int, ast.stmt]]:
    for place, cell in enumerate(submitted.cells):
        if place not in apart_from and cell.cell_type == "code":
            yield from ((place, node) for node in _parsed(cell.source).body)


def _makers(offered: Offered) -> Mapping[str, list[int]]:
    """For each name list the statements that bind or change it, themselves or by a function."""
    effects = {
        node.name: set().union(*(names for inner in node.body for names in _changed(inner)))
        for _, node in offered
        if isinstance(node, FUNCTIONS)
    }
    found: dict[str, list[int]] = defaultdict(list)
    for number, (_, node) in enumerate(offered):
        bound, changed = _changed(node)
        for name in bound.union(changed, *(effects.get(f, ()) for f in _called(node))):
            found[name].append(number)
    return found


def _changed(node: ast.AST) -> tuple[set[str], set[str]]:
    """Return the names that a statement binds where it stands, and those it changes otherwise.

    What happens within a function or a class that it defines does not count.
    """
    bound: set[str] = set()
    changed: set[str] = set()
    waiting = [node]
    while waiting:  # not by recursion, which a long sum exhausts
        one = waiting.pop()
        if isinstance(one, ast.Import | ast.ImportFrom):
            bound |= {(alias.asname or alias.name).split(".")[0] for alias in one.names}
        elif isinstance(one, DEFINITIONS):
            bound.add(one.name)
        elif isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            bound.add(one.id)
        elif isinstance(one, ast.comprehension):  # its variables are its own
            waiting += [one.iter, *one.ifs]
        else:
            if _changes_its_root(one):
                changed.add(_root(one))
            waiting += ast.iter_child_nodes(one)
    return bound, changed - {""}


def _changes_its_root(node: ast.AST) -> bool:
    """Whether this is ``name.part = ...``, ``name[part] = ...`` or ``name.method(...)`` alone."""
    if isinstance(node, ast.Attribute | ast.Subscript):
        return isinstance(node.ctx, ast.Store | ast.Del)
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    return isinstance(node.value.func, ast.Attribute)


def _called(node: ast.stmt) -> set[str]:
    """Return the functions that a statement calls for what they do, or decorates with."""
    calls = node.decorator_list if isinstance(node, DEFINITIONS) else [node]
    return {_root(call) for call in calls}


def _root(node: ast.AST) -> str:
    """Return the name that ``name.attribute[index](arguments)`` begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Expr):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_star(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"


def _by_place(taken: Mapping[int, str], offered: Offered) -> dict[int, str]:
    found: dict[int, list[str]] = defaultdict(list)
    for number in sorted(taken):
        found[offered[number][0]].append(taken[number])
    return {place: "\n".join(lines) for place, lines in found.items()}


def _used(source: str) -> set[str]:
    """Return the names that a piece of code reads and does not bind itself."""
    text = _text(_parsed(source))  # without magics
    with contextlib.suppress(*NOT_TO_BE_READ):
        return set(_globals_of(symtable.symtable(text, "answer", "exec"))) - bound_names(source)
    return set()


def _globals_of(scope: symtable.SymbolTable) -> Iterator[str]:
    at_top = scope.get_type() == "module"
    for symbol in scope.get_symbols():
        bound = symbol.is_assigned() or symbol.is_imported()
        if symbol.is_referenced() and (not bound if at_top else symbol.is_global()):
            yield symbol.get_name()
    for inner in scope.get_children():
        yield from _globals_of(inner)


def _is_import(node: ast.Call) -> bool:
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    return name in ("import_module", "__import__")


def _text(node: ast.AST) -> str:
    """Write a piece of code, or nothing where Python cannot."""
    with contextlib.suppress(*NOT_TO_BE_READ):
        return ast.unparse(node)
    return ""


@functools.lru_cache(maxsize=64)
def _parsed(source: str) -> ast.Module:
    """Parse a cell as far as it is Python; one that is not has an empty body."""
    if len(source) > MOST_CODE:
        return ast.Module([], [])
    plain = MAGIC.sub("", source)
    for text in (source, plain, ASKED.sub("", ASSIGNED.sub(r"\1 None", plain))):
        with contextlib.suppress(*NOT_TO_BE_READ):
            return ast.parse(text)
    return ast.Module([], [])
