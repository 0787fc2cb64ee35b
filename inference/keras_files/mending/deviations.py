"""The normalisation of Keras 0 to 1.0.4, which stored a deviation; later ones store a variance.

Both called it `running_std`. It divided by `running_std + epsilon`; then the root of the sum was
taken. Later layers also say how their gamma is regularised, and begin with another epsilon and
momentum, which tells them apart. Source: `keras/layers/normalization.py` in its history.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import numpy as np

from inference.keras_files.documents import Config, objects
from inference.keras_files.kernels import Array

_FIRST_WITH_VARIANCE: Final = (1, 0, 5)
_SECOND_DEFAULTS: Final = (1e-5, 0.99)


def deviations(model: Config, keras: str | None) -> Mapping[str, float]:
    """Each normalisation of a model by Keras 0 or 1 that stored a deviation: name and epsilon.

    `model` is canonical, its arguments not yet put right; `keras` is the version if known.
    """
    version = tuple(int(part) for part in re.findall(r"\d+", keras or "")[:3])
    if version >= _FIRST_WITH_VARIANCE:
        return {}
    return {
        str(part["config"].get("name")): float(part["config"].get("epsilon", 1e-6))
        for part in objects(model)
        if part.get("class_name") == "BatchNormalization" and stored_a_deviation(part["config"])
    }


def stored_a_deviation(config: Config) -> bool:
    """Whether the arguments of a normalisation are those of the first kind, by what they say."""
    later = (config.get("epsilon"), config.get("momentum")) == _SECOND_DEFAULTS
    return "gamma_regularizer" not in config and not later


def with_variance(arrays: list[Array], epsilon: float) -> list[Array]:
    """Gamma, beta, mean and deviation as gamma, beta, mean and variance of the same effect.

    All of the division goes into gamma, so that no variance is too small for its epsilon.
    """
    gamma, beta, mean, deviation = arrays
    return [gamma / (deviation + epsilon), beta, mean, np.full_like(deviation, 1 - epsilon)]
