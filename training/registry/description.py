"""One release or bundle, and the stage that led to it, for somebody who looks."""

from __future__ import annotations

from dataclasses import dataclass

from inference import layout
from inference.bundle import Bundle, read_bundle
from inference.errors import ModelError
from inference.pointers import Pointer
from inference.stores import open_store
from training.registry.lookup import find_release
from training.registry.releases import read_release
from training.registry.stages import read_stage


@dataclass(frozen=True, slots=True)
class Description:
    """A bundle with its labels; `pointer` is that of the stage that was asked for, if one was."""

    bundle: Bundle
    labels: tuple[str, ...]
    pointer: Pointer | None


def describe(text: str) -> Description:
    """What `STORE/NAME@STAGE`, `STORE/NAME@DIGEST` or the place of a bundle means.

    Raises `ModelError` when nothing of that name is there, `SourceUnavailable`.
    """
    path, _, release = text.rpartition("@")
    place = layout.parse_place(path)
    if place is None or not (layout.is_stage(release) or layout.is_digest(release)):
        return _describe_bundle(text)
    store, pointer = open_store(place.store), None
    if layout.is_stage(release):
        pointer = read_stage(store, place.name, release).pointer
    digest = pointer.release if pointer else find_release(store, place.name, release)
    bundle = read_release(store, place.name, digest)
    return Description(bundle, bundle.labels(), pointer)


def _describe_bundle(url: str) -> Description:
    try:
        bundle = read_bundle(open_store(url))
    except ModelError as exc:
        hint = layout.why_no_place(url) if "@" in url else None
        raise ModelError(f"{url}: {exc}; {hint or 'a stage is STORE/NAME@STAGE'}") from exc
    return Description(bundle, bundle.labels(), None)
