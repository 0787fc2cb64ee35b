"""Names of files as text that any document can hold."""

from __future__ import annotations

import os


def spelled(text: str) -> str:
    """`text` in letters that UTF-8 has: bytes of a file name that are none are spelled out."""
    return os.fsencode(text).decode("utf-8", "backslashreplace")
