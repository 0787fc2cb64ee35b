"""A registry in any store: releases of the tiny bundle, and the pointer of a stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from inference import layout, pointers
from inference.manifest import LABELS, MANIFEST, release_digest
from inference.stores import Store
from tests.inference.tiny import tiny_files, tiny_manifest

NAME, STAGE = "colours", "prod"
POINTER = layout.pointer(NAME, STAGE)


def release(
    store: Store,
    labels: Sequence[str] = ("red", "green", "blue"),
    files: Mapping[str, bytes] | None = None,
    **changes: Any,
) -> str:
    """Write a release whose classes are called `labels`; its digest.

    `files` are added to the bundle, or replace some of it; `changes` are fields of its manifest.
    """
    content = {**tiny_files(), LABELS: "".join(f"{each}\n" for each in labels).encode()}
    content |= files or {}
    manifest = tiny_manifest(content, **changes).serialise()
    digest = release_digest(manifest)
    for name, data in {**content, MANIFEST: manifest}.items():
        store.create(layout.release(NAME, digest) + name, data)
    return digest


def point(store: Store, digest: str) -> None:
    """Let the stage point to a release, whatever it pointed to before."""
    pointer = pointers.first(
        NAME, STAGE, digest, at=datetime.now(UTC), by="a test", action="promote"
    )
    write(store, POINTER, pointer.serialise())


def write(store: Store, key: str, data: bytes) -> None:
    """Write `data` under `key`, over whatever lies there."""
    present = store.read(key)
    if present:
        store.replace(key, data, present.etag)
    else:
        store.create(key, data)
