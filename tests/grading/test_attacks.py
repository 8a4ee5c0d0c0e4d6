"""Attacks on the official grader: in the sandbox none earns a point, and nobody else is harmed."""

import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from coursepkg.grading import isolation
from coursepkg.grading.results import Results
from tests.grading.attacks.everything import ATTACKS, CONTROL, hand_in_all
from tests.grading.handed_in import COURSE, NAME

TIMEOUT = 5.0  # seconds for a cell, of which an honest one needs a tenth
JOBS = 3  # kernels wait as much as they compute
SLACK = 2.0  # seconds more, on a busy machine
MEMORY = 500  # megabytes that the grader may use, whatever a kernel sends
FLOODS = [name for name, attack in ATTACKS.items() if attack.floods]
OTHERS = [name for name in ATTACKS if name not in FLOODS]
# A notebook without code of the attacker's is no other thing without a sandbox.
HARMLESS = [n for n in OTHERS if ATTACKS[n].code and not ATTACKS[n].only_in_sandbox]
EARN_UNDER_LIMITS = [name for name, attack in ATTACKS.items() if attack.works_for]
USERS = ("anybody", "the same user", "root")  # who can do more than those before
ESCAPE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")

# Runs the command line, then writes the most memory in MB that its process has held.
MEASURED = """
import re, sys
from pathlib import Path
from coursepkg.grading.cli import main
try:
    main(sys.argv[2:])
finally:
    status = Path("/proc/self/status").read_text()
    Path(sys.argv[1]).write_text(str(int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) // 1024))
"""


@pytest.fixture(scope="module")
def port():
    """A port of this machine where the solutions are served."""
    solutions = COURSE.master(NAME).read_bytes()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(solutions)

        def log_message(self, *_):
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def attacked(root, tier, names, *, port, jobs=JOBS):
    """Grade the attackers of some attacks, and one who solved everything, in a process of its own.

    Its temporary files lie in a folder of their own; what is left there in the end is noted.
    """
    with tempfile.TemporaryDirectory(prefix="a-", ignore_cleanup_errors=True) as tmp:
        Path(tmp).chmod(0o755)
        hand_in_all(root / "class", [ATTACKS[name] for name in names], tmp=tmp, port=port)
        kinds = ("json", "csv", "html", "gradescope")
        reports = [f"--{kind}={root / f'grades.{kind}'}" for kind in kinds]
        how = [f"--isolation={tier}", f"--jobs={jobs}", f"--timeout={TIMEOUT}", "--exercise=02"]
        program = [sys.executable, "-c", MEASURED, root / "peak"]
        run = subprocess.run(
            [*program, "grade", root / "class", *how, *reports],
            env={**os.environ, "TMPDIR": tmp, "PYTHONPATH": str(COURSE.root)},
            capture_output=True,
            text=True,
        )
        left = os.listdir(tmp)  # noqa: PTH208 - names alone
    assert run.returncode in (1, 4), run.stderr
    results = Results.from_json((root / "grades.json").read_text(encoding="utf-8"))
    return SimpleNamespace(
        root=root,
        of={found.student: found for found in results.submissions},
        printed=run.stdout + run.stderr,
        peak=int((root / "peak").read_text()),
        left=left,
    )


@pytest.fixture(scope="module")
def sandbox():
    """Skip where there is no sandbox."""
    try:
        return isolation.chosen("bwrap")
    except isolation.NoSandbox as problem:
        pytest.skip(str(problem))


@pytest.fixture(scope="module")
def sandboxed(tmp_path_factory, sandbox, port):
    return attacked(tmp_path_factory.mktemp("bwrap"), sandbox, OTHERS, port=port)


@pytest.fixture(scope="module")
def flooded(tmp_path_factory, sandbox, port):
    root = tmp_path_factory.mktemp("floods")
    return attacked(root, sandbox, FLOODS, port=port, jobs=1)


@pytest.fixture(scope="module")
def limited(tmp_path_factory, port):
    try:
        tier = isolation.chosen("limits")
    except isolation.NoSandbox as problem:
        pytest.skip(str(problem))
    return attacked(tmp_path_factory.mktemp("limits"), tier, HARMLESS, port=port)


def stated(result):
    """All that is said of a submission, a line each."""
    said = [text for check in result.checks for text in (check.message, check.got)]
    return "\n".join([*result.problems, *said])


def assert_fails(result):
    attack = ATTACKS[result.student]
    assert result.score == 0, (attack.tries, result)
    assert result.status == (attack.ends or result.status), result
    assert attack.says in stated(result), result


def test_each_attack_is_one_of_a_kind_and_says_what_it_tries():
    assert all(re.fullmatch("[a-z0-9-]+", name) for name in ATTACKS)
    assert all(re.fullmatch(r"[A-Z].+\.", attack.tries) for attack in ATTACKS.values())
    assert len({attack.tries for attack in ATTACKS.values()}) == len(ATTACKS) >= 30


@pytest.mark.parametrize("name", OTHERS)
def test_in_the_sandbox_no_attack_earns_a_point(sandboxed, name):
    assert_fails(sandboxed.of[name])


@pytest.mark.parametrize("name", FLOODS)
def test_no_flood_earns_a_point(flooded, name):
    assert_fails(flooded.of[name])


@pytest.mark.parametrize("run", ["sandboxed", "flooded", "limited"])
def test_whoever_is_right_among_attackers_has_full_marks(request, run):
    found = request.getfixturevalue(run).of[CONTROL]
    assert (found.score, found.max_score, found.status) == (20, 20, "graded"), found
    assert not found.problems


def test_nobody_is_lost_and_nothing_is_left(sandboxed, flooded, limited):
    assert set(sandboxed.of) == {CONTROL, *OTHERS}
    assert set(flooded.of) == {CONTROL, *FLOODS}
    assert set(limited.of) == {CONTROL, *HARMLESS}
    assert [run.left for run in (sandboxed, flooded, limited)] == [[], [], []]


def test_no_process_outlives_the_run(sandboxed, limited):
    assert sandboxed.of["daemon"].status == limited.of["daemon"].status == "graded", "it ran"
    sleeping = [p.info["cmdline"] for p in psutil.process_iter(["cmdline"])]
    assert ["sleep", "86399"] not in sleeping


def kind_of_user():
    """As whom a kernel runs that is not in the sandbox."""
    if os.geteuid() != 0:
        return "the same user"
    return "anybody" if isolation._user("limits") else "root"


def test_without_the_sandbox_these_attacks_earn_points_and_no_others(limited):
    able = USERS[: USERS.index(kind_of_user()) + 1]
    expected = [name for name in EARN_UNDER_LIMITS if ATTACKS[name].works_for in able]
    earned = [name for name, found in limited.of.items() if found.score and name != CONTROL]
    assert sorted(earned) == sorted(expected)


@pytest.mark.parametrize("name", EARN_UNDER_LIMITS)
def test_teachers_read_what_works_without_the_sandbox(name):
    assert f"`{name}`" in (COURSE.root / "book" / "teaching.md").read_text(encoding="utf-8")


def test_a_kernel_that_dies_is_noticed_in_three_seconds(sandboxed):
    killed = [c for c in sandboxed.of["exit-in-a-check"].checks if c.outcome == "killed"]
    assert [check.id for check in killed] == ["soft_threshold_vector", "ridge_fit", "sklearn_ridge"]
    assert min(check.seconds for check in killed) < 3.0


def test_an_endless_loop_costs_its_own_limit_and_no_more(sandboxed):
    loops = [sandboxed.of[name].checks for name in ("endless-loop", "endless-loop-without-end")]
    for first, second, *later in loops:
        assert (first.outcome, second.outcome) == ("timed out", "not run")
        assert {check.outcome for check in later} == {"no answer"}
    assert TIMEOUT <= min(first.seconds for first, *_ in loops) < TIMEOUT + SLACK


def test_small_prints_and_long_values_cost_little_more_than_the_limit(sandboxed):
    for name in ("flood-of-small-prints", "long-values", "many-names", "thousand-cells"):
        assert sandboxed.of[name].seconds < 10 * TIMEOUT, name


def test_a_flood_leaves_the_graders_memory_small(flooded):
    assert flooded.peak < MEMORY


def test_reports_pass_on_no_escapes_and_no_html(sandboxed):
    found = sandboxed.of["escapes-and-html"]
    assert all(isinstance(text, str) for text in (*found.problems, stated(found)))
    lines = [text for check in found.checks for text in (check.message, check.got, check.hint)]
    for line in [*found.problems, *lines]:
        assert not ESCAPE.search(line), line
        assert "\n" not in line
        assert len(line) <= 1000
    assert not ESCAPE.search(sandboxed.printed)
    for page in sandboxed.root.rglob("*.html"):
        assert "<script" not in page.read_text(encoding="utf-8")
    json.loads((sandboxed.root / "grades.gradescope" / f"{found.student}.json").read_text())
