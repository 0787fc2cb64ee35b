"""Pings that keep a function warm, and say nothing of a picture or a request.

Known are serverless-plugin-warmup (in the event or in the client context), schedules of
EventBridge, `{}`, and constant inputs such as `{"warmer": true}` or `"warmup"`.
"""

from __future__ import annotations

import re
import time
from typing import Any

from inference.serving import Serving

_PLUGIN = "serverless-plugin-warmup"
_SCHEDULERS = ("aws.events", "aws.scheduler")
_WORD = re.compile(
    r"(?:is|keep|lambda)?[-_ ]?warm(?:[-_ ]?up|er|ing|[-_ ]lambda)?|ping|keep[-_ ]?alive",
    re.IGNORECASE,
)
_MOST_MEMBERS = 4
_TELLING = ("source", "action", "type", "event", "message", "body")

# Pings that are sent at once are to find different environments, not one that is quick.
_PAUSE_SECONDS = 0.05


def is_ping(event: object, context: object) -> bool:
    """Whether an invocation wants nothing but that the function runs."""
    client = getattr(getattr(context, "client_context", None), "custom", None)
    return _is_plugin(client) or _is_plugin(event) or _is_constant(event) or _is_schedule(event)


def answer(event: object, serving: Serving) -> dict[str, Any]:
    """Load the model if that is still to be done, and say whether one is there."""
    serving.start()
    if _is_plugin(event):
        time.sleep(_PAUSE_SECONDS)
    return {"warm": True, "model_loaded": serving.has_model}


def _is_plugin(event: object) -> bool:
    return isinstance(event, dict) and event.get("source") == _PLUGIN


def _is_schedule(event: object) -> bool:
    return (
        isinstance(event, dict)
        and event.get("source") in _SCHEDULERS
        and event.get("detail-type") == "Scheduled Event"
    )


def _is_constant(event: object) -> bool:
    """Nothing, a word, or an object with the word as the name of a member or in a telling one."""
    if event is None or event == {}:
        return True
    if isinstance(event, str):
        return bool(_WORD.fullmatch(event))
    if not isinstance(event, dict) or len(event) > _MOST_MEMBERS or "Records" in event:
        return False
    words: list[object] = [name for name, value in event.items() if value]
    words += [event.get(name) for name in _TELLING]
    return any(isinstance(word, str) and _WORD.fullmatch(word) for word in words)
