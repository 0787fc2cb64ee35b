"""The figures of an evaluation are what other formulas, written out, make of the same answers."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import classification_report, top_k_accuracy_score

from tests.training.evaluation.answers import answered
from training.evaluation.asking import Answered
from training.evaluation.figures import Share, measure
from training.evaluation.reliability import BINS, reliability

CLASSES = 8
LABELS = tuple(f"class {index}" for index in range(CLASSES))
Z = 1.959963984540054


@pytest.fixture(scope="module")
def scores() -> tuple[np.ndarray, np.ndarray]:
    """The truth of 400 pictures, `(400,)`, and scores that are often right, `(400, 8)`."""
    rng = np.random.default_rng(7)
    truth = rng.integers(0, CLASSES - 1, 400)  # of the last class there is no picture
    raw = rng.uniform(size=(400, CLASSES)) + 0.6 * np.eye(CLASSES)[truth]
    return truth, raw / raw.sum(axis=1, keepdims=True)


def ranked(truth: np.ndarray, scores: np.ndarray) -> list[Answered]:
    """What a model with these scores answers."""
    return [
        answered(int(index), *((int(k), float(row[k])) for k in np.argsort(-row)[:5]), ms=place)
        for place, (index, row) in enumerate(zip(truth, scores, strict=True))
    ]


def wilson(count: int, of: int) -> tuple[float, float]:
    """Wilson (1927), written out."""
    share = count / of
    middle = (share + Z**2 / (2 * of)) / (1 + Z**2 / of)
    half = Z / (1 + Z**2 / of) * sqrt(share * (1 - share) / of + Z**2 / (4 * of**2))
    return middle - half, middle + half


def test_top_k_is_that_of_scikit_learn_on_whole_scores(
    scores: tuple[np.ndarray, np.ndarray],
) -> None:
    truth, raw = scores
    figures = measure(ranked(truth, raw), LABELS)

    expected = {k: top_k_accuracy_score(truth, raw, k=k, labels=range(CLASSES)) for k in (1, 3, 5)}
    assert {k: share.value for k, share in figures.top.items()} == pytest.approx(expected)
    assert figures.accuracy.value == expected[1]


def test_classes_and_means_are_those_of_a_classification_report(
    scores: tuple[np.ndarray, np.ndarray],
) -> None:
    truth, raw = scores
    figures = measure(ranked(truth, raw), LABELS)

    report = classification_report(
        truth, raw.argmax(axis=1), labels=np.unique(truth), output_dict=True, zero_division=0.0
    )
    for mean, name in ((figures.macro, "macro avg"), (figures.weighted, "weighted avg")):
        found = (mean.precision, mean.recall, mean.f1)
        expected = (report[name]["precision"], report[name]["recall"], report[name]["f1-score"])
        assert found == pytest.approx(expected)
    for each in figures.classes[:-1]:
        row = report[str(each.index)]
        assert (each.precision, each.recall, each.f1, each.pictures) == pytest.approx(
            (row["precision"], row["recall"], row["f1-score"], row["support"])
        )


def test_a_class_without_pictures_has_no_recall_and_one_never_answered_no_precision() -> None:
    figures = measure([answered(0, (1, 0.9)), answered(1, (1, 0.8))], ("a", "b"))

    first, second = figures.classes
    assert (first.precision, first.recall, first.answered) == (None, 0.0, 0)
    assert (second.precision, second.recall, second.answered) == (0.5, 1.0, 2)
    only = measure([answered(0, (1, 0.9))], ("a", "b")).classes[1]
    assert (only.recall, only.f1, only.precision) == (None, None, 0.0)


def test_the_confusion_counts_every_picture_once(scores: tuple[np.ndarray, np.ndarray]) -> None:
    truth, raw = scores
    figures = measure(ranked(truth, raw), LABELS)

    counted = {(each.truth, each.answer): each.count for each in figures.confusion}
    pairs = list(zip(truth.tolist(), raw.argmax(axis=1).tolist(), strict=True))
    assert counted == {pair: pairs.count(pair) for pair in set(pairs)}


def test_the_calibration_error_is_the_weighted_mean_of_the_gaps(
    scores: tuple[np.ndarray, np.ndarray],
) -> None:
    truth, raw = scores
    best, right = raw.max(axis=1), raw.argmax(axis=1) == truth
    found = reliability(best, right)

    expected = 0.0
    for place in range(BINS):
        inside = (best >= place / BINS) & (best < (place + 1) / BINS)
        if inside.any():
            gap = abs(right[inside].mean() - best[inside].mean())
            expected += gap * inside.sum() / len(best)
    assert found.ece == pytest.approx(expected)
    assert sum(each.pictures for each in found.bins) == len(best)
    assert found.largest >= found.ece


def test_latency_is_the_median_and_the_slowest_twentieth() -> None:
    every = [answered(0, (0, 0.9), name=str(ms), ms=float(ms)) for ms in range(101)]
    figures = measure(every, ("a", "b"))

    assert (figures.p50_ms, figures.p95_ms) == (50.0, 95.0)


def test_a_k_that_takes_in_every_class_is_left_out() -> None:
    every = [answered(0, (0, 0.9), (1, 0.05), (2, 0.05))]

    assert set(measure(every, ("a", "b", "c")).top) == {1}
    assert set(measure(every, ("a", "b", "c", "d")).top) == {1, 3}


@given(st.integers(1, 5_000), st.data())
def test_the_interval_of_a_share_is_wilsons(of: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, of))
    share = Share.of_counts(count, of)

    assert (share.low, share.high) == pytest.approx(wilson(count, of), abs=1e-9)
    assert 0 <= share.low <= share.value <= share.high <= 1


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_a_reliability_is_finite_and_counts_everything(pairs: list[tuple[float, bool]]) -> None:
    found = reliability(np.array([one for one, _ in pairs]), np.array([two for _, two in pairs]))

    assert sum(each.pictures for each in found.bins) == len(pairs)
    assert 0 <= found.ece <= found.largest + 1e-9 <= 1 + 1e-9
    assert all((each.score is None) == (each.pictures == 0) for each in found.bins)
