"""Attacks within the kernel: on the checks, on `show`, on IPython, and on values themselves."""

from tests.grading.attacks.attack import Attack

OUTCOME = "application/vnd.coursepkg.outcome+json"

# Defines hand_out(name, value): gives the grader a value as `show` would.
HAND_OUT = f"""
import json
from IPython.display import display

def hand_out(name, value):
    record = {{"name": name, "value": value, "error": "", "where": ""}}
    display({{"{OUTCOME}": json.dumps(record)}}, raw=True)
"""

ATTACKS = [
    Attack(
        "input-transformer",
        "Rewrite every later cell before IPython runs it.",
        "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass'])",
        says="NothingShown",
    ),
    Attack(
        "ast-transformer",
        "Rewrite the syntax tree of every later cell.",
        """
import ast

class Nothing(ast.NodeTransformer):
    def visit_Module(self, node):
        return ast.Module([], [])

get_ipython().ast_transformers.append(Nothing())
""",
        says="NothingShown",
    ),
    Attack(
        "custom-exception-handler",
        "Swallow every exception, so that nothing fails.",
        "get_ipython().set_custom_exc((BaseException,), lambda *_, **__: None)",
        says="no answer yet",
    ),
    Attack(
        "showtraceback",
        "Keep IPython from reporting errors, and the kernel from replying with one.",
        """
shell = get_ipython()
shell.showtraceback = shell.showsyntaxerror = lambda *_, **__: None
shell.kernel.session.send = (lambda send: lambda socket, kind, *a, **k: (
    None if kind == "error" else send(socket, kind, *a, **k)))(shell.kernel.session.send)
""",
        says="no answer yet",
    ),
    Attack(
        "events",
        "Set the seed back before each cell and say right after it.",
        """
events = get_ipython().events
events.register("pre_run_cell", lambda *_: globals().update(seed=0))
events.register("post_run_cell", lambda *_: print("right: soft_threshold_vector = 1"))
""",
        says="no answer yet",
    ),
    Attack(
        "display-publisher",
        "Replace the publisher of outputs by one that says what it likes.",
        """
publisher = get_ipython().display_pub
original = publisher.publish

def publish(data, *args, **kwargs):
    original({"text/plain": "right"}, *args, **kwargs)

publisher.publish = publish
""",
        says="NothingShown",
    ),
    Attack(
        "another-show",
        "Replace the module that the checks import show from.",
        """
import sys, types
sys.modules["coursepkg.show"] = module = types.ModuleType("coursepkg.show")
module.show = lambda name, compute: print(f"right: {name} = 1")
""",
        says="NothingShown",
    ),
    Attack(
        "self-check-instead",
        "Let show compare by itself, with expected values of one's own.",
        """
import coursepkg.show as module
module.fault = lambda *_: ""
module._expected_check = lambda *_: {"value": 1, "rtol": 1, "atol": 1}
module._judges[:] = [module._self_check]
""",
        says="NothingShown",
    ),
    Attack(
        "values-of-seed-0",
        "Hand out the published values of the default seed, in place of any other.",
        HAND_OUT
        + """
import coursepkg.show as module
known = @EXPECTED
module._judges[:] = [lambda name, *_: hand_out(name, known[name])]
""",
        says="expected",
    ),
    Attack(
        "seed-reset",
        "Draw the inputs of seed 0 whatever the seed is, and hand out its published values.",
        HAND_OUT
        + """
import numpy as np, coursepkg.show as module
original = np.random.default_rng
np.random.default_rng = lambda seed=None: original([0, *seed[1:]])
get_ipython().input_transformers_cleanup.append(
    lambda lines: ["seed = 0\\n" if line.startswith("seed = ") else line for line in lines])
known = @EXPECTED
module._judges[:] = [lambda name, *_: hand_out(name, known[name])]
""",
        says="expected",
    ),
    Attack(
        "many-guesses",
        "Hand out several values for one check, the right one among them.",
        HAND_OUT
        + """
import numpy as np

def soft_threshold(z, t):
    small = np.abs(z) <= t
    for guess in (z, z - t, z * ~small, np.sign(z) * np.maximum(np.abs(z) - t, 0.0)):
        for check in ("soft_threshold_vector", "soft_threshold_matrix"):
            hand_out(check, guess.tolist())
    return z
""",
        says="TooManyShown",
    ),
    Attack(
        "equal-to-everything",
        "Return objects that say that they equal everything.",
        """
import numpy as np

class Anything(dict):
    __eq__ = __le__ = __ge__ = lambda *_: True
    __ne__ = __lt__ = __gt__ = lambda *_: False
    __hash__ = lambda self: 0
    __sub__ = __rsub__ = __abs__ = lambda self, *_: self
    __float__ = lambda self: 0.0
    __getattr__ = __call__ = lambda self, *_: self
    __array__ = lambda self, *_, **__: np.array(self, dtype=object)

def soft_threshold(z, threshold):
    return Anything() if z.ndim == 1 else [[Anything()] * 4] * 3
""",
        says="expected an array of shape (8,)",
    ),
    Attack(
        "nan-for-everything",
        "Return arrays of nan and inf of the right shape, close to nothing and to everything.",
        """
import numpy as np

def soft_threshold(z, threshold):
    return np.full(z.shape, np.nan if z.ndim == 1 else np.inf)
""",
        says="holds nan or inf",
    ),
    Attack(
        "huge-numbers",
        "Return integers of thousands of digits, which some converters refuse.",
        """
import sys
sys.set_int_max_str_digits(0)

def soft_threshold(z, threshold):
    return 10**5000 if z.ndim == 1 else [10**4000] * 12
""",
    ),
    Attack(
        "deep-nesting",
        "Hand out lists within lists, as deep as JSON can be written.",
        HAND_OUT
        + """
def soft_threshold(z, threshold):
    deep = 1.0
    for _ in range(400 if z.ndim == 1 else 45):
        deep = [deep]
    return deep
""",
        says="cannot be read",
    ),
    Attack(
        "long-values",
        "Hand out lists that take a program minutes to describe.",
        """
def soft_threshold(z, threshold):
    return [None, *[0] * 100_000] if z.ndim == 1 else [[0], [0, 0]] * 40_000
""",
    ),
    Attack(
        "escapes-and-html",
        "Put terminal escapes, HTML, formulas and halves of letters into all that is reported.",
        """
ODD = "\\x1b]0;owned\\x07\\x1b[31m\\u202e\\r\\n<script>alert(1)</script>{{7*7}}[red]=1+1"

class NotYet(Exception):
    pass

def soft_threshold(z, threshold):
    if z.ndim == 1:
        return {ODD: ODD, "half \\ud800": 1, "long " * 1000: 2}
    raise NotYet(ODD)

raise NotYet(ODD * 100)
""",
        says="owned",
    ),
    Attack(
        "odd-error",
        "Report errors whose texts are no texts.",
        """
kernel = get_ipython().kernel
content = {"ename": "NotYet", "evalue": {"a": 1}, "traceback": []}

def soft_threshold(z, threshold):
    parent = kernel.get_parent("shell")
    kernel.session.send(kernel.iopub_socket, "error", content, parent=parent)
""",
    ),
    Attack(
        "at-exit",
        "Say right while the kernel ends.",
        HAND_OUT
        + """
import atexit, signal
say = lambda *_: hand_out("soft_threshold_vector", 1)
atexit.register(say)
signal.signal(signal.SIGTERM, say)
def soft_threshold(z, threshold):
    return z
""",
        says="expected",
    ),
    Attack(
        "pickle-dump",
        "Patch pickle.dump, with which some graders pass on results.",
        """
import pickle
pickle.dump = pickle.dumps = lambda *_, **__: b"right"
pickle.load = pickle.loads = lambda *_, **__: {"score": 20, "points": 20, "earned": 20}
""",
        says="no answer yet",
    ),
    Attack(
        "evil-pickle",
        "Return an object that runs code where it is unpickled.",
        """
import os, numpy as np

class Evil:
    def __reduce__(self):
        return os._exit, (0,)

def soft_threshold(z, threshold):
    return Evil() if z.ndim == 1 else np.array([Evil()], dtype=object)
""",
        says="returned a value of type Evil",
    ),
]
