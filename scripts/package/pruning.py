"""What is taken out of a package, and why: nothing of it is ever loaded.

Patterns are of pathlib, from the root of the package. Each must find something, so that none goes
stale when a library moves its files: then the build fails and names it.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.package.target import MACHINES, PYTHONS, Target

SERVICES: Final = ("s3", "sts")
"""What botocore keeps the descriptions of; `sts` is how roles are taken outside Lambda."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Files or folders, and why they may go; the other fields say in which packages they are."""

    pattern: str
    reason: str
    kinds: tuple[str, ...] = ("zip", "serving", "tensorflow")
    pythons: tuple[str, ...] = PYTHONS
    architectures: tuple[str, ...] = tuple(MACHINES)

    def is_for(self, target: Target) -> bool:
        """Whether the package of `target` has it."""
        return (
            target.kind in self.kinds
            and target.python in self.pythons
            and target.architecture in self.architectures
        )


_SERVING = ("zip", "serving")

CUTS: Final = (
    Cut("ai_edge_litert/libLiteRtWebGpuAccelerator.so", "Lambda has no GPU"),
    Cut("ai_edge_litert/vendors", "plugins for phones' accelerators", architectures=("x86_64",)),
    Cut("ai_edge_litert/tools", "compiles for those"),
    Cut("ai_edge_litert/aot", "compiles for those"),
    Cut("ai_edge_litert/libLiteRt.so", "the new API; the interpreter has its own library"),
    Cut("ai_edge_litert/*_pb2.py", "the compiler's messages"),
    Cut("ai_edge_litert/schema_py_generated.py", "reads flatbuffers in Python"),
    Cut("numpy/**/tests", "tests"),
    Cut("numpy/_core/*_tests.*", "tests", _SERVING),
    Cut("numpy/_core/_simd.*", "tests"),
    Cut("numpy/testing", "tests", _SERVING),
    Cut("numpy/_core/include", "C headers"),
    Cut("numpy/_core/lib", "static libraries"),
    Cut("numpy/random/lib", "static libraries"),
    Cut("numpy/f2py", "compiles Fortran"),
    Cut("numpy/distutils", "compiles C", pythons=("3.11",)),
    Cut("numpy/fft", "Fourier transforms, loaded when asked for", _SERVING),
    Cut("numpy/polynomial", "polynomials, loaded when asked for", _SERVING),
    Cut("numpy/ma", "arrays with holes, loaded when asked for", _SERVING),
    Cut("PIL/_imagingft.*", "draws text"),
    Cut("PIL/ImageFont.py", "draws text"),
    Cut("pillow.libs/libfreetype-*", "draws text"),
    Cut("pillow.libs/libharfbuzz-*", "draws text"),
    Cut("pillow.libs/libpng16-*", "draws text"),
    Cut("pillow.libs/libbrotli*", "draws text"),
    Cut("PIL/_imagingtk.*", "windows on a screen"),
    Cut("PIL/_imagingmath.*", "arithmetic in a language of its own"),
    Cut("PIL/_imagingmorph.*", "morphology"),
    Cut("dateutil/zoneinfo/*.tar.gz", "time zones for systems without any"),
    Cut("anyio/_backends/_trio.py", "another event loop"),
    Cut("anyio/pytest_plugin.py", "tests"),
    Cut("starlette/testclient.py", "tests"),
    Cut("urllib3/contrib/emscripten", "for browsers"),
    Cut("boto3/dynamodb", "a database"),
    Cut("s3transfer/processpool.py", "downloads with several processes"),
    Cut("pydantic/mypy.py", "checks types"),
    Cut("botocore/data/*/*/examples-1.json*", "documentation"),
    Cut("boto3/data", "boto3's resources; clients do not read them"),
    Cut("boto3/examples", "documentation"),
    Cut("pydantic/v1", "FastAPI imports it, 22 modules, to refuse its models", _SERVING),
    Cut("tensorflow/include", "C++ headers", ("tensorflow",)),
    Cut("**/*.pyi", "type stubs"),
    Cut("**/*.pxd", "for Cython"),
)


def prune(folder: Path, target: Target) -> None:
    """Take out what `CUTS` name, and what botocore knows of other services."""
    for cut in CUTS:
        if not cut.is_for(target):
            continue
        found = list(folder.glob(cut.pattern))
        if not found:
            sys.exit(
                f"package: nothing is left to cut by {cut.pattern!r} ({cut.reason}); mend CUTS"
            )
        for path in found:
            _remove(path)
    for path in _other_services(folder / "botocore" / "data"):
        _remove(path)


def _other_services(data: Path) -> Iterator[Path]:
    """Descriptions of services that we do not call; the files beside them are for all."""
    for path in data.iterdir():
        if path.is_dir() and path.name not in SERVICES:
            yield path


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
