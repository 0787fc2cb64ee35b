"""A registry for the command: the model that comes with the project, and a second release of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from inference.bundle import read_bundle
from inference.manifest import GOLDEN_ANSWERS, LABELS
from inference.settings import DEFAULT_MODEL
from inference.stores import Store
from inference.stores.directory import DirectoryStore
from training.bundles import digests, load_draft, write_bundle
from training.golden import golden_answers
from training.registry.changes import Hand, promote
from training.registry.releases import publish_release, verified_release
from training.registry.stages import move_stage, read_stage

NAME = "imagenet-lite0"
TOLERANCE = 0.05


def write_variant(folder: Path) -> Path:
    """The default bundle with one label renamed and a wider crop; its golden answers are right."""
    bundle = read_bundle(DirectoryStore(Path(DEFAULT_MODEL)))
    files = {name: bundle.read(name) for name in bundle.manifest.files}
    files[LABELS] = files[LABELS].replace(b"\ntabby\n", b"\ntabby cat\n")
    recipe = bundle.manifest.recipe.model_copy(update={"crop_fraction": 0.9375})
    manifest = bundle.manifest.model_copy(update={"files": digests(files), "recipe": recipe})
    pictures = {
        name.removeprefix("golden/"): data
        for name, data in files.items()
        if name.endswith((".png", ".jpg"))
    }
    with load_draft(manifest, files) as model:
        files[GOLDEN_ANSWERS] = golden_answers(model, pictures, TOLERANCE).serialise()
    write_bundle(folder, manifest.model_copy(update={"files": digests(files)}), files)
    return folder


def fill(store: Store, variant: Path) -> tuple[str, str]:
    """Point `prod` to the default model and `dev` to its variant; their digests.

    All of it was done by anna@lab in the morning of 21 November 2026.
    """
    first = _publish(store, Path(DEFAULT_MODEL), _at(9, 12))
    promote(store, NAME, "dev", "prod", _at(9, 40))
    return first, _publish(store, variant, _at(10, 5))


def _publish(store: Store, bundle: Path, hand: Hand) -> str:
    digest = publish_release(store, bundle, NAME)
    release = verified_release(store, NAME, digest)
    move_stage(read_stage(store, NAME, "dev"), release, action="publish", at=hand.at, by=hand.by)
    return digest


def _at(hour: int, minute: int) -> Hand:
    return Hand(by="anna@lab", at=datetime(2026, 11, 21, hour, minute, tzinfo=UTC))
