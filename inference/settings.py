"""The settings: environment variables `MICROLENS_…`, read once.

Each field is one variable; its description is the documentation. Every mistake is reported at
once, with the variable's name and value; secrets are reported without their value.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from inference import environment
from inference.errors import SettingsError
from inference.setting_types import (
    BucketNames,
    Origins,
    Prefix,
    ProtocolName,
    Protocols,
    StoreURL,
    Token,
    TokenHashes,
)

PREFIX = "MICROLENS_"
DEFAULT_MODEL = str(Path(__file__).resolve().parent.parent / "models" / "imagenet-lite0")

# Lambda takes 6,291,456 bytes of event: 4/3 of the body plus headers and context.
LAMBDA_BODY_BYTES = 4_600_000

# S3's events usually come within seconds.
LAMBDA_UPLOAD_WAIT_SECONDS = 30.0

_SECRET = frozenset({"token", "tokens"})
"""Fields whose value is in no message: it may be the very thing that is to be kept."""


class Settings(BaseModel):
    """Everything that can be set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Annotated[str, Field(min_length=1)] = Field(
        DEFAULT_MODEL,
        description="What to serve: STORE/NAME@STAGE, where STORE is a folder or "
        "s3://BUCKET/PREFIX; or the folder or S3 prefix of a bundle or of a model's plain files",
    )
    refresh_seconds: Annotated[float, Field(gt=0, le=86_400)] = Field(
        30.0,
        description="How often the place of the model is looked at for another one, at most, in "
        "seconds",
    )
    cache: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="Folder in which files of releases in S3 are kept for the next start or "
        "rollback, or `off`; by default one among the system's temporary files, on Lambda `off`",
    )
    buckets: BucketNames = Field(
        frozenset(),
        description="Buckets that pictures may be read from, separated by commas; none by default, "
        "so that no caller can read with the service's role",
    )
    bucket_owner: Annotated[str, Field(pattern=r"^[0-9]{12}$")] | None = Field(
        None, description="The AWS account that must own those buckets (12 digits)"
    )
    results: StoreURL | None = Field(
        None,
        description="Where the results of S3 events are written: s3://BUCKET/PREFIX or a folder; "
        "the event handler does not start without it",
    )
    uploads: Prefix | None = Field(
        None,
        description="Where POST /uploads lets callers put large pictures: s3://BUCKET/PREFIX; it "
        "needs MICROLENS_RESULTS, and the event handler must hear of that prefix",
    )
    upload_seconds: Annotated[int, Field(ge=10, le=43_200)] = Field(
        900, description="How long the form of POST /uploads may be used, in seconds"
    )
    upload_wait_seconds: Annotated[float, Field(ge=0, le=3_600)] = Field(
        0.0,
        description="How long an upload waits for the event handler before GET /results "
        "classifies it itself, in seconds; on Lambda 30 unless set",
    )
    max_body_bytes: Annotated[int, Field(ge=1)] = Field(
        50_000_000,
        description="The largest request body; on Lambda 4,600,000 unless set, because the "
        "platform takes no more",
    )
    max_image_bytes: Annotated[int, Field(ge=1)] = Field(
        20_000_000, description="The largest file of one picture, sent or read from S3"
    )
    max_pixels: Annotated[int, Field(ge=1, le=500_000_000)] = Field(
        50_000_000, description="The largest picture that is decoded whole, in pixels"
    )
    max_draft_pixels: Annotated[int, Field(ge=1, le=500_000_000)] = Field(
        250_000_000, description="The largest JPEG that is reduced while it is decoded, in pixels"
    )
    max_pictures: Annotated[int, Field(ge=1, le=1_000)] = Field(
        64, description="The most pictures in one request"
    )
    protocols: Protocols = Field(
        frozenset(get_args(ProtocolName)),
        description="Which protocols of other services are spoken beside our own: `hugging_face`, "
        "`open_inference`, `rekognition`, `tensorflow_serving`, separated by commas, or `off`; by "
        "default all",
    )
    tokens: TokenHashes = Field(
        frozenset(),
        description="Hashes of the bearer tokens that may ask, `sha256:` and 64 hexadecimal digits "
        "each, separated by commas; `microlens token` makes them. Without any, everybody may ask",
    )
    token: Token | None = Field(
        None,
        description="The bearer token that commands show to a service that they ask; a service "
        "does not read it",
    )
    cors_origins: Origins = Field(
        frozenset(),
        description="Origins whose pages may call the service, such as https://www.example.org, "
        "separated by commas, or `*` for all; none by default",
    )
    max_concurrent: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        None,
        description="How many requests are classified or wait for it at the same time; who comes "
        "beyond that is told `busy` at once; by default 32 for each core",
    )
    deadline_seconds: Annotated[float, Field(gt=0, le=3_600)] = Field(
        60.0,
        description="How long a request may take, the coming of its body included, in seconds; on "
        "Lambda no longer than the invocation has left",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="The least important log lines that are written"
    )
    log_format: Literal["json", "text"] = Field(
        "text", description="How log lines are written: `text` or `json`; on Lambda json unless set"
    )

    @model_validator(mode="after")
    def _is_consistent(self) -> Settings:
        mistakes = []
        if self.uploads and not self.results:
            mistakes.append(
                f"MICROLENS_UPLOADS={self.uploads!r} needs MICROLENS_RESULTS, where the results "
                "of the uploads are written and read"
            )
        if self.max_draft_pixels < self.max_pixels:
            mistakes.append(
                f"MICROLENS_MAX_DRAFT_PIXELS={self.max_draft_pixels} is below "
                f"MICROLENS_MAX_PIXELS={self.max_pixels}: a reduced JPEG may not be smaller"
            )
        if mistakes:
            raise ValueError("; ".join(mistakes))
        return self


def read_settings(given: Mapping[str, str] | None = None) -> Settings:
    """The settings that the variables `given` ask for, by default those of this process.

    Raises `SettingsError`, which names every mistake.
    """
    variables = environment.variables() if given is None else given
    said = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in variables.items()
        if name.startswith(PREFIX) and value != ""
    }
    if "AWS_LAMBDA_FUNCTION_NAME" in variables:
        said.setdefault("max_body_bytes", str(LAMBDA_BODY_BYTES))
        said.setdefault("cache", "off")
        said.setdefault("log_format", "json")
        said.setdefault("upload_wait_seconds", str(LAMBDA_UPLOAD_WAIT_SECONDS))
    try:
        return Settings.model_validate(said)
    except ValidationError as exc:
        raise SettingsError("; ".join(_mistakes(exc))) from exc


def variable(field: str) -> str:
    """The environment variable of a field."""
    return PREFIX + field.upper()


def _mistakes(exc: ValidationError) -> list[str]:
    """One sentence per mistake, with the variable and its value."""
    sentences = []
    for fault in exc.errors(include_url=False):
        if not fault["loc"]:
            sentences.append(fault["msg"].removeprefix("Value error, "))
        elif fault["type"] == "extra_forbidden":
            known = ", ".join(variable(name) for name in Settings.model_fields)
            sentences.append(f"{variable(str(fault['loc'][0]))} is no setting; there are: {known}")
        else:
            name = variable(str(fault["loc"][0]))
            reason = fault["msg"].removeprefix("Value error, ")
            said = "" if fault["loc"][0] in _SECRET else f"={fault['input']!r}"
            sentences.append(f"{name}{said} is refused: {reason}")
    return sentences


def put_in_environment(field: str, value: str) -> None:
    """Set one field for this process and those that it starts, as the command line does."""
    environment.put(variable(field), value)
