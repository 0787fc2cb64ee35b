"""What must be nowhere: secrets, signatures, the inside of a program, numbers that are none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROJECT = str(Path(__file__).parents[2])
SECRETS: set[str] = set()
"""Values that must be nowhere; whoever makes one keeps it here."""

SHORTEST_SECRET = 12
"""Shorter ones, as tests give to servers that want any, are words that may stand anywhere."""

_SIGNATURE = re.compile(
    r"X-Amz-(?:Signature|Credential|Security-Token)|StringToSign|aws4_request", re.IGNORECASE
)
_KEY = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")
_INSIDE = re.compile(r"Traceback \(most recent call last\)|\.py\\?\", line \d+|site-packages")
_PLACES = re.compile(r"/(?:tmp|root|home)/")


def keep_secret(*values: str) -> None:
    """Let nobody say these from now on."""
    SECRETS.update(value for value in values if len(value) >= SHORTEST_SECRET)


def secrets_in(text: str) -> Iterator[str]:
    """A word for each secret that `text` tells; never the secret itself."""
    if any(secret in text for secret in SECRETS):
        yield "a secret of the environment"
    if _KEY.search(text):
        yield "an access key"


def signatures_in(text: str) -> Iterator[str]:
    """A word for what was signed, and could be sent again."""
    if _SIGNATURE.search(text):
        yield "a signature"


def inside_of(text: str) -> Iterator[str]:
    """What `text` tells of the program's inside."""
    if found := _INSIDE.search(text):
        yield f"the inside of a program: {found[0]}"


def paths_in(text: str) -> Iterator[str]:
    """A word for a path of this machine."""
    if PROJECT in text or _PLACES.search(text):
        yield "a path of this machine"


def parsed(text: str) -> Any:
    """The JSON document in `text`; ValueError for none, as NaN and Infinity are."""
    return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
