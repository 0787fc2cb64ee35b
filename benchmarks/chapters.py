"""The chapters of the page of results: one for each part that was measured, else nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.contenders import US
from benchmarks.cost import COLD_SHARE, PICTURES, cheapest
from benchmarks.growth import Step
from benchmarks.markdown import megabytes, table, titled
from benchmarks.results import Results
from benchmarks.size import LAMBDA_BYTES
from benchmarks.spread import Spread, significant
from benchmarks.warm import FLOOR
from inference.prices import prices


def warm(results: Results, picture: str | None) -> Iterator[str]:
    """All contenders beside each other, case by case."""
    if results.warm is None:
        return
    yield "## Warm answers"
    yield ""
    if picture:
        yield f"![Bars: time and pictures a second of all contenders]({picture})"
        yield ""
    figures = results.warm.figures
    for case in next(iter(figures.values())):
        yield from titled(
            f"**{case}**",
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
    texts = ", ".join(f"{name} {megabytes(size)}" for name, size in memory.items())
    yield f"Memory of all processes of each, after that: {texts}. The {FLOOR} is no server."


def cold(results: Results) -> Iterator[str]:
    """First answers."""
    if results.cold is None:
        return
    yield from titled(
        "## Cold starts in AWS's runtime emulator",
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


def memory(results: Results) -> Iterator[str]:
    """After a start, and after many requests."""
    of = results.memory
    if of is None:
        return
    yield from titled(
        "## Memory, default model, 8 connections",
        ("requests", "resident"),
        ((f"{each.requests:,}", megabytes(each.rss_bytes)) for each in of.steps),
    )
    yield ""
    yield (
        f"By turns, the median answer of the service after {of.steps[-1].requests:,} requests "
        f"took {of.late_ms.text()} ms, that of one after {of.steps[-2].requests:,} took "
        f"{of.early_ms.text()} ms."
    )


def size(results: Results) -> Iterator[str]:
    """Unzipped."""
    if results.size is None:
        return
    size = results.size
    yield "## Size of what is deployed"
    yield ""
    yield (
        "Packages as pip installs them, before anything is taken out of them; Lambda takes "
        f"{megabytes(LAMBDA_BYTES)} unzipped."
    )
    yield ""
    total = size.microlens_packages + size.microlens_own
    yield from table(
        ("", "packages", "own modules and default model", "together"),
        (
            (
                US,
                megabytes(size.microlens_packages),
                megabytes(size.microlens_own),
                megabytes(total),
            ),
            (
                "FastAPI + Keras",
                megabytes(size.fastapi_keras_packages),
                "–",
                megabytes(size.fastapi_keras_packages),
            ),
        ),
    )


def growth(results: Results) -> Iterator[str]:
    """With pictures in a request, with connections, with the model."""
    if results.pictures:
        yield "## Growth"
        yield ""
        yield from titled(
            "**Pictures in a request, 1 connection**",
            ("pictures", "p50 of a request, ms", "for each picture, ms"),
            ((step.at, step.p50_ms.text(), _each(step).text()) for step in results.pictures),
        )
    if results.connections:
        yield ""
        yield from titled(
            "**Connections**",
            ("connections", "p50, ms", "p99, ms", "pictures/s"),
            (
                (step.at, step.p50_ms.text(), step.p99_ms.text(), step.rate.text())
                for step in results.connections
            ),
        )
    if results.models:
        yield ""
        yield from titled(
            "**Models, 1 connection**",
            ("network", "numbers", "file", "p50, ms", "floor, ms", "time / floor", "resident"),
            (
                (
                    each.network,
                    each.scheme,
                    megabytes(each.bytes),
                    each.p50_ms.text(),
                    each.floor_p50_ms.text(),
                    each.p50_ms.over(each.floor_p50_ms).text(),
                    megabytes(each.rss_bytes),
                )
                for each in results.models
            ),
        )


def swaps(results: Results) -> Iterator[str]:
    """What `benchmarks.swaps` has printed."""
    if results.swaps is None:
        return
    yield from titled(
        "## Swaps under load",
        ("figure", "value"),
        ((name.replace("_", " "), _figures(value)) for name, value in results.swaps.items()),
    )


def _figures(value: Any) -> str:
    """A number, or several by their names, as people read them."""
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_figures(each)}" for name, each in value.items())
    return significant(value) if isinstance(value, float) else f"{value:,}"


def cost(results: Results) -> Iterator[str]:
    """Dollars at each memory size."""
    if results.cost is None:
        return
    current = prices()
    yield f"## What {PICTURES:,} pictures cost"
    yield ""
    how = "scaled from times of a whole CPU, because no quota could be set here"
    if not results.cost[0].estimated:
        how = f"measured with the CPU of each size, memory / {current.mb_per_vcpu:,} MB"
    yield (
        f"Default model, 640×480, {how}. Prices of {current.read_on}, {current.region}, x86-64: "
        f"${current.gb_second['x86_64']:.10f} a GB-second, ${current.million_requests:g} a million "
        f"requests, ${current.million_api_requests:g} a million through an HTTP API; without the "
        "free tier. What people tell each other is “20,000 for under $1”."
    )
    yield ""
    best = cheapest(results.cost, 100.0)
    yield from table(
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


def draft(results: Results) -> Iterator[str]:
    """Agreement with a full decode."""
    if results.draft is None:
        return
    yield from titled(
        "## Answers with and without `draft`, default model",
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


def _each(step: Step) -> Spread:
    return Spread.of(value / int(step.at) for value in step.p50_ms.rounds)
