"""The Lambda entry: which models an event speaks of, and what it does about them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.api import events
from tests.training.publishing.colours import LABELS
from training.publish_handler import Target, bounds_of, handler, targets

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Context:
    """What AWS hands to a handler, as far as it is used."""

    aws_request_id: str = "8f507cfc-xmpl-4697-b07a-ac58fc914c95"
    memory_limit_in_mb: str = "10240"
    seconds: float = 900

    def get_remaining_time_in_millis(self) -> int:
        return round(self.seconds * 1000)


def event_bridge(bucket: str, key: str) -> dict[str, Any]:
    """EventBridge's "Object Created", as S3 sends it."""
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "111122223333",
        "time": "2021-11-12T00:00:00Z",
        "region": "ca-central-1",
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {"key": key, "size": 5, "etag": "b1946ac92492d2347c6235b4d2611184"},
            "request-id": "N4N7GDK58NMKJ12R",
            "requester": "123456789012",
            "source-ip-address": "1.2.3.4",
            "reason": "PutObject",
        },
    }


@pytest.mark.parametrize(
    ("key", "target"),
    [
        ("parasites/incoming/model.keras", Target("s3://models", "parasites")),
        ("a/b/parasites/incoming/weights.h5", Target("s3://models/a/b", "parasites")),
        ("parasites/incoming/pictures/a b/ä+1.jpg", Target("s3://models", "parasites")),
        ("parasites/status.json", None),
        ("parasites/releases/incoming.h5", None),
        ("incoming/model.keras", None),
        ("Parasites/incoming/model.keras", None),
        ("parasites/incoming/", None),
        ("parasites/incoming/incoming/x.h5", Target("s3://models", "parasites")),
        ("parasites/incoming/pictures/incoming/x.jpg", Target("s3://models", "parasites")),
        ("incoming/parasites/incoming/x.h5", Target("s3://models/incoming", "parasites")),
        ("stages/incoming/x.h5", None),
    ],
)
def test_the_model_is_told_from_the_key(key: str, target: Target | None) -> None:
    expected = [target] if target else []

    assert targets(events.s3_put("models", key)) == expected
    assert targets(event_bridge("models", key)) == expected


def test_a_name_that_no_model_can_have_is_logged_with_the_rule(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert targets(events.s3_put("models", "Mine/incoming/model.keras")) == []

    assert "s3://models/Mine/incoming/model.keras is left alone" in caplog.text
    assert "a name is 1 to 63 of a-z 0-9" in caplog.text


def test_a_child_gets_what_is_left_of_the_function() -> None:
    bounds = bounds_of(Context(memory_limit_in_mb="3008", seconds=900))

    assert (bounds.seconds, bounds.memory_bytes) == (840, 2508 * 1024**2)
    assert bounds_of(Context(memory_limit_in_mb="128", seconds=5)).seconds == 1


@pytest.mark.parametrize(
    ("context", "words"),
    [
        (Context(seconds=61.2), "reading the model took more than 1 seconds and was stopped"),
        (Context(memory_limit_in_mb="750"), "reading the model took more than 250 MB of memory"),
    ],
    ids=["time", "memory"],
)
def test_a_model_that_does_not_fit_into_the_function_is_refused_with_the_figure(
    context: Context, words: str, models: str, s3: S3Client, keras_folder: Path
) -> None:
    """Two real children, which TensorFlow is too slow, or too large, for."""
    for name, content in {
        "model.keras": (keras_folder / "model.keras").read_bytes(),
        "labels.txt": (keras_folder / "labels.txt").read_bytes(),
        "recipe.json": b'{"std": [255.0]}',
    }.items():
        s3.put_object(Bucket=models, Key=f"colours/incoming/{name}", Body=content)

    states = handler(events.s3_put(models, "colours/incoming/model.keras"), context)

    status = json.loads(s3.get_object(Bucket=models, Key="colours/status.json")["Body"].read())
    assert states == {"colours": "refused"}
    assert status["detail"].startswith(f"refused because {words}; give the publish function more")
    assert "microlens publish" in status["detail"]


def test_several_files_of_a_model_are_one_target() -> None:
    event = events.s3_put("models", "a/incoming/x.h5", "b/incoming/x.h5", "a/incoming/y.json")

    assert targets(event) == [Target("s3://models", "a"), Target("s3://models", "b")]


def test_events_that_announce_nothing_have_no_target() -> None:
    removed = events.s3_put("models", "a/incoming/x.h5")
    removed["Records"][0]["eventName"] = "ObjectRemoved:Delete"

    assert targets(removed) == []
    assert targets({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "models"}) == []
    assert targets({"warm": True}) == []


@pytest.fixture
def models(on_seaweed: None, bucket: str) -> str:
    """A bucket that our own client reaches."""
    assert on_seaweed is None
    return bucket


@pytest.mark.tensorflow
def test_dropped_files_are_published_by_their_events_in_any_order(
    models: str, s3: S3Client, flatbuffer: bytes
) -> None:
    prefix = "team/colours"
    files = {
        "recipe.json": b'{"std": [255.0]}',
        "model.tflite": flatbuffer,
        "labels.txt": "\n".join(LABELS).encode(),
    }
    states = []
    for name, content in files.items():
        key = f"{prefix}/incoming/{name}"
        s3.put_object(Bucket=models, Key=key, Body=content)
        states.append(handler(events.s3_put(models, key), Context())["colours"])
    late = handler(event_bridge(models, f"{prefix}/incoming/recipe.json"), Context("another"))

    assert states == ["waiting", "waiting", "published"]
    assert late == {"colours": "published"}
    status = json.loads(s3.get_object(Bucket=models, Key=f"{prefix}/status.json")["Body"].read())
    pointer = json.loads(
        s3.get_object(Bucket=models, Key=f"{prefix}/stages/dev.json")["Body"].read()
    )
    assert status["release"] == pointer["release"]
    assert pointer["history"] == []
    assert pointer["by"] == f"lambda {Context().aws_request_id}"
    listed = s3.list_objects_v2(Bucket=models, Prefix=f"{prefix}/incoming/")["Contents"]
    assert {each["Key"].rpartition("/")[2] for each in listed} == files.keys()
