"""The recipes that people train with, by name: what the doctor tries and `--recipe` takes.

A name is SCALING[/FIT[/FILTER]]: `0-1`, `caffe/crop`, `torch/crop87/bicubic`. What is left out is
the whole picture (`squash`), bilinear.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from inference.errors import ModelError
from inference.recipe import Recipe, Resize
from inference.validation import faults_in

SCALINGS: Final[dict[str, dict[str, Any]]] = {
    "0-255": {},
    "0-1": {"std": (255.0,)},
    "-1-1": {"mean": (127.5,), "std": (127.5,)},
    "caffe": {"colour": "BGR", "mean": (103.939, 116.779, 123.68)},
    "torch": {"mean": (123.675, 116.28, 103.53), "std": (58.395, 57.12, 57.375)},
    # OpenCV reads BGR, and many a training script forgot to turn it.
    "0-255-bgr": {"colour": "BGR"},
    "0-1-bgr": {"colour": "BGR", "std": (255.0,)},
    "-1-1-bgr": {"colour": "BGR", "mean": (127.5,), "std": (127.5,)},
}
"""From 8-bit levels to numbers; `caffe`, `torch` and `-1-1` are what Keras's applications call
the modes caffe, torch and tf."""

FITS: Final[dict[str, dict[str, Any]]] = {
    "squash": {"fit": "squash"},
    "crop": {"fit": "crop"},
    "crop87": {"fit": "crop", "crop_fraction": 0.875},
}
"""Which part of the picture is looked at: all of it, the central square, 87.5 % of that."""

FILTERS: Final[tuple[Resize, ...]] = ("bilinear", "nearest", "bicubic")
"""The resize filters that are tried: those of Keras's loaders that pictures can tell apart."""

ALL_FILTERS: Final[tuple[Resize, ...]] = (*FILTERS, "box", "hamming", "lanczos")
"""All that have a name."""
_GREY_SCALINGS: Final = ("0-255", "0-1", "-1-1")


@dataclass(frozen=True, slots=True)
class NamedRecipe:
    """A recipe and the three words of its name."""

    scaling: str
    fit: str = "squash"
    resize: Resize = "bilinear"
    channels: int = 3

    @property
    def name(self) -> str:
        """The name, as `--recipe` takes it."""
        return f"{self.scaling}/{self.fit}/{self.resize}"

    @property
    def recipe(self) -> Recipe:
        """The recipe itself."""
        values: dict[str, Any] = {"resize": self.resize, **FITS[self.fit], **SCALINGS[self.scaling]}
        if self.channels == 1:
            values["colour"] = "L"
        return Recipe(**values)

    def framings(self) -> Iterator[NamedRecipe]:
        """The same scaling with every fit and filter that is tried, the most usual first."""
        for fit in FITS:
            for resize in FILTERS:
                yield replace(self, fit=fit, resize=resize)


def scalings(channels: int) -> list[NamedRecipe]:
    """Every scaling that is tried on a network of `channels` (1 or 3), with the usual framing."""
    names = _GREY_SCALINGS if channels == 1 else SCALINGS
    return [NamedRecipe(name, channels=channels) for name in names]


def read_recipe(text: str, channels: int | None = None) -> Recipe:
    """What `--recipe` means: a name, or a JSON file with a recipe. Raises `ModelError`."""
    if text.endswith(".json"):
        try:
            return parse_recipe(Path(text).read_bytes(), text)
        except OSError as exc:
            raise ModelError(f"the recipe {text} cannot be read: {exc.strerror}") from exc
    scaling, fit, resize, *more = [*text.split("/"), *["squash", "bilinear"][text.count("/") :]]
    if scaling not in SCALINGS or fit not in FITS or resize not in ALL_FILTERS or more:
        raise ModelError(
            f"{text!r} is no recipe: name a file recipe.json, or SCALING[/FIT[/FILTER]] with "
            f"SCALING one of {', '.join(SCALINGS)}; FIT one of {', '.join(FITS)}; "
            f"FILTER one of {', '.join(ALL_FILTERS)}"
        )
    filter_ = next(each for each in ALL_FILTERS if each == resize)
    if channels == 1 and scaling not in _GREY_SCALINGS:
        raise ModelError(
            f"the network looks at grey pictures, for which {text!r} says nothing: "
            f"name one of {', '.join(_GREY_SCALINGS)}"
        )
    return NamedRecipe(scaling, fit, filter_, channels or 3).recipe


def parse_recipe(content: bytes, where: str) -> Recipe:
    """The recipe in a `recipe.json`; a `ModelError` names every fault in it."""
    try:
        return Recipe.model_validate_json(content)
    except ValidationError as exc:
        raise ModelError(f"{where} is no recipe: {faults_in(exc)}") from exc
