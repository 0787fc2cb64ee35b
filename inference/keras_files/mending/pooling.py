"""`same` as Theano pooled: windows begin before the picture, where TensorFlow's may not.

Both count only what lies in the picture. For a maximum over two or three places that is a border
that repeats the outermost numbers; where the windows are the same anyway, nothing is done. Source:
`pool2d` in `keras/backend/theano_backend.py` of Keras 1.0 to 2.3.
"""

from __future__ import annotations

import re
from typing import Any, Final

from inference.errors import UnreadableModel
from inference.keras_files.documents import Config
from inference.keras_files.graph import name_of
from inference.keras_files.mending.functional import Pads, behind, preceded
from inference.keras_files.rules import many

_POOL: Final = re.compile(r"(?:Max|Average|Avg)Pool(?:ing)?([123])D")


def pooled_by_theano(model: Config) -> tuple[Config, tuple[str, ...]]:
    """The channels-last model with Theano's windows, and the names of the layers that needed it.

    Raises `UnreadableModel` for windows that no layer of today takes.
    """
    return preceded(model, _pads, _behind_a_border)


def _pads(layer: Config) -> Pads:
    """How far windows reach out of the picture, for each place; none where both Keras agree."""
    pool = _POOL.fullmatch(str(layer.get("class_name")))
    config = layer["config"]
    if pool is None or config.get("padding") != "same":
        return []
    places = int(pool[1])
    sizes = many(config.get("pool_size"), places)
    strides = many(config.get("strides") or sizes, places)
    if all(size == 1 or (size, step) == (3, 1) for size, step in zip(sizes, strides, strict=True)):
        return []
    first = config.get("data_format") == "channels_first"
    if first or not str(layer["class_name"]).startswith("Max") or max(sizes) > 3:
        raise UnreadableModel(
            f"layer {name_of(layer)!r} ({layer['class_name']}) pools {' × '.join(map(str, sizes))} "
            "places with the border 'same' of Theano, which no later Keras has; train it with "
            "'valid', or save it from TensorFlow's backend"
        )
    return [[int(size > 1), int(size > 2)] for size in sizes]


def _behind_a_border(layer: Config, pads: Pads) -> tuple[Config, Config]:
    """The border, called on whatever the layer was called on, and the layer called on it."""
    name = f"{name_of(layer)}_border"
    paddings = {"paddings": [[0, 0], *pads, [0, 0]], "mode": "SYMMETRIC"}
    calls: list[Any] = layer["inbound_nodes"]
    border = {
        "class_name": "TFOpLambda",
        "name": name,
        "config": {"name": name, "dtype": "float32", "function": "compat.v1.pad"},
        "inbound_nodes": [[*call[0][:3], paddings] for call in calls],
    }
    return border, behind(layer, name)
