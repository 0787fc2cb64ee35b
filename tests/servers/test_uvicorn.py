"""The service that the tests start is a real one, and says why it did not start."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.servers.process import ServerError, listens
from tests.servers.uvicorn import uvicorn

APP = '''
"""The smallest service that is alive."""


async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})
'''


def test_it_serves_the_app_on_the_address_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "tiny.py").write_text(APP)

    with uvicorn(app="tiny:app", cwd=tmp_path) as service:
        assert httpx.get(f"{service.url}/hello").text == "/hello"
        assert "GET /hello" in service.log()

    assert not listens(int(service.url.rpartition(":")[2]))


def test_an_app_that_cannot_start_is_an_error_that_carries_its_log(tmp_path: Path) -> None:
    (tmp_path / "tiny.py").write_text("raise RuntimeError('no model at all')")

    with (
        pytest.raises(ServerError, match=r"(?s)exit code 1 .*no model at all"),
        uvicorn(app="tiny:app", cwd=tmp_path),
    ):
        pytest.fail("the block began though the app did not start")
