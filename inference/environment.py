"""The environment of this process: the one module that reads it, and writes it.

What can be set of ours is in `inference.settings`; what stands here is what AWS and the system say.
"""

from __future__ import annotations

import os
from collections.abc import Mapping


def variables() -> Mapping[str, str]:
    """All variables, as they are now."""
    return os.environ


def put(variable: str, value: str) -> None:
    """Set one variable for this process and those that it starts."""
    os.environ[variable] = value


def lambda_memory_mb(environment: Mapping[str, str] | None = None) -> int | None:
    """The memory of the Lambda function that this process is, in MB; None outside of Lambda."""
    given = variables() if environment is None else environment
    memory = given.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    return int(memory) if memory.isdecimal() else None


def lambda_function_name() -> str:
    """The name of the Lambda function that this process is; nothing outside of Lambda."""
    return variables().get("AWS_LAMBDA_FUNCTION_NAME", "")


def library_path() -> str:
    """Where the loader of programs is told to look for libraries: folders, none of them relative.

    In AWS's images Python itself starts by it alone: its library lies in `/var/lang/lib`.
    """
    folders = variables().get("LD_LIBRARY_PATH", "").split(":")
    return ":".join(folder for folder in folders if folder.startswith("/"))


def trace_id() -> str:
    """X-Ray's id of the invocation at work, where tracing is on; else nothing.

    AWS's runtime client writes it into the environment before each invocation.
    """
    header = variables().get("_X_AMZN_TRACE_ID", "")
    return header.partition("Root=")[2].partition(";")[0]
