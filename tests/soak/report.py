"""What a soak found, as docs/soak.md and a plot of the memory, docs/soak.svg."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from inference.cores import cores
from tests.soak.ledger import Ledger
from tests.soak.slope import FLOOR, Slope
from tests.soak.watching import Course, Held

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 860, 300, 70, 40, 30


@dataclass
class Findings:
    """All that is worth telling; `wrong` is empty when all is well."""

    seconds: float
    load: float
    ledger: Ledger
    pictures: int
    swaps: int
    faults: dict[str, int]
    course: Course
    first: int
    """From which sample on memory counts."""
    slope: Slope
    limit: float
    """Bytes an hour that memory may rise by, doubt included."""
    early: Held
    late: Held
    s3_requests: int = 0
    wrong: list[str] = field(default_factory=list)


def write(found: Findings, folder: Path) -> None:
    """Put soak.md and soak.svg into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "soak.svg").write_text(_plot(found), encoding="utf-8")
    (folder / "soak.md").write_text("\n".join([*_lines(found), ""]), encoding="utf-8")


def _lines(found: Findings) -> Iterator[str]:
    slope, minutes = found.slope, found.seconds / 60
    yield "# A soak, as it was found"
    yield ""
    yield "`make soak` writes this page: do not edit it. Real uvicorn, AWS's Lambda emulator and"
    yield "SeaweedFS, all doors at once, a share of bad input, a stage that moves, faults of S3."
    yield ""
    yield f"- {datetime.now(UTC):%Y-%m-%d}, {minutes:.1f} minutes, on {cores()} cores; the load of"
    yield f"  the machine was {found.load:.1f} before it began"
    yield f"- {found.ledger.sent.total():,} requests, events and commands sent; the stage moved"
    yield f"  {found.swaps:,} times, each third time to a damaged release"
    faults = sum(found.faults.values())
    yield f"- {found.s3_requests:,} requests to S3, of which {faults:,} met a fault"
    yield f"- the floor of memory after the first quarter: {slope}"
    yield f"  (95 % confidence), so at most {slope.most / 1e6:+.1f}; the limit is"
    yield f"  {found.limit / 1e6:.0f} MB an hour"
    early, late = found.early, found.late
    memory = f"{early.rss_bytes / 1e6:.0f} → {late.rss_bytes / 1e6:.0f} MB"
    yield f"- at rest, warm → at the end: {memory}, open files {early.files} → {late.files},"
    yield f"  sockets {early.sockets} → {late.sockets}, threads {early.threads} → {late.threads}"
    yield "- " + ("nothing was wrong" if not found.wrong else f"**wrong: {len(found.wrong)}**")
    yield ""
    if found.wrong:
        yield from (f"  - wrong: {reason}" for reason in found.wrong)
        yield ""
    yield "![memory over time](soak.svg)"
    yield ""
    yield "| door | sent | came back |"
    yield "|---|---:|---|"
    for door in sorted(found.ledger.sent):
        outcomes = [
            f"{outcome}: {number:,}"
            for (which, outcome), number in sorted(found.ledger.outcomes.items())
            if which == door
        ]
        yield f"| {door} | {found.ledger.sent[door]:,} | {', '.join(outcomes)} |"
    yield ""
    yield "Every 502 above is the answer to a fault that was injected under that door's key."


def _plot(found: Findings) -> str:
    """The memory over time, with its line after the warm-up."""
    x = np.asarray(found.course.seconds) / 60
    y = np.asarray(found.course.rss_bytes) / 1e6
    top, right = float(y.max()) * 1.15, float(x.max())

    def at(minute: float, megabytes: float) -> str:
        across = _LEFT + minute / right * (_WIDTH - _LEFT - 20)
        down = _HEIGHT - _BOTTOM - megabytes / top * (_HEIGHT - _BOTTOM - _TOP)
        return f"{across:.1f},{down:.1f}"

    step = max(1, len(x) // 800)
    course = " ".join(at(*pair) for pair in zip(x[::step], y[::step], strict=True))
    late_x, late_y = x[found.first :], y[found.first :]
    middle, rise = float(np.quantile(late_y, FLOOR)), found.slope.per_hour / 60e6
    ends = " ".join(
        at(float(each), middle + rise * (float(each) - float(late_x.mean())))
        for each in (late_x[0], late_x[-1])
    )
    ticks = [
        f'<text x="{at(minute, 0).split(",")[0]}" y="{_HEIGHT - 18}" text-anchor="middle">'
        f"{minute:.0f} min</text>"
        for minute in np.linspace(0, right, 6)
    ]
    ticks += [
        f'<text x="{_LEFT - 8}" y="{at(0, level).split(",")[1]}" text-anchor="end">'
        f"{level:.0f} MB</text>"
        for level in np.linspace(0, top, 5)
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" font-family="system-ui, sans-serif" '
        'font-size="12" fill="#1f2933">'
    )
    return "\n".join(
        (
            head,
            "<title>Resident memory of the service during the soak</title>",
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
            f'<polyline points="{course}" fill="none" stroke="#0b7285" stroke-width="1"/>',
            f'<polyline points="{ends}" fill="none" stroke="#e8590c" stroke-width="2"/>',
            *ticks,
            "</svg>\n",
        )
    )
