"""What is killed: publishing, promoting, swapping, taking in pictures; and what must be true then.

Each work has a place of its own in a store, a folder or S3. `prepare`, `do` and `check` run in
children; `check` starts everything again as a restarted process would, raises AssertionError for
anything half, and says in a word how far the killed one had come.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from api.events import Arrival
from api.ingest.finishing import Finisher
from api.ingest.ingest import Ingest
from inference import layout
from inference import s3 as our_s3
from inference.manifest import LABELS, MANIFEST
from inference.references import parse_reference
from inference.serving import Serving
from inference.stores import Store, open_store
from tests.api import events
from tests.api.flood import classifier, paint
from tests.inference.tiny import COLOURS, write_tiny
from training.jobs import Conversion, Job
from training.publishing import Wish, publish
from training.registry.changes import Hand, promote, rollback
from training.registry.releases import verified_release
from training.registry.stages import read_stage

NAME, STAGE = "colours", "prod"


@dataclass(frozen=True, slots=True)
class Scene:
    """Where one killing takes place: bundles and pictures to work with, and the store's address."""

    workshop: Path
    """A folder with the bundles `old` and `new` and the model of `ingest`."""
    photos: str
    """A bucket with a picture of each colour."""
    root: str

    @property
    def store(self) -> Store:
        """The store, opened anew."""
        return open_store(self.root)

    @property
    def cache(self) -> Path:
        """Where a service keeps files of releases in S3."""
        return self.workshop / "cache"

    def release(self, which: str) -> str:
        """The digest of the bundle `old` or `new`."""
        return sha256((self.workshop / which / MANIFEST).read_bytes()).hexdigest()


class Work(Protocol):
    """One thing that a process does when it is killed."""

    def prepare(self, scene: Scene) -> str:
        """What lies there before."""

    def do(self, scene: Scene) -> str:
        """The work, once or for ever."""

    def check(self, scene: Scene) -> str:
        """How far it had come; AssertionError when something is half."""


class Publishing:
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


class Promoting:
    """The stage is promoted and rolled back, over and over."""

    def prepare(self, scene: Scene) -> str:
        """Both releases are published."""
        _publish(scene, "new")
        return _publish(scene, "old")

    def do(self, scene: Scene) -> str:
        """Back and forth, until killed."""
        while True:
            promote(scene.store, NAME, scene.release("new"), STAGE, _hand())
            rollback(scene.store, NAME, STAGE, _hand())

    def check(self, scene: Scene) -> str:
        """The pointer is one of the two, and moves again."""
        serves = _check_registry(scene)
        other = "old" if serves == "new" else "new"
        promote(scene.store, NAME, scene.release(other), STAGE, _hand())
        assert _check_registry(scene) == other
        return f"at {serves}"


class Swapping:
    """A service follows a stage that moves, and keeps files of releases in its cache."""

    def prepare(self, scene: Scene) -> str:
        """Both releases are published."""
        return Promoting().prepare(scene)

    def do(self, scene: Scene) -> str:
        """Move the stage, let the service follow, until killed."""
        serving = _serving(scene)
        while True:
            for which in ("new", "old"):
                promote(scene.store, NAME, scene.release(which), STAGE, _hand())
                serving.refresh()
                assert serving.current().identity.release == scene.release(which)

    def check(self, scene: Scene) -> str:
        """A restarted service serves what the pointer says, beside whatever the cache holds."""
        for path in scene.cache.rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                assert sha256(path.read_bytes()).hexdigest() == path.name, f"{path} is half"
        half = sum(path.name.startswith(".") for path in scene.cache.rglob("*") if path.is_file())
        serves = _check_registry(scene)
        left = [path for path in scene.cache.rglob(".*") if path.is_file()]
        assert not left, f"a start leaves what the killed one left: {left}"
        return f"at {serves}, {half} half files in the cache"


class Ingesting:
    """Events are taken in: each picture gets its one result."""

    def prepare(self, scene: Scene) -> str:
        """Nothing lies there."""
        return scene.root

    def do(self, scene: Scene) -> str:
        """Every event, one after the other."""
        ingest = _ingest(scene)
        for event in _events(scene):
            ingest.handle(event)
        return str(len(_results(scene)))

    def check(self, scene: Scene) -> str:
        """Whatever lies there is whole and right; the events once more, and all do."""
        before = _results(scene)
        self.do(scene)
        after = _results(scene)
        finisher = _ingest(scene).finisher
        wanted = {finisher.key_of(Arrival(scene.photos, _key(n))) for n in range(PICTURES)}
        assert after.keys() == wanted, f"results at {sorted(after)}"
        changed = [key for key in before if before[key] != after[key]]
        assert not changed, f"a result was written twice: {changed}"
        return f"{len(before)} of {PICTURES} results"


PICTURES = 6
WORKS: dict[str, Work] = {
    "publish": Publishing(),
    "promote": Promoting(),
    "swap": Swapping(),
    "ingest": Ingesting(),
}


def make_workshop(folder: Path, photos: str) -> str:
    """Bundles, a model and pictures for all scenes."""
    write_tiny(folder / "old")
    write_tiny(folder / "new", files={LABELS: b"crimson\nlime\nnavy\n"})
    classifier(folder / "model")
    store = open_store(f"s3://{photos}")
    for number in range(PICTURES):
        store.create(_key(number), paint(COLOURS[number % 3]))
    return ""


def _hand() -> Hand:
    return Hand(by="a test", at=datetime.now(UTC))


def _never(_: Job) -> Conversion:
    raise AssertionError("a bundle is published as it is")


def _publish(scene: Scene, which: str) -> str:
    folder = [scene.workshop / which]
    done = publish(folder, scene.store, NAME, STAGE, Wish(), _hand(), _never, lambda _: None)
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


def _key(number: int) -> str:
    return f"album/{number}.png"


def _events(scene: Scene) -> Sequence[events.Event]:
    return [events.s3_put(scene.photos, _key(number)) for number in range(PICTURES)]


def _ingest(scene: Scene) -> Ingest:
    from inference.classifier import Classifier
    from inference.settings import read_settings

    settings = read_settings({"MICROLENS_MODEL": str(scene.workshop / "model")})
    return Ingest(Finisher(Classifier.of(settings), scene.store))


def _results(scene: Scene) -> dict[str, bytes]:
    """What lies in the store, checked: whole JSON, with the label of its picture's colour."""
    found = {}
    for key in scene.store.list(""):
        blob = scene.store.read(key)
        assert blob is not None
        result = json.loads(blob.data)
        number = int(result["key"].rpartition("/")[2].removesuffix(".png"))
        assert result["predictions"][0]["label"] == COLOURS[number % 3]
        found[key] = blob.data
    doubled = Counter(json.loads(data)["key"] for data in found.values()).most_common(1)
    assert not doubled or doubled[0][1] == 1, f"two results of one picture: {doubled}"
    return found


def warm() -> None:
    """Make the S3 client, which every child takes over before a connection is open."""
    our_s3.client()
