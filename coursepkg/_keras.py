"""Keras on TensorFlow, loaded without TensorFlow's start-up lines.

Those lines would stand above the first figure of every chapter. No environment variable silences
all of them, because some are written before TensorFlow reads any; so file descriptor 2 is turned
away while the import runs. Modules of this package take Keras from here, and a notebook that
imports one of them before ``keras`` stays clean too.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable

from coursepkg.quiet import without_stderr

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with without_stderr():
    import keras
    import tensorflow as tf

    # The search for graphics cards complains where there is none, and would do so at the first
    # operation, where it can no longer be turned away.
    tf.config.list_physical_devices()

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
