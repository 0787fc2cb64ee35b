"""docs/models.md: its shell lines lead from Keras files to production, and print what it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from inference.recipe import Recipe
from tests.cli.command import PROJECT, Ran, microlens
from tests.training.publishing.colours import (
    LABELS,
    colour_network,
    colour_pictures,
    write_labels,
)
from training.recipes import ALL_FILTERS, FITS, SCALINGS

DOCS = (PROJECT / "docs" / "models.md").read_text(encoding="utf-8")
RECIPES = (PROJECT / "docs" / "recipes.md").read_text(encoding="utf-8")
[SHELL] = re.findall(r"^```sh\n((?:microlens .*\n)+)```$", DOCS, re.MULTILINE)
EXAMPLES = dict(re.findall(r"^```console\n\$ microlens (.*)\n((?:.*\n)*?)```$", DOCS, re.MULTILINE))


LOOKS = ("--dry-run", "--once")


def without_measures(text: str) -> list[str]:
    """The lines of `text` without digests, versions, sizes and the third digit of a figure."""
    text = re.sub(r"\b[0-9a-f]{12}(?:[0-9a-f]{52})?\b", "<digest>", text)
    text = re.sub(r"Keras \d+\.\d+\.\d+", "Keras <version>", text)
    text = re.sub(r"(\d\.\d\d)\d+|[\d,]+ bytes", r"\1", text)
    return [line.rstrip() for line in text.splitlines() if "crop" not in line]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the page begins with: `colours/` of Keras 2, and `pictures/`."""
    import tf_keras

    folder = tmp_path_factory.mktemp("docs")
    (folder / "colours").mkdir()
    network = colour_network(tf_keras)
    (folder / "colours" / "architecture.json").write_text(network.to_json())
    network.save_weights(folder / "colours" / "weights.h5")
    write_labels(folder / "colours")
    colour_pictures(folder / "pictures")
    return folder


@pytest.fixture(scope="module")
def ran(place: Path) -> dict[str, Ran]:
    """What the page's shell lines did, one after the other."""
    lines = [line.removeprefix("microlens ") for line in SHELL.splitlines()]
    return {line: microlens(*shlex.split(line), cwd=place) for line in lines}


@pytest.mark.slow
@pytest.mark.tensorflow
def test_ten_lines_of_shell_lead_to_production(ran: dict[str, Ran], place: Path) -> None:
    assert len(ran) <= 10
    assert {line: done.stderr for line, done in ran.items() if done.code} == {}
    for stage in ("dev", "prod"):
        assert (place / "registry" / "colours" / "stages" / f"{stage}.json").is_file()
    answer = ran["classify pictures/blue --model registry/colours@prod"].stdout
    assert len(re.findall(r"^pictures/blue/\d\.png .* blue\s*$", answer, re.MULTILINE)) == 8


@pytest.mark.slow
@pytest.mark.tensorflow
def test_the_page_shows_what_is_printed(ran: dict[str, Ran]) -> None:
    shown = {line: output for line, output in EXAMPLES.items() if line in ran}

    assert len(shown) == 2
    for line, output in shown.items():
        assert without_measures(ran[line].stdout) == without_measures(output), line


@pytest.mark.slow
@pytest.mark.tensorflow
def test_what_is_dropped_into_a_watched_registry_is_published(tmp_path: Path) -> None:
    import keras

    from training.litert import to_float32

    incoming = tmp_path / "registry" / "colours" / "incoming"
    incoming.mkdir(parents=True)
    (incoming / "model.tflite").write_bytes(to_float32(colour_network(keras)))
    write_labels(incoming)

    waits = microlens("watch", "registry", "--once", cwd=tmp_path)
    (incoming / "recipe.json").write_text('{"std": [255]}')
    foreseen = microlens("watch", "registry", "--dry-run", cwd=tmp_path)
    done = microlens("watch", "registry", "--once", cwd=tmp_path)

    assert (waits.code, waits.stdout) == (
        1,
        "colours: waiting for recipe.json or pictures/CLASS/…\n",
    )
    shown = {line: without_measures(EXAMPLES[f"watch registry {line}"]) for line in LOOKS}
    assert (foreseen.code, without_measures(foreseen.stdout)) == (0, shown["--dry-run"])
    assert (done.code, without_measures(done.stdout)) == (0, shown["--once"])
    assert (incoming / "model.tflite").is_file()


@pytest.mark.parametrize("name", [*SCALINGS, *FITS, *ALL_FILTERS])
def test_every_word_of_a_recipe_is_explained(name: str) -> None:
    assert f"`{name}`" in RECIPES


def test_the_recipe_on_the_page_is_one() -> None:
    [content] = re.findall(r"^```json\n(.*\n)```$", RECIPES, re.MULTILINE)

    assert Recipe.model_validate_json(content).crop_fraction == 0.875
    for member in Recipe.model_fields:
        assert f"`{member}`" in RECIPES
    assert len(LABELS) == 4
