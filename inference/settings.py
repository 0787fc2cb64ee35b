"""The settings: environment variables `MICROLENS_…`, read once, here alone.

Each field is one variable; its description is the documentation. Every mistake is reported at
once, with the variable's name and value. Secrets would be reported without their value.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from inference.addresses import BUCKET_NAME
from inference.errors import SettingsError

PREFIX = "MICROLENS_"
DEFAULT_MODEL = str(Path(__file__).resolve().parent.parent / "models" / "imagenet-lite0")

# Lambda takes 6,291,456 bytes of event: 4/3 of the body plus headers and context.
LAMBDA_BODY_BYTES = 4_600_000

# S3's events usually come within seconds.
LAMBDA_UPLOAD_WAIT_SECONDS = 30.0

HASH_PREFIX = "sha256:"
_TOKEN_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_ORIGIN = re.compile(
    r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?|https?://\[[0-9a-f:]+\](?::[0-9]{1,5})?"
)

_SECRET = frozenset({"token", "tokens"})
"""Fields whose value is in no message: it may be the very thing that is to be kept."""

ProtocolName = Literal["hugging_face", "open_inference", "rekognition", "tensorflow_serving"]
"""The protocols of other services that are spoken; each has its file in `api/protocols/`."""


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
    buckets: frozenset[str] = Field(
        frozenset(),
        description="Buckets that pictures may be read from, separated by commas; none by default, "
        "so that no caller can read with the service's role",
    )
    bucket_owner: Annotated[str, Field(pattern=r"^[0-9]{12}$")] | None = Field(
        None, description="The AWS account that must own those buckets (12 digits)"
    )
    results: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="Where the results of S3 events are written: s3://BUCKET/PREFIX or a folder; "
        "the event handler does not start without it",
    )
    uploads: Annotated[str, Field(min_length=1)] | None = Field(
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
    protocols: frozenset[ProtocolName | Literal["off"]] = Field(
        frozenset(get_args(ProtocolName)),
        description="Which protocols of other services are spoken beside our own: `hugging_face`, "
        "`open_inference`, `rekognition`, `tensorflow_serving`, separated by commas, or `off`; by "
        "default all",
    )
    tokens: frozenset[SecretStr] = Field(
        frozenset(),
        description="Hashes of the bearer tokens that may ask, `sha256:` and 64 hexadecimal digits "
        "each, separated by commas; `microlens token` makes them. Without any, everybody may ask",
    )
    token: SecretStr | None = Field(
        None,
        description="The bearer token that commands show to a service that they ask; a service "
        "does not read it",
    )
    cors_origins: frozenset[str] = Field(
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

    @field_validator("buckets", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            names = frozenset(name.strip() for name in value.split(",") if name.strip())
            for name in sorted(names):
                if not BUCKET_NAME.fullmatch(name):
                    raise ValueError(f"{name!r} is no name of a bucket")
            return names
        return value

    @field_validator("protocols", mode="before")
    @classmethod
    def _split_protocols(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        names = frozenset(name.strip() for name in value.split(",") if name.strip())
        known = get_args(ProtocolName)
        if unknown := sorted(names - {*known, "off"}):
            raise ValueError(f"{unknown[0]!r} is none of {', '.join(known)}, or `off`")
        if "off" in names and len(names) > 1:
            raise ValueError("`off` stands alone")
        return names

    @field_validator("tokens", mode="before")
    @classmethod
    def _split_tokens(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        hashes = [each.strip().lower() for each in value.split(",") if each.strip()]
        for number, each in enumerate(hashes, 1):
            if not _TOKEN_HASH.fullmatch(each):
                raise ValueError(
                    f"entry {number} is not {HASH_PREFIX} and 64 hexadecimal digits; it "
                    "stays unsaid here, because it may be a token: `microlens token` prints a "
                    "token and the hash that belongs here"
                )
        return frozenset(hashes)

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        origins = frozenset(each.strip() for each in value.split(",") if each.strip())
        for each in sorted(origins - {"*"}):
            if not _ORIGIN.fullmatch(each):
                raise ValueError(
                    f"{each!r} is no origin: it is written https://HOST or https://HOST:PORT, in "
                    "lower case and without a path"
                )
        return origins

    @field_validator("uploads")
    @classmethod
    def _is_prefix(cls, value: str | None) -> str | None:
        if value is None:
            return None
        scheme, _, place = value.partition("://")
        bucket, _, prefix = place.partition("/")
        if scheme != "s3" or not BUCKET_NAME.fullmatch(bucket) or not prefix.strip("/"):
            raise ValueError("it is written s3://BUCKET/PREFIX")
        return f"s3://{bucket}/{prefix.strip('/')}"

    @model_validator(mode="after")
    def _is_consistent(self) -> Settings:
        if self.uploads and not self.results:
            raise ValueError(
                f"MICROLENS_UPLOADS={self.uploads!r} needs MICROLENS_RESULTS, where the results "
                "of the uploads are written and read"
            )
        if self.max_draft_pixels < self.max_pixels:
            raise ValueError(
                f"MICROLENS_MAX_DRAFT_PIXELS={self.max_draft_pixels} is below "
                f"MICROLENS_MAX_PIXELS={self.max_pixels}: a reduced JPEG may not be smaller"
            )
        return self


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings that the environment asks for; `SettingsError` names every mistake in it."""
    variables = os.environ if environment is None else environment
    given = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in variables.items()
        if name.startswith(PREFIX) and value != ""
    }
    if "AWS_LAMBDA_FUNCTION_NAME" in variables:
        given.setdefault("max_body_bytes", str(LAMBDA_BODY_BYTES))
        given.setdefault("cache", "off")
        given.setdefault("log_format", "json")
        given.setdefault("upload_wait_seconds", str(LAMBDA_UPLOAD_WAIT_SECONDS))
    try:
        return Settings.model_validate(given)
    except ValidationError as exc:
        raise SettingsError("; ".join(_mistakes(exc))) from exc


def lambda_memory_mb(environment: Mapping[str, str] | None = None) -> int | None:
    """The memory of the Lambda function that this process is, in MB; None outside of Lambda."""
    variables = os.environ if environment is None else environment
    memory = variables.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    return int(memory) if memory.isdecimal() else None


def library_path() -> str:
    """Where the loader of programs is told to look for libraries: folders, none of them relative.

    In AWS's images Python itself starts by it alone: its library lies in `/var/lang/lib`.
    """
    folders = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    return ":".join(folder for folder in folders if folder.startswith("/"))


def trace_id() -> str:
    """X-Ray's id of the invocation at work, where tracing is on; else nothing.

    AWS's runtime client writes it into the environment before each invocation.
    """
    header = os.environ.get("_X_AMZN_TRACE_ID", "")
    return header.partition("Root=")[2].partition(";")[0]


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
    os.environ[variable(field)] = value
