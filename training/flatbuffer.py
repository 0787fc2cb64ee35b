"""A LiteRT model that was given and not made here: looked at, asked, and taken as it is."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from inference.errors import ModelError
from inference.loaders.litert import LiteRTRuntime, make_interpreter
from inference.plurals import counted
from inference.tensors import TensorTable
from training.checks import check_finite, classes_for, judge_activation
from training.generated import random_pixels
from training.jobs import LITERT_FILE, Conversion, Dtype, Job
from training.proof import Scheme
from training.recipes import scalings

_RANDOM_PICTURES = 8
_PICTURE = (1, 3)
_INTEGER: dict[str, Dtype] = {"uint8": "uint8", "int8": "int8", "float32": "float32"}


def find_flatbuffer(folder: Path) -> Path | None:
    """The LiteRT model in `folder`, if that is what lies there."""
    return next(iter(sorted(folder.glob("*.tflite"))), None)


def examine(job: Job, path: Path) -> Conversion:
    """What the flatbuffer is, from its tensors and from what it answers to random pictures.

    Raises `ModelError`: LiteRT cannot run it, or it is no classifier for these labels.
    """
    if job.scheme != "none":
        raise ModelError(f"{path.name} is converted already: quantise what it was made from")
    model = path.read_bytes()
    try:
        interpreter = make_interpreter(model)
    except (ValueError, RuntimeError) as exc:
        raise ModelError(f"LiteRT cannot load {path.name}: {exc}") from exc
    entry = _only(interpreter.get_input_details(), "input")
    out = _only(interpreter.get_output_details(), "output")
    height, width, channels = _picture_shape(entry)
    if job.size not in (None, (width, height)):
        raise ModelError(f"{path.name} looks at pictures of {width} × {height}")
    classes = classes_for(_width_of(out), job.labels)
    if classes != _width_of(out):
        raise ModelError(
            f"{path.name} has one output for {counted(classes, 'label')}: give it one for each"
        )
    runtime = LiteRTRuntime(model, interpreter)
    recipes = [job.recipe] if job.recipe else [each.recipe for each in scalings(channels)]
    tables = [TensorTable(recipe, runtime.input_type) for recipe in recipes]
    pixels = random_pixels(_RANDOM_PICTURES, (width, height), channels)
    outputs = np.stack(
        [runtime.run(tables[turn % len(tables)].tensor(each)) for turn, each in enumerate(pixels)]
    )
    check_finite(outputs)
    (job.out / LITERT_FILE).write_bytes(model)
    return Conversion(
        loader="litert",
        scheme=_scheme(interpreter.get_tensor_details()),
        dtype=_dtype(entry),
        size=(width, height),
        channels=channels,
        classes=classes,
        activation=judge_activation(None, outputs),
        library="litert",
        written_by="LiteRT",
        made_by=tuple((name, version(name)) for name in ("ai-edge-litert", "pillow")),
        notes=tuple(_notes(entry)),
    )


def _only(tensors: list[dict[str, Any]], what: str) -> dict[str, Any]:
    if len(tensors) != 1:
        names = ", ".join(str(each["name"]) for each in tensors)
        raise ModelError(
            f"the model has {counted(len(tensors), what)} ({names}); a classifier has one"
        )
    return tensors[0]


def _picture_shape(entry: dict[str, Any]) -> tuple[int, int, int]:
    shape = [int(each) for each in entry["shape"]]
    if len(shape) != 4 or shape[0] != 1 or shape[3] not in _PICTURE:
        raise ModelError(
            f"the model's input is {shape}; one picture is [1, height, width, 3], or 1 for grey"
        )
    return shape[1], shape[2], shape[3]


def _width_of(out: dict[str, Any]) -> int:
    shape = [int(each) for each in out["shape"]]
    if len(shape) != 2 or shape[0] != 1:
        raise ModelError(f"the model's output is {shape}; a classifier gives [1, classes]")
    return shape[1]


def _dtype(entry: dict[str, Any]) -> Dtype:
    name = np.dtype(entry["dtype"]).name
    if name not in _INTEGER:
        raise ModelError(f"the model's input is of {name}; float32, uint8 and int8 are served")
    return _INTEGER[name]


def _scheme(tensors: Iterable[dict[str, Any]]) -> Scheme:
    """What was done to the weights: the narrowest type that a matrix of them has."""
    types = {np.dtype(each["dtype"]).name for each in tensors if len(each["shape"]) > 1}
    if types & {"int8", "uint8"}:
        return "int8"
    return "float16" if "float16" in types else "none"


def _notes(entry: dict[str, Any]) -> Iterable[str]:
    scale, zero_point = entry["quantization"]
    if scale:
        yield (
            f"pixels as they are would be the recipe mean {zero_point}, std {1 / scale:g}: the "
            f"input is quantised with scale {scale:g} and zero point {zero_point}"
        )
