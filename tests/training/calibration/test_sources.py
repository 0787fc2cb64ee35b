"""What can be calibrated: the folder of a bundle or a stage, and never a release in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.bundle import read_bundle
from inference.manifest import CALIBRATION
from inference.stores.directory import DirectoryStore
from tests.cli.command import invoke


@pytest.fixture(scope="module")
def stage(handwriting: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The bundle, published."""
    found = f"{tmp_path_factory.mktemp('registry')}/digits@dev"
    published = invoke("publish", handwriting[0], "--to", found)
    assert published.code == 0, published.stderr
    return found


def test_a_stage_is_calibrated_into_a_folder_of_its_own(
    stage: str, handwriting: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "calibrated"

    ran = invoke("calibrate", stage, handwriting[1], "--out", out, "--json")

    assert ran.code == 0, ran.stderr
    bundle = read_bundle(DirectoryStore(out))
    assert bundle.release == ran.document()["release"]
    assert CALIBRATION in bundle.manifest.files
    assert invoke("publish", out, "--to", stage).code == 0


def test_what_was_published_is_not_changed_in_its_place(
    stage: str, handwriting: tuple[Path, Path], tmp_path: Path
) -> None:
    release = next((Path(stage).parent / "digits" / "releases").iterdir())

    of_stage = invoke("calibrate", stage, handwriting[1])
    of_release = invoke("calibrate", release, handwriting[1])
    into_release = invoke("calibrate", handwriting[0], handwriting[1], "--out", release)

    assert (of_stage.code, of_release.code, into_release.code) == (2, 2, 2)
    assert "is a stage" in of_stage.stderr
    assert "--out digits" in " ".join(of_stage.stderr.split())
    for ran in (of_release, into_release):
        assert "is a release of a registry, which is never changed" in " ".join(ran.stderr.split())
    out = tmp_path / "copy"
    elsewhere = invoke("calibrate", release, handwriting[1], "--out", out, "--dry-run")
    assert elsewhere.code == 0, elsewhere.stderr


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere", "is neither the folder of a bundle nor a stage of a registry"),
        ("store/digits@NO STAGE", "no stage can be called 'NO STAGE'"),
        ("", "the name of a model is empty"),
    ],
    ids=["nothing", "no stage", "empty"],
)
def test_what_is_neither_is_told(source: str, message: str, handwriting: tuple[Path, Path]) -> None:
    ran = invoke("calibrate", source, handwriting[1])

    assert ran.code == 2
    assert message in " ".join(ran.stderr.split())


def test_a_stage_that_points_nowhere_is_told(
    stage: str, handwriting: tuple[Path, Path], tmp_path: Path
) -> None:
    ran = invoke("calibrate", f"{stage}x", handwriting[1], "--out", tmp_path / "out")

    assert ran.code == 1
    assert "points to no release" in " ".join(ran.stderr.split())


def test_groups_keep_to_one_half(handwriting: tuple[Path, Path], tmp_path: Path) -> None:
    bundle, fresh = handwriting
    names = sorted(path.relative_to(fresh).as_posix() for path in fresh.rglob("*.png"))
    (tmp_path / "groups.csv").write_text(
        "picture,group\n" + "".join(f"{name},{number % 3}\n" for number, name in enumerate(names))
    )
    out = tmp_path / "out"

    ran = invoke(
        *("calibrate", bundle, fresh, "--out", out, "--groups", tmp_path / "groups.csv", "--json")
    )

    assert ran.code == 0, ran.stderr
    # A third of 1,000 pictures is one group, so the halves cannot be equal.
    measured = ran.document()["measured"]
    assert {measured["pictures"], measured["calibrating_pictures"]} in ({333, 667}, {334, 666})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--group-by", "(nothing)"), "finds no group in 1,000 of 1,000 names"),
        (("--group-by", "[0-9]+"), "has 0 pairs of parentheses"),
        (("--group-by", "([0-9]).*png", "--groups", "README.md"), "give one"),
        (("--group-by", "(png)"), "are of one group, 'png'"),
    ],
    ids=["no match", "no parentheses", "both", "one group"],
)
def test_groups_that_cannot_be_are_told(
    handwriting: tuple[Path, Path], options: tuple[str, ...], message: str
) -> None:
    ran = invoke("calibrate", *handwriting, *options, "--dry-run")

    assert ran.code == 2
    assert message in " ".join(ran.stderr.split())
