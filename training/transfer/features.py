"""Features: what the frozen backbone sees in each picture, computed once and kept."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from inference.cores import cores
from inference.errors import ModelError
from inference.framing import Size
from inference.loaders.litert import LiteRTRuntime, make_interpreter
from inference.plurals import counted
from inference.recipe import Recipe
from inference.tensors import TensorTable
from training.transfer.course import Course
from training.transfer.heads import Features
from training.transfer.survey import Sample
from training.transfer.work import Work, installed, key

_AT_ONCE: Final = 64


class Extractor:
    """A backbone as a flatbuffer, fed exactly as serving feeds it: decode, table, LiteRT."""

    def __init__(self, model: bytes, recipe: Recipe, size: Size) -> None:
        self._runtime = LiteRTRuntime(model, make_interpreter(model))
        self._table = TensorTable(recipe, self._runtime.input_type)
        self.recipe, self.size = recipe, size
        libraries = installed("ai-edge-litert", "pillow")
        self.key = key(model, recipe.model_dump(mode="json"), list(size), libraries)

    def features(self, sample: Sample) -> Features:
        """`(features,)` of one picture; safe to call from as many threads as there are cores."""
        return self.of_pixels(sample.picture.pixels(self.size, self.recipe))

    def of_pixels(self, pixels: NDArray[np.uint8]) -> Features:
        """The same of what the network looks at, `(height, width, channels)`."""
        return self._runtime.run(self._table.tensor(pixels))


class Sees(Protocol):
    """Whatever gives `(features,)` of a picture: the same ones for the same `key`."""

    key: str

    def features(self, sample: Sample) -> Features:
        """Of one picture; safe to call from several threads."""


def extract(
    extractor: Sees, samples: Sequence[Sample], work: Work, course: Course, phase: str = "features"
) -> tuple[Features, NDArray[np.bool_]]:
    """`(n, features) float32`, and for which pictures they are there: all, unless stopped early.

    What was computed is kept in `work` by the digest of the picture, some dozens to a file, so an
    interrupted run loses little. Classes take turns, so that every one is there early. Raises
    `ModelError` for features that are no finite numbers.
    """
    folder = f"features-{extractor.key}"
    known = _kept(work, folder)
    wanted = [place for place in _by_turns(samples) if samples[place].print.sha256 not in known]
    course.phase(phase, len(samples))
    with ThreadPoolExecutor(cores()) as pool:
        for start in range(0, len(wanted), _AT_ONCE):
            course.step(len(samples) - len(wanted) + start)
            if course.stopped:
                break
            chunk = [samples[place] for place in wanted[start : start + _AT_ONCE]]
            rows = np.stack(list(pool.map(extractor.features, chunk)))
            _check_finite(rows, chunk)
            names = [each.print.sha256 for each in chunk]
            work.keep_arrays(
                f"{folder}/{key(names)}.npz", {"sha256": np.array(names), "features": rows}
            )
            known |= dict(zip(names, rows, strict=True))
    there = np.array([each.print.sha256 in known for each in samples])
    width = len(next(iter(known.values()))) if known else 0
    features = np.zeros((len(samples), width), np.float32)
    for place in np.flatnonzero(there).tolist():
        features[place] = known[samples[place].print.sha256]
    return features, there


def _check_finite(rows: Features, samples: Sequence[Sample]) -> None:
    """Nothing can be learned from a NaN, and one would be found only where nobody looks for it."""
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        first = samples[int(np.argmin(finite))].picture.name
        raise ModelError(
            f"the backbone's features of {first} are no finite numbers (NaN or infinite), as of "
            f"{counted(int((~finite).sum()), 'picture')} of {len(samples):,}: its weights are "
            "damaged, or --recipe is not the one that it was trained with"
        )


def _kept(work: Work, folder: str) -> dict[str, NDArray[np.float32]]:
    known: dict[str, NDArray[np.float32]] = {}
    for name in work.names(folder):
        arrays = work.read_arrays(name)
        if arrays is not None:
            known |= dict(zip(arrays["sha256"].tolist(), arrays["features"], strict=True))
    return known


def _by_turns(samples: Sequence[Sample]) -> list[int]:
    """The places of all samples, one of each class after the other."""
    turns: dict[int, int] = {}
    order: list[tuple[int, int]] = []
    for place, each in enumerate(samples):
        turns[each.index] = turns.get(each.index, -1) + 1
        order.append((turns[each.index], place))
    return [place for _, place in sorted(order)]
