"""The service as `uvicorn api.app:app` runs it: a real process on a free port."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.invariants import logs, watching
from tests.invariants.forbidden import keep_secret
from tests.servers.process import Server, environment, running

READY_SECONDS = 60.0
OURS = "api.app:app"
PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Uvicorn:
    """A running service, alive (`/livez` answered 200) and perhaps not ready yet."""

    server: Server
    url: str

    def log(self) -> str:
        """What the service has written so far, stdout and stderr together."""
        return self.server.log()


@contextmanager
def uvicorn(
    env: Mapping[str, str] | None = None,
    app: str = OURS,
    cwd: Path = PROJECT,
    options: Sequence[str] = (),
) -> Iterator[Uvicorn]:
    """Run `app` under uvicorn while the block lasts; SIGTERM ends it, SIGKILL after a deadline.

    `env` is added to an environment without AWS or Microlens settings; `options` are more
    arguments of uvicorn. Raises ServerError, with the log, when it dies or does not come alive.
    """
    # The system chooses the port while binding and uvicorn logs it, so no other can take it.
    command = [sys.executable, "-m", "uvicorn", app, "--host=127.0.0.1", "--port=0", *options]
    with tempfile.TemporaryDirectory(prefix="uvicorn-") as folder:
        variables = environment({"PYTHONUNBUFFERED": "1", **(env or {})})
        keep_secret(variables.get("AWS_SECRET_ACCESS_KEY", ""))
        log_path, is_spoilt = Path(folder, "log"), app != OURS
        check = logs.check_secrets if is_spoilt else logs.check
        with running(
            "uvicorn", command, env=variables, cwd=cwd, log_path=log_path, check=check
        ) as server:
            server.wait_until(lambda: _is_alive(server), READY_SECONDS)
            service = Uvicorn(server, _url(server) or "")
            if is_spoilt:
                yield service
                return
            with watching.service(service.url):
                yield service


def _url(server: Server) -> str | None:
    found = re.search(r"http://127\.0\.0\.1:[1-9]\d*", server.log())
    return found[0] if found else None


def _is_alive(server: Server) -> bool:
    url = _url(server)
    if url is None:
        return False
    try:
        return httpx.get(f"{url}/livez", timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
