"""The whole of `microlens train`: look, plan, and only then begin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from inference import layout
from inference.errors import ModelError
from inference.manifest import MANIFEST
from inference.recipe import Fit
from inference.room import reason
from training.transfer.backbones import Backbone, choose_backbone
from training.transfer.candidates import Quantise
from training.transfer.course import Course, Interrupted
from training.transfer.folders import Unusable
from training.transfer.grouping import read_together
from training.transfer.learning import Wishes, learn
from training.transfer.making import Commission, Made, make_bundle
from training.transfer.splits import Split, split
from training.transfer.survey import Survey, look
from training.transfer.views import Augment, are_wanted
from training.transfer.work import Work

_SECONDS_AT_LEAST: Final = 45
_SECONDS_PER_PICTURE: Final = 0.04
_SECONDS_PER_VIEWED: Final = 0.07
"""Its other views looked at, and learned from."""
_LABELS_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for; see `microlens train --help`."""

    folder: Path
    out: Path
    name: str
    work: Path
    validation: Path | None = None
    groups: Path | None = None
    group_by: str | None = None
    backbone: Path | None = None
    recipe: str | None = None
    fit: Fit = "squash"
    augment: Augment = "auto"
    quantise: Quantise = "auto"
    seed: int = 0
    resume: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done: nothing of it has begun, and nothing was written."""

    order: Order
    survey: Survey
    split: Split
    backbone: Backbone

    @property
    def seconds(self) -> int:
        """About how long it takes on two cores; longer with large pictures or another backbone."""
        learned, held_out = len(self.split.training), len(self.split.held_out)
        seen_again = learned if are_wanted(self.order.augment, learned) else 0
        return round(
            _SECONDS_AT_LEAST
            + _SECONDS_PER_PICTURE * (learned + held_out)
            + _SECONDS_PER_VIEWED * seen_again
        )

    def counts(self) -> dict[str, tuple[int, int]]:
        """Pictures of each class: learned from, held out."""
        sides = (self.survey.counts(self.split.training), self.survey.counts(self.split.held_out))
        return dict(zip(self.survey.labels, zip(*sides, strict=True), strict=True))

    def lines(self) -> list[tuple[str, str]]:
        """The plan as a person reads it: what about, and what."""
        counts = self.counts()
        shown = list(counts.items())[:_LABELS_SHOWN]
        lines = [
            (label, f"{learned:,} learned from, {held:,} held out")
            for label, (learned, held) in shown
        ]
        if len(counts) > len(shown):
            lines.append(("…", f"{len(counts) - len(shown):,} more classes"))
        total = f"{len(self.split.training):,} learned from, {len(self.split.held_out):,} held out"
        lines.append(("all", f"{total}: {self.split.by}"))
        lines.append(("backbone", self.backbone.name))
        return lines

    def as_object(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {
            "name": self.order.name,
            "out": str(self.order.out),
            "classes": {
                label: {"training": learned, "held_out": held}
                for label, (learned, held) in self.counts().items()
            },
            "split": self.split.by,
            "backbone": self.backbone.name,
            "seed": self.order.seed,
            "remarks": list(self.survey.remarks),
            "expected_seconds": self.seconds,
        }


def plan(order: Order, course: Course) -> Plan:
    """Look at every picture and say what would be done; TensorFlow is not needed for it.

    Raises `Unusable` for a folder to mend, `ModelError` for a backbone.
    """
    _check_places(order)
    together = read_together(order.groups, order.group_by)
    backbone = choose_backbone(order.backbone, order.recipe, order.fit)
    course.phase("looking at the pictures")

    def count(done: int, _: int) -> None:
        if course.stopped:
            raise Interrupted
        course.step(done)

    try:
        survey = look(order.folder, order.validation, together, count)
    except OSError as exc:
        raise Unusable(f"{exc.filename or order.folder} cannot be read: {exc.strerror}") from exc
    return Plan(order, survey, split(survey, order.seed), backbone)


def follow(planned: Plan, course: Course) -> Made:
    """Train and write the bundle; raises `Interrupted`, `ModelError`."""
    try:
        return _follow(planned, course)
    except OSError as exc:  # no room, or a picture that went away meanwhile
        raise ModelError(
            f"training ended at {exc.filename or planned.order.work}: {reason(exc)}; what was "
            "computed until then is kept for --resume"
        ) from exc


def _follow(planned: Plan, course: Course) -> Made:
    order = planned.order
    trained = learn(
        planned.backbone,
        planned.survey.labels,
        planned.split,
        Wishes(order.seed, order.augment),
        Work(order.work),
        course,
    )
    commission = Commission(
        order.out,
        order.name,
        planned.survey.labels,
        planned.split,
        order.quantise,
        planned.survey.remarks,
    )
    return make_bundle(commission, trained, course)


def _check_places(order: Order) -> None:
    """What would fail only after minutes of training is told before."""
    if not layout.is_name(order.name):
        raise Unusable(
            f"no model can be called {order.name!r}: {layout.NAME_RULE}; name it with --name"
        )
    folder, out = order.folder.resolve(), order.out.resolve()
    for place in (out, order.work.resolve()):
        if place == folder or folder in place.parents or place in folder.parents:
            raise Unusable(
                f"{place} and the pictures in {folder} would lie in one another: name a place "
                "outside"
            )
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).is_file()):
        raise Unusable(f"{out} holds something else than a bundle and is left as it is")
    if order.resume and not order.work.is_dir():
        raise Unusable(
            f"there is nothing to resume: {order.work} does not exist. Leave --resume out, or name "
            "the folder of the run with --work"
        )
