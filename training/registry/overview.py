"""What there is in a registry: models, their stages, their releases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from inference import layout
from inference.bundle import read_bundle
from inference.errors import ModelError
from inference.manifest import MANIFEST, Manifest
from inference.pointers import Move, Pointer
from inference.stores import Store, open_store
from training.registry.rules import Standing, first_moves, standing
from training.registry.stages import read_stage

# Small objects far away: waiting for several at once takes as long as waiting for one.
_READ_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class ReleaseEntry:
    """One release: its manifest, the first move that named it, and who points to it.

    `fault` says why there is no manifest: a publisher that did not finish, or a damaged file.
    """

    digest: str
    manifest: Manifest | None
    fault: str | None
    first: Move | None
    stages: tuple[str, ...]
    standing: Standing


@dataclass(frozen=True, slots=True)
class StageEntry:
    """One stage: its pointer, or why it cannot be read."""

    stage: str
    pointer: Pointer | None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model; stages by name, releases newest first and those never pointed to last."""

    name: str
    stages: tuple[StageEntry, ...]
    releases: tuple[ReleaseEntry, ...]


@dataclass(slots=True)
class _Found:
    stages: list[str] = field(default_factory=list)
    files: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def find_models(url: str) -> tuple[ModelEntry, ...]:
    """All models of the registry that `STORE` means, or the one that `STORE/NAME` means.

    `ModelError` if there is no model: a registry without models is more likely a wrong address.
    """
    place = layout.parse_place(url)
    if place and place.stage is None:
        store = open_store(place.store)
        found = _models_among(store.list(f"{place.name}/"))
        if place.name in found:
            return (_entry(store, place.name, found[place.name]),)
    store = open_store(url)
    found = _models_among(store.list(""))
    if not found:
        raise ModelError(
            f"no model is published at {url}: name a registry or a model in it, STORE or STORE/NAME"
        )
    return tuple(_entry(store, name, each) for name, each in sorted(found.items()))


def _models_among(keys: Iterable[str]) -> dict[str, _Found]:
    models: dict[str, _Found] = defaultdict(_Found)
    for part in filter(None, map(layout.parse_key, keys)):
        if part.stage:
            models[part.name].stages.append(part.stage)
        elif part.release and part.file:
            models[part.name].files[part.release].add(part.file)
    return models


def _entry(store: Store, name: str, found: _Found) -> ModelEntry:
    with ThreadPoolExecutor(_READ_AT_ONCE) as pool:
        stages = tuple(pool.map(lambda stage: _stage(store, name, stage), sorted(found.stages)))
        pointers = [each.pointer for each in stages if each.pointer]
        manifests = pool.map(
            lambda digest: _manifest(store, name, digest, found.files[digest]), found.files
        )
        firsts = first_moves(pointers)
        releases = [
            ReleaseEntry(
                digest,
                *manifest,
                firsts.get(digest),
                tuple(each.stage for each in pointers if each.release == digest),
                standing(digest, pointers),
            )
            for digest, manifest in zip(found.files, manifests, strict=True)
        ]
    releases.sort(key=_oldest_first, reverse=True)
    return ModelEntry(name, stages, tuple(releases))


def _oldest_first(release: ReleaseEntry) -> tuple[str, str]:
    return release.first.since.isoformat() if release.first else "", release.digest


def _stage(store: Store, name: str, stage: str) -> StageEntry:
    try:
        return StageEntry(stage, read_stage(store, name, stage).pointer)
    except ModelError as exc:
        return StageEntry(stage, None, str(exc))


def _manifest(
    store: Store, name: str, digest: str, files: set[str]
) -> tuple[Manifest | None, str | None]:
    """The manifest and no fault, or none and the fault."""
    if MANIFEST not in files:
        return None, "not whole: its publisher was interrupted, publish it again"
    try:
        manifest = read_bundle(store, layout.release(name, digest), release=digest).manifest
    except ModelError as exc:
        return None, str(exc)
    missing = sorted(set(manifest.files) - files)
    return manifest, f"damaged: {', '.join(missing)} is missing" if missing else None
