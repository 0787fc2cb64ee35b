"""The plots of the pages, drawn with Matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from training.evaluation.drawing import ACCENT, FILLED, INK, REST, SOFT, WRONG, drawing
from training.evaluation.figures import Confusion
from training.evaluation.reliability import Reliability

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CLASSES: Final = 30
"""Of the confusion matrix that is drawn; with more, those that are most often mistaken."""
_MOST_NUMBERED: Final = 20
_MOST_LETTERS: Final = 22
_LAST_LETTERS: Final = 8
_SHORT: Final = 3


def reliability_plot(found: Reliability) -> str:
    """Accuracy against score, bin by bin, above the number of pictures in each bin."""
    with drawing(5.4, 5.0, "reliability") as (figure, svg):
        upper, lower = figure.subplots(
            2, 1, sharex=True, gridspec_kw={"height_ratios": (3.4, 1), "hspace": 0.1}
        )
        filled = [each for each in found.bins if each.pictures]
        width = found.bins[0].high - found.bins[0].low
        at = [each.low + width / 2 for each in filled]
        accuracy = [each.accuracy or 0.0 for each in filled]
        score = [each.score or 0.0 for each in filled]
        bar: dict[str, Any] = {"width": width * 0.9}
        upper.bar(at, accuracy, color=ACCENT, alpha=0.6, label="share that is right", **bar)
        gaps = [one - other for one, other in zip(score, accuracy, strict=True)]
        upper.bar(
            *(at, gaps),
            bottom=accuracy,
            color="none",
            edgecolor=WRONG,
            hatch="////",
            linewidth=0.8,
            label="gap to the mean score",
            **bar,
        )
        upper.plot([0, 1], [0, 1], color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
        upper.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="right")
        upper.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=9)
        lower.bar(at, [each.pictures for each in filled], color=REST, **bar)
        lower.set(ylabel="pictures", xlabel="score of the answer")
        _whole_numbers(lower)
        for axes in (upper, lower):
            _calm(axes)
    return svg[0]


def confusion_plot(confusion: Sequence[Confusion], labels: Sequence[str]) -> str:
    """A row for each class, a column for each answer, shaded by the share of the row."""
    chosen = drawn_classes(confusion)
    place = {index: at for at, index in enumerate(chosen)}
    totals = {index: sum(e.count for e in confusion if e.truth == index) for index in chosen}
    side = min(8.6, 2.2 + 0.34 * len(chosen))
    with drawing(side, side * 0.94, "confusion") as (figure, svg):
        axes = figure.subplots()
        for each in confusion:
            if each.truth in place and each.answer in place:
                share = each.count / totals[each.truth]
                _cell(axes, (place[each.answer], place[each.truth]), each, share, len(chosen))
        names = [_shortened(labels[index]) for index in chosen]
        short = max(map(len, names)) <= _SHORT
        slant: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
        axes.set_xticks(range(len(chosen)), names, **({} if short else slant))
        axes.set_yticks(range(len(chosen)), names)
        axes.set(xlim=(-0.5, len(chosen) - 0.5), ylim=(len(chosen) - 0.5, -0.5))
        axes.set(xlabel="taken for", ylabel="is", aspect="equal")
        axes.set_xticks(np.arange(-0.5, len(chosen)), minor=True)
        axes.set_yticks(np.arange(-0.5, len(chosen)), minor=True)
        axes.grid(which="minor", linewidth=0.6)
        axes.tick_params(which="both", length=0)
        axes.spines[:].set_visible(False)
    return svg[0]


def latency_plot(milliseconds: Sequence[float]) -> str:
    """How long answers took; the slowest hundredth is left out of the picture."""
    most = float(np.percentile(milliseconds, 99))
    with drawing(5.4, 4.6, "latency") as (figure, svg):
        axes = figure.subplots()
        shown = [each for each in milliseconds if each <= most]
        axes.hist(shown, bins=30, color=ACCENT, rwidth=0.9)
        axes.set(xlabel="milliseconds", ylabel="pictures")
        _whole_numbers(axes)
        _calm(axes)
    return svg[0]


def change_plot(difference: float, low: float, high: float, margin: float) -> str:
    """The difference of two accuracies in points, its interval, and what may be lost."""
    with drawing(7.2, 1.5, "change") as (figure, svg):
        axes = figure.subplots()
        reach = 1.15 * max(abs(low), abs(high), margin, 0.002) * 100
        axes.axvspan(-reach, -margin * 100, color=WRONG, alpha=0.1, linewidth=0)
        axes.axvline(0, color=SOFT, linewidth=1)
        axes.axvline(-margin * 100, color=WRONG, linewidth=1, linestyle=(0, (4, 3)))
        axes.plot([low * 100, high * 100], [0, 0], color=ACCENT, linewidth=5, alpha=0.4)
        axes.plot([difference * 100], [0], "o", color=ACCENT, markersize=9)
        axes.set(xlim=(-reach, reach), ylim=(-1, 1), yticks=[], xlabel="points of accuracy")
        axes.spines.left.set_visible(False)
        axes.tick_params(length=0)
    return svg[0]


def _cell(axes: Axes, at: tuple[int, int], each: Confusion, share: float, classes: int) -> None:
    from matplotlib.patches import Rectangle

    colour = ACCENT if each.truth == each.answer else WRONG
    alpha = 0.12 + 0.78 * share if colour == ACCENT else 0.2 + 0.7 * share
    corner = (at[0] - 0.5, at[1] - 0.5)
    axes.add_patch(Rectangle(corner, 1, 1, facecolor=colour, alpha=alpha, linewidth=0))
    if classes <= _MOST_NUMBERED:
        ink = FILLED if share > 0.5 else INK
        axes.text(*at, f"{each.count:,}", ha="center", va="center", fontsize=8.5, color=ink)


def drawn_classes(confusion: Sequence[Confusion]) -> list[int]:
    """The classes to draw, in order of index."""
    classes = {each.truth for each in confusion} | {each.answer for each in confusion}
    faults = dict.fromkeys(classes, 0)
    for each in confusion:
        if each.truth != each.answer:
            faults[each.truth] += each.count
            faults[each.answer] += each.count
    if len(classes) <= MOST_CLASSES:
        return sorted(classes)
    worst = sorted(classes, key=lambda index: (-faults[index], index))[:MOST_CLASSES]
    return sorted(index for index in worst if faults[index]) or sorted(worst)


def _shortened(label: str) -> str:
    printable = "".join(
        each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in label
    )
    if len(printable) <= _MOST_LETTERS:
        return printable
    # Labels of many classes often differ in a number at their end.
    return f"{printable[: _MOST_LETTERS - _LAST_LETTERS - 1]}…{printable[-_LAST_LETTERS:]}"


def _calm(axes: Axes) -> None:
    axes.grid(axis="y", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    axes.spines.left.set_visible(False)


def _whole_numbers(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
