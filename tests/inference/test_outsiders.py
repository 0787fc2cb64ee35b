"""Distances: what SciPy says too, and statistics of pictures of any shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import mahalanobis
from scipy.special import logsumexp

from inference.outsiders import STATISTICS, SUMMARY, View, farthest, statistics, summary

MEANS = np.array([[0.0, 0.0], [4.0, 0.0]])
PRECISION = np.array([[2.0, 0.3], [0.3, 0.5]])


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_a_distance_is_that_to_the_nearest_mean(x: float, y: float) -> None:
    point = np.array([x, y])

    found = View(MEANS, PRECISION, scale=2.0).distance(point)

    nearest = min(mahalanobis(point, mean, PRECISION) ** 2 for mean in MEANS)
    assert found == pytest.approx(nearest / 2, rel=1e-9, abs=1e-9)


def test_the_view_in_which_a_picture_lies_farthest_counts() -> None:
    near, far = View(MEANS, PRECISION, 100.0), View(MEANS, PRECISION, 1.0)
    point = np.array([1.0, 1.0])

    assert farthest([(near, point), (far, point)]) == far.distance(point)


@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from([1, 3]), st.integers(0, 9))
def test_a_picture_of_any_shape_has_finite_statistics(
    height: int, width: int, channels: int, seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)

    found = statistics(pixels)

    assert found.shape == (STATISTICS,)
    assert np.isfinite(found).all()
    assert found[0] == pytest.approx(pixels.mean() / 255, abs=1e-5)
    assert found[1] == pytest.approx(pixels.mean(axis=-1).std() / 255, abs=1e-5)


def test_grey_pictures_and_their_copies_in_three_channels_are_alike() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (40, 30, 1), np.uint8)

    assert statistics(np.repeat(grey, 3, axis=2)) == pytest.approx(statistics(grey), abs=1e-5)


def test_steps_across_and_steps_down_are_told_apart() -> None:
    across = np.zeros((64, 64, 1), np.uint8)
    across[:, ::2] = 255

    found = statistics(across)

    assert np.exp(found[3:5]) == pytest.approx([0.001, 1.001], abs=1e-4)
    assert statistics(across.transpose(1, 0, 2))[[4, 3]] == pytest.approx(found[3:5])


def test_a_summary_does_not_mind_which_class_it_is() -> None:
    logits = np.array([700.0, -3.0, 2.0])

    found = summary(logits)

    assert found == pytest.approx([700, logsumexp(logits), logits.mean(), logits.std()])
    assert found.shape == (SUMMARY,)
    assert summary(logits[::-1]) == pytest.approx(found)
