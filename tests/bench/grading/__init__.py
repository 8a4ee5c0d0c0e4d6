"""How fast ``coursepkg grade`` is, beside nbgrader and otter: the second half of ``make bench``.

``make bench BENCHFLAGS="--only grading"`` runs it alone. Begin with
`tests.bench.grading.assignments`, which says what is graded and how the same exercise becomes an
assignment of the others, and `tests.bench.grading.graders`, which names who grades it. They take
turns (`tests.bench.grading.measuring`), each as the command that a teacher types, and a time
counts only if every submission got full marks: all of them are right.

The others live in an environment of their own, .venv/peers, since otter needs an older wrapt than
the course's lock has. Whatever agrees they import from .venv, so TensorFlow is there only once.
"""
