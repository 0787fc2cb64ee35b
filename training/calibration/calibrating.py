"""The whole of `microlens calibrate`: half of the pictures fit, the other half measures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inference.calibration import Calibration
from inference.golden import verify
from inference.manifest import MANIFEST, Calibrated, Manifest, Outsiders
from inference.model import Model
from inference.plurals import counted
from training.bundles import write_bundle
from training.calibration.bundles import calibrated, uncalibrated
from training.calibration.conformal import thresholds, too_few
from training.calibration.halves import halves
from training.calibration.looking import Seen, look
from training.calibration.measuring import distances, measure, measure_outsiders
from training.calibration.others import generated_outsiders, list_outsiders, outsiders_in
from training.calibration.outside import FEWEST, fit_outside
from training.calibration.sources import check_source, read_source
from training.calibration.temperature import fit_temperature
from training.calibration.unlearned import unlearned
from training.evaluation.folder import BadFolder, check_names, pictures_of
from training.evaluation.suspicion import suspicion
from training.labelled import LabelledPicture
from training.transfer.folders import Unusable
from training.transfer.grouping import ALONE, Together

Tell = Callable[[str], None]

_MOST_BROKEN: Final = 0.1
_NAMES_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for; see `microlens calibrate --help`.

    `bundle` is the folder of one, or a stage of a registry; without `out` that folder is replaced.
    """

    bundle: str
    folder: Path
    out: Path | None = None
    error: float = 0.05
    per_class: bool = False
    outside: Path | None = None
    together: Together = ALONE

    @property
    def place(self) -> Path:
        """Where the calibrated bundle goes."""
        return self.out or Path(self.bundle)


@dataclass(frozen=True, slots=True)
class Calibrating:
    """A calibration that was fitted and measured; nothing was written yet."""

    order: Order
    manifest: Manifest
    calibration: Calibration
    measured: Calibrated
    files: dict[str, bytes]
    remarks: tuple[str, ...]

    def write(self) -> str:
        """Write the bundle; the digest of its release. Raises `ModelError`."""
        return write_bundle(self.order.place, self.manifest, self.files)


def check(order: Order) -> None:
    """Raise `BadFolder` for what names alone tell; nothing is opened, nothing heavy imported."""
    check_source(order.bundle, order.out)
    check_names(order.folder)
    if order.outside:
        list_outsiders(order.outside)
    out = order.place
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).is_file()):
        raise BadFolder(f"{out} holds something else than a bundle and is left as it is")
    for place in (order.folder.resolve(), *([order.outside.resolve()] if order.outside else [])):
        if out.resolve() == place or place in out.resolve().parents:
            raise BadFolder(f"the bundle {out} would lie among the pictures in {place}")


def calibrate(order: Order, tell: Tell) -> Calibrating:
    """Fit on half of the pictures, measure on the other half, and put both into the bundle.

    Raises `BadFolder` for pictures that cannot calibrate this model, `ModelError` for a bundle
    that does not answer as it should.
    """
    check(order)
    bundle = read_source(order.bundle)
    verify(Model(bundle))
    labels = bundle.labels()
    listed = pictures_of(order.folder, labels)
    groups = _groups(order, listed)
    pictures, remark = unlearned(
        order.folder, listed, labels, bundle.manifest.accuracy, order.together
    )
    remarks = [remark] if remark else []
    with uncalibrated(bundle) as (plain, files):
        tell(f"asking {bundle.manifest.name} about {counted(len(pictures), 'picture')}")
        seen, broken = look(plain, pictures)
        remarks += _of_broken(order.folder, broken, len(pictures))
        right = int((seen.outputs.argmax(axis=1) == seen.truth).sum())
        if doubt := suspicion(right, len(seen.pictures), bundle.manifest.accuracy):
            remarks.append(doubt)
        known = [groups[each.name] for each in seen.pictures] if groups else None
        first, second = (seen.part(places) for places in halves(seen.truth, known))
        few = too_few(first.truth.tolist(), labels, order.error, per_class=order.per_class)
        if few:
            raise BadFolder(f"{order.folder}: {few}{f'; note: {remark}' if remark else ''}")
        tell(f"fitting on {counted(len(first.pictures), 'picture')}, measuring on the others")
        calibration = _fit(order, first)
        measured = measure(calibration, first, second)
        tell("looking at pictures of something else")
        measured = measured.model_copy(
            update={"outsiders": _outsiders(order, plain, calibration, second)}
        )
    if calibration.outside is None:
        remarks.append(f"fewer than {FEWEST} pictures calibrate: none is ever said to be `unknown`")
    manifest, whole = calibrated(bundle, files, calibration, measured)
    return Calibrating(order, manifest, calibration, measured, whole, tuple(remarks))


def _groups(order: Order, pictures: Sequence[LabelledPicture]) -> dict[str, str] | None:
    """The group of each picture by its name; None where nothing was said."""
    names = [each.name for each in pictures]
    try:
        found = order.together.groups(names)
    except Unusable as exc:
        raise BadFolder(str(exc)) from exc
    return dict(zip(names, found, strict=True)) if found is not None else None


def _of_broken(folder: Path, broken: tuple[str, ...], of: int) -> list[str]:
    if not broken:
        return []
    more = f" and {len(broken) - _NAMES_SHOWN:,} more" if len(broken) > _NAMES_SHOWN else ""
    what = f"{counted(len(broken), 'file')} cannot be decoded: {', '.join(broken[:_NAMES_SHOWN])}"
    if len(broken) > _MOST_BROKEN * of:
        raise BadFolder(f"{folder}: {what}{more}, of {of:,}; take them away")
    return [f"{what}{more}; passed over"]


def _fit(order: Order, seen: Seen) -> Calibration:
    activation = seen.model.bundle.manifest.output.activation
    temperature = fit_temperature(seen.outputs, seen.truth, activation)
    limits = thresholds(
        seen.scores(temperature), seen.truth, order.error, per_class=order.per_class
    )
    enough = len(seen.pictures) >= FEWEST
    return Calibration(
        temperature=temperature,
        error=order.error,
        thresholds=list(limits),
        outside=fit_outside(seen.logits, seen.pixels, seen.truth) if enough else None,
    )


def _outsiders(
    order: Order, model: Model, calibration: Calibration, held_out: Seen
) -> Outsiders | None:
    others = outsiders_in(order.outside, model) if order.outside else generated_outsiders(model)
    far = distances(calibration, others.seen)
    return measure_outsiders(calibration, held_out, far, others.what, others.data_sha256)
