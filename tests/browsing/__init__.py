"""The built website as a browser sees it: what `tests/test_site.py` and ``make lighthouse`` share.

- `server`: the site over HTTP, compressed as a web server would.
- `axe/`: axe-core, which looks for what keeps people out; `lighthouse/`: Google's four scores.
"""
