"""`microlens calibrate`: from labelled pictures, how far a model's answers may be believed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.arguments import check_model, number
from cli.documents import Json, print_json
from cli.groups import GroupBy, Groups

if TYPE_CHECKING:
    from training.calibration.calibrating import Calibrating


def calibrate(
    bundle: Annotated[
        str,
        typer.Argument(
            metavar="BUNDLE|STAGE",
            callback=check_model,
            help="The folder of a bundle, calibrated before or not, or STORE/NAME@STAGE.",
            show_default=False,
        ),
    ],
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="LABELLED_FOLDER",
            exists=True,
            file_okay=False,
            help="One folder of pictures for each class; pictures that the model has not "
            "learned from.",
            show_default=False,
        ),
    ],
    error: Annotated[
        float, number(0.001, 0.5, "How often the right label may be missing: 0.05 is 5 %.")
    ] = 0.05,
    per_class: Annotated[
        bool, typer.Option("--per-class", help="Keep to that in each class, and not only over all.")
    ] = False,
    groups: Groups = None,
    group_by: GroupBy = None,
    outside: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            exists=True,
            file_okay=False,
            help="Pictures of something else, to measure how well they are told; else generated.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="BUNDLE",
            help="The bundle to write; else the folder that was read is replaced.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Fit and measure, and write nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Let a model say when it is not sure.

    It also says when a picture is like none that it was calibrated on. Half of the pictures fit,
    the other half measures. Exit code 2 for pictures that cannot calibrate this model.
    """
    from cli.needed import FIGURES, need

    need(*FIGURES)
    from cli.progress import progress
    from training.calibration.calibrating import Order
    from training.calibration.calibrating import calibrate as fit
    from training.evaluation.folder import BadFolder
    from training.transfer.folders import Unusable
    from training.transfer.grouping import read_together

    try:
        together = read_together(groups, group_by)
        order = Order(bundle, folder, out, error, per_class, outside, together)
        with progress() as tell:
            found = fit(order, tell)
    except (BadFolder, Unusable) as exc:
        raise typer.BadParameter(str(exc)) from exc
    except OSError as exc:
        what = f"{exc.filename or folder} cannot be read: {exc.strerror}"
        raise typer.BadParameter(what) from exc
    release = None if dry_run else found.write()
    if as_json:
        print_json(_as_object(found, release))
    else:
        _print(found, release)


def _as_object(found: Calibrating, release: str | None) -> dict[str, Any]:
    return {
        "dry_run": release is None,
        "release": release,
        "out": str(found.order.place),
        "temperature": found.calibration.temperature,
        "thresholds": found.calibration.thresholds,
        "measured": found.measured.model_dump(mode="json", exclude_none=True),
        "remarks": list(found.remarks),
    }


def _print(found: Calibrating, release: str | None) -> None:
    from rich.text import Text

    from cli.facts import print_facts
    from cli.terminal import stdout
    from inference.layout import abbreviated

    console, name = stdout(), found.manifest.name
    what = f"release {abbreviated(release)} of {name}, in" if release else f"{name}, for"
    console.print(Text(f"{what} {found.order.place}", style="bold"))
    print_facts(console, _lines(found))
    if release:
        console.print(Text(f"publish: microlens publish {found.order.place} --to STORE/{name}@dev"))
    else:
        console.print(Text("dry run: nothing was written"))


def _lines(found: Calibrating) -> list[tuple[str, str]]:
    calibration, measured = found.calibration, found.measured
    lines = [("note", each) for each in found.remarks]
    low, high = min(calibration.thresholds), max(calibration.thresholds)
    errors = f"expected calibration error {measured.ece_before:.3f} → {measured.ece:.3f}"
    scope = f"{low:.3f} to {high:.3f}, by class" if measured.per_class else f"{low:.3f}"
    lines += [
        ("pictures", f"{measured.calibrating_pictures:,} fitted, {measured.pictures:,} measured"),
        ("temperature", f"{calibration.temperature:.3g}; {errors}"),
        ("threshold", scope),
        ("coverage", f"{measured.coverage:.1%} measured, {1 - measured.error:.1%} asked for"),
        (
            "accepted",
            f"{measured.accepted:.1%}; {measured.accepted_wrong:.1%} accepted and wrong",
        ),
    ]
    if calibration.outside:
        rate = calibration.outside.rate
        lines.append(("unknown", f"{measured.unknown:.1%} of them, {rate:.1%} meant"))
    if each := measured.outsiders:
        count = f"{each.pictures:,} {each.what}"
        lines.append(
            ("outsiders", f"{each.unknown:.1%} of {count} unknown, AUROC {each.auroc:.3f}")
        )
    return lines
