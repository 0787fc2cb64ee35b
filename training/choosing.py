"""Which recipe a model is published with: given, found beside it, or clear from pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from inference.errors import ModelError
from inference.keras_files.inspection import Inspection
from inference.labels import serialise_labels
from inference.recipe import Recipe
from training.bundles import draft_bundle
from training.diagnosis import MOST_PICTURES, Diagnosis, Subject, diagnose
from training.gathering import RECIPE
from training.jobs import Conversion, Job
from training.labelled import Labelled, spread
from training.manifests import describe, served_files
from training.orders import Order, Run, Tell
from training.recipes import parse_recipe, read_recipe, scalings

_NAME_IT = "name one with --recipe (0-1, 0-255, -1-1, caffe, torch or a recipe.json)"
_PUT_IT = "put recipe.json beside the model"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The recipe, and in words where it came from; the diagnosis, where pictures were asked."""

    recipe: Recipe
    source: str
    diagnosis: Diagnosis | None = None


def choose_recipe(
    order: Order,
    found: Inspection,
    labels: Sequence[str],
    labelled: Labelled | None,
    run: Run,
    tell: Tell,
) -> Chosen:
    """The recipe of the order, else that of the folder, else what the pictures clearly say.

    Never a guess: raises `ModelError` with the figures, or with what to do.
    """
    if (given := order.wish.recipe) is not None:
        return Chosen(read_recipe(given, _channels(found)), f"{given}, as given")
    beside = order.source / RECIPE
    if beside.is_file():
        return Chosen(parse_recipe(beside.read_bytes(), RECIPE), f"{RECIPE}, beside the model")
    if labelled is None:
        raise ModelError(
            f"how pictures are prepared for this model is not known: {_NAME_IT}, {_PUT_IT}, or "
            "give --pictures LABELLED_FOLDER to find it out"
        )
    tell("converting, to try recipes on")
    with TemporaryDirectory(prefix="microlens-") as workshop:
        out = Path(workshop)
        conversion = run(Job(order.source, out, len(labels), size=order.wish.size))
        copy = Copy(conversion, found, order.source, out)
        diagnosis = copy.diagnose(labels, labelled, tell)
    if diagnosis.recipe is None:
        raise ModelError(
            f"{'; '.join(diagnosis.sentences)}. No recipe is taken: {_NAME_IT}, or {_PUT_IT}"
        )
    for sentence in diagnosis.sentences:
        tell(sentence)
    return Chosen(diagnosis.recipe.recipe, f"doctor: {diagnosis.recipe.name}", diagnosis)


@dataclass(frozen=True, slots=True)
class Copy:
    """A model as it runs here, without a recipe yet: something to try recipes on."""

    conversion: Conversion
    found: Inspection
    source: Path
    out: Path

    def diagnose(self, labels: Sequence[str], labelled: Labelled, tell: Tell) -> Diagnosis:
        """Let it answer the pictures with every known recipe."""
        files = served_files(
            self.conversion, self.source, self.out, serialise_labels(tuple(labels))
        )
        any_recipe = scalings(self.conversion.channels)[0].recipe
        manifest = describe("copy", self.found, self.conversion, any_recipe, files)
        with draft_bundle(manifest, files) as bundle:
            return diagnose(Subject(bundle), spread(labelled.pictures, MOST_PICTURES), tell)


def _channels(found: Inspection) -> int | None:
    """Channels of the pictures, where the files say: an input of two axes is grey."""
    shape = found.input_shape
    if shape is None or len(shape) not in (2, 3):
        return None
    return shape[2] if len(shape) == 3 else 1
