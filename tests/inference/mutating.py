"""Thousands of damaged pictures in one process that has little memory to spare.

`python -m tests.inference.mutating` takes how many (10,000 unless told) and a seed. Every format in
every mode that it has is cut off at each sixteenth, has bits flipped, has a piece of another file
spliced in, or begins with the header of another. Prints one JSON line: how many were decoded and
how many refused by each error, the longest CPU time, by how much memory grew. Anything outside our
tree of errors ends the process with a traceback.
"""

from __future__ import annotations

import json
import random
import resource
import signal
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import process_time

from inference.errors import CallerError
from inference.pictures.decoding import PictureLimits, decode
from inference.recipe import Recipe
from tests.inference.drawing import in_mode, saved
from tests.inference.test_pictures import CASES

SPARE_BYTES = 600_000_000
HANG_SECONDS = 5
"""A picture that takes longer ends the process."""

_WARM_UP = 200
"""So many pictures load the decoders, and are not counted as growth."""


def whole() -> list[bytes]:
    """Each format in each mode that it has."""
    return [saved(in_mode(mode), file_format) for file_format, mode in CASES]


def mutated(files: list[bytes], count: int, chance: random.Random) -> Iterator[bytes]:
    """`count` damaged pictures: first every file cut at each sixteenth, then at random."""
    cuts = [file[: len(file) * sixteenth // 16] for file in files for sixteenth in range(1, 16)]
    for number in range(count):
        if number < len(cuts):
            yield cuts[number]
            continue
        data, other = bytearray(chance.choice(files)), chance.choice(files)
        kind = chance.randrange(4)
        if kind == 0:
            for _ in range(chance.choice((1, 1, 2, 8, 64))):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        elif kind == 1:
            at, start = chance.randrange(len(data)), chance.randrange(len(other))
            piece = other[start : start + chance.randrange(1, 400)]
            data[at : at + chance.choice((0, len(piece)))] = piece
        elif kind == 2:
            data[: chance.randrange(2, 64)] = other[: chance.randrange(2, 64)]
        else:  # a length or a size somewhere becomes an extreme one
            at = chance.randrange(len(data))
            extreme = chance.choice((b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\0\0\xff\xff"))
            data[at : at + 4] = extreme
        yield bytes(data)


def main(count: int, seed: int) -> None:
    """Decode them all."""
    warnings.simplefilter("ignore")  # Pillow's about damaged metadata
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + SPARE_BYTES,) * 2)
    chance = random.Random(seed)  # noqa: S311 - the same each time
    verdicts: Counter[str] = Counter()
    longest, warm = 0.0, 0
    for number, data in enumerate(mutated(whole(), count, chance)):
        if number == _WARM_UP:
            warm = _resident_bytes()
        signal.alarm(HANG_SECONDS)
        started = process_time()
        try:
            picture = decode(data, (24, 24), Recipe(), PictureLimits())
            verdicts["decoded"] += picture.pixels.shape == (24, 24, 3)
        except CallerError as exc:
            verdicts[type(exc).__name__] += 1
        longest = max(longest, process_time() - started)
    signal.alarm(0)
    said = {"verdicts": verdicts, "longest_cpu_seconds": round(longest, 3)}
    grown = _resident_bytes() - warm
    sys.stdout.write(json.dumps({**said, "grown_bytes": grown, "pictures": count}) + "\n")


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    main(given[0] if given else 10_000, given[1] if len(given) > 1 else 1)
