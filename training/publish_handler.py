"""The Lambda entry for models dropped into a registry; importing it reads the settings.

It takes S3 notifications and EventBridge's "Object Created", and looks at each model whose
incoming folder an event speaks of. What it says itself, in `status.json`, lies beside that folder
and triggers nothing.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import unquote_plus

from inference import layout
from inference.keras_files.limits import CONVERSION, Bounds
from inference.logs import configure_logs
from inference.metrics import PUBLISH, Counts, write_emf
from inference.settings import read_settings
from inference.stores import open_store
from training.incoming import Incoming
from training.isolated import run_apart
from training.jobs import Conversion, Job

log = logging.getLogger(__name__)

Event = Mapping[str, Any]

# As little prefix as may be: what is called incoming/ below the folder is somebody's class.
_KEY: Final = re.compile(r"(?:(?P<prefix>.+?)/)??(?P<name>[^/]+)/incoming/.+", re.DOTALL)

RESERVED_SECONDS: Final = 60.0
"""What is left for asking the copy, publishing it and writing down what came of it."""

RESERVED_BYTES: Final = 500 * 1024**2
"""What this process itself takes while its child converts."""

LEAST_BYTES: Final = 200 * 1024**2
"""Enough for a child to say that it is not enough."""

ADVICE: Final = (
    "give the publish function more memory (PublishMemory, 10,240 MB at most) or time (Timeout, "
    "900 seconds at most) in the template, delete status.json and drop one of the files again; "
    "or publish from a computer: microlens publish"
)

configure_logs(read_settings())


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """A model in a registry that lies at `s3://BUCKET/PREFIX`."""

    store: str
    name: str


def handler(event: Event, context: Any) -> dict[str, str]:
    """Attend to every model that `event` speaks of; each model's state.

    A conversion that does not fit into this function's time and memory is refused in words, well
    before AWS ends the function without any. Raises `SourceUnavailable` or `StoreConflict` where
    another try may help, which AWS makes.
    """

    def run(job: Job) -> Conversion:
        return run_apart(job, bounds_of(context))

    worker = f"lambda {context.aws_request_id}"
    states: dict[str, str] = {}
    for target in targets(event):
        takes = timedelta(milliseconds=context.get_remaining_time_in_millis())
        store = open_store(target.store)
        status = Incoming(store, target.name, run, worker, takes, ADVICE).attend()
        states[target.name] = status.state if status else "empty"
    counts = Counts(PUBLISH)
    counts.add("PublishRefused", [*states.values()].count("refused"))
    write_emf(counts, requestId=context.aws_request_id)
    return states


def bounds_of(context: Any) -> Bounds:
    """What a child may take of the time that is left now, and of this function's memory."""
    seconds = context.get_remaining_time_in_millis() / 1000 - RESERVED_SECONDS
    memory = int(context.memory_limit_in_mb) * 1024**2 - RESERVED_BYTES
    return Bounds(
        min(max(seconds, 1.0), CONVERSION.seconds),
        min(max(memory, LEAST_BYTES), CONVERSION.memory_bytes),
        ADVICE,
    )


def targets(event: Event) -> list[Target]:
    """The models into whose incoming folder something was put, each once."""
    found = set()
    for bucket, key in _created(event):
        match = _KEY.fullmatch(key)
        if match and layout.is_name(match["name"]):
            prefix = match["prefix"]
            store = f"s3://{bucket}/{prefix}" if prefix else f"s3://{bucket}"
            found.add(Target(store, match["name"]))
        elif match:
            log.error(
                "s3://%s/%s is left alone, because no model can be called %r: a name is %s",
                *(bucket, key, match["name"], layout.NAME_RULE),
            )
    return sorted(found)


def _created(event: Event) -> Iterator[tuple[str, str]]:
    """Bucket and key of each object that the event says was created; other events name none."""
    if event.get("detail-type") == "Object Created":
        detail = event["detail"]
        yield detail["bucket"]["name"], detail["object"]["key"]
        return
    for record in event.get("Records", []):  # a test event of S3 has none
        if record["eventName"].removeprefix("s3:").startswith("ObjectCreated:"):
            # Keys are form-encoded here, and plain in EventBridge.
            yield record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
