"""What is unlike all that was seen: found by what was fitted, and seldom what was seen."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.covariance import LedoitWolf

from inference.calibration import Outside
from inference.outsiders import STATISTICS, SUMMARY, farthest, summary
from training.calibration.outside import RATE, fit_outside


def pictures(
    rng: np.random.Generator, count: int, classes: int, shift: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits, statistics and truths of pictures that lie `shift` away from the usual ones."""
    truth = rng.integers(0, classes, count)
    logits = rng.normal(0, 1, (count, classes))
    logits[np.arange(count), truth] += 6
    return logits + shift, rng.normal(0, 1, (count, STATISTICS)) + shift, truth


def marked(outside: Outside, logits: np.ndarray, pixels: np.ndarray) -> float:
    """The share that lies outside."""
    views = [(each.of, each.view()) for each in outside.views]
    found = []
    for one, other in zip(logits, pixels, strict=True):
        numbers = {"logits": one, "summary": summary(one), "pixels": other}
        found.append(farthest([(view, numbers[of]) for of, view in views]))
    return float(np.mean(np.array(found) > outside.threshold))


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_few_new_pictures_of_the_same_kind_lie_outside_and_most_others_do(classes: int) -> None:
    rng = np.random.default_rng(classes)
    outside = fit_outside(*pictures(rng, 400, classes))

    own, others = (pictures(rng, 1_000, classes, shift) for shift in (0.0, 4.0))

    assert marked(outside, *own[:2]) <= 0.05
    assert marked(outside, *others[:2]) >= 0.95
    views = {each.of: len(each.precision) for each in outside.views}
    assert views == {
        "pixels": STATISTICS,
        "summary": SUMMARY,
        **({"logits": classes} if classes <= 64 else {}),
    }


def test_either_view_alone_tells_a_picture() -> None:
    rng = np.random.default_rng(0)
    outside = fit_outside(*pictures(rng, 400, 5))
    logits, pixels, _ = pictures(rng, 500, 5)

    assert marked(outside, logits + 6, pixels) >= 0.95
    assert marked(outside, logits, pixels + 6) >= 0.95


def test_few_pictures_allow_no_lower_rate_than_their_number() -> None:
    rng = np.random.default_rng(0)

    assert fit_outside(*pictures(rng, 19, 3)).rate == pytest.approx(1 / 20)
    assert fit_outside(*pictures(rng, 49, 3)).rate == RATE


def test_a_class_of_one_picture_and_numbers_that_never_change_are_fitted() -> None:
    rng = np.random.default_rng(0)
    logits, pixels, truth = pictures(rng, 60, 3)
    truth[:] = 0
    truth[0] = 2
    pixels[:, 2] = -4.6

    outside = fit_outside(logits, pixels, truth)

    assert len(outside.views) == 3
    assert marked(outside, logits, pixels) <= 0.1
    changed = pixels.copy()
    changed[:, 2] = 0.0
    assert marked(outside, logits, changed) == 1.0


def test_pictures_that_are_all_the_same_are_not_outside_of_themselves() -> None:
    logits, pixels = np.full((40, 2), 0.1), np.full((40, STATISTICS), -4.605170186)
    truth = np.arange(40) % 2

    outside = fit_outside(logits, pixels, truth)

    assert marked(outside, logits, pixels) == 0
    assert marked(outside, logits, pixels + 0.1) == 1


def test_scatter_is_what_scikit_learn_shrinks() -> None:
    logits, pixels, truth = pictures(np.random.default_rng(0), 300, 4)

    outside = fit_outside(logits, pixels, truth)

    found = next(each for each in outside.views if each.of == "pixels")
    standard = (pixels - pixels.mean(0)) / pixels.std(0)
    covariance = LedoitWolf().fit(standard).covariance_ * np.outer(pixels.std(0), pixels.std(0))
    expected = np.linalg.inv(covariance)
    assert np.array(found.means) == pytest.approx(pixels.mean(0)[np.newaxis], rel=1e-6)
    assert np.array(found.precision) == pytest.approx(expected, rel=1e-4, abs=1e-5)
