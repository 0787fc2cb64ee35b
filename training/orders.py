"""What a publisher asks for, and what was found on the way: plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from inference.framing import Size
from inference.manifest import Manifest
from training.diagnosis import Diagnosis
from training.jobs import Conversion, Job
from training.labelled import Labelled
from training.proof import Scheme

Tell = Callable[[str], None]
"""Takes a line about how far the work is."""

Run = Callable[[Job], Conversion]
"""Does a conversion, in this process or in another."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a publisher asks for beside the model's files.

    `labels` is a file, `recipe` a name or a file, `pictures` a labelled folder; `size` (width,
    height) is for networks that look at any.
    """

    labels: Path | None = None
    recipe: str | None = None
    pictures: Path | None = None
    scheme: Scheme = "none"
    size: Size | None = None
    keep_source: bool = True


@dataclass(frozen=True, slots=True)
class Order:
    """A model to publish: `source` holds its files and nothing else, labels and recipe included."""

    source: Path
    name: str
    wish: Wish


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found out about a model while it was made ready; `recipe_from` is in words.

    `doubts` speak against the model, and did not stop it.
    """

    format: str
    conversion: Conversion
    recipe_from: str
    diagnosis: Diagnosis | None = None
    labelled: Labelled | None = None
    doubts: tuple[str, ...] = ()

    def as_object(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {
            "format": self.format,
            **asdict(self.conversion),
            "made_by": dict(self.conversion.made_by),
            "recipe_from": self.recipe_from,
            "diagnosis": self.diagnosis.as_object() if self.diagnosis else None,
            "doubts": list(self.doubts),
            "pictures": _pictures(self.labelled) if self.labelled else None,
        }


def _pictures(labelled: Labelled) -> dict[str, Any]:
    return {
        "found": labelled.found,
        "used": len(labelled.pictures),
        "passed_over": list(labelled.passed_over),
    }


@dataclass(frozen=True, slots=True)
class Draft:
    """A bundle that is nowhere yet: its manifest, its files, and how it came about."""

    manifest: Manifest
    files: dict[str, bytes]
    findings: Findings
