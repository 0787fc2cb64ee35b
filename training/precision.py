"""Networks that compute in half precision, as mixed precision trains them, made float32.

The weights of `mixed_float16` and `mixed_bfloat16` are float32 already; LiteRT takes only the
arithmetic otherwise, and then the copy is nearer to what was learned than the original is. Where
a deep network rounds so often that it answers otherwise than such a copy, it stays what it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np

from inference.keras_files.documents import Config, objects, rewritten
from inference.keras_files.loading import LoadedModel
from inference.keras_files.readers import build
from inference.keras_files.scan import without_training
from training.proof import FLOAT16_MAX_DIFFERENCE, Proof, holds

_MIXED: Final = ("mixed_float16", "mixed_bfloat16")


def in_full_precision(loaded: LoadedModel) -> LoadedModel:
    """The same network with float32 arithmetic, told in `mended`; `loaded` itself if it has it."""
    if not _has_two_types(loaded.model):
        return loaded
    config = _description(loaded.model)
    if not (policies := _policies(config)):
        return loaded
    copy = build(loaded.library, _full(config))
    copy.set_weights(loaded.model.get_weights())
    word = f"computed in half precision ({policies}): the copy computes in float32"
    return replace(loaded, model=copy, mended=(*loaded.mended, word))


def why_kept(given: LoadedModel, *, exact: Proof, rounded: Proof) -> str | None:
    """Why a network of mixed precision is served as it is; None where its copy will do.

    `exact` compares the copy with the network made float32, `rounded` with the network itself.
    """
    beyond = np.isfinite(rounded.max_difference) and not holds(rounded, "none", halved=True)
    if not beyond or not holds(exact, "none"):
        return None
    return (
        f"it computes in half precision ({_policies(_description(given.model))}) and rounds so "
        f"much that a copy in float32 answers otherwise: {rounded}; the limit is "
        f"{FLOAT16_MAX_DIFFERENCE:g} apart. That copy is exact, at most "
        f"{exact.max_difference:.6f} from the same network in float32: to have LiteRT serve it, "
        "set the policy of the layers to float32, save the model and publish again"
    )


def _description(model: Any) -> Config:
    return without_training(json.loads(model.to_json()))


def _policies(config: Config) -> str:
    """The mixed policies that a description names, for a sentence."""
    return " and ".join(sorted(set(_mixed(config))))


def _has_two_types(layer: Any) -> bool:
    """Whether a layer, or one inside of it, computes in another type than its weights have.

    Asked before the description is written, which not every model needs to be able to do.
    """
    if getattr(layer, "compute_dtype", None) != getattr(layer, "variable_dtype", None):
        return True
    return any(_has_two_types(each) for each in getattr(layer, "layers", ()))


def _mixed(config: Config) -> Iterator[str]:
    """The mixed policies that layers name, as a text or as an object."""
    for part in objects(config):
        for key, value in part.items():
            if _names_mixed(part, key, value):
                yield value


def _full(config: Config) -> Config:
    """The description with float32 in place of every mixed policy."""

    def one(part: Config) -> Config:
        return {
            key: "float32" if _names_mixed(part, key, value) else value
            for key, value in part.items()
        }

    full: Config = rewritten(config, one)
    return full


def _names_mixed(part: dict[str, Any], key: str, value: Any) -> bool:
    """Whether `part[key]` names a policy: a layer may be called `mixed_float16`, too."""
    return value in _MIXED and (key == "dtype" or (key == "name" and set(part) == {"name"}))
