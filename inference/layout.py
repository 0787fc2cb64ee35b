"""Where everything lies in a registry: every key, relative to the root of its store.

NAME/incoming/               files dropped to become a release
NAME/releases/DIGEST/        a bundle, written once
NAME/stages/STAGE.json       the pointer of a stage
NAME/status.json             what became of the last files in incoming/
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from inference.manifest import MANIFEST

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_STAGE = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ABBREVIATED = re.compile(r"[0-9a-f]{7,64}")
# A model called so could not be told from a part of another one.
_TAKEN = frozenset({"incoming", "releases", "stages"})

NAME_RULE = "1 to 63 of a-z 0-9 . _ -, the first of them a letter or digit"
STAGE_RULE = "1 to 31 of a-z 0-9 -, the first of them a letter or digit"


@dataclass(frozen=True, slots=True)
class Place:
    """A model in a registry, or one of its stages: `STORE/NAME`, `STORE/NAME@STAGE`."""

    store: str
    name: str
    stage: str | None = None

    def __str__(self) -> str:
        stage = f"@{self.stage}" if self.stage else ""
        return f"{self.store.rstrip('/')}/{self.name}{stage}"


def parse_place(text: str) -> Place | None:
    """The model or stage that `text` names; None if it has not the form of either.

    Nothing is looked up: `STORE/NAME` is any path whose last part could be a model's name.
    """
    path, at, stage = text.rpartition("@") if "@" in text.rpartition("/")[2] else (text, "", "")
    store, slash, name = path.rpartition("/")
    if not slash or not is_name(name) or (at and not is_stage(stage)):
        return None
    if store.rstrip("/") == "s3:":  # what looks like the name is the bucket, or there is none
        return None
    return Place(store or "/", name, stage or None)


def why_no_place(text: str) -> str | None:
    """What is wrong with the name or the stage in `text`, if it has the form of a place at all."""
    path, at, stage = text.rpartition("@") if "@" in text.rpartition("/")[2] else (text, "", "")
    store, slash, name = path.rpartition("/")
    if not slash or not name or store.rstrip("/") == "s3:":
        return None
    if name in _TAKEN:
        return f"no model can be called {name!r}, which is a folder of a model"
    if not is_name(name):
        return f"no model can be called {name!r}: a name is {NAME_RULE}"
    if at and not is_stage(stage):
        return f"no stage can be called {stage!r}: a stage is {STAGE_RULE}"
    return None


def is_name(text: str) -> bool:
    """Whether a model may be called so."""
    return bool(_NAME.fullmatch(text)) and text not in _TAKEN


def is_stage(text: str) -> bool:
    """Whether a stage may be called so."""
    return bool(_STAGE.fullmatch(text))


def is_digest(text: str) -> bool:
    """Whether `text` is the whole digest of a release."""
    return bool(_DIGEST.fullmatch(text))


def is_abbreviated_digest(text: str) -> bool:
    """Whether `text` may be the beginning of a release's digest: 7 digits of it, or more."""
    return bool(_ABBREVIATED.fullmatch(text))


def abbreviated(digest: str) -> str:
    """A digest as people read it: enough of it to tell all releases apart."""
    return digest[:12]


def releases(name: str) -> str:
    """What the keys of all releases of a model begin with."""
    return f"{name}/releases/"


def release(name: str, digest: str) -> str:
    """What the keys of the files of one release begin with."""
    return f"{releases(name)}{digest}/"


def manifest(name: str, digest: str) -> str:
    """The manifest of a release, which is written last: where it lies, all other files do."""
    return release(name, digest) + MANIFEST


def stages(name: str) -> str:
    """What the keys of all pointers of a model begin with."""
    return f"{name}/stages/"


def pointer(name: str, stage: str) -> str:
    """The pointer of a stage."""
    return f"{stages(name)}{stage}.json"


def incoming(name: str) -> str:
    """What the keys of the files dropped for a model begin with."""
    return f"{name}/incoming/"


def status(name: str) -> str:
    """What became of the files that were dropped last."""
    return f"{name}/status.json"


@dataclass(frozen=True, slots=True)
class Part:
    """What one key of a registry belongs to: a release of a model, or a stage of it."""

    name: str
    release: str | None = None
    stage: str | None = None
    file: str | None = None


def parse_key(key: str) -> Part | None:
    """The release or stage that `key` belongs to; None for a key that belongs to neither."""
    name, _, rest = key.partition("/")
    if not is_name(name):
        return None
    kind, _, rest = rest.partition("/")
    if kind == "releases":
        digest, _, file = rest.partition("/")
        return Part(name, release=digest, file=file) if is_digest(digest) and file else None
    stage = rest.removesuffix(".json")
    if kind == "stages" and rest.endswith(".json") and is_stage(stage):
        return Part(name, stage=stage)
    return None
