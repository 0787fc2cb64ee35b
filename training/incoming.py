"""The incoming folder: files that are dropped into it become a release, without any command.

    NAME/incoming/architecture.json + weights.h5 (or any other model), labels.txt, and
    recipe.json, or pictures/CLASS/… from which the recipe is found out

Nothing in there is ever deleted or changed. The same set is judged once, however many events
announce it and in whatever order.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from inference import layout
from inference.errors import ModelError, ModelIncomplete, StoreConflict
from inference.keras_files.names import FOREIGN, find_model_files
from inference.manifest import LABELS
from inference.stores import Store, Tag
from training.gathering import RECIPE
from training.orders import Run
from training.publishing import Wish, publish
from training.registry.changes import Hand
from training.status import State, Status, is_settled, read_status, write_status

log = logging.getLogger(__name__)

STAGE: Final = "dev"
_ROUNDS: Final = 3
PICTURES: Final = "pictures/"
_MODEL_SUFFIXES: Final = (".json", ".h5", ".hdf5", ".keras", ".pb", ".tflite", ".zip")


@dataclass(frozen=True, slots=True)
class Incoming:
    """The incoming folder of one model; `worker` is who looks at it."""

    store: Store
    name: str
    run: Run
    worker: str

    def attend(self) -> Status | None:
        """Publish what lies there if that is new and whole; the status, or None if nothing lies.

        Raises `SourceUnavailable` when the storage does not answer, and `StoreConflict` when
        others wrote again and again: then ask later.
        """
        for _ in range(_ROUNDS):
            try:
                return self._attend()
            except StoreConflict as exc:
                # Files, status or stage were written by somebody else meanwhile: look again.
                log.info("%s: %s", self.name, exc)
        raise StoreConflict(f"{self.name} was written by others {_ROUNDS} times in a row")

    def _attend(self) -> Status | None:
        tags = self.look()
        if not tags:
            return None
        files = {name: tag.etag for name, tag in tags.items()}
        status, etag = read_status(self.store, self.name)
        if is_settled(status, files, self.worker, datetime.now(UTC)):
            return status
        return self._judge(tags, files, etag)

    def look(self) -> dict[str, Tag]:
        """The files that lie there now, by their name in the folder."""
        prefix = layout.incoming(self.name)
        keys = [key for key in self.store.list(prefix) if _is_file(key.removeprefix(prefix))]
        return {key.removeprefix(prefix): tag for key in keys if (tag := self.store.tag(key))}

    def _judge(self, tags: Mapping[str, Tag], files: dict[str, str], etag: str | None) -> Status:
        """Say what the files wait for, or publish them, or say why not."""
        state: State
        release = None
        try:
            if waiting := missing(files):
                raise ModelIncomplete(f"waiting for {' and '.join(waiting)}")
            claim = self._status("converting", "being converted and measured", files)
            etag = write_status(self.store, claim, etag)
            release = self._publish(tags)
            state, detail = "published", f"published as {release}; {STAGE} points to it"
        except ModelIncomplete as exc:
            state, detail = "waiting", str(exc)
        except ModelError as exc:
            state, detail = "refused", f"refused: {exc}"
        status = self._status(state, detail, files, release)
        write_status(self.store, status, etag)
        log.info("%s: %s", self.name, detail)
        return status

    def _status(
        self, state: State, detail: str, files: dict[str, str], release: str | None = None
    ) -> Status:
        return Status(
            name=self.name,
            state=state,
            detail=detail,
            at=datetime.now(UTC),
            files=files,
            release=release,
            stage=STAGE if release else None,
            worker=self.worker,
        )

    def _publish(self, tags: Mapping[str, Tag]) -> str:
        """Read exactly these files, see that they still lie there, and publish them to `dev`."""
        with TemporaryDirectory(prefix="microlens-") as workshop:
            folder = Path(workshop)
            for name, tag in tags.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(self.store.read_tagged(layout.incoming(self.name) + name, tag))
            if self.look() != tags:
                raise StoreConflict("files were replaced while they were read")
            pictures = folder / PICTURES
            published = publish(
                [folder],
                self.store,
                self.name,
                STAGE,
                Wish(pictures=pictures if pictures.is_dir() else None),
                Hand(self.worker, datetime.now(UTC)),
                self.run,
                lambda line: log.info("%s: %s", self.name, line),
            )
        return published.release


def missing(names: Collection[str]) -> tuple[str, ...]:
    """What has still to be dropped before these files can be published.

    Raises `UnreadableModel` for files that are no model and never will be, or two models.
    """
    own = [name for name in names if not name.startswith(PICTURES)]
    if not any(name.lower().endswith(_MODEL_SUFFIXES) for name in own if name != RECIPE):
        if any(name.lower().endswith(FOREIGN) for name in own):
            find_model_files(own)  # says of what kind they are
        return ("a model",)
    files = find_model_files(own)
    has_pictures = any(name.startswith(PICTURES) for name in names)
    return (
        *files.waiting_for,
        *(() if files.labels else (LABELS,)),
        *(() if files.recipe or has_pictures else (f"{RECIPE} or {PICTURES}CLASS/…",)),
    )


def _is_file(name: str) -> bool:
    """Whether a key's end is a plain name of a file: a bucket may hold anything."""
    path = PurePosixPath(name)
    return bool(path.parts) and path.as_posix() == name and not {"..", "/"} & set(path.parts)
