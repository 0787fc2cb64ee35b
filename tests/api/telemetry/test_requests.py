"""Each request has an id, and one line in the log that says what became of it, and no secret."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.responses import PlainTextResponse

from api.telemetry.requests import Requests
from inference.metrics import Counts
from tests.api import events
from tests.api.conftest import client
from tests.servers.emulator import Emulator, emulator
from tests.servers.seaweed import Seaweed
from tests.servers.uvicorn import Uvicorn, uvicorn

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

TRACE = "1-5759e988-bd862e3fe1be46a994272793"
NAME = "grandmothers-cat.png"


@pytest.fixture(scope="module")
def server(environment: dict[str, str]) -> Iterator[Uvicorn]:
    env = {**environment, "MICROLENS_LOG_FORMAT": "json", "MICROLENS_LOG_LEVEL": "DEBUG"}
    with uvicorn(env) as found:
        yield found


@pytest.fixture(scope="module")
def logged(server: Uvicorn) -> Iterator[httpx.Client]:
    with client(server.url) as found:
        yield found


def invoked(function: Emulator, number: int) -> list[dict[str, Any]]:
    """The lines of that many invocations; they reach the log a little after the answers."""
    function.server.wait_until(lambda: len(lines(function.log())) >= number, 10)
    return lines(function.log())


def lines(log: str) -> list[dict[str, Any]]:
    """The lines about requests."""
    whole = log.rpartition("\n")[0].splitlines()
    found = [json.loads(line) for line in whole if line.startswith("{")]
    return [line for line in found if "request" in line]


def line_of(reply: httpx.Response, server: Uvicorn) -> dict[str, Any]:
    """The one line of a request, by its id."""
    request_id = reply.headers["x-request-id"]

    def found() -> list[dict[str, Any]]:
        return [line for line in lines(server.log()) if line["requestId"] == request_id]

    server.server.wait_until(lambda: bool(found()), 10)
    (line,) = found()
    return line


def test_an_answer_is_told_with_model_stages_and_size(
    logged: httpx.Client, server: Uvicorn, chelsea: Path
) -> None:
    files = {"image": (NAME, chelsea.read_bytes())}
    reply = logged.post("/classify?top_k=1", files=files)
    line = line_of(reply, server)
    told, answer = line["request"], reply.json()

    assert line["message"] == "POST /classify 200"
    assert (line["level"], line["logger"]) == ("INFO", "api.telemetry.requests")
    assert told["status"] == 200
    assert (told["model"], told["release"]) == ("imagenet-lite0", answer["model"]["release"])
    assert (told["format"], told["size"]) == ("PNG", "451x300")
    assert told["bytes"] == chelsea.stat().st_size
    assert told["pictures"] == 1
    assert told["ms"].keys() == {"fetch", "decode", "infer", "total"}
    assert told["ms"]["total"] > told["ms"]["infer"] > 0


def test_several_pictures_are_counted_by_what_became_of_them(
    logged: httpx.Client, server: Uvicorn, chelsea: Path
) -> None:
    picture = chelsea.read_bytes()
    files = [("image", picture), ("image", b"no picture"), ("image", picture)]
    told = line_of(logged.post("/classify", files=files), server)["request"]

    assert (told["pictures"], told["refused"]) == (2, 1)
    assert "failed" not in told
    assert told["bytes"] == 2 * len(picture)


@pytest.mark.parametrize(
    ("method", "path", "route", "status", "code"),
    [
        ("GET", "/nowhere/of/mine", "-", 404, "not_found"),
        ("POST", "/classify", "/classify", 400, "bad_request"),
        ("GET", "/results/65f0a1b2-AAAA", "/results/{id}", 404, "not_found"),
        ("HEAD", "/model", "/model", 200, None),
        ("GET", "/v1/models/imagenet-lite0", "tensorflow_serving", 200, None),
        ("POST", "/v2/models/other/infer", "open_inference", 404, "not_found"),
    ],
)
def test_the_route_is_named_and_never_the_address(
    logged: httpx.Client,
    server: Uvicorn,
    method: str,
    path: str,
    route: str,
    status: int,
    code: str | None,
) -> None:
    reply = logged.request(method, f"{path}?signature=s3cr3t")
    told = line_of(reply, server)["request"]

    assert (told["route"], told["status"], told.get("code")) == (route, status, code)
    for secret in ("s3cr3t", "of/mine", "65f0a1b2-AAAA"):
        assert secret not in server.log()


@pytest.mark.parametrize(("path", "level"), [("/readyz", "DEBUG"), ("/model", "INFO")])
def test_probes_fill_no_log(logged: httpx.Client, server: Uvicorn, path: str, level: str) -> None:
    assert line_of(logged.get(path), server)["level"] == level


def test_an_answer_of_5xx_is_an_error_in_the_log(tmp_path: Path) -> None:
    env = {"MICROLENS_MODEL": str(tmp_path), "MICROLENS_LOG_FORMAT": "json"}
    with uvicorn(env) as server, client(server.url) as service:
        line = line_of(service.post("/classify", files={"image": b"x"}), server)

    assert line["level"] == "ERROR"
    assert (line["request"]["status"], line["request"]["code"]) == (503, "model_not_ready")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abc-123", True),
        ("Root=1-67891233-abcdef012345678912345678", True),
        ("x" * 128, True),
        ("x" * 129, False),
        ('a"b', False),
        ("two words", False),
        ("", False),
    ],
)
def test_a_callers_own_id_is_kept_if_it_is_one(
    logged: httpx.Client, given: str, kept: bool
) -> None:
    found = logged.get("/livez", headers={"x-request-id": given}).headers["x-request-id"]
    assert (found == given) is kept
    assert found


def test_every_line_is_json_and_uvicorns_own_line_is_gone(
    logged: httpx.Client, server: Uvicorn
) -> None:
    reply = logged.get("/model")
    line_of(reply, server)
    ours = [line for line in server.log().splitlines() if "GET /model" in line]

    assert ours
    assert all(line.startswith("{") for line in ours)
    assert '"message": "Application startup complete."' in server.log()
    assert sum('"cold": true' in line for line in server.log().splitlines()) == 1


def test_what_a_caller_sent_is_not_in_the_log(
    logged: httpx.Client,
    server: Uvicorn,
    seaweed: Seaweed,
    s3: S3Client,
    photos: str,
    chelsea: Path,
) -> None:
    s3.put_object(Bucket=photos, Key=NAME, Body=chelsea.read_bytes())
    reply = logged.post("/classify", json={"url": f"s3://{photos}/{NAME}"})
    told = line_of(reply, server)["request"]
    assert told["ms"]["fetch"] > 0
    logged.post("/classify", json={"url": f"https://{photos}.s3.amazonaws.com/x?X-Amz-Signature=f"})

    for secret in (NAME, "X-Amz", "StringToSign", seaweed.secret_key):
        assert secret not in server.log()


def test_on_lambda_a_line_has_lambdas_id(environment: dict[str, str], chelsea: Path) -> None:
    with emulator("api.http_handler.handler", environment) as function:
        event = events.http("http_api_v2", chelsea.read_bytes(), "image/png")
        replies = [function.invoke(event) for _ in range(2)]
        told = invoked(function, 2)
        assert "mangum" not in function.log()

    assert [line["requestId"] for line in told] == [
        reply["headers"]["x-request-id"] for reply in replies
    ]
    assert [line["request"]["cold"] for line in told] == [True, False]
    assert told[0]["requestId"] != told[1]["requestId"]
    assert told[0]["request"]["model"] == "imagenet-lite0"


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_awss_own_json_lines_are_left_as_they_are_with_our_members(
    environment: dict[str, str], level: str
) -> None:
    """As in the template, where Lambda's own filter lets DEBUG through, and ours decides."""
    lambda_own = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "DEBUG"}
    env = {**environment, **lambda_own, "MICROLENS_LOG_LEVEL": level}
    with emulator("api.http_handler.handler", env) as function:
        function.invoke(events.get("/livez"))
        function.invoke(events.get("/model"))
        told = invoked(function, 2 if level == "DEBUG" else 1)
        written = [line for line in function.log().splitlines() if line.startswith("{")]

    line = told[-1]
    assert [each["request"]["route"] for each in told] == ["/livez", "/model"][-len(told) :]
    assert line["requestId"]
    # Ours has milliseconds, AWS's has none.
    assert "." not in line["timestamp"]
    loggers = {each["logger"] for each in map(json.loads, written) if each.get("level") == "DEBUG"}
    assert all(name.partition(".")[0] in ("api", "inference") for name in loggers)
    assert bool(loggers) == (level == "DEBUG")


@pytest.mark.parametrize(
    ("header", "trace"),
    [
        (
            f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1",
            TRACE,
        ),
        ("", ""),
        ("Sampled=0", ""),
    ],
)
def test_the_trace_is_told_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, header: str, trace: str
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
    caplog.set_level("INFO")

    async def ask() -> None:
        app = Requests(PlainTextResponse("here"), Counts("classify"))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as service:
            await service.get("/")

    asyncio.run(ask())
    (record,) = [each for each in caplog.records if each.name == "api.telemetry.requests"]
    assert record.__dict__["request"].get("trace", "") == trace
