"""What learners of a class get: the exercises as a small project of their own, in one ZIP file.

It holds the released notebooks, the expected values, and of the package what the commands ``start``
and ``check`` need; neither solutions nor misconceptions, and no module that teaches, since those
solve the exercises.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tomllib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from coursepkg.grading.exercise import COURSE_ROOT, Course, Problem, read_notebook
from coursepkg.grading.release import read_master, refuse_if_edited, refuse_other_checks
from coursepkg.grading.writing import write_atomically

TOP = "regularization-exercises"
# Where the search for modules begins: what learners' notebooks import, and the two commands.
ROOTS = ("show", "quiet", "datasets", *(f"grading.{m}" for m in ("report", "self_check", "cli")))
DEPENDENCIES = (
    "click",
    "ipykernel",
    "jupyterlab",
    "nbformat",
    "nbval",
    "numpy",
    "psutil",
    "pytest",
    "rich",
    "scikit-learn",
    "tensorflow",
)
ONLY_IN_BOOK = re.compile(r"\n\nIf you read this in the book:(.|\n(?!\n))*")  # a paragraph
OUTWARD_LINK = re.compile(r"\[([^\]]+)\]\(\.\./[^)]*\)")
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first time that a ZIP file can name

README = """\
# Regularization in neural networks: the exercises

{exercises}

Each asks you for a few functions, says at once whether they are right, and counts your points. You
need Python {python} and about 2.5 GB of disk, most of it for TensorFlow.

## Install

Open a terminal in this folder, the one that holds `pyproject.toml`.

Linux and macOS (with an Apple chip). On Debian and Ubuntu first `sudo apt install python3-venv`; if
`python3 --version` is another one, use for example `python3.12`:

```
python3 -m venv .venv
source .venv/bin/activate
pip install -c requirements.lock -e .
```

Windows:

```
py -3.12 -m venv .venv
.venv\\Scripts\\activate
pip install -c requirements.lock -e .
```

The `-e` matters: with it the commands find the exercises here. Whenever you open a new terminal,
run the line with `activate` again. If Windows says that scripts are disabled, use the terminal
called Command Prompt instead of PowerShell.

## Work

```
coursepkg start     # copies the exercises into the folder work
jupyter lab work    # opens them in your browser
```

Put your code in place of `raise NotImplementedError`, and run the check cells below it. Each says
*right*, or it says in one line what to mend. Try as often as you like. The files in `work` are
yours: `coursepkg start` never overwrites one. For a fresh copy, rename yours and run it again.

## Check

Save your notebook first (Ctrl-S), then:

```
coursepkg check       # everything in work
coursepkg check 2     # exercise 2 alone
```

You see your points, part by part, with the reason where some are missing. What you hand in is the
notebook from `work`; ask your teacher where.

Code: BSD 3-Clause. Text: CC BY 4.0. See LICENSE.
"""

PYPROJECT = """\
[build-system]
requires = {build}
build-backend = "setuptools.build_meta"

[project]
name = "coursepkg"
version = {version}
description = "Exercises of a course on regularization in neural networks"
readme = "README.md"
requires-python = {python}
license = {license}
license-files = ["LICENSE"]
dependencies = [
{dependencies}
]

[project.scripts]
coursepkg = "coursepkg.grading.cli:main"

[tool.setuptools.packages.find]
include = ["coursepkg*"]
"""


def write_bundle(course: Course, names: Sequence[str], path: Path) -> None:
    """Pack exercises for learners into a ZIP file.

    Parameters
    ----------
    course : Course
        Where the exercises live; the code, the licence and the versions come from this copy of the
        package.
    names : sequence of str
        The exercises, released before.
    path : Path
        The ZIP file. An older one is replaced once the new one is whole; the same contents always
        give the same bytes.

    Raises
    ------
    Problem
        If an exercise is not released, this copy is no full checkout of the course, or the file
        cannot be written.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(contents(course, names).items()):
            entry = zipfile.ZipInfo(f"{TOP}/{name}", date_time=EARLIEST)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # the same on Windows
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.encode())
    write_atomically(path, packed.getvalue())


def contents(course: Course, names: Sequence[str]) -> dict[str, str]:
    """Collect the files of a bundle.

    Parameters
    ----------
    course, names
        As for `write_bundle`.

    Returns
    -------
    dict of str to str
        By the path inside the bundle's folder, with slashes.

    Raises
    ------
    Problem
        As `write_bundle`.
    """
    project = tomllib.loads(_own("pyproject.toml"))
    files = {
        "README.md": _readme(course, names, project["project"]["requires-python"]),
        "LICENSE": _own("LICENSE"),
        "pyproject.toml": _pyproject(project),
        "requirements.lock": _own("requirements.lock"),
    }
    for module in _modules():
        files[module.relative_to(COURSE_ROOT).as_posix()] = module.read_text(encoding="utf-8")
    for name in names:
        files[f"exercises/{name}.ipynb"] = _for_learners(_fit_to_give_out(course, name))
        expected = json.loads(_released(course.expected(name)))
        for check in expected["checks"].values():
            check["misconceptions"] = []
        files[f"exercises/expected/{name}.json"] = (
            json.dumps(expected, indent=1, ensure_ascii=False) + "\n"
        )
    return files


def _fit_to_give_out(course: Course, name: str) -> str:
    """Read a released notebook into which nobody has written, and which its master fits."""
    path = course.released(name)
    text = _released(path)
    refuse_if_edited(path)
    if course.solutions or course.master(name).is_file():
        refuse_other_checks(read_notebook(path), read_master(course, name))
    return text


def _released(path: Path) -> str:
    if not path.is_file():
        raise Problem(f"{path}: no such file. First: coursepkg release")
    return path.read_text(encoding="utf-8")


def _for_learners(notebook: str) -> str:
    """Leave of links to pages of the book, which is not in the bundle, their words alone."""
    document = json.loads(notebook)
    for cell in document["cells"]:
        if cell["cell_type"] == "markdown":
            text = OUTWARD_LINK.sub(r"\1", ONLY_IN_BOOK.sub("", "".join(cell["source"])))
            cell["source"] = text.splitlines(keepends=True)
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _own(name: str) -> str:
    """Read a file at the root of the checkout that this module belongs to."""
    path = COURSE_ROOT / name
    if not path.is_file():
        raise Problem(f"{path}: no such file. A bundle is made in a full copy of the course")
    return path.read_text(encoding="utf-8")


def _readme(course: Course, names: Sequence[str], python: str) -> str:
    titles = []
    for name in names:
        title = re.search(r"# (Exercise [^\"\\]+)", _released(course.released(name)))
        titles.append(f"- {title.group(1) if title else name}")
    lowest, below = re.findall(r"3\.(\d+)", python)
    return README.format(exercises="\n".join(titles), python=f"3.{lowest} to 3.{int(below) - 1}")


def _pyproject(project: Mapping[str, Any]) -> str:
    """Write the bundle's pyproject.toml: of the dependencies those that learners need."""
    ours = project["project"]
    groups = ours["dependencies"], *ours.get("optional-dependencies", {}).values()
    known = {re.split(r"[^\w.-]", line)[0]: line for group in groups for line in group}
    return PYPROJECT.format(
        build=json.dumps(project["build-system"]["requires"]),
        version=json.dumps(ours["version"]),
        python=json.dumps(ours["requires-python"]),
        license=json.dumps(ours["license"]),
        dependencies="\n".join(f"  {json.dumps(known[name])}," for name in DEPENDENCIES),
    )


def _modules() -> list[Path]:
    """Find the files that the roots load, with all that these load in turn."""
    found: set[Path] = set()
    todo = [path for root in ROOTS for path in _files(f"coursepkg.{root}")]
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            tree = ast.parse(path.read_text(encoding="utf-8"))
            # What the command line loads inside its functions belongs to one command each, and
            # the two that learners use are roots themselves.
            nodes = tree.body if path.stem == "cli" else _running(tree)
            todo += [file for node in nodes for name in _imported(node) for file in _files(name)]
    return sorted(found)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """Walk through code, but for what only type checkers read."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from _running(child)


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files(name: str) -> list[Path]:
    """Return the files that importing a module of this package loads; none for anything else."""
    place = COURSE_ROOT.joinpath(*name.split("."))
    if name.split(".")[0] != "coursepkg":
        return []
    here = [place.with_suffix(".py"), place / "__init__.py"]
    above = [folder / "__init__.py" for folder in place.parents]
    return [path for path in (*here, *above) if path.is_file() and COURSE_ROOT in path.parents]
