"""Whatever has a name that people use stands in the docs, once, and nothing else stands there.

One row for each kind of name: what there is in the code, and how its page writes it. Two kinds have
a test beside what else is tested of them: commands and options in tests/cli/test_docs.py, alarms in
tests/infra/test_alarms.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from fastapi.routing import APIRoute

import api.routes
from api.errors import TABLE
from api.telemetry.prometheus import name_of
from inference.metrics import CLASSIFY, METRICS
from inference.settings import Settings, variable

DOCS = Path(__file__).parent.parent / "docs"


@dataclass(frozen=True, slots=True)
class Kind:
    """Names of one kind; `pattern` finds them on `page`, its groups joined by a space."""

    there_are: Callable[[], Iterable[str]]
    page: str
    pattern: str

    def documented(self) -> list[str]:
        """The names on the page, in its order."""
        text = (DOCS / self.page).read_text(encoding="utf-8")
        found = re.findall(self.pattern, text, re.MULTILINE)
        return [" ".join(each) if isinstance(each, tuple) else each for each in found]


def settings() -> Iterable[str]:
    return map(variable, Settings.model_fields)


def error_codes() -> Iterable[str]:
    """With their statuses, which the page names too."""
    return {f"{row.code} {row.status}" for row in TABLE.values()}


def addresses() -> Iterable[str]:
    """`GET /model` and all others, whether OpenAPI has them or not."""
    yield "GET /openapi.json"
    for module in iter_modules(api.routes.__path__):
        for route in import_module(f"api.routes.{module.name}").router.routes:
            assert isinstance(route, APIRoute)
            for method in route.methods or ():
                yield f"{method} {route.path}"


def metrics() -> Iterable[str]:
    """With their services, and their names in Prometheus where uvicorn has them."""
    for each in METRICS:
        is_served = CLASSIFY in each.services
        prometheus = f"`{name_of(each)}`" if is_served else "not there"
        yield f"{each.name} {', '.join(each.services)} {prometheus}"


KINDS = {
    "metrics": Kind(
        metrics,
        "operations.md",
        r"^\| `([A-Z]\w+)` \| ([a-z, ]+) \|.*\| (`microlens_\w+`|not there)",
    ),
    "settings": Kind(settings, "settings.md", r"^\| `(MICROLENS_[A-Z_]+)` \|"),
    "error codes": Kind(error_codes, "http.md", r"^\| `([a-z_]+)` \| (\d{3}) \|"),
    "addresses": Kind(addresses, "http.md", r"^(?:## |\| )`([A-Z]+) (/\S*)`(?: \||$)"),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_every_name_in_the_code_is_documented_once_and_no_other(kind: Kind) -> None:
    there_are = set(kind.there_are())
    documented = Counter(kind.documented())

    assert there_are - documented.keys() == set(), f"missing in docs/{kind.page}"
    assert documented.keys() - there_are == set(), f"docs/{kind.page} names what there is not"
    assert {name for name, times in documented.items() if times > 1} == set()


def test_a_name_that_is_missing_or_too_many_is_found() -> None:
    kind = KINDS["settings"]
    found = set(kind.documented())
    assert len(found) > 10
    assert found - {"MICROLENS_MODEL"} != set(kind.there_are())


def test_links_between_the_pages_lead_somewhere() -> None:
    broken = [
        f"{page.name}: {target}"
        for page in [*DOCS.rglob("*.md"), *DOCS.parent.glob("*.md")]
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_what_the_pages_let_make_do_is_in_the_makefile() -> None:
    makefile = (DOCS.parent / "Makefile").read_text(encoding="utf-8")
    phony = makefile.replace("\\\n", " ").partition("\n.PHONY:")[2].partition("\n")[0]
    named = {
        name
        for page in [*DOCS.rglob("*.md"), *DOCS.parent.glob("*.md")]
        for name in re.findall(
            r"(?m)(?:`|^)(?:\w+=\S+ )?make ([a-z][\w-]+)", page.read_text("utf-8")
        )
    }
    assert len(named) > 10
    assert named - set(phony.split()) == set()
