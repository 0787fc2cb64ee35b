"""The counts as Prometheus reads them, in its text format 0.0.4."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

from inference.answers import ModelIdentity
from inference.metrics import BUCKETS_MS, METRICS, Counts, Metric

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_INFO = "microlens_model_info"


def name_of(metric: Metric) -> str:
    """`ClassifyErrors` becomes `microlens_classify_errors_total`; latencies are in seconds."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", metric.name).lower()
    return f"microlens_{words}_{'total' if metric.unit == 'Count' else 'seconds'}"


def text(counts: Counts, model: ModelIdentity | None) -> str:
    """Everything counted since the start, and which model answers."""
    return "".join(f"{line}\n" for line in _lines(counts, model))


def _lines(counts: Counts, model: ModelIdentity | None) -> Iterator[str]:
    totals = counts.totals()
    of = f'service="{counts.service}"'
    for metric in METRICS:
        if counts.service not in metric.services:
            continue
        name = name_of(metric)
        yield f"# HELP {name} {metric.meaning}."
        if metric.unit == "Count":
            yield f"# TYPE {name} counter"
            yield f"{name}{{{of}}} {totals.get(metric.name, 0)}"
        else:
            yield f"# TYPE {name} histogram"
            yield from _histogram(name, of, counts)
    if model:
        said = {"name": model.name, "release": model.release, "stage": model.stage or ""}
        labels = ",".join(f'{key}="{_escaped(value)}"' for key, value in said.items())
        yield f"# HELP {_INFO} The model that answers."
        yield f"# TYPE {_INFO} gauge"
        yield f"{_INFO}{{{labels}}} 1"


def _histogram(name: str, of: str, counts: Counts) -> Iterator[str]:
    classes, sum_ms = counts.latencies()
    ends = [*(f"{end / 1e3:g}" for end in BUCKETS_MS), "+Inf"]
    for end, number in zip(ends, accumulate(classes), strict=True):
        yield f'{name}_bucket{{{of},le="{end}"}} {number}'
    yield f"{name}_sum{{{of}}} {sum_ms / 1e3:.6f}"
    yield f"{name}_count{{{of}}} {sum(classes)}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
