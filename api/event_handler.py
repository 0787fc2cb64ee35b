"""The Lambda entry for pictures in a bucket; importing it loads the model.

It needs neither FastAPI nor Mangum, and imports neither.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from api.events import warmup
from api.ingest.finishing import Finisher
from api.ingest.ingest import Ingest
from inference.classifier import Classifier
from inference.errors import SettingsError
from inference.logs import REQUEST_ID, configure_logs
from inference.metrics import write_emf
from inference.settings import read_settings
from inference.stores import open_store


def _ingest() -> Ingest:
    settings = read_settings()
    configure_logs(settings)
    if settings.results is None:
        raise SettingsError("MICROLENS_RESULTS is not set: it says where results are written")
    classifier = Classifier.of(settings)
    with ThreadPoolExecutor(1) as beside:
        # Both take a fifth of a second. A client that cannot be made is told with a picture.
        beside.submit(classifier.sources.connect)
        classifier.serving.start()
    return Ingest(Finisher(classifier, open_store(settings.results)))


_INGEST = _ingest()
_INGEST.counts.add("ColdStart")


def handler(event: object, context: Any) -> dict[str, Any]:
    """Classify what `event` announces; raises so that AWS tries again when that may help."""
    if warmup.is_ping(event, context):
        return warmup.answer(event, _INGEST.finisher.classifier.serving)
    REQUEST_ID.set(context.aws_request_id)
    try:
        return _INGEST.handle(event, lambda: context.get_remaining_time_in_millis() / 1e3)
    finally:
        _INGEST.counts.follow(_INGEST.finisher.classifier.serving.history)
        write_emf(_INGEST.counts, requestId=context.aws_request_id)
