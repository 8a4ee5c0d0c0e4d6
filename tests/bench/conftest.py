"""Keeps pytest from importing the benchmark: it is run by hand, and needs JAX."""

collect_ignore_glob = ["*.py"]
