"""Other views of a picture: what they are, and that they are learned from where that helps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sklearn.model_selection import StratifiedKFold

from inference.framing import Size
from inference.recipe import Recipe
from tests.training.transfer.courses import Quiet
from training.labelled import LabelledPicture
from training.transfer import heads
from training.transfer.fingerprints import Fingerprint, fingerprint
from training.transfer.heads import fit
from training.transfer.survey import Sample
from training.transfer.trials import AS_THEY_ARE, Trial, choose_way, try_views
from training.transfer.views import (
    CHANGES,
    CLOSER,
    MOST_LIGHT,
    MOST_PICTURES,
    Augment,
    are_wanted,
    views,
)

SIZE: Size = (20, 20)


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    """A picture in which every pixel of 20 × 20 is another, and none is near black or white."""
    path = tmp_path / "picture.png"
    grey = np.arange(400).reshape(20, 20) / 400 * 120 + 60
    Image.fromarray(np.repeat(grey[..., np.newaxis], 3, axis=2).astype(np.uint8)).save(path)
    picture = LabelledPicture("a/picture.png", path, 0)
    found = fingerprint(picture)
    assert isinstance(found, Fingerprint)
    return Sample(picture, found, 0)


def seen(sample: Sample, size: Size = SIZE) -> list[NDArray[np.uint8]]:
    return list(views(sample.picture, sample.print.sha256, size, Recipe()))


def test_views_are_the_picture_mirrored_and_turned(sample: Sample) -> None:
    pixels = sample.picture.pixels(SIZE, Recipe())

    for change, view in zip(CHANGES, seen(sample), strict=True):
        back = np.rot90(view[:, ::-1] if change.mirrored else view, -change.quarters)
        assert view.shape == pixels.shape
        assert np.array_equal(back, pixels) != change.closer


def test_a_closer_view_is_a_part_of_the_picture_a_little_brighter_or_darker(
    sample: Sample,
) -> None:
    large = sample.picture.pixels((round(20 * CLOSER), round(20 * CLOSER)), Recipe())
    places = [(top, left) for top in range(6) for left in range(6)]

    for change, view in zip(CHANGES, seen(sample), strict=True):
        back = np.rot90(view[:, ::-1] if change.mirrored else view, -change.quarters)
        parts = [large[top : top + 20, left : left + 20].astype(float) for top, left in places]
        lights = [back.mean() / part.mean() for part in parts]
        apart = [
            np.abs(part * light - back).max() for part, light in zip(parts, lights, strict=True)
        ]
        best = int(np.argmin(apart))
        assert not change.closer or apart[best] <= 1
        assert not change.closer or abs(lights[best] - 1) <= MOST_LIGHT + 0.01


def test_the_same_picture_gives_the_same_views_under_any_name(
    sample: Sample, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.png"
    copy.write_bytes(sample.picture.data)
    renamed = Sample(LabelledPicture("b/copy.png", copy, 1), sample.print, 7)

    assert [each.tobytes() for each in seen(sample)] == [each.tobytes() for each in seen(renamed)]


def test_what_is_not_square_keeps_its_shape(sample: Sample) -> None:
    assert {each.shape for each in seen(sample, (20, 12))} == {(12, 20, 3)}


@pytest.mark.parametrize(
    ("wish", "pictures", "wanted"),
    [
        ("auto", 300, True),
        ("auto", MOST_PICTURES, True),
        ("auto", MOST_PICTURES + 1, False),
        ("never", 300, False),
    ],
)
def test_views_are_for_few_pictures(wish: Augment, pictures: int, wanted: bool) -> None:
    assert are_wanted(wish, pictures) == wanted


def points() -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Three classes in six dimensions, 30 pictures of each: `(90, 6)`."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 30)
    here = rng.normal(0, 1, (3, 6))[labels] + rng.normal(0, 0.8, (90, 6))
    return here.astype(np.float32), labels


def around(features: NDArray[np.float32], labels: NDArray[np.intp]) -> NDArray[np.float32]:
    """`(90, 6, 6)`: each picture, and five more that lie where pictures of `labels` do."""
    rng = np.random.default_rng(1)
    truth = np.repeat(np.arange(3), 30)
    centres = np.stack([features[truth == each].mean(axis=0) for each in range(3)])
    others = centres[labels][:, np.newaxis] + rng.normal(0, 0.8, (90, 5, 6))
    return np.concatenate([features[:, np.newaxis], others.astype(np.float32)], axis=1)


def tried(ways: dict[str, NDArray[np.float32]], course: Quiet) -> list[Trial]:
    """Trials of these ways with what was best before, at a loss that both beat or miss."""
    labels = points()[1]
    folds = list(StratifiedKFold(3, shuffle=True, random_state=0).split(labels, labels))
    return try_views(Trial((0,), 0.03, np.ones(90), 0.5), ways, labels, 3, folds, course)


def test_views_share_the_weight_of_their_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "MOST_DECORRELATED", 0)  # views do tell more of what varies together
    features, labels = points()

    once = fit(features, labels, 3, 0.1)
    twice = fit(np.stack([features, features], axis=1), labels, 3, 0.1)

    np.testing.assert_allclose(once.kernel, twice.kernel, atol=2e-3)
    np.testing.assert_allclose(once.bias, twice.bias, atol=2e-3)


def test_views_that_mislead_lose_against_those_that_help() -> None:
    features, labels = points()
    wrong = np.random.default_rng(2).permutation(labels)
    course = Quiet()

    trials = tried(
        {"helping": around(features, labels), "misleading": around(features, wrong)}, course
    )

    least = {
        way: min(each.loss for each in trials if each.way == way)
        for way in ("helping", "misleading")
    }
    plain = tried({AS_THEY_ARE: features[:, np.newaxis]}, Quiet())
    assert least["helping"] < min(each.loss for each in plain) < least["misleading"]
    assert course.phases == ["choosing views by cross-validation"]


@pytest.mark.parametrize(
    ("plain", "mirrored", "turned", "chosen"),
    [
        pytest.param(0.5, 0.4, 0.3, "turned", id="the more the better"),
        pytest.param(0.5, 0.5, 0.5, "turned", id="no difference"),
        pytest.param(0.5, 0.5, 0.9, "mirrored", id="what has an up and a down"),
        pytest.param(0.5, 0.8, 0.9, AS_THEY_ARE, id="what has a left and a right"),
        pytest.param(0.50, 0.51, 0.52, "turned", id="less than noise"),
    ],
)
def test_the_most_views_are_taken_that_do_no_harm_beyond_noise(
    plain: float, mirrored: float, turned: float, chosen: str
) -> None:
    rng = np.random.default_rng(0)
    common = rng.exponential(0.2, 90)

    def trial(way: str, loss: float) -> Trial:
        return Trial((0,), 0.1, common + loss + rng.normal(0, 0.1, 90), 0.9, way)

    others = [trial("mirrored", 2.0), trial("mirrored", mirrored), trial("turned", turned)]

    assert choose_way(trial(AS_THEY_ARE, plain), others).way == chosen


def test_trials_of_views_may_be_stopped() -> None:
    features, labels = points()

    found = tried({"views": around(features, labels)}, Quiet(stop_in="choosing", after=1))

    assert [each.way for each in found] == ["views"]
