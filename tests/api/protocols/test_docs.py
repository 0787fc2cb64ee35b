"""docs/protocols.md: every example is run, and prints what the page says; every name is there."""

from __future__ import annotations

import re
import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from api.errors import TABLE
from api.protocols import PROTOCOLS, Refusal, rekognition

PROJECT = Path(__file__).parents[3]
PAGE = PROJECT / "docs" / "protocols.md"
TEXT = PAGE.read_text(encoding="utf-8")


def examples() -> list[tuple[str, str, str]]:
    """Of each section that has any Python: its heading, that, and what it prints."""
    sections = re.findall(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    found = [(heading, blocks(text, "python"), blocks(text, "text")) for heading, text in sections]
    return [each for each in found if each[1]]


def blocks(text: str, language: str) -> str:
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


EXAMPLES = examples()


@pytest.mark.parametrize(("heading", "code", "output"), EXAMPLES, ids=[e[0] for e in EXAMPLES])
def test_an_example_prints_what_the_page_says(
    uvicorn_address: str,
    chelsea: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    heading: str,
    code: str,
    output: str,
) -> None:
    shutil.copy(chelsea, tmp_path / "cat.png")
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "a-key")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    names: dict[str, object] = {}
    here = code.replace("127.0.0.1:8000", uvicorn_address.removeprefix("http://"))
    with ExitStack() as stack:
        exec(compile(here, f"{PAGE}: {heading}", "exec"), names)  # noqa: S102 - our own page
        stack.callback(getattr(names.get("client"), "close", lambda: None))
    assert capsys.readouterr().out == output


def test_every_protocol_has_an_example_and_its_setting() -> None:
    assert len(EXAMPLES) == len(PROTOCOLS)
    for protocol in PROTOCOLS:
        assert f"`{protocol.name}` |" in TEXT


def test_the_table_of_exceptions_is_that_of_the_code() -> None:
    table = dict(re.findall(r"^\| (.*?) \| `(\w+)`.*\|$", TEXT, re.MULTILINE))
    told = {
        code: exception
        for said, exception in table.items()
        for code in re.findall(r"`(\w+)`", said)
    }
    for row in TABLE.values():
        response = rekognition.refuse(Refusal(row.status, row.code, "x"))
        kind = re.search(rb'"__type": "(\w+)"', bytes(response.body))
        assert kind is not None
        expected = told.get(row.code)
        default = "InternalServerError" if row.status >= 500 else "InvalidParameterException"
        if row.code == "not_found":
            default = "ResourceNotFoundException"
        if row.status in (401, 403):
            default = "AccessDeniedException"
        assert kind[1].decode() == (expected or default)


def test_a_client_that_is_said_to_be_proven_is_used_by_the_test_that_is_named() -> None:
    proofs = re.findall(r"^\| (.*?) \| uvicorn(, Lambda)? \| `(tests/\S+)` \|$", TEXT, re.MULTILINE)
    assert len(proofs) > len(PROTOCOLS)
    for clients, on_lambda, file in proofs:
        source = (PROJECT / file).read_text(encoding="utf-8")
        for package in re.findall(r"`(boto3|httpx|huggingface_hub|tritonclient\.http)`", clients):
            assert re.search(rf"^(from|import) {package}\b", source, re.MULTILINE), (file, package)
        # The fixture of both addresses, one after the other.
        assert bool(re.search(r"\baddress: str", source)) or not on_lambda, file
