"""Which part of a picture a model looks at, and how small it may be decoded: plain geometry."""

from __future__ import annotations

from math import ceil

from inference.recipe import Recipe

Box = tuple[float, float, float, float]
Size = tuple[int, int]

DRAFT_MARGIN = 2
"""A reduced decode keeps at least this many pixels per pixel of the tensor, each way.

At 2 the resize filter still averages over whole pixels; the difference to a full decode is
measured in `benchmarks/`, not assumed.
"""


def central_box(size: tuple[float, float], target: Size, recipe: Recipe) -> Box:
    """The part of a picture of `size` that fills `target`, as left, upper, right, lower.

    The whole picture for `squash`; for `crop` the largest central rectangle of the target's
    shape, reduced to `crop_fraction`. Fractions of pixels are meant.
    """
    width, height = size
    if recipe.fit == "squash":
        return 0.0, 0.0, float(width), float(height)
    side = min(width / target[0], height / target[1]) * recipe.crop_fraction
    box_width, box_height = side * target[0], side * target[1]
    # Rounding may carry a box that fills the picture past its edges, which Pillow refuses.
    left, upper = max(0.0, (width - box_width) / 2), max(0.0, (height - box_height) / 2)
    return left, upper, min(left + box_width, width), min(upper + box_height, height)


def draft_size(size: Size, target: Size, recipe: Recipe) -> Size:
    """The smallest size at which a picture of `size` may be decoded for `target`."""
    left, upper, right, lower = central_box(size, target, recipe)
    width = ceil(DRAFT_MARGIN * target[0] * size[0] / (right - left))
    height = ceil(DRAFT_MARGIN * target[1] * size[1] / (lower - upper))
    return width, height
