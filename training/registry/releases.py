"""Releases: bundles in a registry, each under its digest, written once and never changed."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from inference import layout
from inference.bundle import Bundle, read_bundle
from inference.errors import BundleDamaged, ModelError, StoreConflict
from inference.golden import verify
from inference.manifest import MANIFEST, release_digest
from inference.model import Model
from inference.stores import Store
from inference.stores.directory import DirectoryStore


@dataclass(frozen=True, slots=True)
class VerifiedRelease:
    """A release that was loaded out of its registry and gave all its golden answers."""

    model: Model

    @property
    def digest(self) -> str:
        """The release's name."""
        return self.model.bundle.release


def publish_release(store: Store, bundle: Bundle | Path, name: str) -> str:
    """Write `bundle`, or the one in a folder, as a release of the model `name`; its digest.

    The manifest is written last: where it lies, the release is whole. What lies there already,
    be it all of it or what a publisher left that was killed, is checked and completed, never
    overwritten. Raises `ModelError` for what is no bundle of that name, `BundleDamaged` where
    other bytes lie in its place, `SourceUnavailable`.
    """
    if isinstance(bundle, Path):
        bundle = read_bundle(DirectoryStore(bundle))
    if not layout.is_name(name):
        raise ModelError(f"no model can be called {name!r}: {layout.NAME_RULE}")
    if bundle.manifest.name != name:
        raise ModelError(
            f"the bundle calls its model {bundle.manifest.name!r} and cannot be a release "
            f"of {name!r}: answers would carry the other name"
        )
    prefix = layout.release(name, bundle.release)
    present = frozenset(store.list(prefix))
    for file in sorted(bundle.manifest.files):
        _write_once(store, prefix + file, bundle.read(file), present)
    _write_once(store, prefix + MANIFEST, _manifest_of(bundle), present)
    return bundle.release


def read_release(store: Store, name: str, digest: str) -> Bundle:
    """The release of `name` with this digest; `ModelError` if there is none that is whole."""
    if store.read(layout.manifest(name, digest)) is None:
        raise ModelError(
            f"release {layout.abbreviated(digest)} of {name!r} is not published here; "
            f"see: microlens list {shlex.quote(str(layout.Place(store.url, name)))}"
        )
    return read_bundle(store, layout.release(name, digest), release=digest)


def verified_release(store: Store, name: str, digest: str) -> VerifiedRelease:
    """The release, once it was loaded as a service would and gave all its golden answers.

    Raises `ModelError`: the release is missing, damaged or gives other answers.
    """
    model = Model(read_release(store, name, digest))
    try:
        verify(model)
    except ModelError as exc:
        raise type(exc)(f"release {layout.abbreviated(digest)} of {name!r}: {exc}") from exc
    return VerifiedRelease(model)


def _manifest_of(bundle: Bundle) -> bytes:
    """The very bytes that the release's digest was taken of."""
    blob = bundle.store.read(bundle.prefix + MANIFEST)
    if blob is None or release_digest(blob.data) != bundle.release:
        raise BundleDamaged(f"{MANIFEST} was changed while the bundle was being published")
    return blob.data


def _write_once(store: Store, key: str, data: bytes, present: frozenset[str]) -> None:
    """Write `key`, or make sure that what lies there is `data`."""
    if key not in present:
        try:
            store.create(key, data)
        except StoreConflict:
            pass  # somebody publishes the same, or our own reply was lost and S3 asked again
        else:
            return
    blob = store.read(key)
    if blob is None or blob.data != data:
        raise BundleDamaged(
            f"{key} of {store.url} is not what was published under it before; nothing was "
            "overwritten: remove that release's folder and publish again"
        )
