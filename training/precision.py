"""Networks that compute in half precision, as mixed precision trains them, made float32.

The weights of `mixed_float16` and `mixed_bfloat16` are float32 already; LiteRT takes only the
arithmetic otherwise, and then the copy is nearer to what was learned than the original is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from inference.keras_files.loading import LoadedModel
from inference.keras_files.readers import build
from inference.keras_files.scan import without_training

_MIXED: Final = ("mixed_float16", "mixed_bfloat16")


def in_full_precision(loaded: LoadedModel) -> LoadedModel:
    """The same network with float32 arithmetic, told in `mended`; `loaded` itself if it has it."""
    if not _has_two_types(loaded.model):
        return loaded
    config = without_training(json.loads(loaded.model.to_json()))
    mixed = sorted(set(_mixed(config)))
    if not mixed:
        return loaded
    copy = build(loaded.library, _full(config))
    copy.set_weights(loaded.model.get_weights())
    word = f"computed in half precision ({' and '.join(mixed)}): the copy computes in float32"
    return replace(loaded, model=copy, mended=(*loaded.mended, word))


def _has_two_types(layer: Any) -> bool:
    """Whether a layer, or one inside of it, computes in another type than its weights have.

    Asked before the description is written, which not every model needs to be able to do.
    """
    if getattr(layer, "compute_dtype", None) != getattr(layer, "variable_dtype", None):
        return True
    return any(_has_two_types(each) for each in getattr(layer, "layers", ()))


def _mixed(value: Any) -> Iterator[str]:
    """The mixed policies that layers name, as a text or as an object."""
    if isinstance(value, list):
        for each in value:
            yield from _mixed(each)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if _names_mixed(value, key, inner):
                yield inner
            yield from _mixed(inner)


def _full(value: Any) -> Any:
    """The description with float32 in place of every mixed policy."""
    if isinstance(value, list):
        return [_full(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: "float32" if _names_mixed(value, key, inner) else _full(inner)
        for key, inner in value.items()
    }


def _names_mixed(part: dict[str, Any], key: str, value: Any) -> bool:
    """Whether `part[key]` names a policy: a layer may be called `mixed_float16`, too."""
    return value in _MIXED and (key == "dtype" or (key == "name" and set(part) == {"name"}))
