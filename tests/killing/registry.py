"""Killed: publishing, promoting, and a service that follows a stage."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from inference import layout
from inference.plurals import counted
from inference.references import parse_reference
from inference.serving import Serving
from tests.killing.scene import NAME, STAGE, Scene, Work, hand
from training.jobs import Conversion, Job
from training.orders import Wish
from training.publishing import publish
from training.registry.changes import promote, rollback
from training.registry.releases import verified_release
from training.registry.stages import read_stage


class Publishing(Work):
    """A new release is published and the stage moved to it."""

    def prepare(self, scene: Scene) -> str:
        """The old release is published."""
        return _publish(scene, "old")

    def do(self, scene: Scene) -> str:
        """Publish the new one."""
        return _publish(scene, "new")

    def check(self, scene: Scene) -> str:
        """Served is what the pointer says; publishing again completes what was begun."""
        serves = _check_registry(scene)
        files = list(scene.store.list(layout.release(NAME, scene.release("new"))))
        whole = layout.manifest(NAME, scene.release("new")) in files
        _publish(scene, "new")
        assert _check_registry(scene) == "new"
        if serves == "new":
            return "moved"
        return "whole, not moved" if whole else f"{len(files)} files"


class Promoting(Work):
    """The stage is promoted and rolled back, over and over."""

    ends = False

    def prepare(self, scene: Scene) -> str:
        """Both releases are published."""
        _publish(scene, "new")
        return _publish(scene, "old")

    def do(self, scene: Scene) -> str:
        """Back and forth, until killed."""
        while True:
            promote(scene.store, NAME, scene.release("new"), STAGE, hand())
            rollback(scene.store, NAME, STAGE, hand())

    def check(self, scene: Scene) -> str:
        """The pointer is one of the two, and moves again."""
        serves = _check_registry(scene)
        other = "old" if serves == "new" else "new"
        promote(scene.store, NAME, scene.release(other), STAGE, hand())
        assert _check_registry(scene) == other
        return f"at {serves}"


class Swapping(Work):
    """A service follows a stage that moves, and keeps files of releases in its cache."""

    ends = False

    def prepare(self, scene: Scene) -> str:
        """Both releases are published."""
        return Promoting().prepare(scene)

    def do(self, scene: Scene) -> str:
        """Move the stage, let the service follow, until killed."""
        serving = _serving(scene)
        while True:
            for which in ("new", "old"):
                promote(scene.store, NAME, scene.release(which), STAGE, hand())
                serving.refresh()
                assert serving.current().identity.release == scene.release(which)

    def check(self, scene: Scene) -> str:
        """A restarted service serves what the pointer says, beside whatever the cache holds."""
        half = unfinished(scene.cache)
        serves = _check_registry(scene)
        assert unfinished(scene.cache) == 0, "a start leaves what the killed one left"
        return f"at {serves}, {counted(half, 'half file')} in the cache"


def unfinished(cache: Path) -> int:
    """How many files of a cache were being written; AssertionError for one that seems whole."""
    files = [path for path in cache.rglob("*") if path.is_file()]
    whole = [path for path in files if not path.name.startswith(".")]
    for path in whole:
        assert sha256(path.read_bytes()).hexdigest() == path.name, f"{path} is half"
    return len(files) - len(whole)


def _never(_: Job) -> Conversion:
    raise AssertionError("a bundle is published as it is")


def _publish(scene: Scene, which: str) -> str:
    folder = [scene.workshop / which]
    done = publish(folder, scene.store, NAME, STAGE, Wish(), hand(), _never, lambda _: None)
    return done.release


def _serving(scene: Scene) -> Serving:
    reference = parse_reference(f"{scene.root}/{NAME}@{STAGE}", str(scene.cache))
    return Serving(reference, 3_600)


def _check_registry(scene: Scene) -> str:
    """`old` or `new`, where the pointer points to; a started service serves the same, whole."""
    store = scene.store
    points_to = read_stage(store, NAME, STAGE).release
    names = {scene.release(which): which for which in ("old", "new")}
    assert points_to in names, f"the pointer says {points_to}"
    served = _serving(scene).current()
    assert served.identity.release == points_to
    assert served.labels[0] == ("crimson" if names[points_to] == "new" else "red")
    for digest in names:
        if store.read(layout.manifest(NAME, digest)):
            verified_release(store, NAME, digest)
    return names[points_to]
