"""Attacks that look for the solution, the expected values, or a neighbour's answers.

Without a sandbox some of them find what they look for, which proves that they are real.
"""

from tests.grading.attacks.attack import Attack

# Defines run_answers_of(text): runs the answers of a notebook, whatever later cells define.
RUN_ANSWERS_OF = """
import json
import numpy as np

def run_answers_of(text):
    found = {}
    for cell in json.loads(text)["cells"]:
        if "answer" in cell["metadata"].get("tags", []):
            exec("".join(cell["source"]), found | {"np": np}, found)
    found.update(soft_threshold=found["soft_threshold"], np=np)
    globals().update(found)
    get_ipython().events.register("pre_run_cell", lambda *_: globals().update(found))
"""

# Hands out, for each check, the value that was found of it.
HAND_OUT_FOUND = """
import coursepkg.show as module
hand_out = module._judges[-1]
module._judges[:] = [lambda name, _, space: hand_out(name, module.Outcome(found[name]), space)]
"""

ATTACKS = [
    Attack(
        "read-the-solutions",
        "Read the notebook of solutions and run it.",
        RUN_ANSWERS_OF
        + 'run_answers_of(open("@COURSE/exercises/solutions/02_weight_penalties.ipynb").read())',
        says="FileNotFoundError",
        works_for="anybody",
    ),
    Attack(
        "read-a-neighbour",
        "Read the notebook that somebody else handed in, and run it.",
        RUN_ANSWERS_OF + 'run_answers_of(open("@NEIGHBOUR").read())',
        says="FileNotFoundError",
        works_for="the same user",
    ),
    Attack(
        "ask-the-network",
        "Fetch the solution from a server.",
        RUN_ANSWERS_OF
        + """
from urllib.request import urlopen
run_answers_of(urlopen("http://127.0.0.1:@PORT", timeout=2).read())
""",
        says="URLError",
        works_for="anybody",
    ),
    Attack(
        "import-the-package",
        "Import the part of the package that holds an answer.",
        "from coursepkg.proximal import soft_threshold",
        says="its cell imports coursepkg.proximal.soft_threshold. An answer may use",
    ),
    Attack(
        "import-by-another-name",
        "Import it so that the text of the cell does not show it.",
        """
import importlib
soft_threshold = importlib.import_module("course" + "pkg.proximal").soft_threshold
""",
        says="ModuleNotFoundError",
    ),
    Attack(
        "import-through-sys-path",
        "Import it from the folder of the course itself.",
        """
import importlib, sys
sys.path.insert(0, "@COURSE")
for name in [name for name in sys.modules if name.startswith("coursepkg")]:
    del sys.modules[name]
soft_threshold = importlib.import_module("course" + "pkg.proximal").soft_threshold
""",
        says="ModuleNotFoundError",
        works_for="anybody",
    ),
    Attack(
        "run-the-text-of-a-module",
        "Run the text of the module that holds an answer.",
        """
from pathlib import Path
exec(Path("@COURSE/coursepkg/proximal.py").read_text())
""",
        says="FileNotFoundError",
        works_for="anybody",
    ),
    Attack(
        "read-the-expected-values",
        "Read the expected file and hand out what it says.",
        """
import json
path = "@COURSE/exercises/expected/02_weight_penalties.json"
found = {name: check["value"] for name, check in json.load(open(path))["checks"].items()}
"""
        + HAND_OUT_FOUND,
        says="FileNotFoundError",
    ),
    Attack(
        "read-the-graders-files",
        "Look through folders for temporary files for the values that the grader expects.",
        """
import glob, json, pathlib
found = {}
for path in [*glob.glob("@TMP/*/*.ipynb"), *glob.glob("@TMP/*/*/*.ipynb")]:
    for cell in json.loads(pathlib.Path(path).read_text())["cells"]:
        for output in cell.get("outputs", []):
            for text in output.get("data", {}).values():
                name, value, _ = json.loads(text)
                found[name] = value
"""
        + HAND_OUT_FOUND,
        says="KeyError: 'soft_threshold_vector'",
    ),
    Attack(
        "read-the-parents-memory",
        "Search the memory of the parent process for the values that it expects.",
        r"""
import json, os, re
wanted = re.compile(rb'\["(\w+)", ([^"\n]+|\{[^{}\n]+\}), ""\]')
found = {}
maps = open(f"/proc/{os.getppid()}/maps").read().splitlines()
memory = open(f"/proc/{os.getppid()}/mem", "rb")
for place in [line.split()[0] for line in maps if " rw-p " in line]:
    first, end = (int(part, 16) for part in place.split("-"))
    try:
        memory.seek(first)
        text = memory.read(end - first)
    except (OSError, ValueError):
        continue
    for name, value in wanted.findall(text):
        try:
            found[name.decode()] = json.loads(value)
        except ValueError:
            pass
"""
        + HAND_OUT_FOUND,
        says="Error",
        works_for="root",
    ),
    Attack(
        "root-of-process-1",
        "Leave the sandbox through /proc.",
        RUN_ANSWERS_OF
        + """
path = "/exercises/solutions/02_weight_penalties.ipynb"
ROOT = "/proc/1" + "/root"
for root in (f"{ROOT}@COURSE", "/proc/1/cwd", f"/proc/self/root{ROOT}@COURSE"):
    try:
        run_answers_of(open(root + path).read())
    except OSError as error:
        last = error
raise last
""",
        says="Error",
        only_in_sandbox=True,
    ),
    Attack(
        "become-root",
        "Become another user with the help of a setuid program, or in a namespace of users.",
        """
import os, subprocess
for command in ("su -c id", "mount -t tmpfs none /usr", "chroot / id", "newgrp root"):
    assert subprocess.run(command, shell=True, stdin=subprocess.DEVNULL).returncode, command
os.setuid(0)
""",
        says="PermissionError",
        only_in_sandbox=True,
    ),
    Attack(
        "environment",
        "Look for something of the grader's in the environment, and in what is open.",
        """
import os
known = {"COURSEPKG_OFFICIAL", "HOME", "LANG", "PATH", "PWD", "TMPDIR", "TZ"}
prefixes = ("OMP_", "MKL_", "OPENBLAS_", "TF_", "JPY_", "MPL", "PYDEVD_", "CLICOLOR", "FORCE_",
            "TERM", "PAGER", "GIT_PAGER", "COLUMNS", "LINES", "LC_", "KERNEL_", "KMP_")
odd = [n for n in os.environ if n not in known and not n.startswith(prefixes)]
files = [f for f in os.popen("ls -l /proc/self/fd").read().split() if f.endswith((".json", "pynb"))]
raise LookupError(f"odd: {odd} {files}")
""",
        says="LookupError: odd: [] []",
    ),
    Attack(
        "tell-a-neighbour",
        "Leave the answer where the next student's kernel may look for it.",
        """
import os, pathlib
for folder in ("/tmp", "/dev/shm", "/var/tmp", "/run", "/"):
    note = pathlib.Path(folder, "coursepkg-note-of-an-attack")
    assert not note.exists(), "somebody left it"
    try:
        note.write_text("def soft_threshold...")
    except OSError:
        pass
""",
        only_in_sandbox=True,
        says="no answer yet",
    ),
]
