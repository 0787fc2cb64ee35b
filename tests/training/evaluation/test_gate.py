"""`microlens compare` writes a report, and `microlens promote --require` keeps to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inference.answers import ModelIdentity
from inference.errors import ModelError
from inference.stores.directory import DirectoryStore
from tests.cli.command import invoke
from tests.training.evaluation.answers import answered, asked
from tests.training.evaluation.conftest import Registry
from training.evaluation.asking import Answered
from training.evaluation.pairing import Comparison, Side, count
from training.registry.report import Report
from training.registry.rules import reasons_against
from training.registry.stages import read_stage

OLD, NEW, OTHER = ("a" * 64, "b" * 64, "c" * 64)
DATA = "d" * 64


def report(verdict: str, *reasons: str) -> Report:
    return Report.model_validate(
        {
            "verdict": verdict,
            "release": NEW,
            "against": OLD,
            "data_sha256": DATA,
            "reasons": reasons,
        }
    )


REFUSED = {
    "worse": (NEW, "worse", OLD, None, "it is bad"),
    "undecided": (NEW, "undecided", OLD, None, "it is bad"),
    "another release": (OTHER, "better", OLD, None, "is about release bbbbbbbbbbbb, not about ccc"),
    "another one is replaced": (NEW, "better", OTHER, None, "would replace cccccccccccc"),
    "other pictures": (NEW, "better", OLD, "e" * 64, "rests on other pictures"),
}
ALLOWED = {
    "better": (NEW, "better", OLD, DATA),
    "no worse": (NEW, "no_worse", OLD, None),
    "a first release": (NEW, "better", None, None),
    "it is there already": (NEW, "better", NEW, None),
}


@pytest.mark.parametrize(
    ("release", "verdict", "replaced", "data", "why"), REFUSED.values(), ids=REFUSED
)
def test_a_report_speaks_against(
    release: str, verdict: str, replaced: str | None, data: str | None, why: str
) -> None:
    (reason,) = reasons_against(release, report(verdict, "it is bad"), replaced, data)

    assert why in reason


@pytest.mark.parametrize(("release", "verdict", "replaced", "data"), ALLOWED.values(), ids=ALLOWED)
def test_a_report_lets_through(
    release: str, verdict: str, replaced: str | None, data: str | None
) -> None:
    assert reasons_against(release, report(verdict), replaced, data) == ()


@pytest.mark.parametrize("verdict", ["better", "no_worse", "worse", "undecided"])
def test_a_comparison_that_does_not_say_with_what_is_no_report(verdict: str) -> None:
    with pytest.raises(ValueError, match="needs 'against' and 'data_sha256'"):
        Report.model_validate({"verdict": verdict, "release": NEW})


def compared(
    registry: Registry, first: str, second: str, colours: Path, out: Path
) -> dict[str, object]:
    ran = invoke(
        *("compare", f"{registry.model}@{first}", f"{registry.model}@{second}"),
        *(colours, "--out", out, "--json"),
    )
    assert ran.code == 0, ran.stderr
    document: dict[str, object] = ran.document()
    assert json.loads(out.read_text()) == document
    return document


def test_a_worse_release_is_not_promoted_and_the_figures_say_why(
    registry: Registry, colours: Path, tmp_path: Path
) -> None:
    out = tmp_path / "report.json"
    document = compared(registry, "prod", "dev", colours, out)
    assert document["verdict"] == "worse"
    assert (document["release"], document["against"]) == (registry.bad, registry.good)

    ran = invoke("promote", registry.model, "dev", "prod", "--require", out)

    assert ran.code == 1
    assert f"it is worse than release {registry.good[:12]}" in ran.stderr
    assert "McNemar's p" in ran.stderr
    store = DirectoryStore(registry.path)
    assert read_stage(store, "colours", "prod").release == registry.good


def test_a_better_release_is_promoted_on_the_pictures_that_were_measured_and_no_others(
    registry: Registry, colours: Path, tmp_path: Path
) -> None:
    out = tmp_path / "report.json"
    document = compared(registry, "dev", "prod", colours, out)
    assert document["verdict"] == "better"
    promote = ("promote", registry.model, "prod", "dev", "--require", out)
    fewer = tmp_path / "fewer"
    for path in sorted(colours.rglob("*.png"))[1:]:
        (fewer / path.parent.name).mkdir(parents=True, exist_ok=True)
        (fewer / path.parent.name / path.name).write_bytes(path.read_bytes())

    refused = invoke(*promote, "--pictures", fewer)
    assert refused.code == 1
    assert "rests on other pictures" in refused.stderr
    ran = invoke(*promote, "--pictures", colours)
    assert ran.code == 0, ran.stderr
    assert read_stage(DirectoryStore(registry.path), "colours", "dev").release == registry.good


def test_pictures_without_a_report_are_wrong_usage(registry: Registry, colours: Path) -> None:
    ran = invoke("promote", registry.model, "dev", "prod", "--pictures", colours)

    assert ran.code == 2
    assert "--require" in ran.stderr


def test_a_report_about_what_prod_no_longer_has_is_refused(
    registry: Registry, colours: Path, tmp_path: Path
) -> None:
    out = tmp_path / "report.json"
    compared(registry, "dev", "prod", colours, out)

    ran = invoke("promote", registry.model, "prod", "staging", "--require", out)
    assert ran.code == 0, ran.stderr  # a first release replaces nothing
    invoke("promote", registry.model, "dev", "prod")
    late = invoke("promote", registry.model, registry.good[:12], "prod", "--require", out)
    assert late.code == 0, late.stderr  # what is replaced is what it was compared with
    changed = json.loads(out.read_text())
    out.write_text(json.dumps({**changed, "against": OTHER}))
    refused = invoke("promote", registry.model, "prod", "dev", "--require", out)
    assert refused.code == 1
    assert "compares it with release cccccccccccc" in refused.stderr


def sides() -> tuple[Side, Side]:
    labels = ("cat", "dog", "owl")
    return (
        Side("a", ModelIdentity(name="a", release=OLD), labels),
        Side("b", ModelIdentity(name="b", release=NEW), labels),
    )


def test_changes_are_told_in_both_directions() -> None:
    def pair(name: str, truth: int, before: int, now: int) -> tuple[Answered, Answered]:
        return (
            answered(truth, (before, 0.6), name=name),
            answered(truth, (now, 0.7), name=name),
        )

    pairs = [
        pair("0/lost.png", 0, 0, 1),
        pair("0/same.png", 0, 0, 0),
        pair("1/gained.png", 1, 0, 1),
        pair("1/other.png", 1, 0, 2),
        pair("2/wrong.png", 2, 1, 1),
    ]
    found = Comparison.of(
        sides(),
        (asked(*(one for one, _ in pairs)), asked(*(two for _, two in pairs))),
        Path("pictures"),
        0.01,
    )

    assert [(each.name, each.kind) for each in found.changed] == [
        ("0/lost.png", "lost"),
        ("1/gained.png", "gained"),
        ("1/other.png", "still_wrong"),
    ]
    assert (found.paired.both, found.paired.neither) == (1, 2)
    assert count(pairs) == found.paired
    assert found.verdict == "undecided"
    assert "more pictures decide it" in found.reasons[0]


def test_files_that_changed_between_the_two_make_no_comparison() -> None:
    one, other = answered(0, (0, 0.9), name="a.png"), answered(0, (0, 0.9), name="b.png")

    with pytest.raises(ModelError, match="changed while the models were asked"):
        Comparison.of(sides(), (asked(one), asked(other)), Path("pictures"), 0.01)
