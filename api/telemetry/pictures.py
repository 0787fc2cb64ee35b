"""What became of one picture of an event: a line in the log, and counted.

The line does not say the picture's key, which in the uploads' bucket opens its result; its ETag
is in the result too. Who is to mend something finds the key in the line of the failure.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from api.events import Arrival
from api.events.settling import Outcome, Verdict
from inference.metrics import Counts

log = logging.getLogger(__name__)

_COUNTED = {
    Verdict.DONE: "PicturesClassified",
    Verdict.REFUSED: "PicturesRefused",
    Verdict.FAILED: "PicturesFailed",
    Verdict.MALFORMED: "EventsMalformed",
}


def tell(outcome: Outcome, counts: Counts, milliseconds: float | None = None) -> None:
    """Count the picture and log its line; None for one that nobody came to.

    One whose result was there was counted by whoever wrote it, and so were its times.
    """
    name = _COUNTED.get(outcome.verdict)
    if name and not outcome.was_there:
        counts.add(name)
        if milliseconds is not None and outcome.verdict is not Verdict.MALFORMED:
            counts.took(milliseconds)
    if log.isEnabledFor(logging.INFO):
        line = {"verdict": outcome.verdict.value, **_which(outcome), **_what(outcome.document)}
        line |= {"was_there": True} if outcome.was_there else {}
        timing = {} if outcome.was_there else outcome.document.get("timing_ms")
        stages = dict(timing) if isinstance(timing, Mapping) else {}
        if milliseconds is not None:
            # With the writing of the result, and what was read before.
            line["ms"] = {**stages, "total": round(milliseconds, 2)}
        log.info("a picture is %s", outcome.verdict.value, extra={"picture": line})


def _which(outcome: Outcome) -> dict[str, Any]:
    arrival = outcome.arrival
    if not isinstance(arrival, Arrival):
        return {}
    etag = outcome.document.get("eTag") or arrival.etag
    return {"bucket": arrival.bucket, **({"etag": etag} if etag else {})}


def _what(document: Mapping[str, Any]) -> dict[str, Any]:
    """Code, model and picture, as far as the result has them: it may be one of another version."""
    said = {"code": document["code"]} if "code" in document else {}
    model, image = document.get("model"), document.get("image")
    if isinstance(model, Mapping):
        said |= {"model": model.get("name"), "release": model.get("release")}
    if isinstance(image, Mapping):
        said["format"] = image.get("format")
        said["size"] = f"{image.get('width')}x{image.get('height')}"
    return said
