"""Keras on TensorFlow, loaded without TensorFlow's start-up lines.

Those lines would stand above the first figure of every chapter. No environment variable silences
all of them, because some are written before TensorFlow reads any; so file descriptor 2 is turned
away while the import runs. Modules of this package take Keras from here, and a notebook that
imports one of them before ``keras`` stays clean too.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterable, Iterator


@contextlib.contextmanager
def _without_stderr() -> Iterator[None]:
    """Turn away what is written to file descriptor 2, by C++ too; exceptions still pass."""
    kept = os.dup(2)
    try:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 2)
        os.close(sink)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with _without_stderr():
    import keras

# Every model that is fitted traces a graph of its own; from the fifth on TensorFlow would warn.
logging.getLogger("tensorflow").setLevel(logging.ERROR)

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        "coursepkg needs Keras on TensorFlow: set the environment variable "
        f"KERAS_BACKEND=tensorflow. Received: backend {keras.backend.backend()!r}"
    )


def kernels(variables: Iterable[keras.Variable]) -> list[keras.Variable]:
    """Select the weights that a penalty is meant for: Keras calls them kernels.

    Parameters
    ----------
    variables : iterable of keras.Variable
        For example ``model.trainable_variables``.

    Returns
    -------
    list of keras.Variable
        Those whose name ends in ``kernel``: neither biases nor the scales of a normalization.
    """
    return [variable for variable in variables if variable.name.endswith("kernel")]
