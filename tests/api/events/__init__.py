"""Real event shapes, one JSON file each, with made-up values."""

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

_FOLDER = Path(__file__).parent
HTTP_SHAPES = ("http_api_v2", "rest_api_v1", "alb", "function_url")

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
