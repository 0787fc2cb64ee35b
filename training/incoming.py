"""The incoming folder: files that are dropped into it become a release, without any command.

    NAME/incoming/architecture.json + weights.h5 (or any other model), labels.txt, and
    recipe.json, or pictures/CLASS/… from which the recipe is found out

Nothing in there is ever deleted or changed. The same set is judged once, however many events
announce it and in whatever order.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from inference import layout
from inference.errors import MicrolensError, ModelError, ModelIncomplete, StoreConflict
from inference.stores import Store, Tag
from training.dropped import PICTURES, check_links, look, missing
from training.orders import Run
from training.publishing import Wish, publish
from training.registry.changes import Hand
from training.status import CLAIM, State, Status, is_settled, read_status, write_status
from training.workers import has_ended

log = logging.getLogger(__name__)

STAGE: Final = "dev"
_ROUNDS: Final = 3
_MOST_CUT_OFF: Final = 2


@dataclass(frozen=True, slots=True)
class Incoming:
    """The incoming folder of one model; `worker` is who looks at it, and `takes` how long at most.

    `advice` is what to do when workers are ended from outside, again and again.
    """

    store: Store
    name: str
    run: Run
    worker: str
    takes: timedelta = CLAIM
    advice: str = "publish it with microlens publish, which says more"

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

    def look(self) -> dict[str, Tag]:
        """The files that lie there now, by their name in the folder."""
        return look(self.store, self.name)

    def _attend(self) -> Status | None:
        tags = self.look()
        if not tags:
            return None
        files = {name: tag.etag for name, tag in tags.items()}
        before, etag = read_status(self.store, self.name)
        now = datetime.now(UTC)
        if is_settled(before, files, now, lambda worker: has_ended(worker, self.worker)):
            return before
        same = before if before and before.files == files else None
        return self._judge(tags, files, same, etag)

    def _judge(
        self,
        tags: Mapping[str, Tag],
        files: dict[str, str],
        before: Status | None,
        etag: str | None,
    ) -> Status:
        """Say what the files wait for, or publish them, or say why not.

        `before` is what was said of these very files, which is no verdict.
        """
        try:
            if waiting := missing(files):
                raise ModelIncomplete(f"waiting for {' and '.join(waiting)}")
            check_links(self.store, self.name, files)
            claim = self._claim(files, before)
        except ModelError as exc:
            return self._say(*_verdict(exc), files, etag)
        etag = write_status(self.store, claim, etag)
        with self._taking_back(claim, etag):
            try:
                release = self._publish(tags)
            except ModelError as exc:
                return self._say(*_verdict(exc), files, etag)
            detail = f"published as {release}; {STAGE} points to it"
            return self._say("published", detail, files, etag, release)

    def _say(
        self,
        state: State,
        detail: str,
        files: dict[str, str],
        etag: str | None,
        release: str | None = None,
    ) -> Status:
        """Write what became of `files` over the status tagged `etag`."""
        status = self._status(state, detail, files, release)
        write_status(self.store, status, etag)
        log.info("%s: %s", self.name, detail)
        return status

    def _claim(self, files: dict[str, str], before: Status | None) -> Status:
        """What says that this worker is at it; `ModelError` when too many did not see the end."""
        until = datetime.now(UTC) + self.takes
        detail = f"being converted and measured, until {until:%H:%M} UTC at the latest"
        cut_off = before.cut_off if before else 0
        if before and before.state == "converting":
            cut_off += 1
            ended = f"{before.worker}, at it since {before.at:%H:%M} UTC, was ended from outside"
            if cut_off >= _MOST_CUT_OFF:
                raise ModelError(
                    f"{cut_off} workers did not live to say why: the last, {ended}, as happens "
                    f"when time or memory runs out; {self.advice}"
                )
            detail += f"; this is another try: {ended}"
        claim = self._status("converting", detail, files)
        return claim.model_copy(update={"until": until, "cut_off": cut_off})

    @contextmanager
    def _taking_back(self, claim: Status, etag: str) -> Iterator[None]:
        """Take the claim back from files that are left without a verdict, whatever the reason."""
        try:
            yield
        except BaseException as exc:
            reason = str(exc) if isinstance(exc, MicrolensError) else type(exc).__name__
            if not isinstance(exc, Exception):
                reason = f"{self.worker} was told to stop"
            detail = f"interrupted: {reason}; the next look, or the next file, tries again"
            left = self._status("interrupted", detail, claim.files)
            # Where that fails too, the claim says itself until when it holds.
            with suppress(MicrolensError, OSError):
                write_status(self.store, left.model_copy(update={"cut_off": claim.cut_off}), etag)
            raise

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
            check_links(self.store, self.name, tags)
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


def _verdict(exc: ModelError) -> tuple[State, str]:
    """What speaks against the files, as state and sentence."""
    if isinstance(exc, ModelIncomplete):
        return "waiting", str(exc)
    return "refused", f"refused because {exc}"
