"""Where the model that is calibrated comes from: a bundle's folder, or a stage of a registry."""

from __future__ import annotations

from pathlib import Path

from inference import layout
from inference.bundle import Bundle, read_bundle
from inference.errors import SettingsError
from inference.manifest import MANIFEST
from inference.references import StageReference, parse_reference
from inference.stores.directory import DirectoryStore
from training.evaluation.folder import BadFolder


def check_source(source: str, out: Path | None) -> None:
    """Raise `BadFolder` for what cannot be calibrated, or not into `out`; nothing is opened.

    `out` is None where no other place than the source was named.
    """
    folder = Path(source)
    if folder.is_dir():
        _check_folder(folder, out)
        return
    try:
        reference = parse_reference(source)
    except SettingsError as exc:
        raise BadFolder(str(exc)) from exc
    if not isinstance(reference, StageReference):
        raise BadFolder(
            f"{source} is neither the folder of a bundle nor a stage of a registry, "
            "STORE/NAME@STAGE"
        )
    if out is None:
        raise BadFolder(
            f"{source} is a stage, and what was published is never changed: name a folder for the "
            f"calibrated bundle, as in --out {reference.name}, and publish that"
        )


def read_source(source: str) -> Bundle:
    """The bundle that `source` means now; raises `ModelError` if there is none."""
    folder = Path(source)
    return (
        read_bundle(DirectoryStore(folder)) if folder.is_dir() else parse_reference(source).bundle()
    )


def _check_folder(folder: Path, out: Path | None) -> None:
    if not (folder / MANIFEST).is_file():
        raise BadFolder(f"{folder} is no bundle: no {MANIFEST} lies there")
    place = (out or folder).resolve()
    if layout.is_digest(place.name) and place.parent.name == "releases":
        raise BadFolder(
            f"{place} is a release of a registry, which is never changed: name another folder for "
            "the calibrated bundle with --out, and publish that"
        )
