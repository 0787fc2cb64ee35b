"""Which pictures serve what: some calibrate, others measure, a few go with the bundle for ever."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inference.errors import ModelError
from training.generated import CREDITS, generated_pictures
from training.labelled import Labelled, LabelledPicture, spread
from training.proof import Scheme

GOLDEN_PICTURES: Final = 4
MOST_CALIBRATING: Final = 100
MOST_PROVING: Final = 100
_MOST_GOLDEN_BYTES: Final = 2_000_000
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Exhibits:
    """Pictures by their use; none both calibrates and measures.

    `golden` is file name → content; `credits` says where those came from.
    """

    calibrating: Sequence[LabelledPicture]
    measured: Sequence[LabelledPicture]
    golden: Mapping[str, bytes]
    credits: str | None

    def proving(self, folder: Path) -> tuple[Path, ...]:
        """The files that original and copy both answer; generated ones are put into `folder`."""
        if self.measured:
            return tuple(each.path for each in spread(self.measured, MOST_PROVING))
        for name, content in self.golden.items():
            (folder / name).write_bytes(content)
        return tuple(folder / name for name in self.golden)


def choose(labelled: Labelled | None, scheme: Scheme) -> Exhibits:
    """What to do with the operator's pictures, or with generated ones where there are none.

    Raises `ModelError` when the scheme needs pictures and there are too few.
    """
    if scheme == "int8" and (labelled is None or len(labelled.pictures) < 2):
        raise ModelError(
            "int8 needs pictures that show the network's range, some to calibrate and others to "
            "measure: give --pictures LABELLED_FOLDER with 50 or more"
        )
    if labelled is None:
        return Exhibits((), (), generated_pictures(GOLDEN_PICTURES), CREDITS)
    calibrating: Sequence[LabelledPicture] = ()
    measured: Sequence[LabelledPicture] = labelled.pictures
    if scheme == "int8":
        calibrating, measured = labelled.split(MOST_CALIBRATING)
    golden = _golden(measured)
    if not golden:
        return Exhibits(calibrating, measured, generated_pictures(GOLDEN_PICTURES), CREDITS)
    return Exhibits(calibrating, measured, golden, None)


def _golden(pictures: Sequence[LabelledPicture]) -> dict[str, bytes]:
    """A few pictures, from different classes where there are several, that are not too large."""
    small = [each for each in pictures if each.path.stat().st_size <= _MOST_GOLDEN_BYTES]
    chosen = spread(small, GOLDEN_PICTURES)
    return {_name(number, each.name): each.data for number, each in enumerate(chosen)}


def _name(number: int, name: str) -> str:
    """A name for a file in `golden/`, which may hold no folder and no sign out of the ordinary."""
    return f"{number}-{_UNSAFE.sub('-', name)[-60:].strip('-')}"
