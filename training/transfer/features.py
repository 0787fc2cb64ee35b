"""Features: what the frozen backbone sees in each picture, computed once and kept."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.cores import cores
from inference.framing import Size
from inference.loaders.litert import LiteRTRuntime, make_interpreter
from inference.recipe import Recipe
from inference.tensors import TensorTable
from training.transfer.course import Course
from training.transfer.heads import Features
from training.transfer.survey import Sample
from training.transfer.work import Work, key

_AT_ONCE: Final = 64


class Extractor:
    """A backbone as a flatbuffer, fed exactly as serving feeds it: decode, table, LiteRT."""

    def __init__(self, model: bytes, recipe: Recipe, size: Size) -> None:
        self._runtime = LiteRTRuntime(model, make_interpreter(model))
        self._table = TensorTable(recipe, self._runtime.input_type)
        self._recipe, self._size = recipe, size
        libraries = [version(each) for each in ("ai-edge-litert", "pillow")]
        self.key = key(model, recipe.model_dump(mode="json"), list(size), libraries)

    def features(self, sample: Sample) -> NDArray[np.float32]:
        """`(features,)` of one picture; safe to call from as many threads as there are cores."""
        pixels = sample.picture.pixels(self._size, self._recipe)
        return self._runtime.run(self._table.tensor(pixels))


def extract(
    extractor: Extractor, samples: Sequence[Sample], work: Work, course: Course
) -> tuple[Features, NDArray[np.bool_]]:
    """`(n, features) float32`, and for which pictures they are there: all, unless stopped early.

    What was computed is kept in `work` by the digest of the picture, some dozens to a file, so an
    interrupted run loses little. Classes take turns, so that every one is there early.
    """
    folder = f"features-{extractor.key}"
    known = _kept(work, folder)
    wanted = [place for place in _by_turns(samples) if samples[place].print.sha256 not in known]
    course.phase("features", len(samples))
    with ThreadPoolExecutor(cores()) as pool:
        for start in range(0, len(wanted), _AT_ONCE):
            course.step(len(samples) - len(wanted) + start)
            if course.stopped:
                break
            chunk = [samples[place] for place in wanted[start : start + _AT_ONCE]]
            rows = np.stack(list(pool.map(extractor.features, chunk)))
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
