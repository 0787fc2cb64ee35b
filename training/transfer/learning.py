"""Learning: features once, features and penalty by cross-validation, then the head on all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from inference.errors import ModelError
from training.transfer.assembly import export_apart
from training.transfer.backbones import Backbone
from training.transfer.course import Course, Interrupted
from training.transfer.features import Extractor, extract
from training.transfer.heads import Features, fit
from training.transfer.making import Trained
from training.transfer.splits import Split, folds
from training.transfer.survey import Sample
from training.transfer.trials import Part, Trial, best_of, try_all
from training.transfer.work import Work, key

_FOLDS: Final = 5
_FEWER_FOLDS: Final = 3
_MANY: Final = 1_000
_FEWEST: Final = 2


def learn(
    backbone: Backbone, labels: Sequence[str], split: Split, seed: int, work: Work, course: Course
) -> Trained:
    """Train a head on the training side of `split`; the other side is not looked at.

    Raises `Interrupted` when the run was stopped before every class had been seen twice.
    """
    model, widths = _exported(backbone, work, course)
    extractor = Extractor(model, backbone.recipe, backbone.size)
    features, there = extract(extractor, split.training, work, course)
    samples = [each for each, seen in zip(split.training, there, strict=True) if seen]
    features = features[there]
    classes = np.array([each.index for each in samples], np.intp)
    if len(samples) == 0 or np.bincount(classes, minlength=len(labels)).min() < _FEWEST:
        raise Interrupted
    parts = {part: _columns(features, widths, part) for part in backbone.parts}
    count = _FEWER_FOLDS if len(samples) > _MANY else _FOLDS
    ways = [] if course.stopped else list(folds(samples, count, seed))
    trials = try_all(parts, classes, len(labels), ways, course) if ways else []
    part, strength = best_of(trials, backbone.parts[0])
    course.phase("learning")
    head = fit(parts[part], classes, len(labels), strength)
    method = _method(backbone, samples, split.training, part, strength, trials, seed)
    for line in method:
        course.say(line)
    return Trained(backbone, part, head, method, stopped=course.stopped)


def _exported(backbone: Backbone, work: Work, course: Course) -> tuple[bytes, tuple[int, ...]]:
    """The backbone as a flatbuffer, made once for each work folder."""
    name = f"backbone-{key(backbone.content(), backbone.parts, list(backbone.size))}.npz"
    kept = work.read_arrays(name)
    if kept is not None:
        return kept["model"].tobytes(), tuple(kept["widths"].tolist())
    course.phase("getting the backbone ready")
    model, widths = export_apart(backbone)
    work.keep_arrays(name, {"model": np.frombuffer(model, np.uint8), "widths": np.array(widths)})
    return model, widths


def _columns(features: Features, widths: Sequence[int], part: Part) -> Features:
    """The features of the layers in `part`."""
    if features.shape[1] != sum(widths):
        raise ModelError("the work folder holds features of another backbone: remove it")
    ends = np.cumsum([0, *widths])
    return np.concatenate([features[:, ends[at] : ends[at + 1]] for at in part], axis=1)


def _method(
    backbone: Backbone,
    samples: Sequence[Sample],
    wanted: Sequence[Sample],
    part: Part,
    strength: float,
    trials: Sequence[Trial],
    seed: int,
) -> tuple[str, ...]:
    """How it was done, for the terminal and the card."""
    lines = [f"Features: means of {backbone.layers(part)} over the picture, not trained further."]
    lines.append(
        f"Head: logistic regression with an L2 penalty (C = {strength:g} on standardised "
        f"features), classes weighted alike, on {len(samples):,} pictures; seed {seed}."
    )
    if (part, strength) in {(each.part, each.strength) for each in trials}:
        best = min(trials, key=lambda trial: trial.loss)
        lines.append(
            f"Chosen among {len(trials)} by cross-validation inside these pictures: "
            f"{best.accuracy:.1%} right, loss {best.loss:.3f}."
        )
    else:
        lines.append("Features and penalty are the usual ones: nothing could be tried.")
    if len(samples) < len(wanted):
        lines.append(f"Stopped by hand: {len(samples):,} of {len(wanted):,} pictures were seen.")
    return tuple(lines)
