"""The Lambda entry for pictures in a bucket; importing it loads the model.

It needs neither FastAPI nor Mangum, and imports neither.
"""

from __future__ import annotations

from typing import Any

from api.events import Event
from api.ingest import Ingest
from inference.classifier import Classifier
from inference.errors import SettingsError
from inference.logs import configure_logs
from inference.settings import read_settings
from inference.stores import open_store


def _ingest() -> Ingest:
    settings = read_settings()
    configure_logs(settings)
    if settings.results is None:
        raise SettingsError("MICROLENS_RESULTS is not set: it says where results are written")
    ingest = Ingest(Classifier.of(settings), open_store(settings.results))
    ingest.classifier.serving.start()
    return ingest


_INGEST = _ingest()


def handler(event: Event, _context: Any) -> dict[str, int]:
    """Classify what `event` announces; raises so that AWS tries again when that may help."""
    return {"pictures": _INGEST.handle(event)}
