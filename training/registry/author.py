"""Who moves a pointer, as it is written into it."""

from __future__ import annotations

import getpass
import os
import socket


def this_author() -> str:
    """USER@HOST of this process; a user without a name, as in a container, is a number."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        user = f"uid{os.getuid()}"
    return f"{user}@{socket.gethostname() or 'localhost'}"[:256]
