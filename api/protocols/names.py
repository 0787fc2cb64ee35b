"""Which model a request means: by its name, and by a version or a stage where one is given."""

from __future__ import annotations

from api.protocols import ModelNotServed
from inference.model import Model

SHORTEST_VERSION = 7
"""So many characters of a release's digest are enough to name it."""


def check_name(model: Model, name: str) -> None:
    """Raise `ModelNotServed` unless `name` is that of the model."""
    served = model.identity.name
    if name != served:
        raise ModelNotServed(f"the model {name[:80]!r} is not served here; {served!r} is")


def check_version(model: Model, version: str) -> None:
    """Raise `ModelNotServed` unless `version` is the release of the model, or begins it."""
    release = model.identity.release
    if len(version) < SHORTEST_VERSION or not release.startswith(version):
        raise ModelNotServed(
            f"the version {version[:80]!r} of {model.identity.name!r} is not served here; versions "
            f"are releases, this is {release}, and its first {SHORTEST_VERSION} characters will do"
        )


def check_stage(model: Model, stage: str) -> None:
    """Raise `ModelNotServed` unless the model is served from `stage`."""
    served = model.identity.stage
    if stage != served:
        instead = f"{served!r} is" if served else "it was not taken from any"
        raise ModelNotServed(
            f"the stage {stage[:80]!r} of {model.identity.name!r} is not served here; {instead}"
        )
