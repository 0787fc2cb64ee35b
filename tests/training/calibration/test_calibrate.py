"""`microlens calibrate` on real handwriting: what it promises, what it refuses, what it leaves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from inference.bundle import read_bundle
from inference.calibration import Calibration
from inference.classifier import Classifier, Query
from inference.golden import verify
from inference.manifest import CALIBRATION, Calibrated
from inference.model import Model
from inference.settings import read_settings
from inference.sources import Fetched
from inference.stores.directory import DirectoryStore
from tests.cli.command import Ran, invoke
from tests.servers.uvicorn import uvicorn
from training.calibration.halves import halves
from training.evaluation.folder import pictures_of
from training.photos import digest

ERROR = 0.05


def loaded(bundle: Path) -> Model:
    return Model(read_bundle(DirectoryStore(bundle)))


def measured(bundle: Path) -> Calibrated:
    found = loaded(bundle).bundle.manifest.calibration
    assert found is not None
    return found


def ask(bundle: Path, pictures: list[bytes]) -> list[Any]:
    classifier = Classifier.of(read_settings({"MICROLENS_MODEL": str(bundle)}))
    return [classifier.classify(Fetched(data, "upload"), Query()) for data in pictures]


def test_sets_cover_and_scores_mean_what_was_asked_for(calibrated: tuple[Path, Ran]) -> None:
    bundle, ran = calibrated

    assert ran.code == 0, ran.stderr
    found = measured(bundle)
    assert abs(found.coverage - (1 - ERROR)) <= 0.02
    assert found.ece < 0.02
    assert found.accepted_wrong <= ERROR
    assert found.accepted > 0.8
    assert found.pictures == found.calibrating_pictures == 500


def test_the_manifest_says_what_a_service_answers(
    calibrated: tuple[Path, Ran], handwriting: tuple[Path, Path]
) -> None:
    bundle, _ = calibrated
    fresh = handwriting[1]
    pictures = pictures_of(fresh, loaded(bundle).labels)
    truth = np.array([each.index for each in pictures])
    held_out = [pictures[place] for place in halves(truth)[1]]

    answers = ask(bundle, [each.data for each in held_out])

    found = measured(bundle)
    covered = [str(each.index) in one.labels for each, one in zip(held_out, answers, strict=True)]
    decisions = [each.decision for each in answers]
    assert found.coverage == pytest.approx(np.mean(covered), abs=1e-4)
    assert found.accepted == pytest.approx(decisions.count("accept") / 500, abs=1e-4)
    assert found.unknown == pytest.approx(decisions.count("unknown") / 500, abs=1e-4)
    assert found.data_sha256 == digest(held_out)
    assert {each.coverage for each in answers} == {0.95}


def test_photographs_are_unknown_and_digits_are_not(
    calibrated: tuple[Path, Ran], photographs: Path
) -> None:
    bundle, _ = calibrated
    pictures = [each.read_bytes() for each in sorted(photographs.iterdir())]

    decisions = [each.decision for each in ask(bundle, pictures)]

    found = measured(bundle)
    assert decisions.count("unknown") >= 0.9 * len(pictures)
    assert found.unknown <= 0.05
    assert found.outsiders is not None
    assert found.outsiders.pictures == len(pictures)
    assert found.outsiders.auroc > 0.97
    assert found.outsiders.unknown == pytest.approx(
        decisions.count("unknown") / len(pictures), abs=1e-4
    )


def test_the_calibrated_bundle_is_a_release_of_its_own_with_golden_answers_that_hold(
    calibrated: tuple[Path, Ran], handwriting: tuple[Path, Path]
) -> None:
    before, after = loaded(handwriting[0]), loaded(calibrated[0])

    verify(after)

    assert after.bundle.release != before.bundle.release
    assert after.bundle.release == calibrated[1].document()["release"]
    assert CALIBRATION in after.bundle.manifest.files
    kept = set(before.bundle.manifest.files) - {"golden/answers.json"}
    for name in kept:
        assert after.bundle.read(name) == before.bundle.read(name)


def test_a_service_answers_with_decisions(
    calibrated: tuple[Path, Ran], handwriting: tuple[Path, Path], chelsea: Path
) -> None:
    digit = min((handwriting[1] / "6").iterdir())
    with uvicorn(env={"MICROLENS_MODEL": str(calibrated[0])}) as service:
        cat, six = (
            httpx.post(f"{service.url}/classify", files={"image": path.read_bytes()}).json()
            for path in (chelsea, digit)
        )

    assert cat["decision"] == "unknown"
    assert (six["decision"], six["labels"], six["coverage"]) == ("accept", ["6"], 0.95)


def test_the_command_line_shows_the_decision_and_what_it_is_worth(
    calibrated: tuple[Path, Ran], handwriting: tuple[Path, Path]
) -> None:
    six = min((handwriting[1] / "6").iterdir())

    said = invoke("classify", six, "--model", calibrated[0])
    shown = invoke("show", calibrated[0])

    assert "accept: 6, for a coverage of 0.95" in said.stdout
    assert "of 500 pictures where 95.0% was asked for" in " ".join(shown.stdout.split())


def test_a_promotion_shows_that_a_release_is_calibrated_now(
    calibrated: tuple[Path, Ran], handwriting: tuple[Path, Path], tmp_path: Path
) -> None:
    registry = tmp_path / "registry"
    for bundle, stage in ((handwriting[0], "prod"), (calibrated[0], "dev")):
        published = invoke("publish", bundle, "--to", f"{registry}/digits@{stage}")
        assert published.code == 0, published.stderr

    promoted = invoke("promote", f"{registry}/digits", "dev", "prod", "--dry-run")

    words = " ".join(promoted.stdout.split())
    assert "calibration none → coverage" in words
    assert "all 2 of the old release get the same label" in words


def test_calibrating_again_starts_from_the_network_and_not_from_the_first_calibration(
    calibrated: tuple[Path, Ran],
    handwriting: tuple[Path, Path],
    photographs: Path,
    tmp_path: Path,
) -> None:
    bundle = shutil.copytree(calibrated[0], tmp_path / "digits")

    ran = invoke("calibrate", bundle, handwriting[1], "--outside", photographs, "--json")

    assert ran.document()["release"] == calibrated[1].document()["release"]


def test_a_dry_run_measures_and_writes_nothing(
    handwriting: tuple[Path, Path], tmp_path: Path
) -> None:
    bundle, fresh = handwriting
    out = tmp_path / "out"

    ran = invoke("calibrate", bundle, fresh, "--out", out, "--error", "0.1", "--dry-run")

    assert ran.code == 0, ran.stderr
    assert "90.0% asked for" in ran.stdout
    assert "generated noise and colours" in ran.stdout
    assert "dry run: nothing was written" in ran.stdout
    assert not out.exists()


def test_each_class_may_have_its_own_threshold(
    handwriting: tuple[Path, Path], tmp_path: Path
) -> None:
    bundle, fresh = handwriting
    out = tmp_path / "out"

    ran = invoke("calibrate", bundle, fresh, "--out", out, "--per-class", "--json")

    found = Calibration.read(read_bundle(DirectoryStore(out)))
    assert ran.document()["measured"]["per_class"] is True
    assert len(set(found.thresholds)) > 1
    assert len(found.thresholds) == 10
    assert abs(measured(out).coverage - (1 - ERROR)) <= 0.04


def few(folder: Path, fresh: Path, each: int) -> Path:
    """So many pictures of every class."""
    for digit in range(10):
        (folder / str(digit)).mkdir(parents=True)
        for path in sorted((fresh / str(digit)).iterdir())[:each]:
            shutil.copy(path, folder / str(digit))
    return folder


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--error", "0.01"), "an error of 0.01 needs 99 pictures to calibrate on and as many"),
        (("--per-class",), "in each class needs 19 pictures of it"),
    ],
    ids=["over all", "in each class"],
)
def test_too_few_pictures_are_told_with_figures(
    handwriting: tuple[Path, Path], tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    bundle, fresh = handwriting
    folder = few(tmp_path / "few", fresh, each=4)

    ran = invoke("calibrate", bundle, folder, "--out", tmp_path / "out", *options)

    assert ran.code == 2
    assert message in " ".join(ran.stderr.split())
    assert not (tmp_path / "out").exists()


def test_forty_pictures_are_enough_for_the_usual_error(
    handwriting: tuple[Path, Path], tmp_path: Path
) -> None:
    bundle, fresh = handwriting
    folder = few(tmp_path / "few", fresh, each=4)

    ran = invoke("calibrate", bundle, folder, "--out", tmp_path / "out", "--json")

    assert ran.code == 0, ran.stderr
    assert json.loads((tmp_path / "out" / CALIBRATION).read_text())["outside"]["rate"] <= 0.05


def wrong_label(folder: Path, fresh: Path) -> None:
    shutil.copytree(fresh / "1", folder / "1")
    shutil.copytree(fresh / "2", folder / "two")


def one_class(folder: Path, fresh: Path) -> None:
    shutil.copytree(fresh / "1", folder / "1")


def nothing(folder: Path, fresh: Path) -> None:
    assert fresh.is_dir()
    folder.mkdir()


def no_pictures(folder: Path, fresh: Path) -> None:
    assert fresh.is_dir()
    for digit in "12":
        (folder / digit).mkdir(parents=True)
        (folder / digit / "notes.png").write_text("not a picture")


def many_broken(folder: Path, fresh: Path) -> None:
    few(folder, fresh, each=4)
    for digit in range(10):
        (folder / str(digit) / "broken.png").write_text("not a picture")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (wrong_label, "'two' is named like none of the 10 labels"),
        (one_class, "holds one class, 1"),
        (nothing, "holds nothing"),
        (no_pictures, "can be decoded as a picture"),
        (many_broken, "10 files cannot be decoded"),
    ],
    ids=["an unknown label", "one class", "nothing", "no pictures", "many broken files"],
)
def test_a_bad_folder_is_told_in_one_message(
    handwriting: tuple[Path, Path], tmp_path: Path, make: Any, message: str
) -> None:
    bundle, fresh = handwriting
    make(tmp_path / "bad", fresh)

    ran = invoke("calibrate", bundle, tmp_path / "bad", "--out", tmp_path / "out")

    assert ran.code == 2
    assert message in " ".join(ran.stderr.split())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "holds no file"), ("not a picture", "can be decoded as a picture")],
    ids=["empty", "no pictures"],
)
def test_a_folder_of_something_else_holds_pictures(
    handwriting: tuple[Path, Path], tmp_path: Path, content: str | None, message: str
) -> None:
    bundle, fresh = handwriting
    others = tmp_path / "others"
    others.mkdir()
    if content:
        (others / "notes.png").write_text(content)

    ran = invoke("calibrate", bundle, few(tmp_path / "few", fresh, each=4), "--outside", others)

    assert ran.code == 2
    assert message in " ".join(ran.stderr.split())


def test_a_bundle_is_not_put_among_the_pictures(handwriting: tuple[Path, Path]) -> None:
    bundle, fresh = handwriting

    ran = invoke("calibrate", bundle, fresh, "--out", fresh / "calibrated")

    assert ran.code == 2
    assert "would lie among the pictures" in " ".join(ran.stderr.split())


def test_a_folder_that_is_no_bundle_is_neither_read_nor_overwritten(
    handwriting: tuple[Path, Path], tmp_path: Path
) -> None:
    bundle, fresh = handwriting
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")

    read = invoke("calibrate", tmp_path / "mine", fresh)
    written = invoke("calibrate", bundle, fresh, "--out", tmp_path / "mine")

    assert (read.code, written.code) == (2, 2)
    assert "is no bundle" in read.stderr
    assert "is left as it is" in " ".join(written.stderr.split())
    assert [each.name for each in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_the_chance_that_a_photograph_lies_farther_out_is_scikit_learns(
    calibrated: tuple[Path, Ran], handwriting: tuple[Path, Path], photographs: Path
) -> None:
    from training.calibration.looking import look
    from training.calibration.measuring import distances
    from training.calibration.others import outsiders_in

    model = loaded(handwriting[0])
    calibration = Calibration.read(read_bundle(DirectoryStore(calibrated[0])))
    pictures = pictures_of(handwriting[1], model.labels)
    held_out = [pictures[at] for at in halves(np.array([each.index for each in pictures]))[1]]
    own = distances(calibration, look(model, held_out)[0])
    far = distances(calibration, outsiders_in(photographs, model).seen)

    found = measured(calibrated[0]).outsiders
    assert found is not None
    labels = [0] * len(own) + [1] * len(far)
    assert found.auroc == pytest.approx(roc_auc_score(labels, [*own, *far]), abs=1e-4)
