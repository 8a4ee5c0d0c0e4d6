"""What several tests need, and a plain summary at the end: how each part of the course fared."""

from collections import Counter
from pathlib import Path

import pytest

from book.site import chromium
from tests.browsing import server

SITE = Path(__file__).parents[1] / "_build" / "html"

# The first row whose beginning fits a test's id names its part.
PARTS = [
    ("exercises/", "worked solutions, cell by cell"),
    ("coursepkg/", "examples in docstrings"),
    ("tests/test_style", "style and lock"),
    ("tests/test_architecture", "rules for the package"),
    ("tests/test_notebooks", "chapters"),
    ("tests/test_exercises", "exercises and their checks"),
    ("tests/solutions", "solutions against oracles"),
    ("tests/test_site", "website"),
    ("tests/test_live_pages", "website"),
    ("tests/test_playground", "website"),
    ("tests/test_book_pdf", "website"),
    ("", "unit tests"),
]


def pytest_addoption(parser):
    parser.addoption(
        "--fail-on-skip", action="store_true", help="fail when a test was skipped, as CI wants it"
    )


def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.getreports("skipped") if reporter else []
    if skipped and exitstatus == 0 and session.config.getoption("--fail-on-skip"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line(f"\n--fail-on-skip: {len(skipped)} skipped", red=True)


@pytest.fixture(scope="module")
def browser():
    """Chromium, or a skip that says how to get it."""
    path = chromium.find()
    if path is None:
        pytest.skip(chromium.HOW_TO_INSTALL)
    with chromium.launch(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def address():
    """Return the site's address on this machine."""
    with server.serve(SITE) as url:
        yield url


@pytest.fixture
def float64():
    """Let Keras compute in float64, so that both sides of a comparison can agree closely."""
    from coursepkg._keras import keras  # takes seconds, and few tests need it

    for floatx in ("float64", "float32"):
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(floatx)  # doesn't follow once a layer has been made
        if floatx == "float64":
            yield


def pytest_terminal_summary(terminalreporter):
    counts = {}
    for outcome in ("passed", "failed", "error", "skipped", "xfailed", "xpassed"):
        for report in terminalreporter.getreports(outcome):
            part = next(name for start, name in PARTS if report.nodeid.startswith(start))
            counts.setdefault(part, Counter())[outcome] += 1
    terminalreporter.section("summary")
    for part in dict.fromkeys(name for _, name in PARTS):
        if part in counts:
            said = ", ".join(f"{number} {outcome}" for outcome, number in counts[part].items())
            terminalreporter.write_line(f"{part:32}{said}")
