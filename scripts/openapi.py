"""Write docs/openapi.json anew: what the service of this source says of itself, by default.

    python -m scripts.openapi

A test compares the two, so a change of a route shows in the diff of a review.
"""

from __future__ import annotations

import json
from pathlib import Path

from api.app import create_app
from inference.settings import read_settings

FILE = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


def text() -> str:
    """The document as the file holds it; nothing in it depends on the machine."""
    described = create_app(read_settings({})).openapi()
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    print(f"openapi: wrote {FILE}")
