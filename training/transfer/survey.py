"""What lies in a folder to train from, found out before TensorFlow is imported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from training.labelled import LabelledPicture
from training.transfer.duplicates import Sets, same_pictures
from training.transfer.fingerprints import Broken, Fingerprint, fingerprints
from training.transfer.folders import (
    FEWEST_PICTURES,
    ClassFolder,
    Unusable,
    list_classes,
    naming,
)
from training.transfer.grouping import Together

Count = Callable[[int, int], None]
"""Hears how many of how many files were looked at."""

_MOST_BROKEN: Final = 0.1
_REMARKS_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture that can be decoded; those of one `group` stay on one side of every split."""

    picture: LabelledPicture
    print: Fingerprint
    group: int

    @property
    def index(self) -> int:
        """The class."""
        return self.picture.index


@dataclass(frozen=True, slots=True)
class Survey:
    """The pictures of a folder, and what a person should know of them, in words.

    `held_out` is set where a second folder says which pictures are kept for measuring.
    `grouped` says that groups were given, beside those of equal pictures.
    """

    folder: Path
    labels: tuple[str, ...]
    samples: tuple[Sample, ...]
    held_out: tuple[Sample, ...] = ()
    remarks: tuple[str, ...] = ()
    grouped: bool = False

    def counts(self, samples: Sequence[Sample]) -> list[int]:
        """How many of `samples` each class has."""
        found = Counter(each.index for each in samples)
        return [found[index] for index in range(len(self.labels))]


def look(folder: Path, validation: Path | None, together: Together, count: Count) -> Survey:
    """Read every file once. Raises `Unusable` with names and what to do.

    A few files that are no pictures are passed over and named. Equal pictures belong together;
    those that lie in the validation folder too are not learned from.
    """
    nested = together.file is not None or together.pattern is not None
    listed = list_classes(folder, fewest=2 if validation else FEWEST_PICTURES, nested=nested)
    apart = ClassFolder(listed.labels, ())
    if validation:
        apart = list_classes(validation, fewest=1, labels=listed.labels, nested=nested)
    files = (*listed.pictures, *apart.pictures)
    prints = list(fingerprints(files, lambda done: count(done, len(files))))
    places, remarks = _readable(files, prints)
    remarks += _not_looked_into((*listed.deeper, *apart.deeper))
    trained = [place for place in places if place < len(listed.pictures)]
    _check_enough(folder, listed, trained, 2 if validation else FEWEST_PICTURES)
    if validation and len(trained) == len(places):
        raise Unusable(f"{validation} holds no picture that can be decoded")
    good = [prints[place] for place in places]
    known = [each for each in good if isinstance(each, Fingerprint)]
    copies = same_pictures(np.stack([each.grey for each in known]))
    names = [files[place].name for place in trained]
    given = together.groups(names)
    groups = _groups(len(places), given, copies)
    samples = [
        Sample(files[place], each, groups[number])
        for number, (place, each) in enumerate(zip(places, known, strict=True))
    ]
    first = len(trained)
    remarks += _copies_in_words(copies, samples, listed.labels, first if validation else None)
    leaving = {number for each in copies if each[-1] >= first for number in each if number < first}
    kept = tuple(each for number, each in enumerate(samples[:first]) if number not in leaving)
    survey = Survey(
        folder, listed.labels, kept, tuple(samples[first:]), tuple(remarks), given is not None
    )
    if 0 in survey.counts(kept):
        lost = [
            label
            for label, left in zip(listed.labels, survey.counts(kept), strict=True)
            if not left
        ]
        raise Unusable(
            f"every picture of {naming(lost)} lies in {validation} too: nothing is left to learn "
            "from"
        )
    return survey


def _readable(
    files: Sequence[LabelledPicture], prints: Sequence[Fingerprint | Broken]
) -> tuple[list[int], list[str]]:
    """The places of files that are pictures, and a remark for each of the others."""
    broken = [
        (file.name, each)
        for file, each in zip(files, prints, strict=True)
        if isinstance(each, Broken)
    ]
    unreadable = [f"{name} ({each.reason})" for name, each in broken if each.unreadable]
    if unreadable:
        raise Unusable(
            f"{len(unreadable):,} of {len(files):,} files cannot be read: {naming(unreadable)}"
        )
    named = [f"{name} ({each.reason})" for name, each in broken]
    if len(broken) > _MOST_BROKEN * len(files):
        raise Unusable(
            f"{len(broken):,} of {len(files):,} files cannot be decoded, more than "
            f"{_MOST_BROKEN:.0%}: {naming(named)}; mend them or take them away"
        )
    remarks = [f"passed over, it cannot be decoded: {each}" for each in named[:_REMARKS_SHOWN]]
    if len(named) > _REMARKS_SHOWN:
        remarks.append(f"passed over as well: {len(named) - _REMARKS_SHOWN:,} more files")
    return [place for place, each in enumerate(prints) if isinstance(each, Fingerprint)], remarks


def _not_looked_into(deeper: Sequence[str]) -> list[str]:
    words = "folders below a class are not looked into"
    return [f"{words}: {naming(deeper)}; move pictures up to learn from them"] if deeper else []


def _check_enough(folder: Path, listed: ClassFolder, trained: Sequence[int], fewest: int) -> None:
    left = Counter(listed.pictures[place].index for place in trained)
    few = [
        f"{label} ({left[index]} of {count})"
        for index, (label, count) in enumerate(zip(listed.labels, listed.counts(), strict=True))
        if left[index] < fewest
    ]
    if few:
        raise Unusable(
            f"too few files in {folder} can be decoded: {naming(few)}; {fewest} of each class are "
            "the least"
        )


def _groups(count: int, given: Sequence[str] | None, copies: Sequence[Sequence[int]]) -> list[int]:
    """A number for each picture; what was given and what is equal belongs together."""
    sets = Sets(count)
    first: dict[str, int] = {}
    for number, name in enumerate(given or ()):
        sets.join(first.setdefault(name, number), number)
    for each in copies:
        sets.join_all(each)
    return [sets.find(number) for number in range(count)]


def _copies_in_words(
    copies: Sequence[Sequence[int]],
    samples: Sequence[Sample],
    labels: Sequence[str],
    validation_from: int | None,
) -> list[str]:
    """A remark for each set of equal pictures, the worst first: other classes, other sides."""
    remarks: list[tuple[int, str]] = []
    for each in copies:
        names = naming([samples[number].picture.name for number in each])
        classes = sorted({samples[number].index for number in each})
        if len(classes) > 1:
            several = naming([labels[index] for index in classes])
            remarks.append((0, f"the same picture in several classes, {several}: {names}"))
        elif validation_from is not None and each[0] < validation_from <= each[-1]:
            words = "the same picture in both folders, not learned from"
            remarks.append((1, f"{words}: {names}"))
        else:
            remarks.append((2, f"the same picture more than once, kept on one side: {names}"))
    remarks.sort(key=lambda remark: remark[0])
    shown = [words for _, words in remarks[:_REMARKS_SHOWN]]
    if len(remarks) > _REMARKS_SHOWN:
        shown.append(f"the same picture more than once: {len(remarks) - _REMARKS_SHOWN:,} more")
    return shown
