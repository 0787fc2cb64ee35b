"""What `MICROLENS_MODEL` may say, and where that leads now.

A reference is looked at again and again while its model is served. A look costs one conditional
read where nothing changed (for plain files one request a file), and never lists a bucket.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from inference import layout
from inference.bundle import Bundle, read_bundle
from inference.cache import Cache, cache_of
from inference.errors import ModelError, SettingsError
from inference.manifest import MANIFEST
from inference.pointers import Pointer
from inference.snapshots import Snapshot, take_snapshot
from inference.stores import UNCHANGED, Blob, Store, open_store


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a reference led to when it was looked at; equal to another of the same `version`.

    `open` reads the bundle, or raises `ModelError` when there is none. `in_place` says that its
    files are replaced where they lie, so that some may have arrived and others not. `files` is
    what `open` holds in memory for the loader, and may be cleared afterwards.
    """

    version: str | Snapshot
    open: Callable[[], Bundle] = field(compare=False)
    in_place: bool = False
    files: dict[str, bytes] = field(default_factory=dict, compare=False, repr=False)


class Reference(Protocol):
    """A place that leads to a model; the text of one is what an operator wrote."""

    @property
    def stage(self) -> str | None:
        """The stage of a registry that it follows, if it does."""

    def look(self, seen: Sighting | None) -> Sighting | None:
        """What is there now; None while it is what was `seen`. Raises `SourceUnavailable`."""


@dataclass(frozen=True, slots=True)
class BundleReference:
    """A folder or a prefix in S3 that holds a bundle, or the plain files of a model."""

    store: Store
    stage: None = None

    def __str__(self) -> str:
        return self.store.url

    def bundle(self) -> Bundle:
        """The bundle that lies there now; `ModelError` if none does."""
        return _now(self)

    def look(self, seen: Sighting | None) -> Sighting | None:
        """A bundle by its manifest, which covers all other files; else the files one by one."""
        version = seen.version if seen else None
        blob = self.store.read_changed(MANIFEST, version if isinstance(version, str) else None)
        if blob is UNCHANGED:
            return None
        if isinstance(blob, Blob) and not _is_architecture(blob.data):
            return Sighting(blob.etag, partial(read_bundle, self.store), in_place=True)
        snapshot = take_snapshot(self.store, version if isinstance(version, Snapshot) else None)
        if snapshot == version:
            return None
        files: dict[str, bytes] = {}
        open_ = partial(_plain_bundle, self.store, snapshot, files)
        return Sighting(snapshot, open_, in_place=True, files=files)


@dataclass(frozen=True, slots=True)
class StageReference:
    """A stage of a model in a registry: `STORE/NAME@STAGE`."""

    store: Store
    name: str
    stage: str
    cache: Cache | None = None

    def __str__(self) -> str:
        return f"{self.store.url}/{self.name}@{self.stage}"

    def bundle(self) -> Bundle:
        """The release that the stage points to now; `ModelError` if there is none."""
        return _now(self)

    def look(self, seen: Sighting | None) -> Sighting | None:
        """The pointer, by one conditional read."""
        version = seen.version if seen else None
        key = layout.pointer(self.name, self.stage)
        blob = self.store.read_changed(key, version if isinstance(version, str) else None)
        if blob is UNCHANGED:
            return None
        if not isinstance(blob, Blob):
            gone = Sighting("", partial(self._points_nowhere, key))
            return None if gone == seen else gone
        return Sighting(blob.etag, partial(self._release, key, blob.data))

    def _points_nowhere(self, key: str) -> Bundle:
        raise ModelError(
            f"the stage {self.stage!r} of {self.name!r} points to no release: {key} does not exist"
        )

    def _release(self, key: str, pointer: bytes) -> Bundle:
        try:
            release = Pointer.parse(pointer).release
        except ModelError as exc:
            raise ModelError(f"{key} is no pointer to a release: {exc}") from exc
        prefix = layout.release(self.name, release)
        return read_bundle(self.store, prefix, release=release, cache=self.cache)


def parse_reference(text: str, cache: str | None = None) -> BundleReference | StageReference:
    """The model that `text` means; nothing is read yet.

    `cache` is the setting of that name. Raises `SettingsError` for a place that cannot be.
    """
    place = layout.parse_place(text)
    wrong = layout.why_no_place(text) if "@" in text.rpartition("/")[2] else None
    if wrong and (text.startswith("s3://") or not Path(text).exists()):
        raise SettingsError(f"{text!r} is neither a folder nor a stage of a model: {wrong}")
    if place and place.stage:
        store = open_store(place.store)
        kept = None if store.is_local else cache_of(str(place), cache)
        return StageReference(store, place.name, place.stage, kept)
    return BundleReference(open_store(text.rstrip("/") or "/"))


def _now(reference: Reference) -> Bundle:
    """What a reference leads to when nothing was seen before."""
    sighting = reference.look(None)
    if sighting is None:
        raise ModelError("there is nothing")
    return sighting.open()


def _plain_bundle(store: Store, snapshot: Snapshot, files: dict[str, bytes]) -> Bundle:
    from inference.plain import bundle_of  # not needed where a bundle is served

    return bundle_of(store, snapshot, files)


def _is_architecture(content: bytes) -> bool:
    """Whether a `model.json` is what Keras writes and not a manifest, as both are called so."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):  # lists in lists in lists
        return False
    # `json.dump(model.to_json(), …)` writes a text that holds the JSON, a common slip.
    return isinstance(document, str) or (isinstance(document, dict) and "class_name" in document)
