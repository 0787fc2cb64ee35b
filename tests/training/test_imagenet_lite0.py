"""The one command rebuilds the bundle from what it is given, or says why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inference.bundle import read_bundle
from inference.errors import ModelError
from inference.golden import verify
from inference.manifest import Accuracy, Agreement
from inference.model import Model
from inference.pictures.decoding import PictureLimits, decode
from inference.scores import to_scores
from inference.stores.directory import DirectoryStore
from inference.tensors import TensorTable, TensorType
from tests.untraced import untraced
from training.free_photos import free_photos
from training.imagenet_lite0 import check_float32, check_int8, main, parse_labels, rebuild
from training.litert import to_float32, to_int8
from training.pretrained import RECIPE, load_network

pytestmark = pytest.mark.tensorflow

COMMITTED = Path(__file__).parents[2] / "models" / "imagenet-lite0"
LABELS = COMMITTED / "labels.txt"

# What ImageNet calls what the free photographs show.
NAMED = {
    "282_tiger_cat.png": "chelsea.png",
    "698_palace.jpg": "china.jpg",
    "967_espresso.png": "coffee.png",
    "985_daisy.jpg": "flower.jpg",
}


@pytest.mark.slow(seconds=40)
def test_the_command_writes_a_bundle_that_gives_its_golden_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for conversion in (to_float32, to_int8):
        name = f"training.imagenet_lite0.{conversion.__name__}"
        monkeypatch.setattr(name, untraced(conversion))  # half a minute of TensorFlow's own Python
    photos = tmp_path / "photos"
    photos.mkdir()
    for name, source in NAMED.items():
        (photos / name).write_bytes(free_photos()[source])
    out = tmp_path / "bundle"
    assert main(["--photos", str(photos), "--labels", str(LABELS), "--out", str(out)]) == 0
    bundle = read_bundle(DirectoryStore(out))
    verify(Model(bundle))
    committed = read_bundle(DirectoryStore(COMMITTED)).manifest
    for fact in ("input", "recipe", "output", "origin"):
        assert getattr(bundle.manifest, fact) == getattr(committed, fact)
    assert bundle.manifest.files["labels.txt"] == committed.files["labels.txt"]
    assert f"release {bundle.release}" in capsys.readouterr().out


def test_the_committed_bundle_sees_what_the_float_network_sees_in_the_golden_pictures() -> None:
    model = Model(read_bundle(DirectoryStore(COMMITTED)))
    assert model.recipe == RECIPE
    pixels = [
        decode(data, model.size, RECIPE, PictureLimits()).pixels for data in free_photos().values()
    ]
    table = TensorTable(RECIPE, TensorType(np.dtype(np.float32)))
    logits = load_network().predict(np.concatenate([*map(table.tensor, pixels)]), verbose=0)
    theirs = np.stack([to_scores(row, "none") for row in logits])
    ours = np.stack([model.scores(picture) for picture in pixels])
    assert ours.argmax(axis=1).tolist() == theirs.argmax(axis=1).tolist()
    agreement = model.bundle.manifest.quantisation.agreement
    assert agreement is not None
    assert np.abs(ours - theirs).max() <= agreement.max_difference


def test_missing_photos_are_said_on_stderr_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bundle"
    assert main(["--photos", str(tmp_path), "--labels", str(LABELS), "--out", str(out)]) == 1
    assert "not rebuilt" in (said := capsys.readouterr().err)
    assert "holds no photo" in said
    assert not out.exists()


def test_a_single_photo_is_too_few(tmp_path: Path) -> None:
    (tmp_path / "282_tiger_cat.png").write_bytes(free_photos()["chelsea.png"])
    with pytest.raises(ModelError, match="holds one photo; some must calibrate and some be new"):
        rebuild(tmp_path, LABELS, tmp_path / "bundle")


def test_a_missing_argument_is_wrong_usage() -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--photos", "somewhere"])
    assert exit_.value.code == 2


def test_labels_are_read_with_and_without_the_number_of_their_class() -> None:
    names = [f"class {number}" for number in range(1000)]
    plain = "".join(f"{name}\n" for name in names).encode()
    numbered = "\n".join(f"n{number:08}\t{name}" for number, name in enumerate(names)).encode()
    assert parse_labels(numbered) == parse_labels(plain) == plain


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"cat\ndog\n", "2 labels, 0 of them empty, for 1000 classes"),
        (b"cat\n" * 999 + b"\n", "1000 labels, 1 of them empty"),
        (b"\xff\xfe", "not UTF-8"),
    ],
    ids=["too few", "empty", "not text"],
)
def test_labels_that_do_not_fit_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        parse_labels(content)


GOOD = Accuracy(top1=0.85, pictures=100, data_sha256="0" * 64)
NEAR = Agreement(top1=0.95, max_difference=0.2, pictures=100)


def test_a_network_that_is_just_good_enough_passes() -> None:
    check_int8(GOOD, NEAR)
    check_float32(NEAR.model_copy(update={"max_difference": 1e-4}))


@pytest.mark.parametrize(
    ("accuracy", "agreement"), [(0.84, 0.95), (0.85, 0.94)], ids=["too wrong", "too far"]
)
def test_a_network_that_quantisation_spoilt_is_refused_with_its_figures(
    accuracy: float, agreement: float
) -> None:
    with pytest.raises(ModelError, match=rf"right on {accuracy:.1%}.*agrees.* {agreement:.1%}"):
        check_int8(
            GOOD.model_copy(update={"top1": accuracy}), NEAR.model_copy(update={"top1": agreement})
        )


def test_a_network_that_conversion_changed_is_refused() -> None:
    with pytest.raises(ModelError, match=r"is 0\.0002 off that of Keras; 0\.0001 is the most"):
        check_float32(NEAR.model_copy(update={"max_difference": 2e-4}))
