"""What `MICROLENS_MODEL` may say, and where that leads."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from inference.bundle import Bundle, read_bundle
from inference.errors import ModelError
from inference.manifest import Sha256
from inference.stores import Store, open_store

_STAGED = re.compile(r"(?P<store>.+)/(?P<name>[a-z0-9][a-z0-9._-]*)@(?P<stage>[a-z0-9][a-z0-9-]*)")


class Pointer(BaseModel):
    """The content of `stages/STAGE.json`, as far as serving needs it."""

    model_config = ConfigDict(frozen=True)

    release: Sha256


@dataclass(frozen=True, slots=True)
class BundleReference:
    """A bundle: a folder, or a prefix in S3."""

    store: Store
    stage: None = None

    def __str__(self) -> str:
        return self.store.url

    def bundle(self) -> Bundle:
        """The bundle that lies there now; `ModelError` if none does."""
        return read_bundle(self.store)


@dataclass(frozen=True, slots=True)
class StageReference:
    """A stage of a model in a registry: `STORE/NAME@STAGE`."""

    store: Store
    name: str
    stage: str

    def __str__(self) -> str:
        return f"{self.store.url}/{self.name}@{self.stage}"

    def bundle(self) -> Bundle:
        """The release that the stage points to now; `ModelError` if there is none."""
        pointer = self._pointer()
        prefix = f"{self.name}/releases/{pointer.release}/"
        return read_bundle(self.store, prefix, release=pointer.release)

    def _pointer(self) -> Pointer:
        key = f"{self.name}/stages/{self.stage}.json"
        blob = self.store.read(key)
        if blob is None:
            raise ModelError(
                f"the stage {self.stage!r} of {self.name!r} points to no release: "
                f"{key} does not exist"
            )
        try:
            return Pointer.model_validate_json(blob.data)
        except ValidationError as exc:
            raise ModelError(f"{key} is no pointer to a release") from exc


Reference = BundleReference | StageReference


def parse_reference(text: str) -> Reference:
    """The model that `text` means; nothing is read yet."""
    if staged := _STAGED.fullmatch(text):
        return StageReference(open_store(staged["store"]), staged["name"], staged["stage"])
    return BundleReference(open_store(text.rstrip("/") or "/"))
