"""What is known about a model's files, what is missing, and which recipe they were trained with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from inference.framing import Size
from inference.keras_files import inspect
from inference.keras_files.inspection import Inspection
from inference.labels import read_labels
from inference.manifest import LABELS
from inference.plurals import counted
from training.choosing import Copy
from training.diagnosis import Diagnosis
from training.gathering import RECIPE, gather
from training.jobs import Conversion, Job
from training.labelled import folder_names, read_labelled
from training.orders import Run, Tell


@dataclass(frozen=True, slots=True)
class Checkup:
    """What the doctor found; `missing` names files that a publisher needs and has not given."""

    found: Inspection
    conversion: Conversion
    missing: tuple[str, ...]
    diagnosis: Diagnosis | None
    remarks: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether the model could be published with these files and pictures."""
        clear = self.diagnosis is not None and self.diagnosis.recipe is not None
        return LABELS not in self.missing and (RECIPE not in self.missing or clear)

    def as_object(self) -> dict[str, Any]:
        """The same as JSON has it."""
        conversion = self.conversion
        return {
            "format": self.found.format,
            "files": list(self.found.files.needs),
            "written_by": conversion.written_by,
            "library": conversion.library,
            "mended": list(conversion.mended),
            "layers": list(self.found.layers),
            "parameters": conversion.parameters or self.found.parameters,
            "size": conversion.size,
            "channels": conversion.channels,
            "classes": conversion.classes,
            "activation": conversion.activation,
            "notes": [*conversion.notes, *self.remarks],
            "inexpressible": conversion.inexpressible,
            "missing": list(self.missing),
            "diagnosis": self.diagnosis.as_object() if self.diagnosis else None,
            "ready": self.ready,
        }


def check_up(
    paths: Sequence[Path],
    labels: Path | None,
    pictures: Path | None,
    size: Size | None,
    run: Run,
    tell: Tell,
) -> Checkup:
    """Look at the files, read and convert them, and try recipes on the pictures.

    Raises `ModelError` for files that are no model, or cannot be read.
    """
    with TemporaryDirectory(prefix="microlens-") as workshop:
        source, out = Path(workshop, "source"), Path(workshop, "out")
        source.mkdir()
        out.mkdir()
        gather(paths, source, labels)
        found = inspect(source)
        tell(f"found {' + '.join(found.files.needs)}, written by {found.written_by}")
        missing = tuple(name for name in (LABELS, RECIPE) if not (source / name).is_file())
        known = None if LABELS in missing else read_labels(source / LABELS)
        tell("converting")
        conversion = run(Job(source, out, len(known) if known else None, size=size))
        names, remarks = _names(known, pictures, conversion.classes)
        remarks += about_scalings(found)
        diagnosis = None
        if pictures and names:
            copy = Copy(conversion, found, source, out)
            diagnosis = copy.diagnose(names, read_labelled(pictures, names), tell)
    return Checkup(found, conversion, missing, diagnosis, remarks)


def about_scalings(found: Inspection) -> tuple[str, ...]:
    """What to know about a network that scales pixels itself."""
    if not found.scalings:
        return ()
    layers = " and ".join(found.scalings)
    scale = "layer scales" if len(found.scalings) == 1 else "layers scale"
    remark = (
        f"the network's own {scale} pixels, {layers}: its recipe is most likely 0-255, which "
        "leaves them as they are"
    )
    return (remark,)


def _names(
    labels: tuple[str, ...] | None, pictures: Path | None, classes: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What to call the classes while recipes are tried, and what to say about it.

    Without labels they are the pictures' folders by name, which is how Keras numbers them.
    """
    if labels or pictures is None:
        return labels or (), ()
    names = folder_names(pictures)
    if len(names) == classes:
        order = ", ".join(names[:3])
        remark = (
            f"without {LABELS} the {counted(classes, 'folder')} are taken for the classes in "
            f"order of name ({order}, …), as Keras's own loaders number them"
        )
        return names, (remark,)
    counts = f"{counted(len(names), 'folder')}, {counted(classes, 'class')}"
    return (), (f"without {LABELS} nothing can be tried: {counts}",)
