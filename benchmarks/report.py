"""The page of results, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import chapters
from benchmarks.markdown import titled
from benchmarks.results import Results
from benchmarks.targets import targets

_KEPT = {True: "kept", False: "**missed**", None: "–"}


def report(results: Results, picture: str | None) -> str:
    """The whole page; `picture` is the file beside it that shows the bars."""
    parts = (
        _head(results),
        _targets(results),
        chapters.warm(results, picture),
        chapters.cold(results),
        chapters.memory(results),
        chapters.size(results),
        chapters.growth(results),
        chapters.swaps(results),
        chapters.cost(results),
        chapters.draft(results),
    )
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part))) + "\n"


def _head(results: Results) -> Iterator[str]:
    machine = results.machine
    hurry = ", in a hurry: these figures say that the bench works, and nothing else"
    versions = ", ".join(f"{name} {number}" for name, number in machine.versions.items())
    yield "# What was measured"
    yield ""
    yield (
        f"By `make bench`, begun {results.began}, {results.minutes:.0f} minutes"
        f"{hurry * results.quick}. Figures are `median (smallest–largest)` of the rounds; "
        "[docs/benchmarks.md](../docs/benchmarks.md) says how to read them."
    )
    yield ""
    yield (
        f"- {machine.cpu}, {machine.cores} cores, {machine.memory_gb:g} GB, {machine.kernel}; "
        f"{machine.load:g} processes were running when the bench began"
    )
    yield f"- Python {machine.python}, {versions}"


def _targets(results: Results) -> Iterator[str]:
    yield from titled(
        "## Targets",
        ("what", "wanted", "found", ""),
        ((each.claim, each.wanted, each.found, _KEPT[each.kept]) for each in targets(results)),
    )
