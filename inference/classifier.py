"""The use case: what a picture shows, by the model that is served now.

Every door, HTTP, events and the command line, comes through here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from inference.answers import Answer, ImageFacts, Prediction, Timing
from inference.golden import InTurn, at_once
from inference.model import Model
from inference.occupancy import Occupancy
from inference.pictures.decoding import PictureLimits, decode
from inference.references import parse_reference
from inference.serving import Serving
from inference.settings import Settings
from inference.sources import Fetched, Sources


@dataclass(frozen=True, slots=True)
class Query:
    """How many answers are wanted, and how sure they must be."""

    top_k: int = 5
    min_score: float = 0.0


@dataclass(frozen=True, slots=True)
class Classifier:
    """The model being served, the sources and the limits: what it takes to answer.

    Safe to use from several threads.
    """

    serving: Serving
    sources: Sources
    limits: PictureLimits
    occupancy: Occupancy = field(default_factory=Occupancy)

    @classmethod
    def of(cls, settings: Settings, in_turn: InTurn = at_once) -> Self:
        """The classifier that `settings` describe; nothing is loaded before it is asked for.

        `in_turn` gives a new model's golden pictures their turn among those that are asked about.
        """
        reference = parse_reference(settings.model, settings.cache)
        return cls(
            Serving(reference, settings.refresh_seconds, in_turn=in_turn),
            Sources(settings.buckets, settings.bucket_owner, settings.max_image_bytes),
            PictureLimits(settings.max_image_bytes, settings.max_pixels, settings.max_draft_pixels),
        )

    def classify(self, picture: Fetched, query: Query, model: Model | None = None) -> Answer:
        """What `model`, or else the one served now, says about `picture`.

        A request about several pictures passes the model that it began with. Raises a
        `CallerError` when the picture is at fault, an `OperatorError` when the service is.
        """
        model = model or self.serving.current()
        start = perf_counter()
        with self.occupancy:
            decoded = decode(picture.data, model.size, model.recipe, self.limits)
            after_decode = perf_counter()
            output = model.output(decoded.pixels, alone=self.occupancy.is_one)
        scores = model.scores_from(output)
        predictions = model.predictions(scores, query.top_k, query.min_score)
        verdict = model.verdict(output, scores, decoded.pixels)
        after_infer = perf_counter()
        image = ImageFacts(
            source=picture.source,
            format=decoded.format,
            width=decoded.width,
            height=decoded.height,
            sha256=hashlib.sha256(picture.data).hexdigest(),
        )
        timing = Timing(
            fetch=round(picture.fetch_ms, 2),
            decode=round((after_decode - start) * 1e3, 2),
            infer=round((after_infer - after_decode) * 1e3, 2),
            total=round(picture.fetch_ms + (perf_counter() - start) * 1e3, 2),
        )
        return Answer(
            predictions=predictions,
            decision=verdict.decision if verdict else None,
            labels=verdict.labels if verdict else None,
            coverage=verdict.coverage if verdict else None,
            model=model.identity,
            image=image,
            timing_ms=timing,
        )

    def rank(self, numbers: NDArray[Any], query: Query, model: Model) -> list[Prediction]:
        """What `model` says about numbers that need no decoding: `(height, width, channels)`.

        uint8 are pixels at the model's size, float32 is the tensor that the network takes.
        """
        score = model.scores if numbers.dtype == np.uint8 else model.scores_of
        with self.occupancy:
            scores = score(numbers, alone=self.occupancy.is_one)
        return model.predictions(scores, query.top_k, query.min_score)
