"""Files dropped into the incoming folder of one model, and what became of them."""

from __future__ import annotations

import json

from inference import layout
from inference.stores import Store
from tests.training.publishing.colours import LABELS
from training.incoming import Incoming
from training.jobs import Conversion, Job, run
from training.status import Status, read_status

NAME = "colours"
LABELS_TXT = "".join(f"{label}\n" for label in LABELS).encode()
RECIPE_JSON = b'{"std": [255.0]}'


def drop(store: Store, name: str, content: bytes) -> None:
    """Put a file into the incoming folder, over what lies there."""
    key = layout.incoming(NAME) + name
    present = store.read(key)
    if present:
        store.replace(key, content, present.etag)
    else:
        store.create(key, content)


class Counted:
    """Conversions in this process, counted."""

    def __init__(self) -> None:
        self.jobs = 0

    def __call__(self, job: Job) -> Conversion:
        self.jobs += 1
        return run(job)


def incoming(store: Store, convert: Counted | None = None, worker: str = "tester") -> Incoming:
    """The folder as `worker` sees it."""
    return Incoming(store, NAME, convert or Counted(), worker)


def attended(store: Store, convert: Counted | None = None, worker: str = "tester") -> Status:
    """What `worker` says of the folder, which must be what `status.json` says."""
    status = incoming(store, convert, worker).attend()
    assert status is not None
    kept, _ = read_status(store, NAME)
    assert kept == status
    return status


def release_of(store: Store) -> str:
    """The release that `dev` points to."""
    blob = store.read(layout.pointer(NAME, "dev"))
    assert blob is not None
    return str(json.loads(blob.data)["release"])


def drop_model(store: Store, flatbuffer: bytes) -> None:
    """Drop a whole set: a LiteRT model, labels and recipe."""
    drop(store, "model.tflite", flatbuffer)
    drop(store, "labels.txt", LABELS_TXT)
    drop(store, "recipe.json", RECIPE_JSON)
