"""A conversion that changed the answers beyond tolerance is refused with the figures."""

from __future__ import annotations

import numpy as np
import pytest

from inference.errors import ModelError
from training.proof import Proof, Scheme, check, measure


def test_the_largest_difference_and_the_share_of_equal_best_classes_are_measured() -> None:
    original = np.array([[0.9, 0.1], [0.4, 0.6]], np.float32)
    converted = np.array([[0.8, 0.2], [0.55, 0.45]], np.float32)

    proof = measure(converted, original)

    assert (proof.top1, proof.pictures) == (0.5, 2)
    assert proof.max_difference == pytest.approx(0.15)
    assert proof.agreement().model_dump() == {
        "top1": 0.5,
        "max_difference": 0.15,
        "pictures": 2,
    }


@pytest.mark.parametrize(
    ("scheme", "proof"),
    [
        ("none", Proof(1.0, 1e-4, 12)),
        pytest.param("none", Proof(0.5, 1e-6, 12), id="float32, equal scores in another order"),
        ("float16", Proof(0.99, 0.02, 100)),
        ("int8", Proof(0.95, 0.6, 100)),
    ],
)
def test_a_proof_within_its_tolerance_is_taken(scheme: Scheme, proof: Proof) -> None:
    check(proof, scheme)


@pytest.mark.parametrize(
    ("scheme", "proof", "words"),
    [
        (
            "none",
            Proof(1.0, 0.00014, 12),
            r"float32 .* 100.0% of 12 pictures, scores at most 0.000140 .* limit is 0.0001 apart",
        ),
        ("float16", Proof(0.98, 0.001, 100), "float16 .* 98.0% of 100 .* 99% the same and 0.02"),
        ("float16", Proof(1.0, 0.03, 100), "float16 .* at most 0.030000"),
        ("int8", Proof(0.94, 0.1, 100), "int8 .* 94.0% of 100 pictures.* limit is 95% the same"),
    ],
)
def test_a_proof_beyond_it_is_refused_with_figures_and_limit(
    scheme: Scheme, proof: Proof, words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        check(proof, scheme)


def test_an_original_in_half_precision_is_compared_as_float16_is() -> None:
    near = Proof(1.0, 0.01, 12)

    check(near, "none", halved=True)
    with pytest.raises(ModelError, match=r"0\.010000 apart"):
        check(near, "none")
    with pytest.raises(ModelError, match=r"0\.030000 apart"):
        check(Proof(1.0, 0.03, 12), "none", halved=True)
