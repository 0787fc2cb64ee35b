"""What the two operations may be asked, in Amazon's words."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, FailFast, Field
from pydantic.alias_generators import to_pascal

from api.protocols.documents import Words

# What the originals leave out when MinConfidence is not said. Custom Labels has a threshold for
# each label, which we do not know.
LABELS_MIN_CONFIDENCE = 55.0
CUSTOM_MIN_CONFIDENCE = 50.0

Texts = Annotated[list[str], FailFast()]


class _Pascal(Words):
    model_config = ConfigDict(alias_generator=to_pascal)


class S3Object(_Pascal):
    """A picture that is named."""

    bucket: str
    name: str
    version: str | None = None


class Image(_Pascal):
    """A picture, sent as base64 or named."""

    bytes: str | None = None
    s3_object: S3Object | None = None


class Filters(_Pascal):
    """Which labels are wanted; there are no categories here to choose by."""

    label_inclusion_filters: Texts = Field(default=[])
    label_exclusion_filters: Texts = Field(default=[])
    label_category_inclusion_filters: Texts = Field(default=[])
    label_category_exclusion_filters: Texts = Field(default=[])


class LabelSettings(_Pascal):
    """Room for the filters."""

    general_labels: Filters = Filters()


class DetectLabels(_Pascal):
    """The request of that name."""

    image: Image
    max_labels: Annotated[int, Field(ge=0)] = 1_000
    min_confidence: Annotated[float, Field(ge=0, le=100)] = LABELS_MIN_CONFIDENCE
    features: Texts = Field(default=[])
    settings: LabelSettings = LabelSettings()


class DetectCustomLabels(_Pascal):
    """The request of that name."""

    project_version_arn: str
    image: Image
    max_results: Annotated[int, Field(ge=0)] = 1_000
    min_confidence: Annotated[float, Field(ge=0, le=100)] = CUSTOM_MIN_CONFIDENCE
