"""What is counted: the names, the counts of this process, and the line that CloudWatch reads.

On Lambda what was counted since the last line goes out as one line of JSON in CloudWatch's
embedded metric format (EMF); under uvicorn `GET /metrics` says the same names from the start on.
"""

from __future__ import annotations

import json
import sys
import time
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

from inference.environment import lambda_function_name
from inference.history import History

NAMESPACE = "Microlens"

Service = Literal["classify", "ingest", "publish"]
"""The way in: a dimension of every metric."""

CLASSIFY: Service = "classify"
INGEST: Service = "ingest"
PUBLISH: Service = "publish"


@dataclass(frozen=True, slots=True)
class Metric:
    """A name, what it counts, and which services say it."""

    name: str
    meaning: str
    services: tuple[Service, ...]
    unit: Literal["Count", "Milliseconds"] = "Count"


_SERVING = (CLASSIFY, INGEST)
METRICS = (
    Metric("PicturesClassified", "Pictures that were answered with labels", _SERVING),
    Metric("PicturesRefused", "Pictures that cannot be read, which was the answer", _SERVING),
    Metric("PicturesFailed", "Pictures that were not finished through a fault of ours", _SERVING),
    Metric("EventsMalformed", "Events, messages and records that make no sense", (INGEST,)),
    Metric("ClassifyErrors", "Requests answered with 5xx", (CLASSIFY,)),
    Metric("ModelSwapped", "Models that took over from another", _SERVING),
    Metric("ModelSwapFailed", "Models that were not taken", _SERVING),
    Metric("ModelLookFailed", "Looks for a model at a place that did not answer", _SERVING),
    Metric("PublishRefused", "Dropped models that were refused", (PUBLISH,)),
    Metric("ColdStart", "First requests or events of a process", _SERVING),
    Metric("Latency", "Time to the answer of a request, or of a picture", _SERVING, "Milliseconds"),
)
_UNITS = {each.name: each.unit for each in METRICS}

BUCKETS_MS = (5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)
"""Upper ends of the classes in which latencies are counted, in milliseconds."""

# The most that CloudWatch takes of one metric in a line.
_MOST_VALUES = 100


class Counts:
    """The counts of one service in this process. Safe to use from several threads."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._totals: Counter[str] = Counter()
        self._told: Counter[str] = Counter()
        self._latencies: list[float] = []
        self._classes = [0] * (len(BUCKETS_MS) + 1)
        self._sum_ms = 0.0
        self._lock = Lock()

    def add(self, name: str, number: int = 1) -> None:
        """Count `number` more of `name`, one of `METRICS`."""
        if _UNITS[name] != "Count":
            raise KeyError(name)
        if number:
            with self._lock:
                self._totals[name] += number

    def took(self, milliseconds: float) -> None:
        """One request, or one picture of an event, was answered."""
        with self._lock:
            self._sum_ms += milliseconds
            self._classes[bisect_left(BUCKETS_MS, milliseconds)] += 1
            if len(self._latencies) < _MOST_VALUES:
                self._latencies.append(milliseconds)

    def follow(self, history: History) -> None:
        """Take over what became of the models; the first of a process replaces none."""
        with self._lock:
            self._totals["ModelSwapped"] = max(0, history.swaps - 1)
            self._totals["ModelSwapFailed"] = history.failed_swaps
            self._totals["ModelLookFailed"] = history.failed_looks

    def totals(self) -> dict[str, int]:
        """All counts from the start on."""
        with self._lock:
            return dict(self._totals)

    def latencies(self) -> tuple[list[int], float]:
        """How many took up to each of `BUCKETS_MS` and longer, and all of them, in ms."""
        with self._lock:
            return list(self._classes), self._sum_ms

    def fresh(self) -> dict[str, int | list[float]]:
        """What was counted since this was last asked, of latencies at most a hundred."""
        with self._lock:
            found: dict[str, int | list[float]] = dict(self._totals - self._told)
            if self._latencies:
                found["Latency"] = [round(each, 2) for each in self._latencies]
            self._told = Counter(self._totals)
            self._latencies = []
            return found


def write_emf(counts: Counts, **properties: str) -> None:
    """Write the fresh counts as one line, if there are any; `properties` go along, uncounted."""
    found = counts.fresh()
    if found:
        # Not a log line: what is counted does not depend on the level of the log.
        sys.stdout.write(json.dumps(emf(counts.service, found, **properties)) + "\n")
        sys.stdout.flush()


def emf(service: Service, found: dict[str, int | list[float]], **properties: str) -> dict[str, Any]:
    """The document that CloudWatch makes metrics of. Source: AWS, "Embedded metric format".

    The function's name is a dimension, so that no stack hears the alarms of another beside it.
    """
    of = {"Service": service, "FunctionName": lambda_function_name()}
    metrics = [{"Name": name, "Unit": _UNITS[name]} for name in found]
    directive = {"Namespace": NAMESPACE, "Dimensions": [list(of)], "Metrics": metrics}
    about = {"Timestamp": int(time.time() * 1e3), "CloudWatchMetrics": [directive]}
    return {"_aws": about, **of, **found, **properties}
