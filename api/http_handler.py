"""The Lambda entry for HTTP; importing it loads the model, so that the first request need not.

API Gateway (HTTP API and REST API), function URLs and load balancers are told apart by Mangum.
"""

from __future__ import annotations

import binascii
import json
import logging
from typing import Any

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES

from api import lean  # noqa: F401 - before the application, which imports FastAPI
from api.app import app
from api.errors import PROBLEM_JSON, problem
from api.events import warmup
from api.protocols import AMAZON_JSON
from api.restoring import after_restore
from inference.errors import BadRequest
from inference.metrics import write_emf

log = logging.getLogger(__name__)

_STATE = app.state.microlens
_STATE.classifier.serving.start()
after_restore(_STATE.classifier.serving.refresh)

# Lifespan is off because Mangum would start and stop the application with every event.
_texts = [*DEFAULT_TEXT_MIME_TYPES, PROBLEM_JSON, AMAZON_JSON]
_mangum = Mangum(app, lifespan="off", text_mime_types=_texts)

# What Mangum raises while it takes an event apart. The application answers for what it raises.
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RuntimeError)


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer one request, also one that a gateway hands on in a way that cannot be read.

    A ping is answered too. Raises `BadRequest` for what is no request of a gateway.
    """
    if not isinstance(event, dict) or "requestContext" not in event:
        if warmup.is_ping(event, context):
            return warmup.answer(event, _STATE.classifier.serving)
        raise BadRequest("no request of a gateway; events of S3 go to api.event_handler.handler")
    try:
        return _mangum(without_stage(event), context)
    except _UNREADABLE as exc:
        return _refused(exc)
    finally:
        _STATE.counts.follow(_STATE.classifier.serving.history)
        write_emf(_STATE.counts, requestId=getattr(context, "aws_request_id", ""))


def _refused(exc: Exception) -> dict[str, Any]:
    """What the caller is told of an event that Mangum cannot take apart."""
    reason = "event cannot be read: send a Host and X-Forwarded-Port that are an address's, or none"
    if isinstance(exc, binascii.Error):
        reason = f"body cannot be decoded: {exc}"
    log.info("no request: %s", type(exc).__name__, extra={"request": {"status": 400, "route": "-"}})
    body = json.dumps(problem(BadRequest(f"the gateway's {reason}")))
    headers = {"content-type": PROBLEM_JSON}
    return {"statusCode": 400, "headers": headers, "body": body, "isBase64Encoded": False}


def without_stage(event: dict[str, Any]) -> dict[str, Any]:
    """The event as the default stage sends it: the path of an HTTP API begins with a named one."""
    context = event.get("requestContext") or {}
    http = context.get("http") or {}
    prefix = f"/{context.get('stage')}"
    path = str(http.get("path", ""))
    if event.get("version") != "2.0" or not f"{path}/".startswith(f"{prefix}/"):
        return event
    shorter = path.removeprefix(prefix) or "/"
    return event | {
        "rawPath": shorter,
        "requestContext": context | {"http": http | {"path": shorter}},
    }
