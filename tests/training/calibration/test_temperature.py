"""Temperatures: found again where they are known, and no more extreme than pictures tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, softmax

from inference.scores import Activation, to_scores
from training.calibration.temperature import HIGHEST, LOWEST, fit_temperature


def honest(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits of five classes, and truths drawn from the very probabilities that they mean."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (count, 5))
    likely = softmax(logits, axis=1)
    truth = np.array([rng.choice(5, p=row) for row in likely])
    return logits, truth


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("activation", ["none", "softmax"])
def test_a_temperature_that_is_known_is_found_again(
    temperature: float, activation: Activation
) -> None:
    logits, truth = honest(3_000)
    heated = logits * temperature
    outputs = heated if activation == "none" else softmax(heated, axis=1)

    found = fit_temperature(outputs.astype(np.float32), truth, activation)

    assert found == pytest.approx(temperature, rel=0.08)


def test_a_sigmoid_has_a_temperature_too() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (3_000, 2))
    logits[:, 1] = -logits[:, 0]
    truth = (rng.random(3_000) > expit(logits[:, 0])).astype(int)

    found = fit_temperature(expit(2 * logits).astype(np.float32), truth, "sigmoid")

    assert found == pytest.approx(2, rel=0.1)


@settings(max_examples=25)
@given(st.integers(1, 40), st.integers(0, 99))
def test_pictures_that_are_all_right_do_not_make_a_network_sure_of_everything(
    count: int, seed: int
) -> None:
    logits, _ = honest(count, seed)

    found = fit_temperature(logits.astype(np.float32), logits.argmax(axis=1), "none")

    assert LOWEST < found < HIGHEST
    assert found > 0.25


@given(st.floats(0.05, 20), st.sampled_from(["none", "softmax", "sigmoid"]), st.integers(0, 99))
def test_a_temperature_changes_no_order_and_no_range(
    temperature: float, activation: Activation, seed: int
) -> None:
    logits = np.random.default_rng(seed).normal(0, 1, 6)
    outputs = {"none": logits, "softmax": softmax(logits), "sigmoid": expit(logits)}[activation]

    found = to_scores(outputs.astype(np.float32), activation, temperature)

    assert found.dtype == np.float32
    assert ((found >= 0) & (found <= 1)).all()
    order = np.argsort(-logits)
    assert (np.diff(found[order]) <= 0).all()
    if activation != "sigmoid":
        assert found == pytest.approx(softmax(logits / temperature), abs=1e-4)
    else:
        assert found == pytest.approx(expit(logits / temperature), abs=1e-4)


def test_scores_of_nought_and_one_have_finite_logits() -> None:
    for activation in ("softmax", "sigmoid"):
        found = to_scores(np.array([0, 1], np.float32), activation, 2.0)
        assert np.isfinite(found).all()
        assert found[1] > 0.99
