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

from inference.errors import MicrolensError, ModelError, ModelIncomplete
from inference.stores import Store, Tag
from training.contention import persist
from training.dropped import PICTURES, check_links, fetch, look, missing
from training.orders import Run, Wish
from training.publishing import Published, publish
from training.registry.changes import Hand
from training.status import CLAIM, State, Status, is_settled, read_status, write_status
from training.workers import has_ended

log = logging.getLogger(__name__)

STAGE: Final = "dev"
_MOST_CUT_OFF: Final = 2


@dataclass(frozen=True, slots=True)
class Incoming:
    """The incoming folder of one model; `worker` is who looks at it, and `takes` how long at most.

    `advice` is what to do when workers are ended from outside, again and again. On a `dry_run`
    everything is done except writing to the store.
    """

    store: Store
    name: str
    run: Run
    worker: str
    takes: timedelta = CLAIM
    advice: str = "publish it with microlens publish, which says more"
    dry_run: bool = False

    def attend(self) -> Status | None:
        """Publish what lies there if that is new and whole; the status, or None if nothing lies.

        Raises `SourceUnavailable` when the storage does not answer, and `StoreConflict` when
        others wrote again and again: then ask later.
        """
        # What begins after half of the time might not see its end, and would be refused for that.
        return persist(self._attend, self.name, self.takes / 2)

    def look(self) -> dict[str, Tag]:
        """The files that lie there now, by their name in the folder."""
        return look(self.store, self.name)

    def _attend(self) -> Status | None:
        # In this order: what was said before we looked cannot be of newer files than we saw.
        before, etag = read_status(self.store, self.name)
        tags = self.look()
        if not tags:
            return None
        files = {name: tag.etag for name, tag in tags.items()}
        now = datetime.now(UTC)
        if before and is_settled(before, files, now, lambda who: has_ended(who, self.worker)):
            return self._as_it_stands(before)
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
        etag = self._write(claim, etag)
        with self._taking_back(claim, etag):
            try:
                published = self._publish(tags)
            except ModelError as exc:
                return self._say(*_verdict(exc), files, etag)
            there = published.old or "nothing" if self.dry_run else "it"
            detail = f"published as {published.release}; {STAGE} points to {there}"
            return self._say("published", detail, files, etag, published.release)

    def _say(
        self,
        state: State,
        detail: str,
        files: dict[str, str],
        etag: str | None,
        release: str | None = None,
    ) -> Status:
        """Write what became of `files` over the status tagged `etag`."""
        if self.dry_run and state != "waiting":
            detail = f"would be {detail}"
        status = self._status(state, detail, files, release)
        self._write(status, etag)
        log.info("%s: %s", self.name, detail)
        return status

    def _as_it_stands(self, settled: Status) -> Status:
        if not self.dry_run:
            return settled
        return settled.model_copy(update={"detail": f"settled before: {settled.detail}"})

    def _write(self, status: Status, etag: str | None) -> str | None:
        """Write over the status tagged `etag`; the tag of what lies there then."""
        return etag if self.dry_run else write_status(self.store, status, etag)

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
    def _taking_back(self, claim: Status, etag: str | None) -> Iterator[None]:
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
                self._write(left.model_copy(update={"cut_off": claim.cut_off}), etag)
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

    def _publish(self, tags: Mapping[str, Tag]) -> Published:
        """Read exactly these files, see that they still lie there, and publish them to `dev`."""
        with TemporaryDirectory(prefix="microlens-") as workshop:
            folder = Path(workshop)
            fetch(self.store, self.name, tags, folder)
            pictures = folder / PICTURES
            return publish(
                [folder],
                self.store,
                self.name,
                STAGE,
                Wish(pictures=pictures if pictures.is_dir() else None),
                Hand(self.worker, datetime.now(UTC), self.dry_run),
                self.run,
                lambda line: log.info("%s: %s", self.name, line),
            )


def _verdict(exc: ModelError) -> tuple[State, str]:
    """What speaks against the files, as state and sentence."""
    if isinstance(exc, ModelIncomplete):
        return "waiting", str(exc)
    return "refused", f"refused because {exc}"
