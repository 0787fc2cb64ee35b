"""Making golden answers: what a bundle says today, so that it can be held to it tomorrow."""

from __future__ import annotations

from collections.abc import Mapping

from inference.golden import GoldenAnswer, GoldenAnswers, GoldenScore
from inference.model import SCORE_DECIMALS, Model
from inference.pictures.decoding import PictureLimits, decode
from inference.scores import top

CLASSES_PER_PICTURE = 3


def golden_answers(model: Model, pictures: Mapping[str, bytes], tolerance: float) -> GoldenAnswers:
    """The best three classes that `model` sees in each picture (file name → content)."""
    return GoldenAnswers(
        tolerance=tolerance,
        answers=[_answer(model, name, data) for name, data in pictures.items()],
    )


def _answer(model: Model, name: str, data: bytes) -> GoldenAnswer:
    picture = decode(data, model.size, model.recipe, PictureLimits())
    scores = model.scores(picture.pixels)
    return GoldenAnswer(
        picture=name,
        top=[
            GoldenScore(index=index, score=round(score, SCORE_DECIMALS))
            for index, score in top(scores, CLASSES_PER_PICTURE, min_score=0.0)
        ],
    )
