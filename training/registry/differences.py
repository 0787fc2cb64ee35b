"""What differs between two releases, in words and as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from inference.manifest import MODEL_FILE, Accuracy, Manifest
from inference.plurals import counted

_NAMED = 3
"""How many labels a sentence names; the others are counted."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: what, its old and its new value as JSON has them, a sentence."""

    what: str
    old: Any
    new: Any
    text: str

    def __str__(self) -> str:
        return f"{self.what}: {self.text}"


def differences(
    old: Manifest, new: Manifest, old_labels: Sequence[str], new_labels: Sequence[str]
) -> tuple[Difference, ...]:
    """Whatever a caller of the model, or its operator, may notice; nothing for two that are alike.

    Digests and the versions of the tools that made the files are left out.
    """
    return (
        *_of_labels(old_labels, new_labels),
        *_of_members("recipe", old.recipe.model_dump(), new.recipe.model_dump()),
        *_changed("input size", _size(old), _size(new), _as_size),
        *_changed("input dtype", old.input.dtype, new.input.dtype),
        *_changed("activation", old.output.activation, new.output.activation),
        *_changed("quantisation", old.quantisation.scheme, new.quantisation.scheme),
        *_changed("agreement", _agreement(old), _agreement(new), as_agreement),
        *_of_accuracy(old.accuracy, new.accuracy),
        *_changed("calibration", _calibration(old), _calibration(new), as_calibration, "none"),
        *_changed("model size", model_bytes(old), model_bytes(new), as_size_of_file),
        *_changed("loader", old.loader, new.loader),
        *_of_members("origin", old.origin.model_dump(), new.origin.model_dump()),
    )


def model_bytes(manifest: Manifest) -> int:
    """The size of what the loader reads, without golden pictures and sources."""
    model = manifest.files.get(MODEL_FILE.get(manifest.loader, ""))
    return model.bytes if model else release_bytes(manifest)


def release_bytes(manifest: Manifest) -> int:
    """The size of all files, but for the manifest itself."""
    return sum(file.bytes for file in manifest.files.values())


def as_size_of_file(size: int) -> str:
    """Bytes as people read them."""
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"


def as_accuracy(accuracy: Any) -> str:
    """The members of an `Accuracy` as people read them."""
    return f"{accuracy['top1']:.1%} of {counted(accuracy['pictures'], 'picture')}"


def as_agreement(agreement: Any) -> str:
    """The members of an `Agreement` as people read them."""
    return (
        f"{agreement['top1']:.1%} of {counted(agreement['pictures'], 'picture')} as the original, "
        f"scores at most {agreement['max_difference']:g} off"
    )


def as_calibration(calibration: Any) -> str:
    """The members of a `Calibrated` as people read them."""
    return (
        f"coverage {calibration['coverage']:.1%} of {counted(calibration['pictures'], 'picture')} "
        f"where {1 - calibration['error']:.1%} was asked for, expected calibration error "
        f"{calibration['ece']:.3f}"
    )


def some_labels(labels: Sequence[str]) -> str:
    """The first labels by name, the others by number."""
    more = len(labels) - _NAMED
    return ", ".join(labels[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _of_labels(old: Sequence[str], new: Sequence[str]) -> Iterator[Difference]:
    """Labels that came, went, or stand in another order among those that stayed."""
    came, went = Counter(new) - Counter(old), Counter(old) - Counter(new)
    if went:
        gone = list(went.elements())
        yield Difference("labels gone", gone, None, some_labels(gone))
    if came:
        added = list(came.elements())
        yield Difference("labels added", None, added, some_labels(added))
    before, after = _without(old, went), _without(new, came)
    moved = [(was, is_) for was, is_ in zip(before, after, strict=True) if was != is_]
    if moved:
        were, are = map(list, zip(*moved, strict=True))
        yield Difference(
            "labels reordered",
            were,
            are,
            f"{len(moved):,} of {len(before):,}, the first where {were[0]} was is {are[0]}",
        )


def _without(labels: Sequence[str], less: Counter[str]) -> list[str]:
    """The labels in their order, without the last of each that `less` counts."""
    left, kept = Counter(less), []
    for label in reversed(labels):
        if left[label]:
            left[label] -= 1
        else:
            kept.append(label)
    return kept[::-1]


def _of_members(what: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Difference]:
    for name in old:
        yield from _changed(f"{what}.{name}", old[name], new[name], _as_value, "none")


def _of_accuracy(old: Accuracy | None, new: Accuracy | None) -> Iterator[Difference]:
    was, is_ = (each.model_dump() if each else None for each in (old, new))
    for each in _changed("accuracy", was, is_, as_accuracy):
        others = old and new and old.data_sha256 != new.data_sha256
        note = " (not the same pictures)" if others else ""
        yield Difference(each.what, each.old, each.new, each.text + note)


def _changed(
    what: str,
    old: Any,
    new: Any,
    words: Callable[[Any], str] = str,
    nothing: str = "not measured",
) -> Iterator[Difference]:
    if old != new:
        before, after = (nothing if each is None else words(each) for each in (old, new))
        yield Difference(what, old, new, f"{before} → {after}")


def _size(manifest: Manifest) -> list[int]:
    return [manifest.input.width, manifest.input.height]


def _as_size(size: Sequence[int]) -> str:
    return f"{size[0]} × {size[1]}"


def _agreement(manifest: Manifest) -> dict[str, Any] | None:
    agreement = manifest.quantisation.agreement
    return agreement.model_dump() if agreement else None


def _calibration(manifest: Manifest) -> dict[str, Any] | None:
    return manifest.calibration.model_dump() if manifest.calibration else None


def _as_value(value: Any) -> str:
    return ", ".join(f"{each:g}" for each in value) if isinstance(value, tuple) else str(value)
