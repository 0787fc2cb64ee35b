"""The functions of the template, run from a built package, and what they are asked."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageCms

from tests.api import events
from tests.infra import stacks
from tests.package.built import Built
from tests.servers.emulator import Emulator, emulator
from tests.servers.seaweed import Seaweed


@dataclass(frozen=True, slots=True)
class Stack:
    """What the functions of a stack share: their package, S3, and a bucket for each purpose."""

    built: Built
    seaweed: Seaweed
    pictures: str
    results: str
    models: str

    def function(self, name: str, model: str = "") -> AbstractContextManager[Emulator]:
        """One of the template's functions; S3's address and keys come as Lambda's own do."""
        function = stacks.functions(stacks.stack())[name]
        variables = {k: str(v) for k, v in function["Environment"]["Variables"].items()}
        ours = {
            "MICROLENS_MODEL": model,
            "MICROLENS_BUCKETS": self.pictures,
            "MICROLENS_RESULTS": f"s3://{self.results}",
            "MICROLENS_UPLOADS": f"s3://{self.pictures}/uploads",
        }
        assert ours.keys() <= variables.keys()
        env = {**variables, **ours, **self.seaweed.environment(), **self.built.environment()}
        handler, folder = stacks.entry(function), self.built.folder
        return emulator(handler, env, folder, runtime=self.built.runtime, bare=True)


def answer(function: Emulator, body: bytes, content_type: str) -> dict[str, Any]:
    """The JSON of a successful `POST /classify`."""
    reply = function.invoke(events.http("http_api_v2", body, content_type))
    assert reply["statusCode"] == 200, f"{reply}\n{function.log()}"
    document: dict[str, Any] = json.loads(reply["body"])
    return document


def labels(document: Mapping[str, Any]) -> list[str]:
    """The labels of an answer, best first."""
    return [each["label"] for each in document["predictions"]]


FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")


def encoded(picture: Image.Image, name: str) -> bytes:
    """A picture as a file; a JPEG with a colour profile, which the profile's library must read."""
    file = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options = {"icc_profile": profile} if name == "JPEG" else {}
    picture.save(file, name, **options)
    return file.getvalue()
