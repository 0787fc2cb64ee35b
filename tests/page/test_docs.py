"""The reference at /docs: whole, offline, and of use to everybody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.api.gates.conftest import NEW, TOKENS
from tests.page.browser import AXE, PHONE, Visit, visit
from tests.servers.uvicorn import uvicorn


@pytest.fixture(scope="module")
def openapi(service: str) -> dict[str, Any]:
    document: dict[str, Any] = httpx.get(f"{service}openapi.json").json()
    return document


@pytest.fixture
def reference(browser: Browser, service: str) -> Iterator[Visit]:
    with visit(browser, f"{service}docs") as found:
        found.page.locator(".operation").first.wait_for()
        yield found


def operations(openapi: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, item in openapi["paths"].items()
        for method, operation in item.items()
    ]


def names_in(schema: Any, openapi: dict[str, Any], seen: frozenset[str] = frozenset()) -> set[str]:
    """The fields that a schema has, at any depth."""
    if isinstance(schema, list):
        return {name for each in schema for name in names_in(each, openapi, seen)}
    if not isinstance(schema, dict):
        return set()
    reference = schema.get("$ref")
    if reference:
        if reference in seen:
            return set()
        target = openapi["components"]["schemas"][reference.rpartition("/")[2]]
        return names_in(target, openapi, seen | {reference})
    below = [schema.get(key) for key in ("anyOf", "oneOf", "allOf", "items")]
    fields = schema.get("properties", {})
    return set(fields) | names_in([*below, *fields.values()], openapi, seen)


def contents(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every body of an operation, sent and received, with its schema and examples."""
    for holder in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from holder.get("content", {}).values()


def test_every_address_is_there_with_its_parameters_fields_examples_and_errors(
    reference: Visit, openapi: dict[str, Any]
) -> None:
    told = dict(_articles(reference))
    assert len(told) == len(operations(openapi)) > 4
    for method, path, operation in operations(openapi):
        text = told[f"{method.upper()}{path}"]
        wanted = {operation["summary"], *operation["responses"]}
        wanted |= {parameter["name"] for parameter in operation.get("parameters", [])}
        for content in contents(operation):
            wanted |= names_in(content.get("schema"), openapi)
            for example in content.get("examples", {}).values():
                wanted.add(json.dumps(example["value"], indent=2, ensure_ascii=False))
        assert [each for each in wanted if _bare(each) not in _bare(text)] == []


def _articles(seen: Visit) -> Iterator[tuple[str, str]]:
    """Method and path, and all that is said of them, folded away or not."""
    for article in seen.page.locator(".operation").all():
        method = article.locator(".method").text_content() or ""
        heading = article.locator("h3").evaluate("heading => heading.childNodes[1].textContent")
        yield f"{method}{heading}", article.text_content() or ""


def _bare(text: str) -> str:
    """Without blanks, and numbers as JavaScript writes them."""
    return "".join(text.split()).replace(".0,", ",").replace(".0}", "}").replace("`", "")


def test_it_loads_nothing_but_the_description(reference: Visit, service: str) -> None:
    assert [each for each in reference.requests if each.startswith("http")] == [
        f"{service}docs",
        f"{service}openapi.json",
    ]


def test_a_request_is_tried_from_the_page(reference: Visit, chelsea: Path) -> None:
    article = reference.page.locator("#post--classify")
    article.get_by_text("Try it").click()
    article.get_by_label("top_k").fill("2")
    article.get_by_label("Content type").select_option("image/*")
    article.get_by_label("File").set_input_files(str(chelsea))
    article.get_by_role("button", name="Send").click()

    result = article.locator("[aria-live]")
    expect(result).to_contain_text("200 OK")
    answer = json.loads(result.locator("pre").inner_text())
    assert [each["label"] for each in answer["predictions"]] == ["tiger cat", "Egyptian cat"]
    article.get_by_label("top_k").fill("0")
    article.get_by_role("button", name="Send").click()
    expect(result).to_contain_text("bad_request")


def test_the_answer_to_what_was_asked_last_is_the_one_that_stays(reference: Visit) -> None:
    article = reference.page.locator("#get--model")
    article.get_by_text("Try it").click()
    late = reference.keep("**/model")
    article.get_by_role("button", name="Send").click()
    article.get_by_role("button", name="Send").click()
    result = article.locator("[aria-live]")
    expect(result).to_contain_text("200 OK")
    reference.await_kept(late)
    with reference.page.expect_response("**/model"):
        late[0].fulfill(status=418)

    # No later than this it would be there.
    reference.page.evaluate("fetch('sample.png').then(reply => reply.blob())")
    expect(result).to_contain_text("200 OK")


def test_a_header_that_cannot_be_sent_is_told(reference: Visit) -> None:
    article = reference.page.locator("#get--model-labels")
    article.get_by_text("Try it").click()
    article.get_by_label("If-None-Match").fill("→")
    article.get_by_role("button", name="Send").click()

    expect(article.locator("[aria-live]")).to_contain_text("Nothing came back")


@pytest.fixture(scope="module")
def closed() -> Iterator[str]:
    """The address of a service that wants a token."""
    with uvicorn({"MICROLENS_TOKENS": TOKENS}) as running:
        yield f"{running.url}/"


def test_a_service_that_wants_a_token_tells_of_itself_to_who_has_one(
    browser: Browser, closed: str
) -> None:
    with visit(browser, f"{closed}docs") as seen:
        field = seen.page.get_by_label("Token", exact=True)
        expect(field).to_be_focused()
        assert seen.page.locator(".operation").count() == 0
        assert "/classify" not in httpx.get(f"{closed}docs").text
        link = seen.page.get_by_role("link", name="openapi.json")
        expect(link).to_be_hidden()
        field.fill("wrong")
        field.press("Enter")
        expect(seen.page.locator("#token-why")).to_contain_text("does not take this token")
        field.fill(NEW)
        field.press("Enter")

        article = seen.page.locator("#get--model")
        expect(article).to_be_visible()
        expect(seen.page.locator("#operations")).to_be_focused()
        expect(seen.page.locator("#token")).to_be_hidden()
        article.get_by_text("Try it").click()
        article.get_by_role("button", name="Send").click()
        expect(article.locator("[aria-live]")).to_contain_text("200 OK")
        with seen.page.expect_download() as download:
            link.click()
        assert json.loads(Path(download.value.path()).read_text())["paths"]["/classify"]
        assert NEW not in seen.page.content()
        seen.page.get_by_role("link", name="Microlens").click()
        expect(seen.page.locator("#facts")).to_contain_text("imagenet-lite0")
        expect(seen.page.locator("#token")).to_be_hidden()


def test_everybody_can_give_the_token(browser: Browser, closed: str) -> None:
    with visit(browser, f"{closed}docs", bypass_csp=True) as seen:
        expect(seen.page.locator("#token")).to_be_visible()
        seen.page.add_script_tag(path=AXE)
        faults = seen.page.evaluate("axe.run()")["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:200]) for each in faults] == []


@pytest.mark.parametrize("look", [{"color_scheme": "dark"}, PHONE], ids=["dark", "phone"])
def test_everybody_can_use_it(browser: Browser, service: str, look: dict[str, Any]) -> None:
    with visit(browser, f"{service}docs", bypass_csp=True, **look) as seen:
        seen.page.locator(".operation").first.wait_for()
        seen.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        seen.page.add_script_tag(path=AXE)
        faults = seen.page.evaluate("axe.run()")["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:200]) for each in faults] == []
        overflow = seen.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow == 0
