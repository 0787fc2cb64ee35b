"""The Lambda entry for models dropped into a registry; importing it reads the settings.

It takes S3 notifications and EventBridge's "Object Created", and looks at each model whose
incoming folder an event speaks of. What it says itself, in `status.json`, lies beside that folder
and triggers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_plus

from inference.logs import configure_logs
from inference.settings import read_settings
from inference.stores import open_store
from training.incoming import Incoming
from training.isolated import run_apart

Event = Mapping[str, Any]

_KEY: Final = re.compile(
    r"(?:(?P<prefix>.+?)/)?(?P<name>[a-z0-9][a-z0-9._-]{0,62})/incoming/.+", re.DOTALL
)

configure_logs(read_settings())


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """A model in a registry that lies at `s3://BUCKET/PREFIX`."""

    store: str
    name: str


def handler(event: Event, context: Any) -> dict[str, str]:
    """Attend to every model that `event` speaks of; each model's state.

    Raises `SourceUnavailable` or `StoreConflict` where another try may help, which AWS makes.
    """
    states: dict[str, str] = {}
    for target in targets(event):
        worker = f"lambda {context.aws_request_id}"
        status = Incoming(open_store(target.store), target.name, run_apart, worker).attend()
        states[target.name] = status.state if status else "empty"
    return states


def targets(event: Event) -> list[Target]:
    """The models into whose incoming folder something was put, each once."""
    found = set()
    for bucket, key in _created(event):
        if match := _KEY.fullmatch(key):
            prefix = match["prefix"]
            store = f"s3://{bucket}/{prefix}" if prefix else f"s3://{bucket}"
            found.add(Target(store, match["name"]))
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
