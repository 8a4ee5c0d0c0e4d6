"""Exercises: made from their masters, handed to learners, checked and graded.

- `exercise`: where exercises live and how one is built; `variants`: other answers to one.
- `release`: from a master to the notebook for learners and the expected values; `bundle` packs
  them for a class, and `nbgrader_source` writes what nbgrader starts from.
- `in_process`: an exercise run in this process, thousands of times; `mutants` and `quality`
  measure with it how good the checks are.
- `answers`, `needs` and `submission`: what of a notebook counts, put together with the original
  checks; `kernels` and `nbval_run` run it.
- `self_check` and `report`: points and reasons, and how they are shown.
- `isolation`, `sandbox` and `boot`: a place for code of somebody else; `usage`: what it takes up
  there, and `emitted`: what comes out of it.
- `reference`, `official`, `counting` and `classroom`: the grade of one submission, and of a class.
- `results`, and how they are given out: `exports`, `pages`, `writing`.
- `cli` and `grade_command`: the commands.
"""
