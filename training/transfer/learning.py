"""Learning: features once, features and penalty by cross-validation, then the head on all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from training.transfer.assembly import export_apart
from training.transfer.backbones import Backbone
from training.transfer.course import Course
from training.transfer.features import Extractor, extract
from training.transfer.heads import Features, are_decorrelated, fit
from training.transfer.lessons import Lesson, lesson_of
from training.transfer.making import Trained
from training.transfer.splits import Split
from training.transfer.trials import (
    AS_THEY_ARE,
    UNTRIED_STRENGTH,
    Part,
    Trial,
    best_of,
    choose_way,
    try_all,
    try_views,
)
from training.transfer.views import CHANGES, WAYS, Augment, Viewer, are_wanted
from training.transfer.work import Work, installed, key

_MAKERS: Final = ("tensorflow", "tensorflow-cpu", "keras", "tf-keras", "ai-edge-litert")
"""Of the flatbuffer of a backbone."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to learn: the seed of all that is parted by chance, and whether views may help."""

    seed: int = 0
    augment: Augment = "auto"


def learn(
    backbone: Backbone,
    labels: Sequence[str],
    split: Split,
    wishes: Wishes,
    work: Work,
    course: Course,
) -> Trained:
    """Train a head on the training side of `split`; the other side is not looked at.

    Raises `Interrupted` when the run was stopped before every class had been seen twice.
    """
    model, widths = _exported(backbone, work, course)
    extractor = Extractor(model, backbone.recipe, backbone.size)
    features, there = extract(extractor, split.training, work, course)
    lesson = lesson_of(split.training, features, there, widths, len(labels), wishes.seed, course)
    parts = {part: lesson.of(part) for part in backbone.parts}
    trials: list[Trial] = []
    if lesson.folds:
        trials = try_all(parts, lesson.classes, lesson.labels, lesson.folds, course)
    best = best_of(trials)
    part, strength = (best.part, best.strength) if best else (backbone.parts[0], UNTRIED_STRENGTH)
    learned = parts[part]
    if best and are_wanted(wishes.augment, len(lesson.samples)):
        views = _several_views(extractor, lesson, part, work, course)
        others: list[Trial] = []
        if views:
            others = try_views(best, views, lesson.classes, lesson.labels, lesson.folds, course)
        trials, best = [*trials, *others], choose_way(best, others)
        strength, learned = best.strength, views.get(best.way, learned)
    course.phase("learning")
    head = fit(learned, lesson.classes, lesson.labels, strength)
    told = (
        f"Features: means of {backbone.layers(part)} over the picture, not trained further.",
        (
            f"Head: logistic regression with an L2 penalty (C = {strength:g} on "
            f"{_prepared(learned)} features), classes weighted alike, on "
            f"{len(lesson.samples):,} pictures; seed {wishes.seed}."
        ),
        *_chosen(best, trials),
        *_stopped(len(lesson.samples), len(split.training)),
    )
    for line in told:
        course.say(line)
    return Trained(backbone, part, head, told, stopped=course.stopped)


def _several_views(
    extractor: Extractor, lesson: Lesson, part: Part, work: Work, course: Course
) -> dict[str, Features]:
    """For each way `(n, views, features)`, the pictures as they are first; none if stopped."""
    samples = lesson.samples
    seen, there = extract(Viewer(extractor), samples, work, course, "features of other views")
    if not there.all():
        return {}
    others = lesson.of(part, seen.reshape(len(samples), len(CHANGES), -1))
    whole = np.concatenate([lesson.of(part)[:, np.newaxis], others], axis=1)
    return {way: whole[:, : 1 + count] for way, count in WAYS.items()}


def _exported(backbone: Backbone, work: Work, course: Course) -> tuple[bytes, tuple[int, ...]]:
    """The backbone as a flatbuffer, made once for each work folder and each set of libraries."""
    libraries = installed(*_MAKERS)
    made_of = key(backbone.content(), backbone.parts, list(backbone.size), libraries)
    name = f"backbone-{made_of}.npz"
    kept = work.read_arrays(name)
    if kept is not None:
        return kept["model"].tobytes(), tuple(kept["widths"].tolist())
    course.phase("getting the backbone ready")
    model, widths = export_apart(backbone)
    work.keep_arrays(name, {"model": np.frombuffer(model, np.uint8), "widths": np.array(widths)})
    return model, widths


def _prepared(features: Features) -> str:
    half = ", half decorrelated" if are_decorrelated(features.shape[-1]) else ""
    return f"standardised{half}"


def _chosen(best: Trial | None, trials: Sequence[Trial]) -> list[str]:
    """How layers, penalty and views were chosen, in sentences."""
    if best is None:
        return ["Features and penalty are the usual ones: nothing could be tried."]
    lines = []
    if best.way != AS_THEY_ARE:
        lines.append(f"Pictures: as they are, and {WAYS[best.way]} times {best.way}.")
    elif any(each.way != AS_THEY_ARE for each in trials):
        lines.append("Pictures: as they are; with mirrored or turned views it was worse.")
    return [
        *lines,
        (
            f"Chosen among {len(trials)} by cross-validation inside these pictures: "
            f"{best.accuracy:.1%} right, loss {best.loss:.3f}."
        ),
    ]


def _stopped(seen: int, wanted: int) -> list[str]:
    return [f"Stopped by hand: {seen:,} of {wanted:,} pictures were seen."] if seen < wanted else []
