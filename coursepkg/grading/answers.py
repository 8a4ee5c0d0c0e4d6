"""What of a submission counts: its answers, found wherever they are, with what they need.

An answer is found by its cell's id; where a service dropped ids, by nbgrader's ``grade_id``; and in
the end by the name it defines. Its cell may have been moved, copied, retyped or turned into text.
Everything else of a submission is left out, but for imports and definitions that an answer uses.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import re
import symtable
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from nbformat import NotebookNode

from coursepkg.grading.exercise import defined_names, tagged

MAGIC = re.compile(r"(?m)^[ \t]*[%!?].*$")  # lines that are IPython's, not Python's
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
CHANGING = (ast.Store, ast.Del)


@dataclass(frozen=True)
class Answer:
    """One answer of a submission.

    Attributes
    ----------
    id : str
        Id of its cell in the release.
    cell : NotebookNode
        The submission's cell.
    place : int
        Where that stands.
    sign : str
        What it was recognised by: ``id``, ``grade_id`` or ``name``.
    rivals : int
        How many other cells answer the same, in other words.
    is_stub : bool
        Whether it is as it was given out.
    """

    id: str
    cell: NotebookNode
    place: int
    sign: str
    rivals: int = 0
    is_stub: bool = False


def find_answers(submitted: NotebookNode, release: NotebookNode) -> dict[str, Answer]:
    """Find the cells of a submission that answer the exercise.

    Parameters
    ----------
    submitted, release : NotebookNode
        The submission, and the notebook that was given out.

    Returns
    -------
    dict of str to Answer
        By the answer's id in the release; one that nothing stands for is not in it. Of several
        cells the one counts that holds more than the stub, defines what is asked for and has kept
        its id, in this order.
    """
    found = {}
    for original in tagged(release, "answer"):
        candidates = sorted(_candidates(original, submitted), key=lambda one: one[0])
        if candidates:
            (is_stub, *_, place), sign = candidates[0]
            cell = submitted.cells[place]
            sources = {_words(submitted.cells[rank[-1]]) for rank, _ in candidates if not rank[0]}
            rivals = len(sources - {_words(cell)})
            found[original.id] = Answer(original.id, cell, place, sign, rivals, is_stub)
    return found


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
    offered = list(_offered(answer, submitted, apart_from))
    known = known | set(dir(builtins))
    wanted = _used(answer.cell.source) - known
    taken: set[int] = set()
    while True:
        new = {n for name in wanted for n in _makers(name, offered, answer.place)} - taken
        if not new:
            break
        taken |= new
        wanted |= set().union(*(_used(ast.unparse(offered[n][1])) for n in new)) - known
    if wanted - set().union(*(_binds(offered[n][1]) for n in taken)):  # it may be a star's
        taken |= {n for n, (_, node) in enumerate(offered) if _is_star(node)}
    found: dict[int, list[str]] = {}
    for number in sorted(taken):
        found.setdefault(offered[number][0], []).append(ast.unparse(offered[number][1]))
    return {place: "\n".join(lines) for place, lines in found.items()}


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
    return {name for node in _parsed(source).body for name in _binds(node)}


def pattern_of(original: NotebookNode) -> re.Pattern[str]:
    """Write a pattern for the lines that define what an answer's cell must."""
    names = "|".join(map(re.escape, defined_names(original.source)))
    return re.compile(rf"(?m)^(?:(?:async\s+)?def|class)\s+(?:{names})\b|^(?:{names})\s*[:=]")


def grade_id(cell: NotebookNode) -> str | None:
    """Return the id that nbgrader gave to a cell."""
    block = cell.metadata.get("nbgrader")
    return block.get("grade_id") if isinstance(block, dict) else None


def _candidates(
    original: NotebookNode, submitted: NotebookNode
) -> Iterator[tuple[tuple[bool, bool, int, int], str]]:
    """Yield cells that may stand for an answer: how bad they are, and by what they are known."""
    defines, stub = pattern_of(original), _words(original)
    for place, cell in enumerate(submitted.cells):
        fits = bool(defines.search(cell.source))
        signs = {
            "id": cell.get("id") == original.id,
            "grade_id": grade_id(cell) == grade_id(original) is not None,
            "name": fits and cell.cell_type == "code",
        }
        sign = next((sign for sign, is_there in signs.items() if is_there), None)
        if sign and (fits or cell.cell_type == "code"):
            badness = _words(cell) == stub, not fits, list(signs).index(sign), place
            yield badness, sign


def _words(cell: NotebookNode) -> str:
    return " ".join(cell.source.split())


def _offered(
    answer: Answer, submitted: NotebookNode, apart_from: set[int]
) -> Iterator[tuple[int, ast.stmt]]:
    """Yield the statements of all other code cells, each with the place of its cell."""
    for place, cell in enumerate(submitted.cells):
        if place not in {answer.place, *apart_from} and cell.cell_type == "code":
            yield from ((place, node) for node in _parsed(cell.source).body)


def _makers(name: str, offered: Sequence[tuple[int, ast.stmt]], place: int) -> list[int]:
    """Return the numbers of the statements that make a name what it is."""
    writers = {
        node.name
        for _, node in offered
        if isinstance(node, FUNCTIONS) and any(_changes(inner, {name}) for inner in node.body)
    }
    making = [n for n, (_, node) in enumerate(offered) if _changes(node, {name}, writers)]
    above = [n for n in making if offered[n][0] < place]
    return above or making


def _changes(node: ast.AST, names: set[str], writers: Set[str] = frozenset()) -> bool:
    """Whether a statement binds or changes one of these names, or calls a function that does."""
    if _binds(node) & names:
        return True
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return any(_root(decorator) in writers for decorator in node.decorator_list)
    if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, CHANGING):
        return _root(node) in names
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        by_method = isinstance(node.value.func, ast.Attribute) and _root(node.value) in names
        return by_method or _root(node.value) in writers
    return any(_changes(inner, names, writers) for inner in ast.iter_child_nodes(node))


def _root(node: ast.AST) -> str:
    """Return the name that ``name.attribute[index](arguments)`` begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_star(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"


def _binds(node: ast.AST) -> set[str]:
    """Return the names that a statement binds where it stands, in its blocks too."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Store) else set()
    return set().union(*map(_binds, ast.iter_child_nodes(node)))


def _used(source: str) -> set[str]:
    """Return the names that a piece of code reads and does not bind itself."""
    text = ast.unparse(_parsed(source))  # without magics
    return set(_globals_of(symtable.symtable(text, "answer", "exec"))) - bound_names(source)


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


def _parsed(source: str) -> ast.Module:
    """Parse a cell as far as it is Python; one that is not has an empty body."""
    for text in (source, MAGIC.sub("", source)):
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.parse(text)
    return ast.Module([], [])
