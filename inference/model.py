"""A model that answers: a bundle, its labels and its runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inference.answers import ModelIdentity, Prediction, Verdict
from inference.bundle import Bundle
from inference.errors import BadRequest
from inference.framing import Size
from inference.loaders import load_runtime
from inference.manifest import CALIBRATION
from inference.recipe import Recipe
from inference.scores import to_scores, top
from inference.tensors import TensorTable

if TYPE_CHECKING:
    from inference.calibration import Decider

SCORE_DECIMALS = 6


class Model:
    """Pixels in, scores out; immutable once made, and safe to call from several threads."""

    def __init__(self, bundle: Bundle, stage: str | None = None, *, alone: bool = False) -> None:
        """Load `bundle`; raises `ModelError` when it is no servable model.

        It is made ready for pictures that come `alone`, or else for several at once.
        """
        manifest = bundle.manifest
        self.bundle = bundle
        self.identity = ModelIdentity(name=manifest.name, release=bundle.release, stage=stage)
        self.labels = bundle.labels()
        self._runtime = load_runtime(bundle, alone=alone)
        self._table = TensorTable(manifest.recipe, self._runtime.input_type)
        self._decider = _decider(bundle)

    @property
    def size(self) -> Size:
        """Width and height of the pictures that it looks at."""
        return self.bundle.manifest.input.width, self.bundle.manifest.input.height

    @property
    def recipe(self) -> Recipe:
        """How a picture is brought to that size, and to numbers."""
        return self.bundle.manifest.recipe

    def scores(self, pixels: NDArray[np.uint8], *, alone: bool = False) -> NDArray[np.float32]:
        """`(height, width, channels)` uint8 → `(classes,)` float32, each 0 to 1.

        `alone` says that nothing else wants a core now: it decides how quick the answer is, and
        not what it is.
        """
        return self.scores_from(self.output(pixels, alone=alone))

    def output(self, pixels: NDArray[np.uint8], *, alone: bool = False) -> NDArray[np.float32]:
        """`(height, width, channels)` uint8 → what the network itself says, `(classes,)`."""
        return self._runtime.run(self._table.tensor(pixels), alone=alone)

    def scores_from(self, output: NDArray[np.float32]) -> NDArray[np.float32]:
        """The scores, each 0 to 1, that a network's output stands for; calibrated if it was."""
        temperature = self._decider.temperature if self._decider else 1.0
        return to_scores(output, self.bundle.manifest.output.activation, temperature)

    def verdict(
        self, output: NDArray[np.float32], scores: NDArray[np.float32], pixels: NDArray[np.uint8]
    ) -> Verdict | None:
        """How far the scores of `pixels` may be believed; None of a model without calibration."""
        return self._decider.verdict(output, scores, pixels) if self._decider else None

    def scores_of(self, tensor: NDArray[np.float32], *, alone: bool = False) -> NDArray[np.float32]:
        """`(height, width, channels)` float32 → `(classes,)` float32, each 0 to 1.

        The numbers are finite, and those that the network itself takes: what the recipe makes of
        pixels. Raises `BadRequest` when they lead it to no finite answer.
        """
        numbers = self._runtime.input_type.quantise(tensor.astype(np.float64))
        output = self._runtime.run(numbers[np.newaxis], alone=alone)
        if not np.isfinite(output).all():
            raise BadRequest("the numbers are too large: the model's answer to them is not finite")
        return self.scores_from(output)

    def predictions(
        self, scores: NDArray[np.float32], top_k: int, min_score: float
    ) -> list[Prediction]:
        """The best `top_k` classes that reach `min_score`, best first."""
        return [
            Prediction(label=self.labels[index], score=round(score, SCORE_DECIMALS), index=index)
            for index, score in top(scores, top_k, min_score)
        ]


def _decider(bundle: Bundle) -> Decider | None:
    if CALIBRATION not in bundle.manifest.files:
        return None
    from inference.calibration import Decider  # a cold start without it pays nothing for it

    return Decider(bundle)
