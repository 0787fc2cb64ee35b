"""Tasks of S3 Batch Operations, invocation schemas 1.0 and 2.0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.events import Arrival, Event, Malformed, Piece
from api.events.keys import arrival, manifest_encoded
from api.events.settling import Settled, Verdict

# The report is a CSV file: its lines stay readable.
_MOST_CHARACTERS = 1_000

_PERMANENT = {Verdict.REFUSED, Verdict.MALFORMED}


def is_mine(event: Event) -> bool:
    """A list of tasks, which names its schema."""
    return "invocationSchemaVersion" in event and isinstance(event.get("tasks"), list)


def pieces(event: Event) -> list[Piece]:
    """One piece per task; Batch Operations sends one at a time today."""
    return [_piece(task) for task in event["tasks"]]


def is_ordered(_event: Event) -> bool:
    """Tasks are of different objects."""
    return False


def reply(event: Event, settled: Sequence[Settled]) -> dict[str, Any]:
    """One result per task, under the invocation's own schema and id."""
    return {
        "invocationSchemaVersion": event["invocationSchemaVersion"],
        "treatMissingKeysAs": "PermanentFailure",
        "invocationId": event.get("invocationId"),
        "results": [_result(each) for each in settled],
    }


def _piece(task: Any) -> Piece:
    name = task.get("taskId") if isinstance(task, dict) else None
    return Piece(name if isinstance(name, str) else "", (_arrival(task),))


def _arrival(task: Any) -> Arrival | Malformed:
    try:
        # Schema 2.0 has the name, 1.0 an ARN that ends with it.
        bucket = task.get("s3Bucket") or task["s3BucketArn"].rpartition(":")[2]
        return arrival(bucket, manifest_encoded(task["s3Key"]), version_id=task.get("s3VersionId"))
    except (KeyError, TypeError, AttributeError) as exc:
        return Malformed(f"a task lacks what it should hold: {exc!r}")


def _result(settled: Settled) -> dict[str, str]:
    (outcome,) = settled.outcomes
    code = "Succeeded"
    if outcome.verdict is Verdict.FAILED:
        code = "TemporaryFailure"
    elif outcome.verdict in _PERMANENT:
        code = "PermanentFailure"
    text = outcome.summary or outcome.verdict.value
    return {
        "taskId": settled.piece.name,
        "resultCode": code,
        "resultString": text[:_MOST_CHARACTERS],
    }
