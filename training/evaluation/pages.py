"""What was measured, as one HTML file: plots and small pictures inside, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from inference.plurals import counted
from training.evaluation import documents
from training.evaluation.documents import Evaluation
from training.evaluation.pairing import Changed, Comparison, points
from training.evaluation.plots import (
    change_plot,
    confusion_plot,
    drawn_classes,
    latency_plot,
    reliability_plot,
)
from training.evaluation.reliability import BINS
from training.evaluation.thumbnails import thumbnail
from training.spelling import spelled

MOST_SHOWN: Final = 24
"""Pictures of a gallery."""

_MOST_IN_ORDER: Final = 30
_FOLDER: Final = Path(__file__).parent / "page"
_KINDS: Final = (
    ("lost", "Lost", "The first was right, the second is not."),
    ("gained", "Gained", "The second is right, the first was not."),
    ("still_wrong", "Wrong in another way", "Neither is right, and they say different things."),
)


def evaluation_page(found: Evaluation) -> str:
    """The page of `microlens evaluate`; reads the pictures of the surest mistakes again."""
    document = documents.evaluation(found)
    figures, asked = found.figures, found.asked
    labels = [spelled(each) for each in found.labels]
    met = {each.index for each in figures.classes}
    return _render(
        "evaluation.html",
        **document,
        broken=document["data"]["broken"],
        folder_name=_name(found.folder),
        classes_there=sum(1 for each in figures.classes if each.pictures),
        classes_met=len(met),
        classes_shown=len(drawn_classes(figures.confusion)),
        rows=_rows(document["classes"]),
        bins=BINS,
        rate=len(asked.answered) / asked.seconds,
        others=sum(each.answered for each in figures.classes if not each.pictures),
        reliability_plot=_svg(reliability_plot(figures.reliability)),
        confusion_plot=_svg(confusion_plot(figures.confusion, labels)),
        latency_plot=_svg(latency_plot([each.milliseconds for each in asked.answered])),
        gallery=[
            {**row, "thumbnail": thumbnail(each.path)}
            for row, each in islice(
                zip(document["mistakes"], found.mistakes, strict=True), MOST_SHOWN
            )
        ],
    )


def comparison_page(found: Comparison) -> str:
    """The page of `microlens compare`; reads the pictures that it shows again."""
    document = documents.comparison(found)
    low, high = found.interval
    rows = list(zip(document["changed"], found.changed, strict=True))
    return _render(
        "comparison.html",
        **document,
        words=found.words,
        most=found.most,
        folder_name=_name(found.folder),
        kinds=_KINDS,
        galleries={
            kind: _gallery([each for each in rows if each[1].kind == kind]) for kind, _, _ in _KINDS
        },
        change_plot=_svg(change_plot(found.paired.difference, low, high, found.margin)),
    )


def _rows(classes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The classes that the folder has: in their order, or the worst first where there are many."""
    there = [each for each in classes if each["pictures"]]
    if len(there) <= _MOST_IN_ORDER:
        return there
    return sorted(there, key=lambda each: (each["f1"], each["index"]))


def _gallery(rows: Sequence[tuple[Mapping[str, Any], Changed]]) -> dict[str, Any]:
    shown = [{**row, "thumbnail": thumbnail(each.first.path)} for row, each in rows[:MOST_SHOWN]]
    return {"total": len(rows), "shown": shown}


def _name(folder: Path) -> str:
    return spelled(folder.resolve().name or str(folder))


def _svg(drawn: str) -> Any:
    """A drawing of ours, which needs no escaping: Matplotlib has escaped what it says."""
    from markupsafe import Markup

    return Markup(drawn)  # noqa: S704 - as the docstring says


def _render(template: str, **values: Any) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters.update(percent=_percent, points=points, counted=counted)
    style = (_FOLDER / "style.css").read_text(encoding="utf-8")
    return pages.get_template(template).render(style=_svg(style), **values)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}".replace("%", "\N{NO-BREAK SPACE}%")
