"""What pydantic finds wrong with a document, as one sentence that has an end."""

from __future__ import annotations

from pydantic import ValidationError

MOST_FAULTS = 8
MOST_CHARACTERS = 200
"""Of one fault: a document that strangers wrote may hold names of any length."""


def faults_in(exc: ValidationError, whole: str = "the whole") -> str:
    """Where the document is wrong and how, of many faults the first; `whole` is its name.

    Neither what it holds nor pydantic's own address is in it.
    """
    faults = exc.errors(include_url=False, include_input=False)
    said = [
        f"{'.'.join(map(str, fault['loc'])) or whole}: {fault['msg']}"[:MOST_CHARACTERS]
        for fault in faults[:MOST_FAULTS]
    ]
    if len(faults) > MOST_FAULTS:
        said.append(f"and {len(faults) - MOST_FAULTS:,} more")
    return "; ".join(said)
