"""`calibration.json`: how sure a model's answers are, as data in its bundle.

A bundle without it answers as it always did, and imports nothing of this.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from inference.answers import Verdict
from inference.bundle import Bundle
from inference.decisions import Ruling, rule
from inference.errors import ModelError
from inference.manifest import CALIBRATION
from inference.outsiders import STATISTICS, SUMMARY, View, ViewName, farthest, statistics, summary
from inference.scores import logits_of
from inference.validation import faults_in

Row = Annotated[list[float], Field(min_length=1, max_length=256)]
Score = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Scatter(_Part):
    """One view of the pictures that were calibrated on; see `inference.outsiders.View`."""

    of: ViewName
    means: Annotated[list[Row], Field(min_length=1)]
    precision: Annotated[list[Row], Field(min_length=1)]
    scale: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _is_square(self) -> Self:
        width = len(self.precision)
        if any(len(row) != width for row in (*self.precision, *self.means)):
            raise ValueError(f"means and precision of {self.of!r} differ in their width")
        return self

    def view(self) -> View:
        """The same as arrays."""
        return View(np.array(self.means), np.array(self.precision), self.scale)


class Outside(_Part):
    """A picture whose distance is above `threshold` is `unknown`.

    `rate` is the share of pictures like those of the calibration to which that happens too.
    """

    rate: Annotated[float, Field(gt=0, lt=1)]
    threshold: Annotated[float, Field(gt=0)]
    views: Annotated[list[Scatter], Field(min_length=1, max_length=3)]


class Calibration(_Part):
    """The content of `calibration.json`: one threshold for all classes, or one for each."""

    format: Literal[1] = 1
    temperature: Annotated[float, Field(ge=0.01, le=100)]
    error: Annotated[float, Field(gt=0, lt=1)]
    thresholds: Annotated[list[Score], Field(min_length=1)]
    outside: Outside | None = None

    @classmethod
    def read(cls, bundle: Bundle) -> Calibration:
        """That of `bundle`, which has one; `ModelError` if it does not fit its network."""
        try:
            found = cls.model_validate_json(bundle.read(CALIBRATION))
        except ValidationError as exc:
            raise ModelError(f"{CALIBRATION} cannot be read: {faults_in(exc)}") from exc
        classes = bundle.manifest.output.classes
        if len(found.thresholds) not in (1, classes):
            raise ModelError(
                f"{CALIBRATION} has {len(found.thresholds)} thresholds; {classes} classes need "
                "one for all or one for each"
            )
        widths = {"logits": classes, "summary": SUMMARY, "pixels": STATISTICS}
        for each in found.outside.views if found.outside else ():
            if len(each.precision) != widths[each.of]:
                raise ModelError(f"{CALIBRATION} describes {each.of!r} of another network")
        return found

    def serialise(self) -> bytes:
        """The bytes of the file: the same calibration always gives the same bytes."""
        return (self.model_dump_json(indent=2, exclude_none=True) + "\n").encode()


class Decider:
    """A calibration at work; immutable, so any thread may use it."""

    def __init__(self, bundle: Bundle) -> None:
        """Read the calibration of `bundle`; raises `ModelError`."""
        self.calibration = Calibration.read(bundle)
        self._labels = bundle.labels()
        self._activation = bundle.manifest.output.activation
        outside = self.calibration.outside
        self._views = [(each.of, each.view()) for each in outside.views] if outside else []

    @property
    def temperature(self) -> float:
        """What logits are divided by."""
        return self.calibration.temperature

    def verdict(
        self, output: NDArray[np.float32], scores: NDArray[np.float32], pixels: NDArray[np.uint8]
    ) -> Verdict:
        """From a network's `(classes,)` output, the scores made of it, and what it looked at."""
        ruling = self.rule(output, scores, pixels)
        return Verdict(
            decision=ruling.decision,
            labels=[self._labels[index] for index in ruling.classes],
            coverage=round(1 - self.calibration.error, 6),
        )

    def rule(
        self, output: NDArray[np.float32], scores: NDArray[np.float32], pixels: NDArray[np.uint8]
    ) -> Ruling:
        """The same by classes instead of labels."""
        outside = self.calibration.outside
        unlike = outside is not None and self.distance(output, pixels) > outside.threshold
        return rule(scores, self.calibration.thresholds, outside=unlike)

    def distance(self, output: NDArray[np.float32], pixels: NDArray[np.uint8]) -> float:
        """How unlike the picture is to those of the calibration; there is an `outside`."""
        logits = logits_of(output, self._activation)
        see = {
            "logits": lambda: logits,
            "summary": lambda: summary(logits),
            "pixels": lambda: statistics(pixels),
        }
        return farthest([(view, see[of]()) for of, view in self._views])
