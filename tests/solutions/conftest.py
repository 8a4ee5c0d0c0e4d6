"""What every file here needs: the functions of the worked solution it is named after."""

import pytest

from coursepkg.grading.exercise import Course, read_notebook, tagged


@pytest.fixture(scope="module")
def solution(request):
    """Functions by name, of the exercise NN_topic for a file test_NN_topic.py."""
    name = request.path.stem.removeprefix("test_")
    namespace = {}
    notebook = read_notebook(Course().master(name))
    for cell in [*tagged(notebook, "parameters"), *tagged(notebook, "answer")]:
        exec(cell.source, namespace)
    return namespace
