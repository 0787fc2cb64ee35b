"""The service's description of itself: whole, true, kept in docs/, and met by the service."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from openapi_spec_validator import validate

from api.app import create_app
from api.errors import PROBLEM_JSON, TABLE, MethodNotAllowed, RouteNotFound, Unauthorized
from api.openapi import describe
from api.receive import BODIES
from inference.errors import CallerError
from inference.settings import read_settings
from scripts import openapi
from tests.api.fuzzing import everything_on, fuzz
from tests.api.test_problems import assert_problem, png
from tests.program import printed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.seaweed import Seaweed


Described = dict[str, Any]
METHODS = {"get", "post", "put", "patch", "delete"}
KEPT: Described = json.loads(openapi.FILE.read_text(encoding="utf-8"))


def operations() -> Iterator[tuple[str, Described]]:
    """Every operation with its name, `POST /classify`."""
    for path, methods in KEPT["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


OPERATIONS = dict(operations())
ROWS = {row.code: row for row in reversed(TABLE.values())}


def test_the_file_in_docs_is_what_the_service_says() -> None:
    assert openapi.FILE.read_text(encoding="utf-8") == openapi.text(), (
        "docs/openapi.json is not what the routes say: python -m scripts.openapi"
    )


def test_the_document_is_valid_openapi_3_1() -> None:
    assert KEPT["openapi"].startswith("3.1.")
    validate(KEPT)


def test_the_running_service_serves_it(service: httpx.Client) -> None:
    served = service.get("/openapi.json").json()
    assert served.keys() == KEPT.keys()
    assert served["components"] == KEPT["components"]
    assert served["paths"].keys() == KEPT["paths"].keys()


def test_a_start_does_not_pay_for_the_description() -> None:
    loaded = printed("import sys, api.app; print(*sys.modules)").split()
    assert "api.app" in loaded
    assert {"api.openapi", "api.examples"}.isdisjoint(loaded)


def test_operations_have_names_of_their_own_and_tags_that_are_explained() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z_]+", name) for name in names)
    explained = {tag["name"] for tag in KEPT["tags"] if tag["description"]}
    assert {tag for operation in OPERATIONS.values() for tag in operation["tags"]} == explained


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_part_of_an_operation_is_described(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation["summary"]
    assert operation["description"]
    assert [each["name"] for each in operation.get("parameters", []) if not describes(each)] == []
    assert all(answer["description"] for answer in operation["responses"].values())
    for status, answer in operation["responses"].items():
        if int(status) >= 400:
            assert list(answer["content"]) == [PROBLEM_JSON], status
            assert answer["content"][PROBLEM_JSON]["examples"], status
        if status in {"202", "503"}:
            assert answer["headers"]["Retry-After"]["required"]


def describes(parameter: Described) -> bool:
    """Whether a parameter says what it is and, where it is a number, how large it may be."""
    schema = parameter["schema"]
    bounded = schema["type"] == "string" or {"minimum", "maximum", "default"} <= schema.keys()
    return bool(parameter.get("description")) and bounded


@pytest.mark.parametrize("name", KEPT["components"]["schemas"])
def test_every_field_that_has_no_plain_name_is_described_or_shown(name: str) -> None:
    fields: Described = KEPT["components"]["schemas"][name].get("properties", {})
    plain = {"predictions", "model", "image", "timing_ms", "results", "total", "title", "status"}
    silent = {
        field
        for field, schema in fields.items()
        if not schema.get("description") and not schema.get("examples")
    }
    assert silent - plain == set()


def test_every_way_of_sending_is_described_with_its_limits() -> None:
    body = OPERATIONS["POST /classify"]["requestBody"]
    assert body["required"]
    for limit in ("64 pictures", "50,000,000 bytes", "20,000,000 bytes", "50,000,000 pixels"):
        assert limit in body["description"]
    types = list(body["content"])
    assert len(types) == 4
    for media_type in types:
        assert sum(each.accepts(media_type) for each in BODIES) == 1, media_type
    assert all(any(each.accepts(media_type) for media_type in types) for each in BODIES)


def test_the_limits_in_the_document_are_those_of_the_settings() -> None:
    app = create_app(read_settings({}))
    told = describe(app, read_settings({"MICROLENS_MAX_PICTURES": "3"}))
    body = told["paths"]["/classify"]["post"]["requestBody"]
    assert "at most 3 pictures" in body["description"]
    form = body["content"]["multipart/form-data"]["schema"]["properties"]
    assert form["image"]["maxItems"] == 3


def examples_of_errors() -> Iterator[tuple[str, Described]]:
    """Every example of an error in the document, by its operation and code."""
    for name, operation in OPERATIONS.items():
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                for code, example in answer["content"][PROBLEM_JSON]["examples"].items():
                    yield f"{name} {code}", example["value"]


@pytest.mark.parametrize(
    ("name", "example"), [*examples_of_errors()], ids=lambda each: str(each)[:60]
)
def test_every_example_of_an_error_is_one_that_the_table_gives(
    name: str, example: Described
) -> None:
    code = name.rpartition(" ")[2]
    row = ROWS[code]
    assert example["type"] == f"urn:microlens:error:{code}"
    assert (example["code"], example["status"], example["title"]) == (code, row.status, row.title)
    assert example["detail"]


def test_every_code_has_an_example_that_a_program_may_rely_on() -> None:
    shown = {name.rpartition(" ")[2] for name, _ in examples_of_errors()}
    of_no_operation = {TABLE[RouteNotFound].code, TABLE[MethodNotAllowed].code}
    of_no_operation.add(TABLE[Unauthorized].code)  # of this service, which asks for no tokens
    assert shown | of_no_operation == ROWS.keys()
    for kind, row in TABLE.items():
        if kind is not CallerError:
            assert bool(row.example) == issubclass(kind, CallerError), row.code
            assert bool(row.detail) != issubclass(kind, CallerError), row.code


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "/classify?topk=3", b"x", "bad_request"),
        ("GET", "/clasify", b"", "not_found"),
        ("GET", "/classify", b"", "method_not_allowed"),
        ("POST", "/classify", {"url": "s3://elsewhere/cat.jpg"}, "source_not_allowed"),
        ("POST", "/classify", {"url": "s3://photos/no/such.jpg"}, "source_not_found"),
        ("POST", "/classify", png(10_000, 6_000), "image_too_large"),
        ("POST", "/classify", b"hello there, world", "unsupported_image"),
        ("POST", "/classify", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "bad_image"),
    ],
    ids=lambda each: each if isinstance(each, str) and "_" in each else "",
)
def test_the_example_of_a_code_is_what_the_service_says(
    service: httpx.Client,
    photos: str,
    method: str,
    path: str,
    body: bytes | dict[str, str],
    code: str,
) -> None:
    if isinstance(body, dict):
        url = body["url"].replace("s3://photos/", f"s3://{photos}/")
        reply = service.request(method, path, json={"url": url})
    else:
        headers = {"content-type": "image/png"}
        reply = service.request(method, path, content=body, headers=headers)
    assert_problem(reply, ROWS[code].status, code)
    # The example is of a service without the extra `heif`.
    detail = reply.json()["detail"].replace(photos, "photos").replace("AVIF, HEIC", "AVIF")
    assert detail == ROWS[code].example


def test_the_example_of_an_answer_is_what_the_service_says(
    service: httpx.Client, chelsea: Path
) -> None:
    shown = OPERATIONS["POST /classify"]["responses"]["200"]["content"]["application/json"]
    example = shown["examples"]["one"]["value"]
    told = service.post("/classify?top_k=2", files={"image": chelsea.read_bytes()}).json()
    for answer in (example, told):
        answer.pop("timing_ms")
        answer["model"].pop("stage")  # the example comes from a stage
        answer["model"].pop("release")  # changes whenever the model is rebuilt
    assert told == example


def test_the_examples_of_bodies_are_understood(service: httpx.Client) -> None:
    content = OPERATIONS["POST /classify"]["requestBody"]["content"]
    pictures = content["application/json"]["examples"]
    assert service.post("/classify", json=pictures["base64"]["value"]).status_code == 200
    several = service.post("/classify", json=pictures["several"]["value"]).json()["results"]
    assert [each.get("code", "ok") for each in several] == ["source_not_allowed", "ok"]
    form = content["multipart/form-data"]["examples"]["addresses"]["value"]
    parts = [("url", (None, url)) for url in form["url"]]
    assert len(service.post("/classify", files=parts).json()["results"]) == len(form["url"])


@pytest.mark.slow
@pytest.mark.timeout(300)  # twenty seconds of a core, which others may use as well
def test_schemathesis_finds_nothing_with_all_of_its_checks(seaweed: Seaweed) -> None:
    with everything_on(seaweed) as service:
        done = fuzz(service.url, "--seed=20261122", "--max-examples=30")
        assert done.returncode == 0, done.stdout
        assert f"Tested: {len(OPERATIONS)}" in done.stdout
        assert "Traceback" not in service.log()
