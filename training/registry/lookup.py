"""Looking up a release by what people call it."""

from __future__ import annotations

import shlex

from inference import layout
from inference.errors import ModelError
from inference.manifest import MANIFEST
from inference.stores import Store
from training.registry.stages import read_stage


def find_release(store: Store, name: str, text: str) -> str:
    """The digest that a stage's name, a digest or the beginning of one stands for.

    A stage is looked for first. Raises `ModelError` when there is nothing of that name, or more
    than one.
    """
    if layout.is_stage(text):
        pointer = read_stage(store, name, text).pointer
        if pointer is not None:
            return pointer.release
    see = f"see: microlens list {shlex.quote(str(layout.Place(store.url, name)))}"
    if not layout.is_abbreviated_digest(text):
        raise ModelError(f"{name!r} has no stage {text!r}; {see}")
    found = {
        part.release
        for key in store.list(layout.releases(name) + text)
        if (part := layout.parse_key(key)) and part.release and part.file == MANIFEST
    }
    if len(found) > 1:
        raise ModelError(f"{len(found)} releases of {name!r} begin with {text}; {see}")
    for digest in found:
        return digest
    raise ModelError(f"{name!r} has neither a stage nor a release {text!r}; {see}")
