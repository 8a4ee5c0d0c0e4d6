"""The rules of the package as a whole: who imports whom, what loads when, how large a room is."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "coursepkg"

# Each module may import the modules of the rows above its own, and none of its own row.
LAYERS = [
    {"validation", "quiet", "assets"},
    {"datasets", "proximal", "plotting", "_keras"},
    {"linear_models", "proximal_optimizers"},
    {
        "overfitting",
        "weight_penalties",
        "dropout",
        "early_stopping",
        "gradient_penalty",
        "model_selection",
    },
    {"sweep"},
    {"claims"},
]
# These teach nothing: they import no teaching module, and no teaching module imports them.
APART = {"show", "grading", "quiz", "explorer"}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    """Name of the module or subpackage that a file belongs to, '' for the package itself."""
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def imported_rooms(tree: ast.Module) -> set[str]:
    """Rooms of this package that a module imports, at its top or inside a function."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    parts = [name.split(".") for name in names if name.split(".")[0] == "coursepkg"]
    return {name[1] for name in parts if len(name) > 1 and (PACKAGE / name[1]).exists()} | {
        name[1] for name in parts if len(name) > 1 and (PACKAGE / f"{name[1]}.py").exists()
    }


def forbidden_imports(name: str, imports: set[str]) -> set[str]:
    """Of a room's imports, those that the rules above rule out."""
    imports = imports - {name}
    if name in APART:
        return imports - APART - {"validation", "quiet", "assets", "datasets"}
    level = next(i for i, layer in enumerate(LAYERS) if name in layer)
    return imports - set().union(*LAYERS[:level])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path):
    imports = imported_rooms(ast.parse(path.read_text(encoding="utf-8")))
    if room(path) == "":
        assert imports == set(), "the package itself imports nothing"
    else:
        assert forbidden_imports(room(path), imports) == set()


@pytest.mark.parametrize(
    ("name", "imports", "forbidden"),
    [
        ("linear_models", {"proximal", "validation"}, set()),
        ("proximal", {"linear_models"}, {"linear_models"}),
        ("dropout", {"weight_penalties"}, {"weight_penalties"}),
        ("sweep", {"dropout", "proximal"}, set()),
        ("weight_penalties", {"sweep"}, {"sweep"}),
        ("dropout", {"quiz"}, {"quiz"}),
        ("grading", {"weight_penalties"}, {"weight_penalties"}),
        ("grading", {"show"}, set()),
    ],
)
def test_the_rule_tells_allowed_from_forbidden(name, imports, forbidden):
    assert forbidden_imports(name, imports) == forbidden


def test_an_import_inside_a_function_counts():
    tree = ast.parse("def f():\n    from coursepkg import datasets\n    import coursepkg.proximal")
    assert imported_rooms(tree) == {"datasets", "proximal"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_rooms_are_small_and_well_named(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    code = [line for line in lines if line.strip() and not line.strip().startswith("#")]
    docstrings = sum(
        len(ast.get_docstring(node, clean=False).splitlines())
        for node in ast.walk(ast.parse("\n".join(lines)))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and ast.get_docstring(node) is not None
    )
    assert len(code) - docstrings <= 250
    assert path.stem not in FORBIDDEN_NAMES


def test_importing_the_package_is_light():
    code = (
        "import coursepkg, sys; "
        "print({'tensorflow', 'keras', 'matplotlib', 'sklearn', 'pandas', 'xarray', 'joblib'} "
        "& set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "set()\n"), result.stderr


@pytest.mark.parametrize(
    "module",
    [
        "datasets",
        "early_stopping",
        "linear_models",
        "overfitting",
        "proximal",
        "show",
        "validation",
    ],
)
def test_the_numpy_modules_load_no_framework(module):
    code = (
        f"import coursepkg.{module}, sys; "
        "print({'tensorflow', 'keras', 'matplotlib', 'sklearn'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "set()\n"), result.stderr


def test_keras_loads_and_trains_without_a_word():
    code = (
        "from coursepkg import weight_penalties\n"
        "import keras, numpy as np\n"
        "for _ in range(7):\n"
        "    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])\n"
        "    model.compile('sgd', 'mse', jit_compile=True)\n"
        "    model.fit(np.ones((8, 3)), np.ones(8), verbose=0)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_another_backend_is_refused_in_one_line():
    code = (
        "import sys, types\n"
        "fake = types.ModuleType('keras')\n"
        "fake.backend = types.SimpleNamespace(backend=lambda: 'jax')\n"
        "sys.modules['keras'] = fake\n"
        "import coursepkg._keras"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stderr.splitlines()[-1] == (
        "ImportError: coursepkg needs Keras on TensorFlow: set the environment variable "
        "KERAS_BACKEND=tensorflow. Received: backend 'jax'"
    )
