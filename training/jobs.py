"""What a conversion is asked for and what it answers: plain values, which cross a process's border.

The files come from outside, so a child process without credentials and within bounds reads and
converts them; this module loads no TensorFlow and is what both sides know.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from inference.framing import Size
from inference.recipe import Recipe
from inference.scores import Activation
from training.proof import Proof, Scheme

Loader = Literal["litert", "tensorflow"]
Dtype = Literal["float32", "uint8", "int8"]

LITERT_FILE: Final = "model.tflite"
KERAS_FILE: Final = "model.keras"


@dataclass(frozen=True, slots=True)
class Job:
    """What to convert, and what to prove it with.

    `source` holds the model's files, `out` is a folder to write to, `labels` counts the classes,
    where they are known. `generated` says that `pictures` show nothing real either. Without a
    `recipe` each scaling that people use has its turn at the random pictures.
    """

    source: Path
    out: Path
    labels: int | None = None
    scheme: Scheme = "none"
    size: Size | None = None
    recipe: Recipe | None = None
    pictures: tuple[Path, ...] = ()
    calibration: tuple[Path, ...] = ()
    generated: bool = False


@dataclass(frozen=True, slots=True)
class Conversion:
    """What became of a model, which lies as `LITERT_FILE` or `KERAS_FILE` in the job's folder.

    `inexpressible` says why it is the latter; `proof` is None for a flatbuffer that was given
    and not made here. `made_by` names the packages that did it. `halved` says that the original
    computes in half precision; `rounding` is how far that takes its scores, if it is kept for it.
    """

    loader: Loader
    scheme: Scheme
    dtype: Dtype
    size: Size
    channels: int
    classes: int
    activation: Activation
    library: str
    written_by: str
    made_by: tuple[tuple[str, str], ...]
    mended: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    parameters: int | None = None
    proof: Proof | None = None
    inexpressible: str | None = None
    halved: bool = False
    rounding: float = 0.0


def run(job: Job) -> Conversion:
    """Do `job` in this process: made for a child that nobody minds losing. Raises `ModelError`."""
    from training.flatbuffer import examine, find_flatbuffer

    flatbuffer = find_flatbuffer(job.source)
    if flatbuffer is not None:
        return examine(job, flatbuffer)
    from training.conversion import convert  # four seconds and half a gigabyte of TensorFlow

    return convert(job)
