"""Which recipe a network was trained with: the known ones are tried on labelled pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inference.bundle import Bundle
from inference.cores import cores
from inference.framing import Size
from inference.loaders import Runtime, load_runtime
from inference.plurals import counted
from inference.scores import Activation, to_scores
from inference.tensors import TensorTable
from training.labelled import LabelledPicture
from training.recipes import NamedRecipe, scalings
from training.verdicts import SURE, Trial, Verdict, beats_chance, judge, sureness, trial

MOST_PICTURES: Final = 100
"""Each is answered some sixteen times."""

_HAIR: Final = 0.01


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the pictures say about the recipe: the trials, best first, and the words for it.

    `recipe` is None where they do not say it clearly.
    """

    scalings: tuple[Trial, ...]
    framings: tuple[Trial, ...]
    recipe: NamedRecipe | None
    sure: float
    pictures: int
    sentences: tuple[str, ...]

    def as_object(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {
            "recipe": self.recipe.name if self.recipe else None,
            "sure": round(self.sure, 4),
            "pictures": self.pictures,
            "sentences": list(self.sentences),
            "scalings": [_figures(each) for each in self.scalings],
            "framings": [_figures(each) for each in self.framings],
        }


class Subject:
    """The network under examination, whatever loader runs it."""

    def __init__(self, bundle: Bundle) -> None:
        self._runtime: Runtime = load_runtime(bundle)
        self._activation: Activation = bundle.manifest.output.activation
        shape = bundle.manifest.input
        self.size: Size = (shape.width, shape.height)
        self.channels = bundle.manifest.recipe.channels

    def answers(
        self, picture: LabelledPicture, recipes: Sequence[NamedRecipe]
    ) -> NDArray[np.float32]:
        """`(recipes, classes)` scores; `recipes` differ in their scaling alone."""
        pixels = picture.pixels(self.size, recipes[0].recipe)
        tables = [TensorTable(each.recipe, self._runtime.input_type) for each in recipes]
        outputs = [self._runtime.run(table.tensor(pixels)) for table in tables]
        return np.stack([to_scores(output, self._activation) for output in outputs])


def diagnose(
    subject: Subject,
    pictures: Sequence[LabelledPicture],
    tell: Callable[[str], None] = lambda _: None,
) -> Diagnosis:
    """Try every known scaling, then every fit and filter of the one that fits best."""
    tell(f"trying recipes on {counted(len(pictures), 'picture')}")
    scaled = _try(subject, pictures, [scalings(subject.channels)])
    verdict = judge(scaled)
    framed = _try(subject, pictures, [[each] for each in verdict.best.named.framings()])
    right = _right(pictures)
    sentences = [*_about_scaling(verdict, right)]
    recipe = None
    best = max(framed, key=lambda each: each.log_likelihood)
    if verdict.clear and beats_chance(best.hits, right):
        # Of framings that do equally well, the one that most people use.
        equal = best.log_likelihood - _HAIR
        taken = next(each for each in framed if each.log_likelihood >= equal)
        others = [each for each in framed if sureness(best, each) < SURE and each is not taken]
        recipe = taken.named
        sentences.append(_about_framing(taken, others))
    return Diagnosis(
        _ranked(scaled), _ranked(framed), recipe, verdict.sure, len(right), tuple(sentences)
    )


def _try(
    subject: Subject,
    pictures: Sequence[LabelledPicture],
    groups: Sequence[Sequence[NamedRecipe]],
) -> list[Trial]:
    """A trial of each recipe; those of a group share their decoded pictures."""
    trials = []
    with ThreadPoolExecutor(cores()) as pool:
        for group in groups:
            answers = list(
                pool.map(lambda each, group=group: subject.answers(each, group), pictures)
            )
            scores = np.stack(answers, axis=1)
            right = _right(pictures)
            trials += [trial(*each, right) for each in zip(group, scores, strict=True)]
    return trials


def _figures(each: Trial) -> dict[str, Any]:
    return {
        "recipe": each.named.name,
        "accuracy": round(each.accuracy, 4),
        "log_likelihood": round(each.log_likelihood, 4),
    }


def _right(pictures: Sequence[LabelledPicture]) -> NDArray[np.intp]:
    return np.array([picture.index for picture in pictures])


def _ranked(trials: Sequence[Trial]) -> tuple[Trial, ...]:
    return tuple(sorted(trials, key=lambda each: -each.log_likelihood))


def _about_scaling(verdict: Verdict, right: NDArray[np.intp]) -> list[str]:
    best = verdict.best
    shown = counted(len(right), "picture")
    if not beats_chance(best.hits, right):
        found = (
            f"no known recipe makes the network right more often than luck: the best, "
            f"{best.named.scaling}, is right on {best.accuracy:.1%} of {shown}; are "
            "the labels in the order of the output, and do the pictures show what it was trained on"
        )
        return [found]
    if verdict.clear:
        found = (
            f"the scaling is {best.named.scaling}: {best.accuracy:.1%} of {shown} "
            f"right, sure to {verdict.sure:.1%}"
        )
        return [found]
    names = " and ".join(each.named.scaling for each in verdict.rivals)
    found = (
        f"the {shown} cannot tell {best.named.scaling} from {names} (sure to "
        f"{verdict.sure:.1%}; {SURE:.0%} is needed): give more pictures, or the recipe"
    )
    return [found]


def _about_framing(taken: Trial, others: Sequence[Trial]) -> str:
    name = f"{taken.named.fit}/{taken.named.resize}"
    figures = f"{taken.accuracy:.1%} right"
    if not others:
        return f"the framing is {name}: {figures}"
    names = ", ".join(f"{each.named.fit}/{each.named.resize}" for each in others)
    return f"the framing {name} is taken, {figures}; these pictures cannot tell it from {names}"
