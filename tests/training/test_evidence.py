"""Accuracy and agreement are shares and distances that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from inference.manifest import Accuracy, Agreement
from training.evidence import Evidence
from training.photos import Photo, digest

PHOTOS = [Photo(f"{index}_photo.jpg", bytes([index]), index) for index in (0, 1, 2, 0)]
REFERENCE = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.5, 0.1, 0.4], [0.9, 0.1, 0]], np.float32)
SCORES = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.3, 0.2, 0.5], [0.9, 0.1, 0]], np.float32)
EVIDENCE = Evidence(PHOTOS, [np.zeros((2, 2, 3), np.uint8)] * 4, REFERENCE)


def test_accuracy_is_the_share_of_photos_whose_best_class_is_right() -> None:
    assert EVIDENCE.accuracy(SCORES) == Accuracy(top1=0.75, pictures=4, data_sha256=digest(PHOTOS))


def test_agreement_counts_equal_best_classes_and_the_largest_distance_of_a_score() -> None:
    assert EVIDENCE.agreement(SCORES) == Agreement(top1=0.5, max_difference=0.4, pictures=4)


def test_a_part_of_the_photos_has_figures_of_its_own() -> None:
    first = slice(0, 1)
    assert EVIDENCE.agreement(SCORES, first) == Agreement(top1=1.0, max_difference=0.1, pictures=1)
    assert EVIDENCE.accuracy(SCORES, first).data_sha256 == digest(PHOTOS[:1])


@pytest.mark.parametrize("figure", ["4 photos", "75.0% right", "50.0% as Keras", "0.4000 off"])
def test_the_summary_names_every_figure(figure: str) -> None:
    assert figure in EVIDENCE.summary("LiteRT int8", SCORES)
