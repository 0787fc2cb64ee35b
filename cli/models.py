"""The model that a command works with."""

from __future__ import annotations

from cli.terminal import libraries_are_quiet
from inference.errors import ModelError
from inference.golden import verify
from inference.model import Model
from inference.references import parse_reference
from inference.serving import PICTURES_AT_START
from inference.settings import Settings


def load_model(settings: Settings) -> Model:
    """Load and verify the model that `settings` name.

    A service tries again and answers 503 meanwhile; a command has nobody to wait for. Raises
    `ModelError` or `SourceUnavailable` with the place and the reason.
    """
    reference = parse_reference(settings.model, settings.cache)
    try:
        with libraries_are_quiet():
            model = Model(reference.bundle(), reference.stage)
            verify(model, PICTURES_AT_START)
        model.bundle.keep_only()  # or each release that was ever asked would stay on this disk
    except ModelError as exc:
        raise ModelError(
            f"the model at {reference} cannot be loaded: {exc}; "
            "--model or MICROLENS_MODEL names another"
        ) from exc
    return model
