"""How fast `coursepkg.sweep` is, beside what else trains many small networks: ``make bench``.

Begin with `tests.bench.workload`, which says what is trained, and `tests.bench.contestants`, which
names who trains it. Each contestant lives in a process of its own (`tests.bench.worker`), so that
none disturbs another; they take turns (`tests.bench.measuring`), so that a machine that slows down
slows them all.
"""
