"""What the text of an environment variable means, where that is more than a number or a word.

Each type takes the text, and refuses with a `ValueError` that says what to write instead. What is
secret is never repeated.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, SecretStr

from inference.addresses import BUCKET_NAME
from inference.errors import SettingsError
from inference.stores import bucket_and_prefix

HASH_PREFIX = "sha256:"

ProtocolName = Literal["hugging_face", "open_inference", "rekognition", "tensorflow_serving"]
"""The protocols of other services that are spoken; each has its file in `api/protocols/`."""

_TOKEN_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_TOKEN = re.compile(r"[\x21-\x7e]+")
_ORIGIN = re.compile(
    r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?|https?://\[[0-9a-f:]+\](?::[0-9]{1,5})?"
)


def _listed(text: str) -> list[str]:
    """The parts between the commas that are not empty, without the blanks around them."""
    return [part for each in text.split(",") if (part := each.strip())]


def _bucket_names(value: object) -> object:
    if not isinstance(value, str):
        return value
    for name in (names := _listed(value)):
        if not BUCKET_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a bucket")
    return frozenset(names)


def _protocol_names(value: object) -> object:
    if not isinstance(value, str):
        return value
    names, known = frozenset(_listed(value)), get_args(ProtocolName)
    if not names:
        raise ValueError("it names none; `off` is for none")
    if unknown := sorted(names - {*known, "off"}):
        raise ValueError(f"{unknown[0]!r} is none of {', '.join(known)}, or `off`")
    if "off" in names and len(names) > 1:
        raise ValueError("`off` stands alone")
    return names


def _token_hashes(value: object) -> object:
    if not isinstance(value, str):
        return value
    hashes = [each.lower() for each in _listed(value)]
    if not hashes:  # a list that lost its entries may not open the service to everybody
        raise ValueError("it holds no hash; leave the variable empty to let everybody ask")
    for number, each in enumerate(hashes, 1):
        if not _TOKEN_HASH.fullmatch(each):
            raise ValueError(
                f"entry {number} is not {HASH_PREFIX} and 64 hexadecimal digits; it "
                "stays unsaid here, because it may be a token: `microlens token` prints a "
                "token and the hash that belongs here"
            )
    return frozenset(hashes)


def _token(value: object) -> object:
    """A secret that was read from a file often has the end of its line."""
    if not isinstance(value, str):
        return value
    if not _TOKEN.fullmatch(token := value.strip()):
        raise ValueError(
            "a header carries printable ASCII without blanks and nothing else; it stays unsaid "
            "here, because it is a secret: `microlens token` makes one"
        )
    return token


def _origins(value: object) -> object:
    if not isinstance(value, str):
        return value
    origins = frozenset(_listed(value))
    for each in sorted(origins - {"*"}):
        if not _ORIGIN.fullmatch(each):
            raise ValueError(
                f"{each!r} is no origin: it is written https://HOST or https://HOST:PORT, in "
                "lower case and without a path"
            )
    return origins


def _store(value: str) -> str:
    _place(value)
    return value


def _prefix(value: str) -> str:
    bucket, prefix = _place(value) or ("", "")
    if not prefix:
        raise ValueError("it is written s3://BUCKET/PREFIX")
    return f"s3://{bucket}/{prefix}"


def _place(value: str) -> tuple[str, str] | None:
    try:
        return bucket_and_prefix(value)
    except SettingsError as exc:
        raise ValueError(str(exc)) from exc


BucketNames = Annotated[frozenset[str], BeforeValidator(_bucket_names)]
"""Names of buckets, separated by commas."""

Protocols = Annotated[frozenset[ProtocolName | Literal["off"]], BeforeValidator(_protocol_names)]
"""Names of protocols, separated by commas, or `off`."""

TokenHashes = Annotated[frozenset[SecretStr], BeforeValidator(_token_hashes)]
"""Hashes of tokens, separated by commas: `sha256:` and 64 hexadecimal digits."""

Token = Annotated[SecretStr, BeforeValidator(_token)]
"""A bearer token."""

Origins = Annotated[frozenset[str], BeforeValidator(_origins)]
"""Origins of web pages, separated by commas, or `*`."""

StoreURL = Annotated[str, AfterValidator(_store)]
"""A folder or `s3://BUCKET/PREFIX`."""

Prefix = Annotated[str, AfterValidator(_prefix)]
"""`s3://BUCKET/PREFIX`, without a slash at its end."""
