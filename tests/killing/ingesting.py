"""Killed: taking in the events of new pictures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from api.events import Arrival
from api.ingest.finishing import Finisher
from api.ingest.ingest import Ingest
from inference.classifier import Classifier
from inference.settings import read_settings
from inference.stores import open_store
from tests.api import events
from tests.api.flood import classifier, paint
from tests.inference.tiny import COLOURS
from tests.killing.scene import Scene, Work

PICTURES = 6


class Ingesting(Work):
    """Events are taken in: each picture gets its one result."""

    def set_up(self, scene: Scene) -> str:
        """A model, and a picture of each colour."""
        classifier(scene.workshop / "model")
        store = open_store(f"s3://{scene.photos}")
        for number in range(PICTURES):
            store.create(_key(number), paint(COLOURS[number % 3]))
        return ""

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


def _key(number: int) -> str:
    return f"album/{number}.png"


def _events(scene: Scene) -> Sequence[events.Event]:
    return [events.s3_put(scene.photos, _key(number)) for number in range(PICTURES)]


def _ingest(scene: Scene) -> Ingest:
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
