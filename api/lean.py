"""Imported first by the Lambda entry for HTTP: keeps pydantic 1 out of the cold start.

FastAPI asks of each type whether it is one of pydantic 1's, and imports that whole library to
know, which costs a sixth of a cold start. We use none of it, and FastAPI takes its absence for a
no. A process that has it already keeps it.
"""

from __future__ import annotations

import sys

sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type]  # Python's way to say no
