"""Stages: pointers to releases, moved one at a time and never by two at once."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime

from inference import layout
from inference.errors import ModelError, SourceUnavailable, StoreConflict
from inference.pointers import Action, Pointer, first, moved
from inference.stores import Store
from training.registry.releases import VerifiedRelease


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage as it was read: what it points to, and the tag that its next move must name.

    Both are None for a stage that points to nothing yet.
    """

    store: Store
    name: str
    stage: str
    pointer: Pointer | None
    etag: str | None

    def __str__(self) -> str:
        return str(layout.Place(self.store.url, self.name, self.stage))

    @property
    def release(self) -> str | None:
        """The release that it points to."""
        return self.pointer.release if self.pointer else None


def read_stage(store: Store, name: str, stage: str) -> Stage:
    """The stage as it is now; `ModelError` if what lies in its place is no pointer."""
    key = layout.pointer(name, stage)
    blob = store.read(key)
    if blob is None:
        return Stage(store, name, stage, None, None)
    try:
        pointer = Pointer.parse(blob.data)
    except ModelError as exc:
        raise ModelError(
            f"{key} of {store.url}: {exc}; put it right, or remove it and promote again"
        ) from exc
    return Stage(store, name, stage, pointer, blob.etag)


def move_stage(
    seen: Stage, release: VerifiedRelease, *, action: Action, at: datetime, by: str
) -> Pointer:
    """Point the stage to `release`, if it is still as it was `seen`; the new pointer.

    Whatever is raised, the pointer is the old one or the new one, whole: `StoreConflict` says
    who moved the stage in between, `SourceUnavailable` whether it is known to have moved.
    """
    if seen.pointer is None:
        pointer = first(seen.name, seen.stage, release.digest, at=at, by=by, action=action)
    else:
        pointer = moved(seen.pointer, release.digest, at=at, by=by, action=action)
    key, content = layout.pointer(seen.name, seen.stage), pointer.serialise()
    try:
        if seen.etag is None:
            seen.store.create(key, content)
        else:
            seen.store.replace(key, content, seen.etag)
    except StoreConflict as exc:
        # S3 asks again when a reply is lost, and then its own first try is the conflict.
        if not _lies_there(seen, pointer):
            raise StoreConflict(_who_was_quicker(seen)) from exc
    except SourceUnavailable as exc:
        if not _lies_there_perhaps(seen, pointer, exc):
            raise SourceUnavailable(f"{seen} was not moved: {exc}") from exc
    return pointer


def _lies_there(seen: Stage, pointer: Pointer) -> bool:
    """Whether the stage points as we wanted it to, by our own hand."""
    return read_stage(seen.store, seen.name, seen.stage).pointer == pointer


def _lies_there_perhaps(seen: Stage, pointer: Pointer, cause: SourceUnavailable) -> bool:
    """As `_lies_there`, while the storage may go on not answering."""
    try:
        return _lies_there(seen, pointer)
    except SourceUnavailable as exc:
        raise SourceUnavailable(
            f"it is not known whether {seen} was moved, the storage stopped answering "
            f"meanwhile ({cause}); see: microlens show {shlex.quote(str(seen))}"
        ) from exc


def _who_was_quicker(seen: Stage) -> str:
    now = read_stage(seen.store, seen.name, seen.stage).pointer
    if now is None:
        return f"{seen} was removed while you were at it; nothing was changed"
    return (
        f"{seen} was moved to {layout.abbreviated(now.release)} by {now.by} at "
        f"{now.since:%H:%M} UTC while you were at it; nothing was changed: "
        f"see microlens show {shlex.quote(str(seen))}, then try again"
    )
