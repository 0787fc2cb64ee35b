"""The model card: what a bundle was trained on, how well it answers, what nobody has tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.spelling import spelled

MODEL_CARD: Final = "model-card.md"

Classes = NDArray[np.intp]

_MOST_CLASSES: Final = 30
"""Of a confusion matrix that a page can hold."""
_MARKUP: Final = str.maketrans({each: f"\\{each}" for each in "\\`*_{}[]<>|#~"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What a card tells. `counts` are pictures per class, (learned from, held out)."""

    name: str
    labels: Sequence[str]
    counts: Sequence[tuple[int, int]]
    split_by: str
    data_sha256: str
    backbone: str
    licence: str
    method: Sequence[str]
    forms: Sequence[tuple[str, str]]
    remarks: Sequence[str]


def model_card(facts: Facts, right: Classes, answers: Classes) -> str:
    """Markdown; `right` and `answers` are the classes of the held-out pictures, `(n,)` each.

    The same facts give the same text: it holds no time and no place.
    """
    matrix = confusion(right, answers, len(facts.labels))
    correct, pictures = int(np.trace(matrix)), len(right)
    low, high = interval(correct, pictures)
    sections = [
        f"# {_plain(facts.name)}",
        (
            f"Tells {len(facts.labels)} classes apart. Right on **{correct} of {pictures}** "
            f"pictures that it had not seen, {correct / pictures:.1%} (95 % confidence: "
            f"{low:.1%} to {high:.1%})."
        ),
        "## Data",
        (
            f"Held out: {facts.split_by}. The held-out pictures taught nothing, and chose nothing "
            f"but the form of the numbers below; their digest is `{facts.data_sha256}`."
        ),
        _classes(facts, matrix),
        *_remarks(facts.remarks),
        "## How it was made",
        "\n".join(f"- {each}" for each in (f"Backbone: {facts.backbone}.", *facts.method)),
        "## Numbers",
        _table(("form", "on the held-out pictures"), facts.forms),
        "## Mistakes",
        _mistakes(facts.labels, matrix),
        "## Licence",
        (
            f"The backbone's is {facts.licence}. What its use allows together with the pictures "
            "that this model learned from is for their owner to say."
        ),
        "## Not tested",
        (
            "- Pictures of anything else than these classes: one of them is always answered.\n"
            "- Pictures from another camera, place, laboratory or time than those of the folder.\n"
            "- Whether it treats all groups of people, sites or instruments alike."
        ),
    ]
    return "\n\n".join(sections) + "\n"


def confusion(right: Classes, answers: Classes, classes: int) -> NDArray[np.int64]:
    """`(classes, classes)`: how often a picture of the row's class was taken for the column's."""
    from sklearn.metrics import confusion_matrix

    matrix: NDArray[np.int64] = confusion_matrix(right, answers, labels=range(classes))
    return matrix


def interval(right: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share: honest for few pictures, and where all are right."""
    from scipy.stats import binomtest

    found = binomtest(right, of).proportion_ci(0.95, method="wilson")
    return float(found.low), float(found.high)


def _classes(facts: Facts, matrix: NDArray[np.int64]) -> str:
    rows = [
        (_plain(label), str(learned), str(held), f"{matrix[index, index]} of {matrix[index].sum()}")
        for index, (label, (learned, held)) in enumerate(
            zip(facts.labels, facts.counts, strict=True)
        )
    ]
    return _table(("class", "learned from", "held out", "right"), rows)


def _mistakes(labels: Sequence[str], matrix: NDArray[np.int64]) -> str:
    """The whole matrix where a page holds it; else the pairs that are confused most."""
    if len(labels) <= _MOST_CLASSES:
        header = ("shown ↓ taken for →", *map(_plain, labels))
        return _table(
            header,
            [
                (_plain(label), *(str(count) if count else "·" for count in row))
                for label, row in zip(labels, matrix.tolist(), strict=True)
            ],
        )
    wrong = matrix - np.diag(np.diag(matrix))
    worst = np.argsort(-wrong, axis=None, kind="stable")[:_MOST_CLASSES]
    pairs = [divmod(int(place), len(labels)) for place in worst if wrong.flat[place]]
    if not pairs:
        return "None."
    return _table(
        ("shown", "taken for", "times"),
        [(_plain(labels[row]), _plain(labels[at]), str(wrong[row, at])) for row, at in pairs],
    )


def _remarks(remarks: Sequence[str]) -> list[str]:
    return ["\n".join(f"- {_plain(each)}" for each in remarks)] if remarks else []


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(text: str) -> str:
    """Names of people's folders and files, as Markdown that shows nothing but them."""
    return spelled(text).translate(_MARKUP)
