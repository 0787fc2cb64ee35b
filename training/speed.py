"""How quickly a model answers on this machine, with how much memory, and what it answers.

Measured in a process of its own, so that the memory is the model's and nobody else's.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from inference.errors import CallerError, ModelError
from inference.manifest import GOLDEN_ANSWERS, MODEL_FILE, Agreement
from inference.model import Model
from inference.pictures.decoding import PictureLimits, decode
from inference.references import parse_reference
from inference.settings import read_settings

TIMED_PICTURES = 16
"""How many pictures are timed, however many there are: they take turns."""

_GOLDEN = GOLDEN_ANSWERS.rpartition("/")[0] + "/"


@dataclass(frozen=True, slots=True)
class Speed:
    """So many threads at once: times of an answer, answers a second, and the peak of memory.

    `decode_ms` and `infer_ms` are medians of the two parts of an answer.
    """

    threads: int
    milliseconds: tuple[float, ...]
    decode_ms: float
    infer_ms: float
    rate: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Measured:
    """One model: who it is, how quick, and its scores for each picture that can be read.

    `numbers` is what it computes in; `scores` is `(pictures, classes) float32`; `passed_over`
    names what could not be decoded.
    """

    name: str
    release: str
    numbers: str
    file_bytes: int
    speeds: tuple[Speed, ...]
    picture_bytes: int
    scores: NDArray[np.float32]
    passed_over: tuple[str, ...]


def measure(
    model: str, pictures: Sequence[Path], threads: Sequence[int], seconds: float
) -> Measured:
    """Measure what `model` refers to, for `seconds` with each number of threads (ascending).

    Without `pictures` its golden pictures are used. Raises `ModelError` or `SourceUnavailable`.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_measure, model, pictures, threads, seconds).result()


def agreement(one: Measured, other: Measured) -> Agreement:
    """How near `other` is to `one`; `ModelError` when they have different classes."""
    if one.scores.shape != other.scores.shape:
        raise ModelError(
            f"{one.name} has {one.scores.shape[1]} classes and {other.name} has "
            f"{other.scores.shape[1]}: answers cannot be compared"
        )
    same = one.scores.argmax(axis=1) == other.scores.argmax(axis=1)
    return Agreement(
        top1=round(float(same.mean()), 4),
        max_difference=round(float(np.abs(one.scores - other.scores).max()), 4),
        pictures=len(same),
    )


def _measure(
    reference: str, paths: Sequence[Path], threads: Sequence[int], seconds: float
) -> Measured:
    place = parse_reference(reference, read_settings().cache)
    model = Model(place.bundle(), place.stage)
    model.bundle.keep_only()
    pictures = {str(path): path.read_bytes for path in paths} if paths else _golden(model)
    timed = _timed(model, pictures)
    speeds = tuple(_speed(model, timed, count, seconds) for count in threads)
    # After the times, so that the memory of many pictures is not taken for the model's.
    scores = {name: _scores(model, read()) for name, read in pictures.items()}
    manifest = model.bundle.manifest
    file, scheme = manifest.files.get(MODEL_FILE["litert"]), manifest.quantisation.scheme
    return Measured(
        name=manifest.name,
        release=model.identity.release,
        numbers="float32" if scheme == "none" else scheme,
        file_bytes=file.bytes if file else 0,
        speeds=speeds,
        picture_bytes=round(median(len(data) for data in timed)),
        scores=np.stack([each for each in scores.values() if each is not None]),
        passed_over=tuple(name for name, each in scores.items() if each is None),
    )


def _golden(model: Model) -> dict[str, Callable[[], bytes]]:
    """The golden pictures of the bundle, if it has some that can be decoded."""
    names = [name for name in model.bundle.manifest.files if name.startswith(_GOLDEN)]
    reads = {name: partial(model.bundle.read, name) for name in names}
    return {name: read for name, read in reads.items() if _decoded(model, read()) is not None}


def _timed(model: Model, pictures: Mapping[str, Callable[[], bytes]]) -> list[bytes]:
    """Some of the pictures, evenly from the first to the last, that can be decoded."""
    reads = list(pictures.values())
    step = max(1, len(reads) // TIMED_PICTURES)
    data = [read() for read in reads[::step][:TIMED_PICTURES]]
    timed = [each for each in data if _decoded(model, each) is not None]
    if not timed:
        raise ModelError("there is no picture to measure with: name a folder with --pictures")
    return timed


def _speed(model: Model, pictures: Sequence[bytes], threads: int, seconds: float) -> Speed:
    def loop(_: int) -> list[tuple[float, float]]:
        """Decode and infer, again and again: the milliseconds of both, each time."""
        times = []
        for data in cycle(pictures):
            start = perf_counter()
            pixels = decode(data, model.size, model.recipe, PictureLimits()).pixels
            decoded = perf_counter()
            model.predictions(model.scores(pixels), 5, 0.0)
            now = perf_counter()
            times.append(((decoded - start) * 1e3, (now - decoded) * 1e3))
            if now >= end:
                break
        return times

    with ThreadPoolExecutor(threads) as pool:
        end = 0.0
        list(pool.map(loop, range(threads)))  # threads and interpreters are made
        begun = perf_counter()
        end = begun + seconds
        times = [each for part in pool.map(loop, range(threads)) for each in part]
        took = perf_counter() - begun
    return Speed(
        threads=threads,
        milliseconds=tuple(sum(each) for each in times),
        decode_ms=median(decoding for decoding, _ in times),
        infer_ms=median(inferring for _, inferring in times),
        rate=len(times) / took,
        peak_bytes=_peak_bytes(),
    )


def _scores(model: Model, data: bytes) -> NDArray[np.float32] | None:
    pixels = _decoded(model, data)
    return None if pixels is None else model.scores(pixels)


def _decoded(model: Model, data: bytes) -> NDArray[np.uint8] | None:
    """What the model sees of a picture; None if it cannot be decoded."""
    try:
        return decode(data, model.size, model.recipe, PictureLimits()).pixels
    except CallerError:
        return None


def _peak_bytes() -> int:
    """The most memory that this process has held so far."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says there includes the parent before it was a fork
        (line,) = (each for each in status.read_text().splitlines() if each.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
