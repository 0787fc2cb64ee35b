"""What an operator does to a stage: promote a release to it, or roll it back."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime

from inference import layout
from inference.errors import ModelError, OperatorError
from inference.pointers import Action, Pointer
from inference.stores import Store
from training.registry.comparison import Comparison, compare
from training.registry.lookup import find_release
from training.registry.releases import verified_release
from training.registry.report import Report
from training.registry.rules import reasons_against, rollback_target
from training.registry.stages import Stage, move_stage, read_stage


@dataclass(frozen=True, slots=True)
class Change:
    """A stage's move from one release to another, done or only looked at.

    `moved` is the new pointer, None where nothing was changed: on a dry run, and where the stage
    points to `new` already. `comparison` is None where there is nothing to compare.
    """

    stage: Stage
    action: Action
    new: str
    comparison: Comparison | None = None
    moved: Pointer | None = None

    @property
    def old(self) -> str | None:
        """The release that the stage pointed to before."""
        return self.stage.release

    @property
    def is_needed(self) -> bool:
        """Whether the stage points to something else so far."""
        return self.old != self.new


@dataclass(frozen=True, slots=True)
class Hand:
    """Who moves a pointer, when, and whether he only asks what would happen."""

    by: str
    at: datetime
    dry_run: bool = False


def promote(
    store: Store,
    name: str,
    source: str,
    target: str,
    hand: Hand,
    report: Report | None = None,
    data_sha256: str | None = None,
) -> Change:
    """Point the stage `target` to the release of `source`: a stage, or (part of) a digest.

    `data_sha256` is the digest of the pictures that `report` must rest on. Raises `OperatorError`
    with the reasons when `report` speaks against it, `ModelError` when the release is not there or
    does not give its golden answers, `StoreConflict` when somebody else moved the stage meanwhile,
    `SourceUnavailable`. Then nothing was changed.
    """
    stage = read_stage(store, name, target)
    release = find_release(store, name, source)
    if against := reasons_against(release, report, stage.release, data_sha256):
        raise OperatorError(
            f"release {layout.abbreviated(release)} of {name!r} is not promoted to "
            f"{target}: {'; '.join(against)}"
        )
    return _move(stage, release, "promote", hand)


def rollback(store: Store, name: str, stage: str, hand: Hand) -> Change:
    """Point the stage to the release before the current one, as `rollback_target` has it.

    Raises as `promote` does, and `ModelError` when there is nothing to go back to.
    """
    seen = read_stage(store, name, stage)
    if seen.pointer is None:
        raise ModelError(
            f"the stage {stage!r} of {name!r} points to no release; "
            f"see: microlens list {shlex.quote(str(layout.Place(store.url, name)))}"
        )
    release = rollback_target(seen.pointer)
    if release is None:
        raise ModelError(
            f"{seen} has nothing to go back to: no move that stands is known before the one to "
            f"{layout.abbreviated(seen.pointer.release)}; any release can be named: "
            f"microlens promote {shlex.quote(str(layout.Place(store.url, name)))} DIGEST {stage}"
        )
    return _move(seen, release, "rollback", hand)


def _move(stage: Stage, digest: str, action: Action, hand: Hand) -> Change:
    """Verify, compare, and only then move."""
    if stage.release == digest:
        return Change(stage, action, digest)
    release = verified_release(stage.store, stage.name, digest)
    comparison = None
    if stage.release:
        comparison = compare(stage.store, stage.name, stage.release, release.model)
    pointer = None
    if not hand.dry_run:
        pointer = move_stage(stage, release, action=action, at=hand.at, by=hand.by)
    return Change(stage, action, digest, comparison, pointer)
