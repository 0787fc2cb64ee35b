"""The paper that plots are drawn on: SVG that stands inside a page, in the colours of the page.

Figures are drawn with stand-in colours, which then become the CSS variables of the page: one
drawing serves light, dark and paper. Text stays text.
"""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK: Final = "#1b2221"
SOFT: Final = "#58625f"
LINE: Final = "#e2dfd7"
ACCENT: Final = "#1d6b58"
REST: Final = "#a9c6bb"
WRONG: Final = "#98301e"
FILLED: Final = "#fefdfc"
"""Of text on cells that are filled."""

_VARIABLES: Final = {
    INK: "--ink",
    SOFT: "--soft",
    LINE: "--line",
    ACCENT: "--accent",
    REST: "--rest",
    WRONG: "--wrong",
    FILLED: "--surface",
}
_COLOUR: Final = re.compile(r"(fill|stroke): (#[0-9a-f]{6})")
_STYLE: Final[dict[str, Any]] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": SOFT,
    "axes.linewidth": 1.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "grid.color": LINE,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "hatch.color": WRONG,
    "hatch.linewidth": 0.7,
}


@contextmanager
def drawing(width: float, height: float, name: str) -> Iterator[tuple[Figure, list[str]]]:
    """A figure of that size in inches; its SVG is in the list when the block has ended."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it tells of its font cache
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    svg: list[str] = []
    style: Any = _STYLE | {"svg.hashsalt": name}
    with mpl.rc_context(style), warnings.catch_warnings():
        # A label may be in letters that Matplotlib's font lacks; the browser's has them.
        warnings.simplefilter("ignore", UserWarning)
        figure = Figure((width, height))
        FigureCanvasSVG(figure)
        yield figure, svg
        file = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(file, format="svg", bbox_inches="tight", pad_inches=0.04, metadata=nothing)
    svg.append(_inlined(file.getvalue(), name))


def _inlined(svg: str, name: str) -> str:
    """The `svg` element alone, in the page's colours and font, with names of its own."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<style type=\"text/css\">.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r"font-family: [^;\"]*;?|font: [^;\"]*'DejaVu[^;\"]*", "", body)
    body = re.sub(r' id="(?![phm][0-9a-f]{10})[^"]*"', "", body)  # clips, hatches, markers stay
    body = _COLOUR.sub(_variable, body)
    width = re.search(r'width="([\d.]+)pt"', body)
    size = f' style="max-width: {1.15 * float(width[1]):.0f}pt"' if width else ""
    return body.replace("<svg ", f'<svg class="plot {name}" aria-hidden="true"{size} ', 1)


def _variable(match: re.Match[str]) -> str:
    variable = _VARIABLES.get(match[2])
    return f"{match[1]}: var({variable})" if variable else match[0]
