"""Four photographs under free licences, out of packages that ship them."""

from __future__ import annotations

from training.packaged import read_packaged

# File name → the package that carries it, and where.
_SOURCES = {
    "chelsea.png": ("scikit-image", "skimage/data/chelsea.png"),
    "coffee.png": ("scikit-image", "skimage/data/coffee.png"),
    "flower.jpg": ("scikit-learn", "sklearn/datasets/images/flower.jpg"),
    "china.jpg": ("scikit-learn", "sklearn/datasets/images/china.jpg"),
}

CREDITS = """\
The photographs in this folder, unchanged.

chelsea.png  Stefan van der Walt, CC0, from scikit-image
coffee.png   Rachel Michetti, CC0, from scikit-image
flower.jpg   vultilion, CC BY 2.0 (https://creativecommons.org/licenses/by/2.0/), from
             scikit-learn, https://www.flickr.com/photos/vultilion/6056698931/
china.jpg    danielbuechele, CC BY 2.0 (https://creativecommons.org/licenses/by/2.0/), from
             scikit-learn, https://www.flickr.com/photos/danielbuechele/6061409035/
"""


def free_photos() -> dict[str, bytes]:
    """File name → content, byte for byte as packaged; `ModelError` if a package is missing."""
    return {name: read_packaged(*source) for name, source in _SOURCES.items()}
