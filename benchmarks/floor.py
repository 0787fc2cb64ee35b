"""The floor: decoding and LiteRT's `invoke` and nothing else, in one process without HTTP.

    python -m benchmarks.floor MODEL --threads 2 --seconds 3 PICTURE.jpg …

As plain as can be, and with the same work as the service: Pillow reduces the JPEG while decoding
to no less than the recipe's twofold margin, resizes, and one interpreter of one thread runs. With
several threads each has its own interpreter. Prints one JSON document: `Floor`.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Thread
from time import perf_counter

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from PIL import Image

from benchmarks.workshop import PROJECT
from inference.framing import DRAFT_MARGIN

_WARM_UP = 3


@dataclass(frozen=True, slots=True)
class Floor:
    """Latency of each picture, pictures a second, and the best class of each picture."""

    milliseconds: list[float]
    rate: float
    answers: list[int]


def measure_floor(model: Path, pictures: list[Path], threads: int, seconds: float) -> Floor:
    """Run the floor in a process of its own for some `seconds`."""
    options = [f"--threads={threads}", f"--seconds={seconds}"]
    command = [sys.executable, "-m", "benchmarks.floor", str(model), *options, *map(str, pictures)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"the floor failed:\n{done.stderr.decode()}")
    return Floor(**json.loads(done.stdout))


class Classifier:
    """One interpreter and what is done with it."""

    def __init__(self, model: Path) -> None:
        self._interpreter = Interpreter(model_path=str(model), num_threads=1)
        self._interpreter.allocate_tensors()
        (self._input,) = self._interpreter.get_input_details()
        (self._output,) = self._interpreter.get_output_details()

    def classify(self, data: bytes) -> int:
        """The best class of one JPEG."""
        height, width = (int(side) for side in self._input["shape"][1:3])
        image = Image.open(io.BytesIO(data))
        image.draft("RGB", (DRAFT_MARGIN * width, DRAFT_MARGIN * height))
        resized = image.resize((width, height), Image.Resampling.BILINEAR)
        self._interpreter.set_tensor(self._input["index"], self._tensor(np.asarray(resized)))
        self._interpreter.invoke()
        return int(self._interpreter.get_tensor(self._output["index"]).argmax())

    def _tensor(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32] | NDArray[np.uint8]:
        if self._input["dtype"] == np.uint8:
            return pixels[np.newaxis]
        return (pixels.astype(np.float32) * np.float32(1 / 127.5) - np.float32(1))[np.newaxis]


def _loop(classifier: Classifier, pictures: list[bytes], end: float, into: list[float]) -> None:
    number = 0
    while (start := perf_counter()) < end:
        classifier.classify(pictures[number % len(pictures)])
        into.append((perf_counter() - start) * 1e3)
        number += 1


def _measure(model: Path, pictures: list[bytes], threads: int, seconds: float) -> Floor:
    classifiers = [Classifier(model) for _ in range(threads)]
    answers = [classifiers[0].classify(picture) for picture in pictures]
    for classifier in classifiers:
        for picture in pictures[:_WARM_UP]:
            classifier.classify(picture)
    times: list[list[float]] = [[] for _ in classifiers]
    start = perf_counter()
    workers = [
        Thread(target=_loop, args=(classifier, pictures, start + seconds, into))
        for classifier, into in zip(classifiers, times, strict=True)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took = perf_counter() - start
    every = [each for one in times for each in one]
    return Floor(every, len(every) / took, answers)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("pictures", type=Path, nargs="+")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3.0)
    asked = parser.parse_args()
    pictures = [path.read_bytes() for path in asked.pictures]
    floor = _measure(asked.model, pictures, asked.threads, asked.seconds)
    print(json.dumps(asdict(floor)))


if __name__ == "__main__":
    main()
