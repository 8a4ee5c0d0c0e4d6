"""All attacks, and how they are handed in."""

import json

from tests.grading.attacks import on_the_checks, on_the_machine, on_the_notebook, on_the_secrets
from tests.grading.handed_in import COURSE, NAME, hand_in, solved, text

FAMILIES = (on_the_notebook, on_the_checks, on_the_secrets, on_the_machine)
ATTACKS = {attack.name: attack for family in FAMILIES for attack in family.ATTACKS}
CONTROL = "a-right-answer"  # the student who solved everything


def expected_values():
    """The published values of the default seed, by check, as Python."""
    record = json.loads(COURSE.expected(NAME).read_text(encoding="utf-8"))
    return repr({name: check["value"] for name, check in record["checks"].items()})


def hand_in_all(folder, attacks, *, tmp, port):
    """Write the submissions of attackers, and of one who solved everything."""
    hand_in(folder, CONTROL, solved())
    neighbour = folder / CONTROL / f"{NAME}.ipynb"
    known = {
        "@COURSE": str(COURSE.root),
        "@TMP": str(tmp),
        "@NEIGHBOUR": str(neighbour),
        "@PORT": str(port),
        "@EXPECTED": expected_values(),
    }
    for attack in attacks:
        if attack.link == "folder":
            (folder / attack.name).symlink_to(neighbour.parent)
        elif attack.link:
            hand_in(folder, attack.name, None)
            (folder / attack.name / neighbour.name).symlink_to(neighbour)
        else:
            hand_in(folder, attack.name, _filled_in(attack.notebook(), known), attack.file)


def _filled_in(notebook, known):
    written = text(notebook).decode()
    for name, value in known.items():
        written = written.replace(name, json.dumps(value)[1:-1])
    return written.encode()
