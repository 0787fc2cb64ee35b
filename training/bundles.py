"""Writing a bundle: whole or not at all, and the same bytes for the same input."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from inference.bundle import Bundle, read_bundle
from inference.errors import ModelError
from inference.manifest import MANIFEST, FileDigest, Manifest, release_digest
from inference.model import Model
from inference.room import named
from inference.stores.directory import DirectoryStore


def digests(files: Mapping[str, bytes]) -> dict[str, FileDigest]:
    """What a manifest says of `files` (path in the bundle → content), sorted by path."""
    return {
        name: FileDigest(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
        for name, content in sorted(files.items())
    }


@contextmanager
def draft_bundle(manifest: Manifest, files: Mapping[str, bytes]) -> Iterator[Bundle]:
    """A bundle that lies in a folder for as long as it is looked at."""
    with TemporaryDirectory() as workshop:
        folder = Path(workshop) / manifest.name
        write_bundle(folder, manifest, files)
        yield read_bundle(DirectoryStore(folder))


@contextmanager
def load_draft(manifest: Manifest, files: Mapping[str, bytes]) -> Iterator[Model]:
    """The model of a bundle that is nowhere yet, loaded as a service would load it."""
    with draft_bundle(manifest, files) as bundle:
        yield Model(bundle)


def write_bundle(folder: Path, manifest: Manifest, files: Mapping[str, bytes]) -> str:
    """Write the bundle, in place of one that may be at `folder`; the digest of its release.

    Everything is written beside `folder` first and renamed last. Raises `ModelError` when the
    manifest lists other files than these, or when `folder` holds something else than a bundle.
    """
    if manifest.files != digests(files):
        raise ModelError(f"{MANIFEST} does not list the files that were to be written with it")
    if folder.exists() and not (folder / MANIFEST).is_file() and any(folder.iterdir()):
        raise ModelError(f"{folder} holds something else than a bundle and is left as it is")
    content = manifest.serialise()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        named(folder),
        TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as workshop,
    ):
        whole = Path(workshop) / "new"
        for name, data in {**files, MANIFEST: content}.items():
            path = whole / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        _take_place(whole, folder, aside=Path(workshop) / "old")
    return release_digest(content)


def _take_place(new: Path, folder: Path, aside: Path) -> None:
    """Rename `new` to `folder`; what was there goes `aside`, and comes back if that fails."""
    if not folder.exists():
        new.replace(folder)
        return
    folder.replace(aside)
    try:
        new.replace(folder)
    except OSError:
        aside.replace(folder)
        raise
