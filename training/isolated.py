"""Conversions in a child process that has no credentials, and bounds on time and memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from pydantic import TypeAdapter

from inference.keras_files.isolation import run_isolated
from inference.keras_files.limits import CONVERSION, Bounds
from training.jobs import Conversion, Job, run

_JOB: Final = TypeAdapter(Job)
_CONVERSION: Final = TypeAdapter(Conversion)


def run_apart(job: Job, bounds: Bounds = CONVERSION) -> Conversion:
    """Do `job` in a child; raises what `training.jobs.run` raises, and `ModelError` if it dies."""
    # The child works in a folder of its own, where no path leads anywhere that is not absolute.
    absolute = replace(
        job,
        source=job.source.resolve(),
        out=job.out.resolve(),
        pictures=tuple(path.resolve() for path in job.pictures),
        calibration=tuple(path.resolve() for path in job.calibration),
    )
    reply = run_isolated(
        "training.isolated:answer",
        [_JOB.dump_python(absolute, mode="json")],
        bounds,
    )
    return _CONVERSION.validate_python(reply.result)


def answer(job: dict[str, Any]) -> Any:
    """The child's side, in plain values."""
    return _CONVERSION.dump_python(run(_JOB.validate_python(job)), mode="json")
