"""The files that a publisher names, gathered into one folder as the one model that they are."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from inference.errors import ModelError
from inference.keras_files.names import GRAPH, ModelFiles, find_model_files
from inference.manifest import LABELS, MANIFEST
from inference.room import has_no_room, reason

RECIPE = "recipe.json"


def is_bundle(paths: Sequence[Path]) -> bool:
    """Whether `paths` are one folder that holds a bundle: its `model.json` is no architecture."""
    if len(paths) != 1 or not (paths[0] / MANIFEST).is_file():
        return False
    try:
        content = json.loads((paths[0] / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and {"format", "loader"} <= content.keys()


def gather(paths: Sequence[Path], folder: Path, labels: Path | None = None) -> None:
    """Copy the model among `paths`, files and folders, to `folder`.

    `labels`, or the labels among the files, become `labels.txt` there. What is named may be a
    link; what lies in a folder may not, because whoever packed the folder would choose what is
    read. Raises `UnreadableModel` for no model or more than one, and `ModelError` for links and
    for what cannot be copied; half a model is copied as it is.
    """
    found = dict(_files(paths))
    files = find_model_files(found)
    renamed = {files.labels: LABELS, files.recipe: RECIPE}
    for name, path in found.items():
        if name in renamed or _belongs_to(files, name):
            _copy(path, folder / renamed.get(name, name))
    if labels:
        _copy(labels.resolve(), folder / LABELS)


def _files(paths: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """Each file by its name in the folder that it would be in."""
    seen: dict[str, Path] = {}
    for path in paths:
        if not path.exists():
            raise ModelError(f"{path} does not exist")
        inside = {path.name: path.resolve()}
        if path.is_dir():
            inside = {name: path.resolve() / name for name in _names(path.resolve())}
        if GRAPH in inside:  # the folder of a SavedModel itself
            inside = {f"saved_model/{name}": below for name, below in inside.items()}
        for name, file in inside.items():
            if name in seen:
                raise ModelError(f"{seen[name]} and {file} have the same name: give one of them")
            seen[name] = file
            yield name, file


def _names(folder: Path) -> Iterator[str]:
    """Every file; a link to a folder is not looked into, and stands for what it may hide."""
    return (
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    )


def _belongs_to(files: ModelFiles, name: str) -> bool:
    return any(name == each or name.startswith(f"{each}/") for each in files.needs)


def _copy(path: Path, target: Path) -> None:
    """Copy one file, and no link."""
    if path.is_symlink():
        raise ModelError(
            f"{path} is a link, and links in a model's folder are not followed: put the file "
            "itself there, or name the file and not its folder"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(path, target, follow_symlinks=False)
    except OSError as exc:
        if has_no_room(exc):
            raise ModelError(f"{path.name} cannot be copied to {target}: {reason(exc)}") from exc
        raise ModelError(f"{path.name} cannot be read: {exc.strerror}") from exc
