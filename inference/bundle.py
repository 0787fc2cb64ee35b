"""The bundle: the folder that is a servable model, wherever it lies.

Every file is checked against its digest in the manifest each time it is read, and the bytes
that were checked are the bytes that are used: a flipped bit never reaches a loader.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from inference.cache import Cache
from inference.errors import BundleDamaged, ModelError
from inference.labels import label_lines
from inference.manifest import LABELS, MANIFEST, Manifest, release_digest
from inference.plurals import counted
from inference.stores import Readable


@dataclass(frozen=True, slots=True)
class Bundle:
    """A manifest that was read, and the place where the files that it lists lie."""

    manifest: Manifest
    release: str
    store: Readable
    prefix: str = ""
    cache: Cache | None = None

    def read(self, name: str) -> bytes:
        """The content of one file; `BundleDamaged` if it is missing or not what it was."""
        expected = self.manifest.files.get(name)
        if expected is None:
            raise BundleDamaged(f"{MANIFEST} lists no file {name!r}")
        if self.cache and (kept := self.cache.read(expected.sha256)) is not None:
            return kept
        blob = self.store.read(self.prefix + name)
        if blob is None:
            raise BundleDamaged(f"the file {name!r}, which {MANIFEST} lists, is missing")
        digest = hashlib.sha256(blob.data).hexdigest()
        if digest != expected.sha256:
            raise BundleDamaged(
                f"{name!r} is not the file that was published: its SHA-256 is {digest[:12]}…, "
                f"{MANIFEST} says {expected.sha256[:12]}…"
            )
        if self.cache:
            self.cache.keep(digest, blob.data)
        return blob.data

    def keep_only(self, *others: Bundle) -> None:
        """Let the cache keep the files of this release and of `others`, and none besides."""
        if self.cache:
            bundles = (self, *others)
            files = {file.sha256 for bundle in bundles for file in bundle.manifest.files.values()}
            self.cache.keep_only(files | {bundle.release for bundle in bundles})

    def labels(self) -> tuple[str, ...]:
        """One label per class, in the order of the output."""
        try:
            text = self.read(LABELS).decode()
        except UnicodeDecodeError as exc:
            raise ModelError(f"{LABELS} is not UTF-8") from exc
        labels = tuple(label_lines(text))
        if len(labels) != self.manifest.output.classes:
            raise ModelError(
                f"{LABELS} has {counted(len(labels), 'line')} for "
                f"{counted(self.manifest.output.classes, 'class')}"
            )
        return labels


def read_bundle(
    store: Readable, prefix: str = "", *, release: str | None = None, cache: Cache | None = None
) -> Bundle:
    """The bundle whose `model.json` lies at `prefix` of `store`.

    `release` is the digest that the manifest must have, where it is known; what is read of a
    release is kept in `cache`, and taken from there. Raises `ModelError`.
    """
    content = cache.read(release) if cache and release else None
    if content is None:
        content = _read_manifest(store, prefix, release)
        if cache and release:
            cache.keep(release, content)
    return Bundle(Manifest.parse(content), release_digest(content), store, prefix, cache)


def _read_manifest(store: Readable, prefix: str, release: str | None) -> bytes:
    blob = store.read(prefix + MANIFEST)
    if blob is None:
        fault = BundleDamaged if release else ModelError
        raise fault(f"there is no bundle: no {MANIFEST} lies there")
    if release is not None and release_digest(blob.data) != release:
        raise BundleDamaged(f"{MANIFEST} is not that of release {release[:12]}…")
    return blob.data
