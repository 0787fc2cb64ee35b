"""The Lambda entry for HTTP; importing it loads the model, so that the first request need not.

API Gateway (HTTP API and REST API), function URLs and load balancers are told apart by Mangum.
"""

from __future__ import annotations

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES

from api.app import app
from api.errors import PROBLEM_JSON

app.state.microlens.classifier.serving.start()

# Lifespan is off because Mangum would start and stop the application with every event.
handler = Mangum(app, lifespan="off", text_mime_types=[*DEFAULT_TEXT_MIME_TYPES, PROBLEM_JSON])
