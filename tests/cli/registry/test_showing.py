"""`microlens list` and `show`: what lies in a registry, and who moved what."""

from __future__ import annotations

from pathlib import Path

from inference import layout
from inference.settings import DEFAULT_MODEL
from inference.stores.directory import DirectoryStore
from tests.cli.command import invoke
from tests.cli.registry.releases import NAME


def test_list_shows_stages_and_releases(model: str, releases: tuple[str, str]) -> None:
    prod, dev = (each[:12] for each in releases)

    stdout = invoke("list", str(Path(model).parent)).stdout

    rows = [line.split() for line in stdout.splitlines()]
    assert rows[0] == [NAME]
    assert ["dev", dev, "2026-11-21", "10:05", "anna@lab", "publish"] in rows
    assert ["prod", prod, "2026-11-21", "09:40", "anna@lab", "promote"] in rows
    assert [prod, "2026-11-21", "09:12", "anna@lab", "6.3", "MB", "90.0%", "prod"] in rows


def test_list_marks_what_nobody_points_to(model: str, releases: tuple[str, str]) -> None:
    invoke("promote", model, "dev", "prod")
    store = DirectoryStore(Path(model).parent)
    store.create(layout.release(NAME, "0" * 64) + "labels.txt", b"x")

    document = invoke("list", model, "--json").document()
    text = invoke("list", model).stdout

    (listed,) = document["models"]
    found = {each["release"]: (each["standing"], each["stages"]) for each in listed["releases"]}
    assert found == {
        releases[1]: ("current", ["dev", "prod"]),
        releases[0]: ("remembered", []),
        "0" * 64: ("unreferenced", []),
    }
    assert "(in a history)" in text
    assert "(unreferenced) not whole: its publisher was interrupted" in text


def test_list_sets_models_apart_and_shows_a_pointer_that_cannot_be_read(model: str) -> None:
    registry = Path(model).parent
    store = DirectoryStore(registry)
    store.create(layout.pointer("animals", "dev"), b"{}")

    lines = [line.rstrip() for line in invoke("list", registry).stdout.splitlines()]

    assert lines[0] == "animals"
    assert "this is no pointer of format 1" in lines[2]
    assert lines[3:5] == ["", NAME]


def test_show_prints_a_bundle_and_a_stage_with_its_history(
    model: str, releases: tuple[str, str]
) -> None:
    bundle = invoke("show", DEFAULT_MODEL).stdout
    stage = invoke("show", f"{model}@dev").stdout

    assert bundle.startswith(f"{NAME}, release {releases[0]}")
    assert "224 × 224 RGB, uint8" in bundle
    assert "90.0% of 100 pictures" in bundle
    assert stage.startswith(f"{NAME}@dev, release {releases[1]}")
    history = [line.split() for line in stage.splitlines()[-2:]]
    assert history == [
        ["stage", releases[1][:12], *["publish", "by", "anna@lab,", "2026-11-21", "10:05", "UTC"]],
        ["before", releases[0][:12], *["publish", "by", "anna@lab,", "2026-11-21", "09:12", "UTC"]],
    ]


def test_show_as_json_has_the_manifest_the_pointer_and_the_labels(
    model: str, releases: tuple[str, str]
) -> None:
    document = invoke("show", f"{model}@prod", "--json").document()

    assert document["release"] == document["pointer"]["release"] == releases[0]
    assert document["manifest"]["name"] == NAME
    assert len(document["labels"]) == 1000
