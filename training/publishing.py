"""Publishing: from files to a release that a stage points to, with nothing in between visible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from inference import layout
from inference.bundle import Bundle, read_bundle
from inference.errors import ModelError, StoreConflict
from inference.golden import verify
from inference.manifest import Manifest
from inference.model import Model
from inference.pointers import Pointer
from inference.stores import Store
from inference.stores.directory import DirectoryStore
from training.bundles import write_bundle
from training.drafts import make_draft
from training.gathering import gather, is_bundle
from training.orders import Findings, Order, Run, Tell, Wish
from training.registry.changes import Hand
from training.registry.releases import VerifiedRelease, publish_release, verified_release
from training.registry.stages import Stage, move_stage, read_stage


@dataclass(frozen=True, slots=True)
class Published:
    """A release, and where the stage points now; `moved` is None where nothing was changed.

    `findings` is None for a bundle that was published as it was given.
    """

    stage: Stage
    release: str
    manifest: Manifest
    findings: Findings | None
    moved: Pointer | None

    @property
    def old(self) -> str | None:
        """The release that the stage pointed to before."""
        return self.stage.release


def publish(
    paths: Sequence[Path],
    store: Store,
    name: str,
    stage: str,
    wish: Wish,
    hand: Hand,
    run: Run,
    tell: Tell,
) -> Published:
    """Make a release of the model in `paths`, or of the bundle, and point `stage` to it.

    The pointer moves last, and only to a release that was read back and gave its golden answers.
    Raises `ModelError` for what cannot be published, with the reason and what to do;
    `StoreConflict` when somebody else moved the stage meanwhile, to another release;
    `SourceUnavailable`.
    """
    seen = read_stage(store, name, stage)
    with TemporaryDirectory(prefix="microlens-") as workshop:
        bundle, findings = _bundle(paths, name, wish, Path(workshop), run, tell)
        moved = None
        if not hand.dry_run:
            tell(f"publishing release {layout.abbreviated(bundle.release)}")
            release = publish_release(store, bundle, name)
            verified = verified_release(store, name, release)
            if release != seen.release:
                seen, moved = _move(seen, verified, hand, tell)
    return Published(seen, bundle.release, bundle.manifest, findings, moved)


def _move(
    seen: Stage, release: VerifiedRelease, hand: Hand, tell: Tell
) -> tuple[Stage, Pointer | None]:
    """Move the stage, unless somebody else was quicker to move it to this very release."""
    try:
        return seen, move_stage(seen, release, action="publish", at=hand.at, by=hand.by)
    except StoreConflict:
        now = read_stage(seen.store, seen.name, seen.stage)
        if now.pointer is None or now.release != release.digest:
            raise
        tell(f"{now.pointer.by} moved {now} to the same release meanwhile")
        return now, None


def _bundle(
    paths: Sequence[Path], name: str, wish: Wish, workshop: Path, run: Run, tell: Tell
) -> tuple[Bundle, Findings | None]:
    """The bundle that was given, verified, or a new one in `workshop`."""
    if is_bundle(paths):
        if wish != Wish():
            raise ModelError(
                f"{paths[0]} is a bundle and is published as it is: leave the options out"
            )
        bundle = read_bundle(DirectoryStore(paths[0]))
        if bundle.manifest.name != name:
            raise ModelError(
                f"the bundle calls its model {bundle.manifest.name!r} and cannot be a release of "
                f"{name!r}: publish it to STORE/{bundle.manifest.name}@STAGE"
            )
        verify(Model(bundle))
        return bundle, None
    source = workshop / "source"
    source.mkdir()
    gather(paths, source, wish.labels)
    draft = make_draft(Order(source, name, wish), run, tell)
    folder = workshop / name
    write_bundle(folder, draft.manifest, draft.files)
    return read_bundle(DirectoryStore(folder)), draft.findings
