"""Companion package of a course on regularization in neural networks.

Import the modules themselves, for example ``from coursepkg import datasets, weight_penalties``.
Importing the package alone loads neither TensorFlow nor matplotlib nor scikit-learn.
"""

__version__ = "0.1.0"
