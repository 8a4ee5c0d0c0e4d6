"""Style of code and notebooks, and what the lock may hold."""

import itertools
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
TEXT_FILES = {".cfg", ".css", ".ipynb", ".js", ".lock", ".md", ".py", ".toml", ".txt", ".yml", ""}


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff(command):
    result = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr


def lock_lines():
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def locked_names():
    return [line.split("==")[0].lower().replace("_", "-") for line in lock_lines()]


def test_the_lock_holds_names_and_versions_alone():
    assert lock_lines()
    for line in lock_lines():
        assert re.fullmatch(
            r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+( ; python_version [<>=]+ '3\.\d+')?", line
        )
    assert locked_names() == sorted(set(locked_names()))


def test_every_requirement_is_a_lower_bound_and_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = itertools.chain(*project["optional-dependencies"].values())
    for requirement in [*project["dependencies"], *extras]:
        name, _, bounds = re.match(r"([A-Za-z0-9._-]+)(\[.*\])?(.*)", requirement).groups()
        assert re.fullmatch(r">=[\d.]+(,<\d+)?", bounds), requirement
        assert name.lower() in locked_names(), requirement


def test_no_pin_needs_a_newer_python_than_the_course():
    """Distributions ship early releases of 3.11, so a pin that needs 3.11.5 locks them out."""
    for name in locked_names():
        try:
            needed = metadata.metadata(name).get("Requires-Python")
        except metadata.PackageNotFoundError:
            continue  # for another platform or Python than this one
        assert SpecifierSet(needed or "").contains("3.11.0"), f"{name} needs Python {needed}"


def test_links_of_the_readme_exist():
    targets = re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert targets
    for target in targets:
        assert "://" in target or (ROOT / target).is_file(), target


def tracked_files():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [ROOT / name for name in listed.stdout.decode().split("\0")[:-1]]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="an archive without git's list of files")
def test_tracked_files_are_small_and_name_no_registry_or_machine():
    forbidden = re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|/(home|root|Users)/\w")
    for path in tracked_files():
        assert path.stat().st_size <= 500_000, path
        if path.suffix in TEXT_FILES and path != Path(__file__):
            assert not forbidden.search(path.read_text(encoding="utf-8")), path
