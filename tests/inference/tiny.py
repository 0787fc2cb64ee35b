"""A tiny bundle on disk: red, green and blue, each scored by the mean of its channel."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inference.manifest import (
    GOLDEN_ANSWERS,
    LABELS,
    MANIFEST,
    FileDigest,
    Input,
    Manifest,
    Origin,
    Output,
    Quantisation,
)
from inference.recipe import Recipe
from tests.inference.networks import DType, channel_means

WIDTH, HEIGHT = 6, 4
COLOURS = ("red", "green", "blue")
TO_UNIT = Recipe(scale=1 / 255)
"""Levels to 0…1, so that the outputs are scores already."""


def tiny_files(dtype: DType = "float32") -> dict[str, bytes]:
    """Path in the bundle → content, without the manifest."""
    return {
        "model.tflite": channel_means(WIDTH, HEIGHT, dtype),
        LABELS: "".join(f"{colour}\n" for colour in COLOURS).encode(),
    }


def golden_of(
    picture: bytes, scores: Mapping[int, float], name: str = "one.png"
) -> dict[str, bytes]:
    """The golden files that expect `scores` (class → score, best first) of one picture."""
    top = [{"index": index, "score": score} for index, score in scores.items()]
    answers = {"tolerance": 0.02, "answers": [{"picture": name, "top": top}]}
    return {GOLDEN_ANSWERS: json.dumps(answers).encode(), f"golden/{name}": picture}


def tiny_manifest(files: Mapping[str, bytes], dtype: DType = "float32", **changes: Any) -> Manifest:
    """The manifest of a bundle of `files`; `changes` replace fields of it."""
    fields: dict[str, Any] = {
        "name": "colours",
        "loader": "litert",
        "input": Input(width=WIDTH, height=HEIGHT, dtype=dtype),
        "recipe": TO_UNIT,
        "output": Output(classes=len(COLOURS), activation="sigmoid"),
        "quantisation": Quantisation(scheme="none"),
        "origin": Origin(source="made for a test"),
        "made_by": {},
        "files": {
            name: FileDigest(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
            for name, content in files.items()
        },
    }
    return Manifest(**{**fields, **changes})


def write_tiny(
    folder: Path,
    dtype: DType = "float32",
    files: Mapping[str, bytes] | None = None,
    **changes: Any,
) -> Path:
    """Write a bundle of the tiny files, with `files` added or in their place; its folder."""
    content = {**tiny_files(dtype), **(files or {})}
    manifest = tiny_manifest(content, dtype, **changes)
    for name, data in {**content, MANIFEST: manifest.serialise()}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
