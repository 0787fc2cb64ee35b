"""What reducing a JPEG while it is decoded costs in answers.

    python -m benchmarks.draft --pictures DIR

Each picture, and the same enlarged two and four times, goes through the service's own decoding
twice: as the JPEG that it is, which `draft` may reduce, and as a bitmap of all its pixels, which
nothing reduces. The default model answers both.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from inference.model import Model
from inference.pictures.decoding import PictureLimits, decode
from inference.references import parse_reference
from inference.settings import DEFAULT_MODEL
from training.free_photos import free_photos

ENLARGED = (1, 2, 4)
_QUALITY = 90
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True, slots=True)
class DraftStep:
    """Pictures enlarged so many times: how many, whose best class is the same, mean difference."""

    enlarged: int
    pictures: int
    reduced: int
    same: int
    grey_levels: float


def measure_draft(folder: Path | None, most: int = 1000) -> list[DraftStep]:
    """The pictures in `folder` (searched), or four free photographs if there is none."""
    model = Model(parse_reference(DEFAULT_MODEL).bundle())
    return [_step(model, _pictures(folder, most), times) for times in ENLARGED]


def _pictures(folder: Path | None, most: int) -> Iterable[bytes]:
    if folder is None:
        return free_photos().values()
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)
    if not paths:
        raise SystemExit(f"{folder} holds no picture that ends with one of {' '.join(_SUFFIXES)}")
    return (path.read_bytes() for path in paths[:most])


def _step(model: Model, pictures: Iterable[bytes], times: int) -> DraftStep:
    limits = PictureLimits(max_bytes=500_000_000)
    count = reduced = same = 0
    differences = []
    for data in pictures:
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        size = (image.width * times, image.height * times)
        if size[0] * size[1] > limits.max_pixels:
            continue
        image = image.resize(size, Image.Resampling.LANCZOS) if times > 1 else image
        jpeg = _saved(image, "JPEG", quality=_QUALITY)
        bitmap = _saved(Image.open(io.BytesIO(jpeg)), "BMP")
        ours, whole = (
            decode(each, model.size, model.recipe, limits).pixels for each in (jpeg, bitmap)
        )
        count += 1
        reduced += bool((ours != whole).any())
        same += int(model.scores(ours).argmax() == model.scores(whole).argmax())
        differences.append(np.abs(ours.astype(np.int16) - whole).mean())
    return DraftStep(times, count, reduced, same, float(np.mean(differences)))


def _saved(image: Image.Image, kind: str, **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path)
    for step in measure_draft(parser.parse_args().pictures):
        print(
            f"enlarged {step.enlarged}×: {step.same} of {step.pictures} pictures get the same "
            f"answer; {step.reduced} were reduced, by {step.grey_levels:.2f} grey levels on average"
        )


if __name__ == "__main__":
    main()
