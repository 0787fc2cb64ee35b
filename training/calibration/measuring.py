"""What a calibration is worth, on pictures that had no part in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inference.calibration import Calibration
from inference.decisions import rule
from inference.manifest import Calibrated, Outsiders
from inference.outsiders import farthest, summary
from training.calibration.looking import Seen
from training.calibration.temperature import fit_temperature
from training.evaluation.reliability import reliability

_DECIMALS: Final = 4


def measure(calibration: Calibration, calibrating: Seen, held_out: Seen) -> Calibrated:
    """How often the sets hold the right label, and the decisions are right, on `held_out`.

    The calibration error is that of all pictures, because few of them make it mostly noise: each
    half with the temperature that the other half fits.
    """
    scores, truth = held_out.scores(calibration.temperature), held_out.truth
    far = distances(calibration, held_out)
    limit = calibration.outside.threshold if calibration.outside else np.inf
    rulings = [
        rule(row, calibration.thresholds, outside=bool(each > limit))
        for row, each in zip(scores, far, strict=True)
    ]
    accepted = np.array([each.decision == "accept" for each in rulings])
    wrong = scores.argmax(axis=1) != truth
    crossed = fit_temperature(
        held_out.outputs, truth, held_out.model.bundle.manifest.output.activation
    )
    covered = [index in each.classes for index, each in zip(truth, rulings, strict=True)]
    return Calibrated(
        error=calibration.error,
        per_class=len(calibration.thresholds) > 1,
        calibrating_pictures=len(calibrating.pictures),
        coverage=_share(covered),
        accepted=_share(accepted),
        accepted_wrong=_share(accepted & wrong),
        unknown=_share(far > limit),
        ece_before=_ece([(each, 1.0) for each in (calibrating, held_out)]),
        ece=_ece([(calibrating, crossed), (held_out, calibration.temperature)]),
        pictures=len(truth),
        data_sha256=held_out.data_sha256,
    )


def measure_outsiders(
    calibration: Calibration, held_out: Seen, others: NDArray[np.float64], what: str, digest: str
) -> Outsiders | None:
    """How well `others`, distances of pictures of something else, are told from `held_out`."""
    from sklearn.metrics import roc_auc_score

    if calibration.outside is None:
        return None
    own = distances(calibration, held_out)
    is_other = np.repeat([0, 1], [len(own), len(others)])
    return Outsiders(
        what=what,
        auroc=round(float(roc_auc_score(is_other, np.concatenate([own, others]))), _DECIMALS),
        unknown=_share(others > calibration.outside.threshold),
        pictures=len(others),
        data_sha256=digest,
    )


def distances(calibration: Calibration, seen: Seen) -> NDArray[np.float64]:
    """How far outside each picture lies, `(n,)`; 0 where that is not told."""
    if calibration.outside is None:
        return np.zeros(len(seen.pixels))
    views = [(each.of, each.view()) for each in calibration.outside.views]
    found = []
    for logits, pixels in zip(seen.logits, seen.pixels, strict=True):
        numbers = {"logits": logits, "summary": summary(logits), "pixels": pixels}
        found.append(farthest([(view, numbers[of]) for of, view in views]))
    return np.array(found)


def _share(which: Sequence[bool] | NDArray[np.bool_]) -> float:
    return round(float(np.mean(which)), _DECIMALS)


def _ece(seen: Sequence[tuple[Seen, float]]) -> float:
    """The expected calibration error of pictures, each half with a temperature of its own."""
    scores = np.concatenate([each.scores(temperature) for each, temperature in seen])
    truth = np.concatenate([each.truth for each, _ in seen])
    best = scores.max(axis=1).astype(np.float64)
    return round(reliability(best, scores.argmax(axis=1) == truth).ece, _DECIMALS)
