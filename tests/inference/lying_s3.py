"""A server that answers every request with the same bytes, true or not, and hangs up."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread


@dataclass(frozen=True, slots=True)
class Liar:
    """Where it listens, and the first line of each request that it got."""

    url: str
    requests: list[str] = field(default_factory=list)


@contextmanager
def lying(answer: bytes) -> Iterator[Liar]:
    """Answer with `answer` on a free port while the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        liar = Liar(f"http://127.0.0.1:{server.getsockname()[1]}")
        thread = Thread(target=_answer, args=(server, answer, liar.requests))
        thread.start()
        try:
            yield liar
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def _answer(server: socket.socket, answer: bytes, requests: list[str]) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:  # the block has ended
            return
        with connection:
            requests.append(connection.recv(65_536).decode("latin-1").partition("\r\n")[0])
            try:
                connection.sendall(answer)
            except OSError:  # the client has read enough
                continue
