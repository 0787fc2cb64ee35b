"""The bundle: the folder that is a servable model, wherever it lies.

Every file is checked against its digest in the manifest each time it is read, and the bytes
that were checked are the bytes that are used: a flipped bit never reaches a loader.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from inference.errors import BundleDamaged, ModelError
from inference.manifest import LABELS, MANIFEST, Manifest, release_digest
from inference.stores import Store


@dataclass(frozen=True, slots=True)
class Bundle:
    """A manifest that was read, and the place where the files that it lists lie."""

    manifest: Manifest
    release: str
    store: Store
    prefix: str = ""

    def read(self, name: str) -> bytes:
        """The content of one file; `BundleDamaged` if it is missing or not what it was."""
        expected = self.manifest.files.get(name)
        if expected is None:
            raise BundleDamaged(f"{MANIFEST} lists no file {name!r}")
        blob = self.store.read(self.prefix + name)
        if blob is None:
            raise BundleDamaged(f"the file {name!r}, which {MANIFEST} lists, is missing")
        digest = hashlib.sha256(blob.data).hexdigest()
        if digest != expected.sha256:
            raise BundleDamaged(
                f"{name!r} is not the file that was published: its SHA-256 is {digest[:12]}…, "
                f"{MANIFEST} says {expected.sha256[:12]}…"
            )
        return blob.data

    def labels(self) -> tuple[str, ...]:
        """One label per class, in the order of the output."""
        try:
            text = self.read(LABELS).decode()
        except UnicodeDecodeError as exc:
            raise ModelError(f"{LABELS} is not UTF-8") from exc
        labels = tuple(text.splitlines())
        if len(labels) != self.manifest.output.classes:
            raise ModelError(
                f"{LABELS} has {len(labels)} lines for {self.manifest.output.classes} classes"
            )
        return labels


def read_bundle(store: Store, prefix: str = "", *, release: str | None = None) -> Bundle:
    """The bundle whose `model.json` lies at `prefix` of `store`.

    `release` is the digest that the manifest must have, where it is known. Raises `ModelError`.
    """
    blob = store.read(prefix + MANIFEST)
    if blob is None:
        raise ModelError(f"there is no bundle: no {MANIFEST} lies there")
    digest = release_digest(blob.data)
    if release is not None and digest != release:
        raise BundleDamaged(f"{MANIFEST} is not that of release {release[:12]}…")
    return Bundle(Manifest.parse(blob.data), digest, store, prefix)
