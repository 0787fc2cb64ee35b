"""The answer, in the one shape that HTTP, events and the command line share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Prediction(_Part):
    """One class and how sure the model is of it."""

    label: str = Field(examples=["tabby"])
    score: Annotated[float, Field(ge=0, le=1, description="0 to 1, to six decimals")]
    index: Annotated[int, Field(ge=0, description="the class's place in labels.txt, from 0")]


class ModelIdentity(_Part):
    """Which model said so."""

    name: str = Field(examples=["imagenet-lite0"])
    release: str = Field(description="SHA-256 of the model's manifest, which covers its files")
    stage: str | None = Field(default=None, description="the stage it was served from, if any")


class ImageFacts(_Part):
    """The picture that was classified."""

    source: str = Field(description="`upload`, the S3 address, or the path", examples=["upload"])
    format: str = Field(examples=["PNG"])
    width: int = Field(description="pixels, as a viewer shows the picture")
    height: int = Field(description="pixels, as a viewer shows the picture")
    sha256: str = Field(description="of the picture's bytes")


class Timing(_Part):
    """Where the time went, in milliseconds."""

    fetch: float = Field(description="reading the picture from storage; 0 for an upload")
    decode: float = Field(description="from bytes to the pixels that the model looks at")
    infer: float = Field(description="from pixels to scores, waiting for a free core included")
    total: float


class Answer(_Part):
    """What the model says about one picture."""

    predictions: list[Prediction]
    model: ModelIdentity
    image: ImageFacts
    timing_ms: Timing
