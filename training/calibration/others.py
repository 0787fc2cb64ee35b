"""Pictures of something else: those of the operator, or else some that show nothing at all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from inference.model import Model
from inference.outsiders import statistics
from training.calibration.looking import Seen, look
from training.evaluation.folder import BadFolder
from training.generated import random_pixels
from training.labelled import LabelledPicture

GENERATED: Final = 60
MOST_PICTURES: Final = 5_000


@dataclass(frozen=True, slots=True)
class Others:
    """What a model says to pictures of something else, and which they were."""

    seen: Seen
    what: str
    data_sha256: str


def outsiders_in(folder: Path, model: Model) -> Others:
    """All pictures in and below `folder`, whatever it calls them; `BadFolder` if there is none."""
    pictures = list_outsiders(folder)
    seen, broken = look(model, pictures)
    if len(broken) == len(pictures):
        raise BadFolder(f"no file in {folder} can be decoded as a picture, such as {broken[0]}")
    return Others(seen, "pictures that were given", seen.data_sha256)


def list_outsiders(folder: Path) -> list[LabelledPicture]:
    """The files in and below `folder`, none of them opened; `BadFolder` for none, or too many."""
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    )
    if len(files) > MOST_PICTURES:
        raise BadFolder(f"{folder} holds {len(files):,} files; at most {MOST_PICTURES:,} are taken")
    if not files:
        raise BadFolder(f"{folder} holds no file: --outside takes pictures of something else")
    return [LabelledPicture(path.relative_to(folder).as_posix(), path, index=0) for path in files]


def generated_outsiders(model: Model) -> Others:
    """Noise and fields of colour by turns, at the model's size: easy to tell, and never missing."""
    pixels = random_pixels(GENERATED, model.size, model.recipe.channels)
    seen = Seen(
        (),
        np.stack([model.output(each) for each in pixels]),
        np.stack([statistics(each) for each in pixels]),
        model,
    )
    return Others(seen, "generated noise and colours", hashlib.sha256(pixels.tobytes()).hexdigest())
