"""How near a converted network is to its original, and how near it must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from inference.errors import ModelError
from inference.manifest import Agreement
from inference.plurals import counted

Scheme = Literal["none", "float16", "int8"]
Scores = NDArray[np.float32]

FLOAT32_MAX_DIFFERENCE: Final = 1e-4
FLOAT16_MAX_DIFFERENCE: Final = 0.02
FLOAT16_MIN_AGREEMENT: Final = 0.99
INT8_MIN_AGREEMENT: Final = 0.95

# What differs in later digits is rounding, and another processor rounds differently.
_DECIMALS: Final = 4


@dataclass(frozen=True, slots=True)
class Tolerance:
    """The largest difference of two scores, and the least share of equal best classes."""

    max_difference: float
    min_agreement: float


TOLERANCES: Final[dict[Scheme, Tolerance]] = {
    # Where two classes are equally likely the best of them may change; the scores may not.
    "none": Tolerance(FLOAT32_MAX_DIFFERENCE, 0.0),
    "float16": Tolerance(FLOAT16_MAX_DIFFERENCE, FLOAT16_MIN_AGREEMENT),
    # One score may move far where a picture is hard; what counts is how often the answer does.
    "int8": Tolerance(1.0, INT8_MIN_AGREEMENT),
}


# Of an original in half precision: the copy is the exact one, and what is nearly equally likely to
# the original may change places, as in float32.
_HALVED: Final = Tolerance(FLOAT16_MAX_DIFFERENCE, 0.0)


@dataclass(frozen=True, slots=True)
class Proof:
    """What was measured on `pictures` pictures: unrounded, so that a limit means what it says."""

    top1: float
    max_difference: float
    pictures: int

    def agreement(self) -> Agreement:
        """The same for a manifest, rounded to what another machine would measure too."""
        return Agreement(
            top1=round(self.top1, _DECIMALS),
            max_difference=round(self.max_difference, _DECIMALS),
            pictures=self.pictures,
        )

    def __str__(self) -> str:
        return (
            f"the same best class on {self.top1:.1%} of {counted(self.pictures, 'picture')}, "
            f"scores at most {self.max_difference:.6f} apart"
        )


def measure(converted: Scores, original: Scores) -> Proof:
    """Compare the scores of two networks for the same pictures, `(pictures, classes)` each."""
    same = converted.argmax(axis=1) == original.argmax(axis=1)
    return Proof(float(same.mean()), float(np.abs(converted - original).max()), len(original))


def holds(proof: Proof, scheme: Scheme, *, halved: bool = False) -> bool:
    """Whether the conversion left the answers within tolerance, as `check` has it."""
    limit = _limit(scheme, halved=halved)
    return proof.max_difference <= limit.max_difference and proof.top1 >= limit.min_agreement


def check(proof: Proof, scheme: Scheme, *, halved: bool = False) -> None:
    """`ModelError` with the figures, if the conversion changed the answers beyond tolerance.

    An original that computes in half precision (`halved`) is itself as rough as float16 is.
    """
    if holds(proof, scheme, halved=halved):
        return
    limit = _limit(scheme, halved=halved)
    name = {"none": "float32"}.get(scheme, scheme)
    wanted = [
        *([f"{limit.min_agreement:.0%} the same"] if limit.min_agreement else []),
        *([f"{limit.max_difference:g} apart"] if limit.max_difference < 1 else []),
    ]
    raise ModelError(
        f"LiteRT {name} does not answer like the original: {proof}; the limit is "
        f"{' and '.join(wanted)}"
    )


def _limit(scheme: Scheme, *, halved: bool) -> Tolerance:
    return _HALVED if halved and scheme == "none" else TOLERANCES[scheme]
