"""Which pictures of a folder the model has not learned from: only they say how sure it may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from inference.manifest import Accuracy
from training.evaluation.folder import file_digest
from training.labelled import LabelledPicture, folder_names
from training.photos import digest_of
from training.transfer.folders import Unusable
from training.transfer.grouping import ALONE, Together
from training.transfer.splits import FIFTHS, split
from training.transfer.survey import look as survey

SEEDS: Final = 10
"""Of `microlens train`, that are tried."""
_NEARLY: Final = 0.1


def unlearned(
    folder: Path,
    pictures: Sequence[LabelledPicture],
    labels: Sequence[str],
    accuracy: Accuracy | None,
    together: Together = ALONE,
) -> tuple[list[LabelledPicture], str | None]:
    """The pictures to calibrate on, and what to say of the choice, if anything.

    Where `folder` is the one that `microlens train` learned from, and its classes are the model's
    `labels`, the part that was held out is found again by its digest, with the groups of
    `together` as training had them. Otherwise they are all taken, and doubted where they are as
    many as that folder's.
    """
    everything = list(pictures)
    if accuracy is None:
        return everything, None
    digests = {each.name: file_digest(each.path) for each in pictures}
    if digest_of(digests.items()) == accuracy.data_sha256:
        return everything, "these are the pictures that its accuracy was measured on"
    may_be_it = len(everything) > accuracy.pictures and folder_names(folder) == tuple(labels)
    for seed, names in _held_out(folder, together) if may_be_it else ():
        known = [(name, digests[name]) for name in names if name in digests]
        if known and digest_of(known) == accuracy.data_sha256:
            chosen = [each for each in everything if each.name in names]
            return chosen, (
                f"{len(chosen):,} of {len(everything):,} pictures: the part of this folder that "
                f"was held out when the model learned from it (seed {seed})"
            )
    expected = accuracy.pictures * FIFTHS
    if abs(len(everything) - expected) > _NEARLY * expected:
        return everything, None
    return everything, (
        f"its accuracy was measured on {accuracy.pictures:,} pictures, a fifth of as many as "
        "these: if it learned from this folder (with groups, another seed, or other pictures in "
        "it), it is less sure of others than this calibration says"
    )


def _held_out(folder: Path, together: Together) -> Iterator[tuple[int, frozenset[str]]]:
    """The names that training would hold out, by seed; nothing where it would refuse the folder."""
    with suppress(Unusable):
        found = survey(folder, None, together, lambda _done, _of: None)
        for seed in range(SEEDS):
            yield seed, frozenset(each.picture.name for each in split(found, seed).held_out)
