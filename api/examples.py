"""Answers for the service's description: what it said of a cat, shortened to two classes."""

from __future__ import annotations

from api.errors import TABLE, document
from inference.errors import BadImage

ANSWER: dict[str, object] = {
    "predictions": [
        {"label": "tiger cat", "score": 0.396689, "index": 282},
        {"label": "Egyptian cat", "score": 0.345072, "index": 285},
    ],
    "model": {
        "name": "imagenet-lite0",
        "release": "febf8080c7e19228d1b68e6484e9498b1653a48cb3468be3fe7f14577bb75111",
        "stage": "prod",
    },
    "image": {
        "source": "upload",
        "format": "PNG",
        "width": 451,
        "height": 300,
        "sha256": "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
    },
    "timing_ms": {"fetch": 0.0, "decode": 8.08, "infer": 7.17, "total": 15.55},
}
ANSWERS: dict[str, object] = {
    "results": [ANSWER, document(TABLE[BadImage], TABLE[BadImage].example)],
}
