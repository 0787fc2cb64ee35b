"""The manifest, `model.json`: what a bundle is, and what is needed to answer with it.

The digest of the manifest's bytes is the name of the release: it covers the digest of every
other file, so one value says exactly which model gave an answer.
"""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import Annotated, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from inference.errors import ModelError
from inference.recipe import Recipe
from inference.validation import faults_in

MANIFEST = "model.json"
LABELS = "labels.txt"
GOLDEN_ANSWERS = "golden/answers.json"
CALIBRATION = "calibration.json"
FORMAT: Final = 1

MODEL_FILE = {"litert": "model.tflite"}
"""The file that each loader reads; `tensorflow` reads all below `SOURCE`."""

SOURCE = "source/"
"""What the names of the files begin with that the model was made of."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
ModelName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FileDigest(_Part):
    """One file of the bundle: its length and SHA-256."""

    bytes: Annotated[int, Field(ge=0)]
    sha256: Sha256


class Input(_Part):
    """The picture's side of the model: one tensor `(n, height, width, channels)`."""

    width: Annotated[int, Field(ge=1, le=4096)]
    height: Annotated[int, Field(ge=1, le=4096)]
    dtype: Literal["float32", "uint8", "int8"]


class Output(_Part):
    """The answer's side: one tensor `(n, classes)`.

    `activation` is what the network itself applied to its logits; `none` means that the
    numbers are logits and that a softmax turns them into scores.
    """

    classes: Annotated[int, Field(ge=1)]
    activation: Literal["softmax", "sigmoid", "none"]


class Accuracy(_Part):
    """Share of right answers on labelled pictures, and which pictures those were."""

    top1: Annotated[float, Field(ge=0, le=1)]
    pictures: Annotated[int, Field(ge=1)]
    data_sha256: Sha256


class Agreement(_Part):
    """How near this model is to the one that it was made from, on `pictures` pictures."""

    top1: Annotated[float, Field(ge=0, le=1)]
    max_difference: Annotated[float, Field(ge=0)]
    pictures: Annotated[int, Field(ge=1)]


class Quantisation(_Part):
    """What became of the numbers, and the measured agreement with the float model."""

    scheme: Literal["none", "float16", "int8"]
    agreement: Agreement | None = None
    calibration_pictures: Annotated[int, Field(ge=1)] | None = None


class Outsiders(_Part):
    """How well pictures of something else were told apart: measured on these, promised of none.

    `auroc` is the chance that one of them lies farther outside than a picture of the folder,
    `unknown` the share of them that was marked so.
    """

    what: str
    auroc: Annotated[float, Field(ge=0, le=1)]
    unknown: Annotated[float, Field(ge=0, le=1)]
    pictures: Annotated[int, Field(ge=1)]
    data_sha256: Sha256


class Calibrated(_Part):
    """What `calibration.json` is worth, measured on `pictures` that had no part in it.

    `coverage` is the share of them whose label is in the set, `accepted` the share that is
    accepted, `accepted_wrong` the share of all that is accepted and wrong, `unknown` the share
    that is marked so; `ece` is the expected calibration error, in 15 bins of equal width, of these
    and of the calibrating pictures, each half with the temperature that the other half fits.
    """

    error: Annotated[float, Field(gt=0, lt=1)]
    per_class: bool = False
    calibrating_pictures: Annotated[int, Field(ge=1)]
    coverage: Annotated[float, Field(ge=0, le=1)]
    accepted: Annotated[float, Field(ge=0, le=1)]
    accepted_wrong: Annotated[float, Field(ge=0, le=1)]
    unknown: Annotated[float, Field(ge=0, le=1)]
    ece_before: Annotated[float, Field(ge=0, le=1)]
    ece: Annotated[float, Field(ge=0, le=1)]
    pictures: Annotated[int, Field(ge=1)]
    data_sha256: Sha256
    outsiders: Outsiders | None = None


class Origin(_Part):
    """Where the model came from, what wrote its files, and what had to be mended to read them."""

    source: str
    written_by: str | None = None
    mended: list[str] | None = None
    licence: str | None = None
    url: str | None = None


class Manifest(_Part):
    """The content of `model.json`."""

    format: Literal[1] = FORMAT
    name: ModelName
    loader: Literal["litert", "tensorflow"]
    input: Input
    recipe: Recipe
    output: Output
    quantisation: Quantisation
    accuracy: Accuracy | None = None
    calibration: Calibrated | None = None
    origin: Origin
    made_by: dict[str, str]
    files: dict[str, FileDigest]

    @model_validator(mode="after")
    def _names_its_files(self) -> Self:
        needed = [LABELS, MODEL_FILE["litert"]] if self.loader == "litert" else [LABELS]
        for name in needed:
            if name not in self.files:
                raise ValueError(f"files does not list {name!r}")
        if self.loader == "tensorflow" and not any(map(_is_source, self.files)):
            raise ValueError(f"files lists nothing below {SOURCE!r}")
        for name in self.files:
            if not _is_plain_relative(name):
                raise ValueError(f"files lists {name!r}, which is no plain relative path")
        return self

    @classmethod
    def parse(cls, content: bytes) -> Manifest:
        """Read the bytes of a `model.json`; a `ModelError` says what is wrong with them."""
        try:
            return cls.model_validate_json(content)
        except ValidationError as exc:
            faults = faults_in(exc, MANIFEST)
            raise ModelError(f"{MANIFEST} is no manifest of format {FORMAT}: {faults}") from exc

    def serialise(self) -> bytes:
        """The bytes of `model.json`: the same manifest always gives the same bytes."""
        return (self.model_dump_json(indent=2, exclude_none=True) + "\n").encode()


def release_digest(manifest: bytes) -> str:
    """The name of the release whose `model.json` has these bytes."""
    return hashlib.sha256(manifest).hexdigest()


def _is_source(name: str) -> bool:
    return name.startswith(SOURCE)


def _is_plain_relative(name: str) -> bool:
    """Whether `name` stays inside the bundle and means the same on a disk and in S3."""
    path = PurePosixPath(name)
    return (
        path.as_posix() == name
        and not path.is_absolute()
        and bool(path.parts)
        and ".." not in path.parts
        and "\\" not in name
        and name.isprintable()
        and name != MANIFEST
    )
