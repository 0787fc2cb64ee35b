"""From a model's files to a bundle that is nowhere yet: inspected, converted, proved, measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from inference.cores import cores
from inference.errors import ModelError
from inference.golden import verify
from inference.keras_files import inspect
from inference.keras_files.inspection import Inspection
from inference.labels import read_labels, serialise_labels
from inference.manifest import GOLDEN_ANSWERS, LABELS, Accuracy, Manifest
from inference.model import Model
from inference.plurals import counted
from training.bundles import load_draft
from training.checks import classes_for
from training.choosing import Chosen, choose_recipe
from training.evidence import accuracy_of
from training.exhibits import Exhibits, choose
from training.golden import golden_answers
from training.jobs import Conversion, Job
from training.labelled import LabelledPicture, read_labelled
from training.manifests import describe, golden_tolerance, served_files, source_files
from training.orders import Draft, Findings, Order, Run, Tell
from training.proof import check
from training.verdicts import beats_chance

Files = dict[str, bytes]


def make_draft(order: Order, run: Run, tell: Tell) -> Draft:
    """Inspect → labels → recipe → convert → prove → golden answers → accuracy.

    Raises `ModelError` with what to do: the files are hostile, cannot be read, are no classifier,
    have other labels, no recipe, or answer differently once converted.
    """
    found = inspect(order.source)
    tell(f"found {' + '.join(found.files.needs)}, written by {found.written_by}")
    labels = labels_of(order, found)
    labelled = read_labelled(order.wish.pictures, labels) if order.wish.pictures else None
    exhibits = choose(labelled, order.wish.scheme)
    chosen = choose_recipe(order, found, labels, labelled, run, tell)

    def job(out: Path) -> Job:
        return Job(
            source=order.source,
            out=out,
            labels=len(labels),
            scheme=order.wish.scheme,
            size=order.wish.size,
            recipe=chosen.recipe,
            pictures=exhibits.proving(out),
            generated=not exhibits.measured,
            calibration=tuple(each.path for each in exhibits.calibrating),
        )

    conversion, files = _convert(order, found, labels, job, run, tell)

    def manifest(accuracy: Accuracy | None) -> Manifest:
        return describe(
            order.name,
            found,
            conversion,
            chosen.recipe,
            files,
            calibration_pictures=len(exhibits.calibrating),
            accuracy=accuracy,
        )

    with load_draft(manifest(None), files) as model:
        tell("asking for golden answers")
        files |= _golden_files(model, exhibits, golden_tolerance(conversion))
        accuracy = _accuracy(model, exhibits.measured)
    findings = Findings(
        found.format,
        conversion,
        chosen.source,
        chosen.diagnosis,
        labelled,
        (*doubts(found, chosen, labels), *_about_luck(accuracy, exhibits.measured)),
    )
    draft = Draft(manifest(accuracy), files, findings)
    with load_draft(draft.manifest, draft.files) as model:
        verify(model)
    return draft


def labels_of(order: Order, found: Inspection) -> tuple[str, ...]:
    """The labels beside the model, as many as it has outputs; `ModelError` otherwise."""
    path = order.source / LABELS
    if not path.is_file():
        raise ModelError(
            f"waiting for {LABELS}: one label a line, in the order of the network's output"
        )
    labels = read_labels(path)
    if found.output_width:
        classes_for(found.output_width, len(labels))
    return labels


def _convert(
    order: Order,
    found: Inspection,
    labels: tuple[str, ...],
    job: Callable[[Path], Job],
    run: Run,
    tell: Tell,
) -> tuple[Conversion, Files]:
    """What the conversion found, and the files that it made; refused when the proof fails."""
    tell("converting")
    with TemporaryDirectory(prefix="microlens-") as workshop:
        out = Path(workshop)
        conversion = run(job(out))
        if conversion.proof:
            tell(str(conversion.proof))
            check(conversion.proof, order.wish.scheme, halved=conversion.halved)
        files = served_files(conversion, order.source, out, serialise_labels(labels))
    if order.wish.keep_source and conversion.loader == "litert" and found.format != "tflite":
        files |= source_files(order.source, found.files)
    return conversion, files


def _golden_files(model: Model, exhibits: Exhibits, tolerance: float) -> Files:
    answers = golden_answers(model, exhibits.golden, tolerance)
    files = {f"golden/{name}": content for name, content in exhibits.golden.items()}
    if exhibits.credits:
        files["golden/CREDITS.txt"] = exhibits.credits.encode()
    return {**files, GOLDEN_ANSWERS: answers.serialise()}


def _accuracy(model: Model, pictures: Sequence[LabelledPicture]) -> Accuracy | None:
    """How often the served model is right; None where there are no labelled pictures."""
    if not pictures:
        return None
    with ThreadPoolExecutor(cores()) as pool:
        scores = pool.map(
            lambda picture: model.scores(picture.pixels(model.size, model.recipe)), pictures
        )
        return accuracy_of(pictures, np.stack(list(scores)))


def doubts(found: Inspection, chosen: Chosen, labels: Sequence[str]) -> Iterator[str]:
    """What speaks against a model that can be published all the same, before it is measured."""
    recipe = chosen.recipe
    scales = (recipe.scale, set(recipe.mean), set(recipe.std)) != (1.0, {0.0}, {1.0})
    if found.scalings and scales and chosen.diagnosis is None:
        yield (
            f"the recipe ({chosen.source}) scales pixels, and so does the network's own layer "
            f"{' and '.join(found.scalings)}: unless it was trained so, publish with --recipe 0-255"
        )
    seen = Counter(labels)
    twice = [label for label in seen if seen[label] > 1]
    if twice:
        named = ", ".join(repr(label) for label in twice[:3])
        yield (
            f"{LABELS} has {counted(len(twice), 'label')} more than once, such as {named}: answers "
            "cannot tell those classes apart by name"
        )


def _about_luck(accuracy: Accuracy | None, pictures: Sequence[LabelledPicture]) -> tuple[str, ...]:
    """What speaks against a model that was measured."""
    right = np.array([picture.index for picture in pictures])
    if accuracy is None or len(set(right)) < 2:
        return ()
    hits = np.arange(len(right)) < round(accuracy.top1 * len(right))
    if beats_chance(hits, right):
        return ()
    doubt = (
        f"{accuracy.top1:.1%} of {counted(len(right), 'picture')} right is no more than luck: "
        "check the recipe, and that the labels are in the order of the output"
    )
    return (doubt,)
