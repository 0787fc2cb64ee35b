"""Real event shapes, one JSON file each, with made-up values."""

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

_FOLDER = Path(__file__).parent
HTTP_SHAPES = ("http_api_v2", "rest_api_v1", "alb", "function_url")
PINGS = ("warmup_plugin", "scheduled")
STORAGE_SHAPES = tuple(
    sorted({path.stem for path in _FOLDER.glob("*.json")} - {*HTTP_SHAPES, *PINGS})
)
"""Those that tell of objects, made or deleted."""

Event = dict[str, Any]


def load(name: str) -> Event:
    """The event in `name`.json."""
    event: Event = json.loads((_FOLDER / f"{name}.json").read_text())
    return event


def http(shape: str, body: bytes, content_type: str) -> Event:
    """A `POST /classify?top_k=3` with `body`, as a gateway of that shape hands it over."""
    event = load(shape)
    event["body"] = base64.b64encode(body).decode()
    for name in ("headers", "multiValueHeaders"):
        for header in event.get(name, {}):
            if header.lower() == "content-type":
                event[name][header] = content_type if name == "headers" else [content_type]
    return event


def get(path: str) -> Event:
    """A `GET` through an HTTP API."""
    event = load("http_api_v2")
    event |= {"rawPath": path, "rawQueryString": "", "body": None, "isBase64Encoded": False}
    event["requestContext"]["http"] |= {"method": "GET", "path": path}
    del event["queryStringParameters"]
    return event


def s3_put(bucket: str, *keys: str, sequencer: str = "0055AED6DCD90281E5") -> Event:
    """A notification with one record for each of the plain `keys`."""
    event = load("s3_put")
    template = event["Records"].pop()
    for key in keys:
        record = copy.deepcopy(template)
        record["s3"]["bucket"]["name"] = bucket
        record["s3"]["object"] |= {"key": quote_plus(key, safe="/"), "sequencer": sequencer}
        event["Records"].append(record)
    return event


def eventbridge(bucket: str, key: str, sequencer: str = "0055AED6DCD90281E5") -> Event:
    """EventBridge's "Object Created", with the key as it is."""
    event = load("eventbridge_created")
    event["detail"]["bucket"]["name"] = bucket
    event["detail"]["object"] |= {"key": key, "sequencer": sequencer}
    del event["detail"]["object"]["version-id"]
    return event


def sqs(*carried: Event, fifo: bool = False) -> Event:
    """A batch of messages `m-0`, `m-1`, …, each of which carries an event."""
    event = load("sqs_fifo" if fifo else "sqs_s3")
    template = event["Records"][0]
    event["Records"] = [
        template | {"messageId": f"m-{number}", "body": json.dumps(each)}
        for number, each in enumerate(carried)
    ]
    return event


def sns(carried: Event) -> Event:
    """A topic's notification that carries an event."""
    event = load("sns_s3")
    event["Records"][0]["Sns"]["Message"] = json.dumps(carried)
    return event


def topic(carried: Event) -> Event:
    """What a topic puts into a queue's message."""
    envelope: Event = json.loads(load("sns_sqs")["Records"][0]["body"])
    return envelope | {"Message": json.dumps(carried)}


def task(bucket: str, key: str, version: str = "2.0") -> Event:
    """A task of S3 Batch Operations."""
    event = load(f"batch_operations_{version[0]}")
    name = {"s3Bucket": bucket} if version == "2.0" else {"s3BucketArn": f"arn:aws:s3:::{bucket}"}
    event["tasks"][0] |= {"s3Key": quote(key), "s3VersionId": None, **name}
    return event


def item(bucket: str, key: str) -> Event:
    """An item of a Distributed Map, with its bucket."""
    return load("map_item") | {"Bucket": bucket, "Key": key}


def items(bucket: str, *keys: str) -> Event:
    """A batch of such items."""
    event = load("map_batch")
    template = event["Items"][0]
    return {"BatchInput": {"Bucket": bucket}, "Items": [template | {"Key": key} for key in keys]}
