"""`microlens serve`: the HTTP service on this machine, by uvicorn."""

from __future__ import annotations

import socket
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import Model
from inference.errors import OperatorError

if TYPE_CHECKING:
    import uvicorn

_APP = "api.app:app"
_CONNECTIONS = "api.gates.connections:Connections"
_PROJECT = Path(__file__).resolve().parent.parent
_RELOADED = [str(_PROJECT / room) for room in ("api", "inference")]


def _check_host(host: str) -> str:
    if not host.strip():
        raise typer.BadParameter("the address is empty: 127.0.0.1, or 0.0.0.0 for all")
    return host


def serve(
    model: Model = None,
    host: Annotated[
        str, typer.Option(callback=_check_host, help="The address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port; 0 takes one that is free.")
    ] = 8000,
    reload: Annotated[
        bool, typer.Option("--reload", help="Start again whenever the source changes.")
    ] = False,
) -> None:
    """Classify pictures over HTTP."""
    from cli.models import load_model
    from inference.layout import abbreviated
    from inference.settings import put_in_environment, read_settings

    if model:
        # The application reads the environment itself, in a process of its own with --reload.
        put_in_environment("model", model)
    # The service would start without its model and try again; whoever types this wants to know.
    served = load_model(read_settings()).identity
    with _listen(host, port) as listening:
        where = _url(host, listening.getsockname()[1])
        typer.echo(
            f"microlens serves {served.name}, release {abbreviated(served.release)}, on {where} "
            "(Ctrl-C ends it)"
        )
        _run(_config(reload), listening)


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, so that whoever reads the address can connect to it at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except (OSError, TypeError) as exc:  # the latter for what no name of a host can be
        # Python repeats the address behind the system's own words.
        reason = str(getattr(exc, "strerror", "it is no name")).partition(" (while")[0]
        raise OperatorError(
            f"cannot listen on {_url(host, port)}: {reason}; --host and --port name another place"
        ) from exc
    # asyncio sets this on the sockets that it makes itself. Without it every answer on a kept
    # connection waits 40 ms for the caller's delayed acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _config(reload: bool) -> uvicorn.Config:
    """uvicorn as it is by default, but with limits, and what it would say of itself we say."""
    import uvicorn
    from uvicorn.config import LOGGING_CONFIG

    logging = deepcopy(LOGGING_CONFIG)
    logging["loggers"]["uvicorn.error"]["level"] = "WARNING"
    return uvicorn.Config(
        _APP,
        http=_CONNECTIONS,
        ws="none",  # an upgraded connection would pass its limits, and nothing here speaks it
        access_log=False,
        reload=reload,
        reload_dirs=_RELOADED if reload else None,
        log_config=logging,
    )


def _run(config: uvicorn.Config, listening: socket.socket) -> None:
    """Serve until a signal says stop."""
    import uvicorn
    from uvicorn.supervisors import ChangeReload

    server = uvicorn.Server(config)
    try:
        if config.should_reload:
            ChangeReload(config, target=server.run, sockets=[listening]).run()
        else:
            server.run(sockets=[listening])
    except KeyboardInterrupt:
        pass
