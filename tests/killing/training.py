"""Killed: `microlens train`, which is begun again with `--resume`."""

from __future__ import annotations

from pathlib import Path

from inference.bundle import read_bundle
from inference.golden import verify
from inference.model import Model
from inference.plurals import counted
from inference.stores.directory import DirectoryStore
from tests.killing.scene import Scene, Work
from tests.training.publishing.colours import colour_network, colour_pictures
from tests.training.transfer.courses import Quiet
from training.transfer.folders import Unusable
from training.transfer.plans import Order, follow, plan
from training.transfer.work import Work as Kept


class Training(Work):
    """Four colours on a network of 16 x 16 pixels: all that a large run does, in seconds."""

    stores = ("folder",)
    is_quick = False

    def set_up(self, scene: Scene) -> str:
        """Pictures, and a Keras network to learn on."""
        import keras

        colour_pictures(scene.workshop / "pictures", each=10)
        colour_network(keras).save(scene.workshop / "backbone.keras")
        return ""

    def prepare(self, scene: Scene) -> str:
        """Nothing lies there."""
        return scene.root

    def do(self, scene: Scene) -> str:
        """The whole run; the release that comes of it is the same each time."""
        return _train(_order(scene, resume=False), scene)

    def check(self, scene: Scene) -> str:
        """There is a whole bundle or none, and the run that goes on ends as if never killed."""
        order = _order(scene, resume=True)
        found, kept = _bundle(order.out), _kept(order.work)
        if not order.work.exists():
            assert "Leave --resume out" in _refusal(order)
            order = _order(scene, resume=False)
        release = _train(order, scene)
        assert _bundle(order.out) == release
        assert found in (None, release)
        return f"{'a bundle' if found else 'no bundle'}, {counted(kept, 'file')} of work"


def _order(scene: Scene, *, resume: bool) -> Order:
    place = Path(scene.root)
    return Order(
        folder=scene.workshop / "pictures",
        out=place / "colours",
        name="colours",
        work=place / "work",
        backbone=scene.workshop / "backbone.keras",
        recipe="0-1",
        augment="never",
        quantise="none",
        resume=resume,
    )


def _train(order: Order, scene: Scene) -> str:
    """Train; AssertionError when the release is another than that of the first run."""
    release = follow(plan(order, Quiet()), Quiet()).release
    first = scene.workshop / "trained"
    if not first.exists():
        first.write_text(release)
    assert release == first.read_text()
    return release


def _refusal(order: Order) -> str:
    """What is said of an order that cannot be followed."""
    try:
        plan(order, Quiet())
    except Unusable as exc:
        return str(exc)
    return ""


def _bundle(folder: Path) -> str | None:
    """The release of the bundle that lies there, every file of it whole; None if nothing does."""
    if not folder.exists():
        return None
    bundle = read_bundle(DirectoryStore(folder))
    verify(Model(bundle))
    for name in bundle.manifest.files:
        bundle.read(name)
    return bundle.release


def _kept(folder: Path) -> int:
    """How many files of work there are; AssertionError for a half one under its final name."""
    work = Kept(folder)
    names = [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".partial"
    ]
    for name in names:
        assert work.read_arrays(name) is not None, f"{name} is half"
    return len(names)
