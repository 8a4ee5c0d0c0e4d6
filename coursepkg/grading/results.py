"""What an official grade consists of: for each submission its checks, their points and why.

`Results` is what the JSON file of ``coursepkg grade`` holds; ``results.schema.json`` beside this
module describes it for other programs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class CheckResult:
    """How one check of one submission went.

    Attributes
    ----------
    id : str
        The check.
    part : str
        Title of its part.
    points, earned : int
        Points to earn, and earned: all of them or none.
    outcome : str
        ``right``, ``wrong`` (another value), ``error`` (an exception), ``no answer``,
        ``timed out``, ``killed`` or ``not run``.
    seconds : float
        How long its cell took.
    expected, got : str
        The value of the reference solution and the submission's, shortened to one line; empty
        where there is none.
    message : str
        What the student reads, one line; empty if right.
    hint : str
        What helps: the sentence that fits the misconception, or else the check's hint.
    misconception : str
        Name of the misconception whose value this is, empty if none is recognised.
    """

    id: str
    part: str
    points: int
    earned: int
    outcome: str
    seconds: float = 0.0
    expected: str = ""
    got: str = ""
    message: str = ""
    hint: str = ""
    misconception: str = ""


@dataclass(frozen=True)
class SubmissionResult:
    """What one submission is worth.

    Attributes
    ----------
    student : str
        Whose it is.
    file : str
        Its notebook, seen from the folder of submissions; empty if there is none.
    sha256 : str
        Digest of that file, empty if it could not be read.
    status : str
        ``graded``; ``stopped``, if something timed out or was killed; ``problem``, if nothing
        could be graded; ``failed``, if the grader itself did.
    problems : tuple of str
        One line for each thing that is not as it was handed out, or was not graded.
    seconds : float
        How long grading took.
    checks : tuple of CheckResult
        All checks of the exercise, in order.
    """

    student: str
    file: str
    sha256: str
    status: str
    problems: tuple[str, ...] = ()
    seconds: float = 0.0
    checks: tuple[CheckResult, ...] = ()

    @property
    def score(self) -> int:
        """Points earned."""
        return sum(check.earned for check in self.checks)

    @property
    def max_score(self) -> int:
        """Points to earn."""
        return sum(check.points for check in self.checks)


@dataclass(frozen=True)
class Results:
    """What one run of the grader found.

    Attributes
    ----------
    exercise : str
        The exercise.
    release_sha256 : str
        Digest of the notebook that was given out.
    seed : int
        Drew the inputs of all checks.
    isolation : str
        How kernels were kept apart: ``bwrap``, ``limits`` or ``none``.
    versions : dict of str to str
        Of Python and the packages that matter.
    submissions : tuple of SubmissionResult
        By student.
    """

    exercise: str
    release_sha256: str
    seed: int
    isolation: str
    versions: Mapping[str, str] = field(default_factory=dict)
    submissions: tuple[SubmissionResult, ...] = ()

    def as_json(self) -> str:
        """Write the results as the schema describes them."""
        record = {"schema_version": SCHEMA_VERSION, **asdict(self)}
        for written, submission in zip(record["submissions"], self.submissions, strict=True):
            written.update(score=submission.score, max_score=submission.max_score)
        return json.dumps(record, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Results:
        """Read what `as_json` wrote.

        Raises
        ------
        ValueError
            If the text is nothing of the kind; says what is wrong.
        """
        try:
            record = json.loads(text)
            if record.pop("schema_version") != SCHEMA_VERSION:
                raise ValueError("results of another schema_version")
            submissions = tuple(map(_submission, record.pop("submissions")))
            return cls(**record, submissions=submissions)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"no results of coursepkg grade ({error})") from None


def _submission(record: dict[str, Any]) -> SubmissionResult:
    kept = {key: value for key, value in record.items() if key not in ("score", "max_score")}
    kept["problems"] = tuple(kept["problems"])
    kept["checks"] = tuple(CheckResult(**check) for check in kept["checks"])
    return SubmissionResult(**kept)
