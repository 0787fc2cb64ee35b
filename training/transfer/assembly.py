"""The child's side of training: the backbone as a flatbuffer, and the trained network converted.

TensorFlow takes four seconds and up to two gigabytes, so it lives in a process of its own.
"""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from pydantic import TypeAdapter

from inference.errors import ModelError
from inference.keras_files.isolation import run_isolated
from inference.keras_files.limits import CONVERSION
from training.jobs import KERAS_FILE, Conversion, Job, run
from training.proof import Scheme
from training.transfer.backbones import Backbone, build_features

BACKBONE_FILE: Final = "backbone.tflite"
HEAD_FILE: Final = "head.npz"

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip file knows."""
_SHARED: Final = re.compile(rb'("shared_object_id": )(\d+)')


@dataclass(frozen=True, slots=True)
class Assembly:
    """What to put together, in `folder`: layers of a backbone, and the `HEAD_FILE` there.

    `source/` gets the Keras file, and for each of `schemes` a folder of that name gets a
    flatbuffer; `pictures` prove it, `calibration` fixes the ranges of int8.
    """

    backbone: Backbone
    part: tuple[int, ...]
    folder: Path
    labels: int
    schemes: tuple[Scheme, ...]
    pictures: tuple[Path, ...]
    calibration: tuple[Path, ...]


_BACKBONE: Final = TypeAdapter(Backbone)
_ASSEMBLY: Final = TypeAdapter(Assembly)
_ANSWER: Final = TypeAdapter(dict[Scheme, Conversion | str])


def export_apart(backbone: Backbone) -> tuple[bytes, tuple[int, ...]]:
    """The backbone as a flatbuffer from pictures to the features of all its layers.

    Made in a child process; with it, how wide each layer's features are.
    """
    with TemporaryDirectory(prefix="microlens-") as place:
        widths = _apart("export", _BACKBONE.dump_python(backbone, mode="json"), place)
        return (Path(place) / BACKBONE_FILE).read_bytes(), tuple(widths)


def assemble_apart(assembly: Assembly) -> dict[Scheme, Conversion | str]:
    """Put a network together and convert it, in a child process.

    For each scheme the conversion, or why LiteRT cannot express it so. Raises `ModelError`.
    """
    return _ANSWER.validate_python(_apart("assemble", _ASSEMBLY.dump_python(assembly, mode="json")))


def _apart(function: str, *arguments: Any) -> Any:
    place = f"training.transfer.assembly:{function}"
    return run_isolated(place, arguments, CONVERSION).result


def export(backbone: dict[str, Any], folder: str) -> list[int]:
    """The child's side of `export_apart`."""
    from training.litert import to_float32

    wanted = _BACKBONE.validate_python(backbone)
    features = build_features(wanted, wanted.all_layers)
    (Path(folder) / BACKBONE_FILE).write_bytes(to_float32(features.model))
    return list(features.widths)


def assemble(assembly: dict[str, Any]) -> Any:
    """The child's side of `assemble_apart`."""
    wanted = _ASSEMBLY.validate_python(assembly)
    source = wanted.folder / "source"
    source.mkdir()
    _build(wanted, source / KERAS_FILE)
    answer: dict[Scheme, Conversion | str] = {}
    for scheme in wanted.schemes:
        try:
            answer[scheme] = run(_job(wanted, scheme, source))
        except ModelError as exc:
            if scheme == "none":
                raise
            answer[scheme] = str(exc)
    return _ANSWER.dump_python(answer, mode="json")


def _job(assembly: Assembly, scheme: Scheme, source: Path) -> Job:
    out = assembly.folder / scheme
    out.mkdir()
    return Job(
        source=source,
        out=out,
        labels=assembly.labels,
        scheme=scheme,
        recipe=assembly.backbone.recipe,
        pictures=assembly.pictures,
        calibration=assembly.calibration if scheme == "int8" else (),
    )


def _build(assembly: Assembly, file: Path) -> None:
    """Write backbone and head as one Keras file, the same bytes for the same numbers."""
    features = build_features(assembly.backbone, assembly.part)
    with np.load(assembly.folder / HEAD_FILE, allow_pickle=False) as head:
        kernel, bias = head["kernel"], head["bias"]
    layer = features.keras.layers.Dense(len(bias), name="classes_logits")
    logits = layer(features.model.outputs[0])
    network = features.keras.Model(features.model.inputs, logits, name="classifier")
    layer.set_weights([kernel, bias])
    network.save(file)
    file.write_bytes(reproducible(file.read_bytes()))


def reproducible(archive: bytes) -> bytes:
    """A `.keras` file without the moment and the addresses in memory at which it was written."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(archive)) as old, zipfile.ZipFile(out, "w") as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "metadata.json":
                metadata = json.loads(content)
                metadata.pop("date_saved", None)
                content = json.dumps(metadata).encode()
            elif name == "config.json":
                content = _numbered(content)
            new.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return out.getvalue()


def _numbered(config: bytes) -> bytes:
    """Objects that several layers share are told by their address; here by their first place."""
    numbers: dict[bytes, int] = {}

    def number(match: re.Match[bytes]) -> bytes:
        return match[1] + str(numbers.setdefault(match[2], len(numbers) + 1)).encode()

    return _SHARED.sub(number, config)
