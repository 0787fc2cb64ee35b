"""schemathesis over the whole OpenAPI document of a running service, with all of its checks.

`make fuzz-api` does it for five minutes (SECONDS=…) with a seed of its own each time; a run that
finds something ends with the curl lines that show it.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import environment
from tests.servers.seaweed import Seaweed, seaweed
from tests.servers.uvicorn import Uvicorn, uvicorn

PROJECT = Path(__file__).parents[2]
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


def fuzz(
    url: str, *options: str, stdout: int | None = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    """Ask the service at `url` whatever its description allows, and what it forbids."""
    command = [sys.executable, "-m", "schemathesis.cli", f"--config-file={CONFIGURATION}"]
    # Not measured for coverage: the service is, and this is slow enough.
    variables = {
        name: value
        for name, value in environment({"PYTHONPATH": str(PROJECT)}).items()
        if not name.startswith("COVERAGE_PROCESS")
    }
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [*command, "run", f"{url}/openapi.json", "--checks=all", "--no-color", *options],
            env=variables,
            cwd=folder,  # it leaves a cache behind
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


@contextmanager
def everything_on(store: Seaweed) -> Iterator[Uvicorn]:
    """A service with all that settings can add to it: a bucket to read from, uploads, results."""
    bucket = f"fuzzed-{secrets.token_hex(8)}"
    store.client().create_bucket(Bucket=bucket)
    settings = {
        "MICROLENS_BUCKETS": bucket,
        "MICROLENS_RESULTS": f"s3://{bucket}/results",
        "MICROLENS_UPLOADS": f"s3://{bucket}/uploads",
    }
    with uvicorn({**store.environment(), **settings}) as service:
        yield service


def main() -> int:
    """Fuzz a service of this source for as many seconds as the first argument says."""
    with seaweed() as store, everything_on(store) as service:
        return fuzz(service.url, f"--max-time={sys.argv[1]}", stdout=None).returncode


if __name__ == "__main__":
    sys.exit(main())
