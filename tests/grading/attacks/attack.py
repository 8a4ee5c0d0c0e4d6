"""What an attack is: a small change to an exercise without any answer, so any point is stolen.

The code may name what an attacker hardly knows, so that no attack fails for want of a path:
``@COURSE`` is the folder of the course, ``@TMP`` the one for temporary files, ``@NEIGHBOUR`` the
notebook of somebody who solved everything, ``@PORT`` a port of this machine where the solution is
served, and ``@EXPECTED`` the values of the checks under the default seed, as Python.
"""

from collections.abc import Callable
from dataclasses import dataclass

import nbformat

from tests.grading.handed_in import NAME, cell_of, untouched

FIRST = "soft_threshold"  # the answer whose cell holds the code of an attack


@dataclass(frozen=True)
class Attack:
    """One attack.

    Attributes
    ----------
    name : str
        Its name, which is the student's, too.
    tries : str
        One sentence on what it tries.
    code : str
        What stands in the first answer's cell.
    change : callable, optional
        Changes the notebook further, in place.
    file : str
        How the notebook is called.
    link : str, default=""
        Hands in a link instead: to the ``notebook`` or the ``folder`` of that neighbour.
    ends : str, default="graded"
        The status that the grader states; empty where it depends on speed, or on who grades.
    says : str
        Stands in the result: a problem, or a message of a check.
    only_in_sandbox : bool, default=False
        Whether it might do harm to the machine elsewhere.
    floods : bool, default=False
        Whether it makes the grader's memory grow, if anything does; never run but in a sandbox.
    works_for : str
        Who has to run it without a sandbox, so that it earns points: ``anybody``, ``the same user``
        as the grader, ``root``, or nobody, as by default.
    """

    name: str
    tries: str
    code: str = ""
    change: Callable[[nbformat.NotebookNode], None] | None = None
    file: str = f"{NAME}.ipynb"
    link: str = ""
    ends: str = "graded"
    says: str = ""
    only_in_sandbox: bool = False
    floods: bool = False
    works_for: str = ""

    def notebook(self):
        """The exercise as it was given out, with the attack in it."""
        made = untouched()
        if self.code:
            cell_of(made, FIRST).source = self.code.strip()
        if self.change:
            self.change(made)
        return made
