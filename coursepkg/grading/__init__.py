"""Exercises: made from their masters, handed to learners, checked.

- `exercise`: where exercises live and how one is built; `variants`: other answers to one.
- `release`: from a master to the notebook for learners and the expected values.
- `in_process`: an exercise run in this process, thousands of times; `mutants` and `quality`
  measure with it how good the checks are.
- `submission`: a learner's notebook, put together with the original checks; `nbval_run` runs it.
- `self_check` and `report`: points and reasons, and how they are shown; `cli`: the commands.
"""
