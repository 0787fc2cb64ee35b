"""The page of results, in Markdown: one function for each part that was measured."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from benchmarks.cost import COLD_SHARE, PICTURES, cheapest
from benchmarks.growth import Step
from benchmarks.results import Results
from benchmarks.size import LAMBDA_BYTES
from benchmarks.spread import Spread, significant
from benchmarks.targets import US, targets
from benchmarks.warm import FLOOR
from inference.prices import prices

_KEPT = {True: "kept", False: "**missed**", None: "–"}


def report(results: Results, picture: str | None) -> str:
    """The whole page; `picture` is the file beside it that shows the bars."""
    parts = (
        _head(results),
        _targets(results),
        _warm(results, picture),
        _cold(results),
        _memory(results),
        _size(results),
        _growth(results),
        _swaps(results),
        _cost(results),
        _draft(results),
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
    yield "## Targets"
    yield ""
    yield from _table(
        ("what", "wanted", "found", ""),
        ((each.claim, each.wanted, each.found, _KEPT[each.kept]) for each in targets(results)),
    )


def _warm(results: Results, picture: str | None) -> Iterator[str]:
    if results.warm is None:
        return
    yield "## Warm answers"
    yield ""
    if picture:
        yield f"![Bars: time and pictures a second of all contenders]({picture})"
        yield ""
    figures = results.warm.figures
    for case in next(iter(figures.values())):
        yield f"**{case}**"
        yield ""
        yield from _table(
            ("", "p50, ms", "p99, ms", "pictures/s", "time / ours", "rate / ours", "wrong"),
            (
                (
                    name,
                    of[case].p50_ms.text(),
                    of[case].p99_ms.text(),
                    of[case].rate.text(),
                    of[case].p50_ms.over(figures[US][case].p50_ms).text(),
                    of[case].rate.over(figures[US][case].rate).text(),
                    f"{of[case].wrong} of {of[case].answers:,}",
                )
                for name, of in figures.items()
            ),
        )
        yield ""
    memory = results.warm.resident_bytes
    texts = ", ".join(f"{name} {_mb(size)}" for name, size in memory.items())
    yield f"Memory of all processes of each, after that: {texts}. The {FLOOR} is no server."


def _cold(results: Results) -> Iterator[str]:
    if results.cold is None:
        return
    yield "## Cold starts in AWS's runtime emulator"
    yield ""
    yield from _table(
        ("", "first answer, s", "next answers, ms", "resident, MB"),
        (
            (
                name,
                of.first_seconds.text(),
                of.warm_ms.text(),
                Spread.of(size / 1e6 for size in of.rss_bytes.rounds).text(),
            )
            for name, of in results.cold.items()
        ),
    )


def _memory(results: Results) -> Iterator[str]:
    if results.memory is None:
        return
    yield "## Memory, default model, 8 connections"
    yield ""
    yield from _table(
        ("requests", "resident", "p50 of the last, ms"),
        (
            (f"{each.requests:,}", _mb(each.rss_bytes), significant(each.p50_ms) if n else "–")
            for n, each in enumerate(results.memory)
        ),
    )


def _size(results: Results) -> Iterator[str]:
    if results.size is None:
        return
    size = results.size
    yield "## Size of what is deployed"
    yield ""
    yield (
        "Packages as pip installs them, before anything is taken out of them; Lambda takes "
        f"{_mb(LAMBDA_BYTES)} unzipped."
    )
    yield ""
    total = size.microlens_packages + size.microlens_own
    yield from _table(
        ("", "packages", "own modules and default model", "together"),
        (
            (US, _mb(size.microlens_packages), _mb(size.microlens_own), _mb(total)),
            (
                "FastAPI + Keras",
                _mb(size.fastapi_keras_packages),
                "–",
                _mb(size.fastapi_keras_packages),
            ),
        ),
    )


def _growth(results: Results) -> Iterator[str]:
    if results.pictures:
        yield "## Growth"
        yield ""
        yield "**Pictures in a request, 1 connection**"
        yield ""
        yield from _table(
            ("pictures", "p50 of a request, ms", "for each picture, ms"),
            ((step.at, step.p50_ms.text(), _each(step).text()) for step in results.pictures),
        )
    if results.connections:
        yield ""
        yield "**Connections**"
        yield ""
        yield from _table(
            ("connections", "p50, ms", "p99, ms", "pictures/s"),
            (
                (step.at, step.p50_ms.text(), step.p99_ms.text(), step.rate.text())
                for step in results.connections
            ),
        )
    if results.models:
        yield ""
        yield "**Models, 1 connection**"
        yield ""
        yield from _table(
            ("network", "numbers", "file", "p50, ms", "floor, ms", "time / floor", "resident"),
            (
                (
                    each.network,
                    each.scheme,
                    _mb(each.bytes),
                    each.p50_ms.text(),
                    each.floor_p50_ms.text(),
                    each.p50_ms.over(each.floor_p50_ms).text(),
                    _mb(each.rss_bytes),
                )
                for each in results.models
            ),
        )


def _swaps(results: Results) -> Iterator[str]:
    if results.swaps is None:
        return
    yield "## Swaps under load"
    yield ""
    yield from _table(
        ("figure", "value"),
        ((name.replace("_", " "), json.dumps(value)) for name, value in results.swaps.items()),
    )


def _cost(results: Results) -> Iterator[str]:
    if results.cost is None:
        return
    table = prices()
    yield f"## What {PICTURES:,} pictures cost"
    yield ""
    how = "scaled from times of a whole CPU, because no quota could be set here"
    if not results.cost[0].estimated:
        how = f"measured with the CPU of each size, memory / {table.mb_per_vcpu:,} MB"
    yield (
        f"Default model, 640×480, {how}. Prices of {table.read_on}, {table.region}, x86-64: "
        f"${table.gb_second['x86_64']:.10f} a GB-second, ${table.million_requests:g} a million "
        f"requests, ${table.million_api_requests:g} a million through an HTTP API; without the "
        "free tier. What people tell each other is “20,000 for under $1”."
    )
    yield ""
    best = cheapest(results.cost, 100.0)
    yield from _table(
        (
            *("memory", "cold start, s", "warm p50, ms", "warm p99, ms", "GB-seconds", "dollars"),
            f"with {COLD_SHARE:.0%} cold starts",
            "",
        ),
        (
            (
                f"{size.memory_mb:,} MB",
                size.cold_seconds.text(),
                size.p50_ms.text(),
                size.p99_ms.text(),
                significant(size.gb_seconds),
                f"${size.dollars:.4f}",
                f"${size.dollars_with_cold_starts:.4f}",
                "cheapest within 100 ms" if size is best else "",
            )
            for size in results.cost
        ),
    )


def _draft(results: Results) -> Iterator[str]:
    if results.draft is None:
        return
    yield "## Answers with and without `draft`, default model"
    yield ""
    yield from _table(
        ("enlarged", "pictures", "reduced", "same answer", "mean difference, grey levels"),
        (
            (
                f"{step.enlarged}×",
                f"{step.pictures:,}",
                f"{step.reduced:,}",
                f"{step.same / step.pictures:.1%}",
                f"{step.grey_levels:.2f}",
            )
            for step in results.draft
        ),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _each(step: Step) -> Spread:
    return Spread.of(value / int(step.at) for value in step.p50_ms.rounds)


def _mb(size: float) -> str:
    return f"{significant(size / 1e6)} MB"
