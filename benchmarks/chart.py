"""The picture beside the results: bars for every contender, as a small SVG without a library."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from benchmarks.contenders import US, US_INT8
from benchmarks.spread import Spread, significant
from benchmarks.warm import FLOOR, Warm

_WIDTH, _ROW, _HEAD = 860, 22, 44
_LABELS, _BARS = 130, 190  # columns of one panel, in pixels
_PANEL = _WIDTH // 2
_INK, _PALE, _LINE = "#1f2933", "#66727f", "#9aa5b1"
_COLOURS = {US: "#0b7285", US_INT8: "#0b7285", FLOOR: "#adb5bd"}
_OTHERS = "#e8a33d"


def chart(warm: Warm) -> str:
    """Four panels: time with one connection and pictures a second with eight, both pictures."""
    panels = [panel for picture in ("640x480", "12MP") for panel in _panels(warm, picture)]
    height = _HEAD + _ROW * len(warm.figures) + 20
    body = [
        line
        for number, (title, figures) in enumerate(panels)
        for line in _panel(number % 2 * _PANEL + 14, number // 2 * height, title, figures)
    ]
    total = 2 * height
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {total}" '
        f'width="{_WIDTH}" height="{total}" font-family="system-ui, sans-serif" font-size="12">'
    )
    title = "<title>Microlens beside its peers and the floor</title>"
    paper = f'<rect width="{_WIDTH}" height="{total}" fill="#ffffff"/>'
    return "\n".join((svg, title, paper, *body, "</svg>\n"))


def _panels(warm: Warm, picture: str) -> Iterator[tuple[str, dict[str, Spread]]]:
    """The title and the figures of the two panels about one kind of picture."""
    times = {name: of[f"{picture}, 1 connection"].p50_ms for name, of in warm.figures.items()}
    yield f"{picture}, 1 connection: ms, less is better", times
    rates = {name: of[f"{picture}, 8 connections"].rate for name, of in warm.figures.items()}
    yield f"{picture}, 8 connections: pictures/s, more is better", rates


def _panel(left: int, top: int, title: str, figures: dict[str, Spread]) -> Iterator[str]:
    yield (
        f'<text x="{left}" y="{top + 26}" font-weight="600" fill="{_INK}">{escape(title)}</text>'
    )
    longest = max(max(spread.rounds) for spread in figures.values())
    for row, (name, spread) in enumerate(figures.items()):
        yield from _bar(left, top + _HEAD + row * _ROW, name, spread, _BARS / longest)


def _bar(left: int, top: int, name: str, spread: Spread, scale: float) -> Iterator[str]:
    """The bar is the median; the thin line over it reaches from the smallest to the largest."""
    start, middle = left + _LABELS, top + _ROW // 2
    end, low, high = (
        start + value * scale for value in (spread.median, min(spread.rounds), max(spread.rounds))
    )
    weight = ' font-weight="600"' if name == US else ""
    yield (
        f'<text x="{start - 8}" y="{middle + 4}" text-anchor="end" fill="{_INK}"{weight}>'
        f"{escape(name)}</text>"
    )
    yield (
        f'<rect x="{start}" y="{top + 4}" width="{end - start:.1f}" height="{_ROW - 8}" rx="2" '
        f'fill="{_COLOURS.get(name, _OTHERS)}"/>'
    )
    yield (
        f'<path d="M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 3}v6M{high:.1f} '
        f'{middle - 3}v6" stroke="{_LINE}" fill="none"/>'
    )
    yield (
        f'<text x="{max(end, high) + 6:.1f}" y="{middle + 4}" fill="{_PALE}">'
        f"{significant(spread.median)}</text>"
    )
