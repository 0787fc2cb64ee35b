"""The head, and the trials that choose its features and its penalty."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import fractional_matrix_power
from sklearn.covariance import LedoitWolf
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from tests.training.transfer.courses import Quiet
from training.transfer import heads
from training.transfer.heads import fit, losses_of
from training.transfer.trials import Trial, best_of, try_all


def blobs(
    classes: int, spread: float, each: int = 40
) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Points around as many centres, in eight dimensions of very different scale."""
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 1, (classes, 8))
    labels = np.repeat(np.arange(classes), each)
    points = centres[labels] + rng.normal(0, spread, (len(labels), 8))
    return (points * np.logspace(-3, 3, 8) + 5).astype(np.float32), labels


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("decorrelated", [True, False], ids=["few features", "many features"])
def test_a_head_gives_the_scores_of_scikit_learn(
    classes: int, *, decorrelated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "MOST_DECORRELATED", 8 if decorrelated else 7)
    features, labels = blobs(classes, 0.5)
    seen = (features - features.mean(axis=0)) / features.std(axis=0)
    if decorrelated:
        means = np.stack([seen[labels == index].mean(axis=0) for index in range(classes)])
        inside = LedoitWolf(assume_centered=True).fit(seen - means[labels]).covariance_
        seen = seen @ fractional_matrix_power(inside, -0.25)
    expected = LogisticRegression(C=0.1, class_weight="balanced", tol=1e-6).fit(seen, labels)

    head = fit(features, labels, classes, 0.1)

    assert head.kernel.shape == (8, classes)
    np.testing.assert_allclose(head.scores(features), expected.predict_proba(seen), atol=2e-3)


def test_what_varies_most_in_every_class_hides_no_difference_between_them() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 400)
    light, own = rng.normal(0, 3, (800, 1)), rng.normal(0, 0.5, (800, 20))
    features = (own + light + 0.4 * labels[:, np.newaxis] * (-1) ** np.arange(20)).astype(
        np.float32
    )
    few = np.r_[:15, 400:415]

    answers = fit(features[few], labels[few], 2, 0.03).scores(features).argmax(axis=1)

    standard = LogisticRegression(C=0.03).fit(features[few] / features.std(axis=0), labels[few])
    usual = standard.score(features / features.std(axis=0), labels)
    assert (answers == labels).mean() > usual + 0.02


def test_the_same_features_give_the_same_head_to_the_last_bit() -> None:
    features, labels = blobs(3, 1.0)

    first, second = (fit(features, labels, 3, 1.0) for _ in range(2))

    assert first.kernel.tobytes() == second.kernel.tobytes()
    assert first.bias.tobytes() == second.bias.tobytes()


def test_a_rare_class_is_learned_as_well_as_a_frequent_one() -> None:
    features, labels = blobs(2, 1.0, each=200)
    few = np.concatenate([np.arange(200), np.arange(200, 212)])

    head = fit(features[few], labels[few], 2, 0.01)

    answers = head.scores(features).argmax(axis=1)
    recalls = [(answers[labels == index] == index).mean() for index in (0, 1)]
    assert abs(recalls[0] - recalls[1]) < 0.1


def test_a_feature_that_is_always_the_same_does_no_harm() -> None:
    features, labels = blobs(2, 0.2)
    features[:, 0] = 7.0

    assert (fit(features, labels, 2, 1.0).scores(features).argmax(axis=1) == labels).all()


def test_trials_find_the_features_that_tell_the_classes_apart() -> None:
    good, labels = blobs(3, 0.4)
    noise = np.random.default_rng(1).normal(size=(len(labels), 30)).astype(np.float32)
    folds = list(StratifiedKFold(3, shuffle=True, random_state=0).split(labels, labels))

    trials = try_all({(0,): noise, (1,): good}, labels, 3, folds, Quiet())

    best = best_of(trials)
    assert best is not None
    assert best.part == (1,)
    assert best.loss == min(trial.loss for trial in trials)
    assert best.accuracy > 0.9
    assert all(trial.loss > 0 for trial in trials)


def test_trials_that_are_stopped_give_what_is_known_by_then() -> None:
    features, labels = blobs(2, 0.4)
    folds = list(StratifiedKFold(3, shuffle=True, random_state=0).split(labels, labels))

    trials = try_all({(0,): features}, labels, 2, folds, Quiet(stop_in="choosing", after=2))

    assert len(trials) == 2
    assert best_of(trials[:1]) is None


def test_of_equal_trials_the_first_is_taken() -> None:
    losses = np.array([0.4, 0.6])
    trials = [Trial(part, 0.01, losses, 0.9) for part in ((2,), (0, 1))]

    assert best_of(trials) is trials[0]


def test_the_loss_of_a_sure_and_wrong_answer_is_large_and_finite() -> None:
    scores = np.array([[1.0, 0.0], [1.0, 0.0]])

    assert losses_of(scores, np.array([0, 0])) == pytest.approx([0.0, 0.0])
    assert 10 < losses_of(scores, np.array([0, 1])).mean() < 20
