"""Which model a request means: by its name, and by a version or a stage where one is given."""

from __future__ import annotations

from api.protocols import ModelNotServed
from inference.model import Model

SHORTEST_VERSION = 7
"""So many characters of a release's digest are enough to name it."""


def check_model(
    model: Model, name: str, version: str | None = None, stage: str | None = None
) -> None:
    """Raise `ModelNotServed` unless the model has this name and, where they are given, is this
    version and is served from this stage.
    """
    _check_name(model, name)
    if version is not None:
        _check_version(model, version)
    if stage is not None:
        _check_stage(model, stage)


def _check_name(model: Model, name: str) -> None:
    served = model.identity.name
    if name != served:
        raise ModelNotServed(f"the model {name[:80]!r} is not served here; {served!r} is")


def _check_version(model: Model, version: str) -> None:
    """A version is the release, or begins it."""
    release = model.identity.release
    if len(version) < SHORTEST_VERSION or not release.startswith(version):
        raise ModelNotServed(
            f"the version {version[:80]!r} of {model.identity.name!r} is not served here; versions "
            f"are releases, this is {release}, and its first {SHORTEST_VERSION} characters will do"
        )


def _check_stage(model: Model, stage: str) -> None:
    served = model.identity.stage
    if stage != served:
        instead = f"{served!r} is" if served else "it was not taken from any"
        raise ModelNotServed(
            f"the stage {stage[:80]!r} of {model.identity.name!r} is not served here; {instead}"
        )
