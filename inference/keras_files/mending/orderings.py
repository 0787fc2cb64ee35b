"""Layers of Keras 0 and 1 that did not write down whether channels come first.

Their `get_config` left it out in all versions until 2.0; loaded again, they took what the computer
was set to, which is what the other layers of the network say.
"""

from __future__ import annotations

import re
from typing import Final

from inference.errors import UnreadableModel
from inference.keras_files.documents import Config, objects, rewritten

_SILENT: Final = re.compile(r"(Cropping|UpSampling|ZeroPadding)[23]D")


def with_orderings(
    model: Config, otherwise: str = "tf", silent: re.Pattern[str] = _SILENT
) -> Config:
    """The model in which each such layer says what all the others say.

    `otherwise` is what is meant where none does, `silent` matches the classes that did not say so.
    Raises `UnreadableModel` where the others differ.
    """
    said = {str(part["dim_ordering"]) for part in objects(model) if "dim_ordering" in part}

    def one(part: Config) -> Config:
        config = part.get("config")
        if not isinstance(config, dict) or "dim_ordering" in config:
            return part
        if not silent.fullmatch(str(part.get("class_name"))):
            return part
        if len(said) > 1:
            raise UnreadableModel(
                f"layer {config.get('name')!r} of class {part['class_name']} does not say whether "
                "channels come first, and the other layers differ; save the model with Keras 2"
            )
        return {**part, "config": {**config, "dim_ordering": next(iter(said), otherwise)}}

    filled: Config = rewritten(model, one)
    return filled
