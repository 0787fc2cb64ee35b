"""The answer, in the one shape that HTTP, events and the command line share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Prediction(_Part):
    """One class and how sure the model is of it."""

    label: str = Field(examples=["tabby"])
    score: Annotated[float, Field(ge=0, le=1, description="0 to 1, to six decimals")]
    index: Annotated[int, Field(ge=0, description="the class's place in labels.txt, from 0")]


class Verdict(_Part):
    """What a calibrated model makes of its own answer."""

    decision: Literal["accept", "review", "unknown"]
    labels: list[str]
    coverage: float


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


def _is_missing(value: object) -> bool:
    """What a model without a calibration does not say is left out, and no `null`."""
    return value is None


class Answer(_Part):
    """What the model says about one picture.

    `decision`, `labels` and `coverage` are there when the model was calibrated, and only then.
    """

    predictions: list[Prediction]
    decision: Literal["accept", "review", "unknown"] | SkipJsonSchema[None] = Field(
        default=None,
        exclude_if=_is_missing,
        description="`accept`: one label is likely enough; `review`: none is, or several are; "
        "`unknown`: unlike all that the model was calibrated on",
    )
    labels: list[str] | SkipJsonSchema[None] = Field(
        default=None,
        exclude_if=_is_missing,
        description="those that are likely enough, the best first: of pictures like the model's "
        "own, at least the share `coverage` has the right one among them",
    )
    coverage: Annotated[float, Field(gt=0, lt=1)] | SkipJsonSchema[None] = Field(
        default=None, exclude_if=_is_missing, description="what was asked of `labels`, 0 to 1"
    )
    model: ModelIdentity
    image: ImageFacts
    timing_ms: Timing
