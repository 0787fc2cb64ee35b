"""Recipes have names, and a name or a file that means nothing is refused with what does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inference.errors import ModelError
from inference.recipe import Recipe
from training.recipes import FILTERS, FITS, NamedRecipe, read_recipe, scalings

# The level 255 of red, green and blue as Keras's own `preprocess_input` makes it.
WHITE = {
    "0-255": (255.0, 255.0, 255.0),
    "0-1": (1.0, 1.0, 1.0),
    "-1-1": (1.0, 1.0, 1.0),
    "caffe": (255 - 103.939, 255 - 116.779, 255 - 123.68),
    "torch": (2.2489082, 2.4285715, 2.64),
}
BLACK = {
    "0-255": (0.0, 0.0, 0.0),
    "0-1": (0.0, 0.0, 0.0),
    "-1-1": (-1.0, -1.0, -1.0),
    "caffe": (-103.939, -116.779, -123.68),
    "torch": (-2.117904, -2.0357144, -1.8044444),
}


@pytest.mark.parametrize("name", WHITE)
def test_a_scaling_makes_of_black_and_white_what_keras_does(name: str) -> None:
    table = read_recipe(name).table()

    np.testing.assert_allclose(table[:, 255], WHITE[name], atol=1e-6)
    np.testing.assert_allclose(table[:, 0], BLACK[name], atol=1e-6)


@pytest.mark.parametrize("name", ["caffe", "0-255-bgr", "0-1-bgr", "-1-1-bgr"])
def test_the_recipes_of_opencv_and_caffe_turn_the_channels_round(name: str) -> None:
    assert read_recipe(name).colour == "BGR"


def test_a_name_says_scaling_fit_and_filter() -> None:
    recipe = read_recipe("torch/crop87/bicubic")

    assert (recipe.fit, recipe.crop_fraction, recipe.resize) == ("crop", 0.875, "bicubic")
    assert recipe.std == (58.395, 57.12, 57.375)


def test_what_a_name_leaves_out_is_the_whole_picture_bilinear() -> None:
    assert read_recipe("0-1") == read_recipe("0-1/squash") == read_recipe("0-1/squash/bilinear")


@pytest.mark.parametrize(
    "text", ["", "0-2", "0-1/stretch", "0-1/crop/cubic", "0-1/crop/bicubic/more", "TORCH"]
)
def test_a_name_of_no_recipe_is_refused_with_all_that_there_are(text: str) -> None:
    with pytest.raises(ModelError, match=r"is no recipe: .*caffe, torch.*crop87.*lanczos"):
        read_recipe(text)


@pytest.mark.parametrize("channels", [1, 3])
def test_every_name_that_the_doctor_gives_is_one_that_publish_takes(channels: int) -> None:
    for scaling in scalings(channels):
        for named in scaling.framings():
            assert read_recipe(named.name, channels) == named.recipe


def test_every_framing_of_a_scaling_is_tried_once_the_usual_one_first() -> None:
    names = [each.name for each in NamedRecipe("0-1").framings()]

    assert names[0] == "0-1/squash/bilinear"
    assert len(set(names)) == len(names) == len(FITS) * len(FILTERS)


def test_a_grey_network_has_grey_recipes_and_no_others() -> None:
    assert {each.recipe.colour for each in scalings(1)} == {"L"}
    with pytest.raises(ModelError, match="looks at grey pictures"):
        read_recipe("caffe", 1)


def test_a_recipe_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text('{"fit": "crop", "std": [255]}')

    assert read_recipe(str(path)) == Recipe(fit="crop", std=(255.0,))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{", "is no recipe: the whole: Invalid JSON"),
        ('{"colour": "HSV"}', "is no recipe: colour"),
        ('{"std": [0]}', "std holds a zero"),
        ('{"scael": 2}', "is no recipe: scael: Extra inputs"),
    ],
)
def test_a_file_that_holds_no_recipe_is_refused_with_the_fault(
    tmp_path: Path, content: str, fault: str
) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(content)

    with pytest.raises(ModelError, match=fault):
        read_recipe(str(path))


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(ModelError, match=r"absent\.json cannot be read"):
        read_recipe("absent.json")
