"""The Lambda entry: which models an event speaks of, and what it does about them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from inference import s3 as our_s3
from tests.api import events
from tests.servers.seaweed import Seaweed
from tests.training.publishing.colours import LABELS
from training.publish_handler import Target, handler, targets

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Context:
    """What AWS hands to a handler, as far as it is used."""

    aws_request_id: str = "8f507cfc-xmpl-4697-b07a-ac58fc914c95"


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
    ],
)
def test_the_model_is_told_from_the_key(key: str, target: Target | None) -> None:
    expected = [target] if target else []

    assert targets(events.s3_put("models", key)) == expected
    assert targets(event_bridge("models", key)) == expected


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
def models(seaweed: Seaweed, bucket: str) -> Iterator[str]:
    """A bucket that our own client reaches."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in seaweed.environment().items():
            patch.setenv(name, value)
        our_s3.client.cache_clear()
        yield bucket
        our_s3.client().close()
    our_s3.client.cache_clear()


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
