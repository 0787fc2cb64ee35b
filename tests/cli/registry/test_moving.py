"""`microlens promote` and `rollback`, in a folder and in a real S3 server; what they load."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inference.stores.directory import DirectoryStore
from tests.cli.command import PROJECT, invoke, microlens
from tests.cli.registry.releases import NAME, fill
from tests.program import printed
from tests.servers.process import environment
from tests.servers.seaweed import Seaweed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

HEAVY = ("tensorflow", "keras", "tf_keras", "fastapi", "starlette", "mangum", "uvicorn", "boto3")


def everything(model: str) -> dict[Path, bytes]:
    """All files of the model's folder, but for the locks."""
    files = (path for path in Path(model).rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in files if not path.name.startswith(".")}


def test_promote_prints_old_and_new_what_differs_and_how_to_undo_it(
    model: str, releases: tuple[str, str]
) -> None:
    old, new = (each[:12] for each in releases)

    lines = invoke("promote", model, "dev", "prod").stdout.splitlines()

    assert lines[0].rstrip() == f"{model}@prod moved: {old} → {new}"
    assert [" ".join(line.split()) for line in lines[1:-1]] == [
        "labels gone tabby",
        "labels added tabby cat",
        "recipe.crop_fraction 0.875 → 0.9375",
        "golden pictures all 4 of the old release get the same label",
    ]
    assert lines[-1].rstrip() == f"undo: microlens rollback {model}@prod"


@pytest.mark.parametrize("start", [("promote", "{}", "dev", "prod"), ("rollback", "{}@dev")])
def test_the_command_that_undoes_it_does(
    model: str, releases: tuple[str, str], start: tuple[str, ...]
) -> None:
    stage = "prod" if start[0] == "promote" else "dev"
    before = invoke("show", f"{model}@{stage}", "--json").document()["release"]

    document = invoke(*(word.format(model) for word in start), "--json").document()
    assert document["changed"] is True
    assert {document["old"], document["new"]} == set(releases)
    undone = invoke(*shlex.split(document["undo"])[1:], "--json").document()

    assert undone["new"] == before == document["old"]
    assert invoke("show", f"{model}@{stage}", "--json").document()["release"] == before


@pytest.mark.parametrize("command", [("promote", "{}", "dev", "prod"), ("rollback", "{}@dev")])
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
def test_a_dry_run_changes_nothing(
    model: str, command: tuple[str, ...], options: list[str]
) -> None:
    before = everything(model)

    ran = invoke(*(word.format(model) for word in command), "--dry-run", *options)

    assert ran.code == 0
    assert "tabby" in ran.stdout
    assert "would be moved" in ran.stdout or ran.document()["changed"] is False
    assert everything(model) == before


def test_promoting_what_is_there_already_says_so(model: str, releases: tuple[str, str]) -> None:
    ran = invoke("promote", model, releases[0][:12], "prod")

    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout.rstrip() == (
        f"{model}@prod is {releases[0][:12]} already: there is nothing to do"
    )


def test_a_stage_that_is_new_has_nothing_to_undo(model: str) -> None:
    ran = invoke("promote", model, "dev", "staging")

    assert "moved: nothing → " in ran.stdout
    assert "undo" not in ran.stdout


@pytest.mark.parametrize(
    ("verdict", "code"), [("pass", 0), ("fail", 1)], ids=["it passes", "it fails"]
)
def test_a_required_report_decides(
    model: str, releases: tuple[str, str], tmp_path: Path, verdict: str, code: int
) -> None:
    report = tmp_path / "report.json"
    reasons = ["recall of 'tabby' fell from 91% to 71%"]
    report.write_text(json.dumps({"verdict": verdict, "release": releases[1], "reasons": reasons}))

    ran = microlens("promote", model, "dev", "prod", "--require", report, "--json")

    assert ran.code == code
    assert (reasons[0] in ran.stderr) == (code == 1)
    assert (ran.stdout == "") == (code == 1)


def test_a_release_that_misses_its_golden_answers_is_refused(model: str) -> None:
    digest = invoke("show", f"{model}@dev", "--json").document()["release"]
    file = Path(model) / "releases" / digest / "labels.txt"
    file.write_bytes(file.read_bytes().replace(b"espresso", b"expresso"))
    before = everything(model)

    ran = microlens("promote", model, "dev", "prod")

    assert (ran.code, ran.stdout) == (1, "")
    assert ran.stderr.startswith("microlens: 'labels.txt' is not the file that was published")
    assert ran.stderr.count("\n") == 1
    assert everything(model) == before


def test_a_rollback_beyond_the_history_is_refused(model: str) -> None:
    ran = microlens("rollback", f"{model}@prod")

    assert (ran.code, ran.stdout) == (1, "")
    assert f"{model}@prod has nothing to go back to" in ran.stderr


WRONG: dict[str, tuple[list[str], str]] = {
    "no name": (["promote", "registry/", "dev", "prod"], "names no model: STORE/NAME"),
    "a stage for a model": (["promote", "r/a@dev", "dev", "prod"], "names no model"),
    "a bucket alone": (["promote", "s3://bucket", "dev", "prod"], "names no model"),
    "a bad stage": (["promote", "r/a", "dev", "Prod"], "'Prod' is no stage: 1 to 31"),
    "a bad name": (["promote", "r/Seq", "dev", "prod"], "called 'Seq': a name is 1 to 63 of a-z"),
    "a bad name of a stage": (["rollback", "r/a@Dev"], "called 'Dev': a stage is 1 to 31 of a-z"),
    "a bad source": (["promote", "r/a", "D", "prod"], "'D' is neither a stage nor"),
    "to itself": (["promote", "r/a", "dev", "dev"], "'dev' is promoted to itself"),
    "no such report": (["promote", "r/a", "dev", "prod", "--require", "gone"], "does not exist"),
    "a model for a stage": (["rollback", "r/a"], "names no stage: STORE/NAME@STAGE"),
    "nothing to list": (["list"], "Missing argument"),
    "nothing to show": (["show"], "Missing argument"),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG.keys())
def test_what_is_no_place_is_wrong_usage(arguments: list[str], said: str) -> None:
    ran = invoke(*arguments)

    assert (ran.code, ran.stdout) == (2, "")
    assert said in " ".join(ran.stderr.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["promote", "nowhere/a", "dev", "prod"],
        ["rollback", "nowhere/a@prod"],
        ["list", "nowhere"],
        ["show", "nowhere/a@prod"],
        ["show", "nowhere"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_what_is_not_there_is_refused_in_one_sentence(tmp_path: Path, arguments: list[str]) -> None:
    ran = microlens(*arguments, cwd=tmp_path)

    assert (ran.code, ran.stdout) == (1, "")
    assert ran.stderr.startswith("microlens: ")
    assert ran.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_release_that_goes_is_not_compared(model: str, releases: tuple[str, str]) -> None:
    file = Path(model) / "releases" / releases[0] / "labels.txt"
    file.write_bytes(b"\x1b[2Jbroken")

    stdout = invoke("promote", model, "dev", "prod").stdout

    assert "not compared" in stdout
    assert "'labels.txt' is not the file that was published" in stdout


def test_a_registry_in_s3_obeys_the_same_commands(
    seaweed: Seaweed, s3: S3Client, bucket: str, variant: Path, tmp_path: Path
) -> None:
    local = tmp_path / "registry"
    first, second = fill(DirectoryStore(local), variant)
    for path in everything(str(local)):
        key = f"models/{path.relative_to(local).as_posix()}"
        s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
    model, env = f"s3://{bucket}/models/{NAME}", seaweed.environment()

    promoted = microlens("promote", model, "dev", "prod", "--json", env=env)
    listed = microlens("list", f"s3://{bucket}/models", "--json", env=env)
    back = microlens("rollback", f"{model}@prod", "--json", env=env)
    shown = microlens("show", f"{model}@prod", "--json", env=env)

    assert promoted.stderr == ""
    assert (promoted.document()["old"], promoted.document()["new"]) == (first, second)
    (found,) = listed.document()["models"]
    assert {each["stage"]: each["pointer"]["release"] for each in found["stages"]} == {
        "dev": second,
        "prod": second,
    }
    assert back.document()["undo"] == f"microlens promote {model} {second[:12]} prod"
    assert shown.document()["release"] == first


def test_two_commands_at_once_leave_one_pointer_that_both_agree_on(model: str) -> None:
    command = [sys.executable, "-m", "cli.main", "promote", model, "dev", "prod", "--json"]
    both = [
        subprocess.Popen(
            command,
            cwd=PROJECT,
            env=environment({"PYTHONPATH": str(PROJECT)}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    outcomes = [(*process.communicate(timeout=100), process.returncode) for process in both]

    moved = [json.loads(out)["changed"] for out, _, code in outcomes if code == 0]
    told = [err.decode() for _, err, code in outcomes if code == 1]
    # The second either comes too late to write, or finds that there is nothing left to do.
    assert moved.count(True) == 1
    assert all("while you were at it; nothing was changed" in each for each in told)
    assert len(moved) + len(told) == 2
    history = invoke("show", f"{model}@prod", "--json").document()["pointer"]["history"]
    assert len(history) == 1


@pytest.mark.parametrize(
    "arguments",
    [["promote", "{}", "dev", "prod"], ["rollback", "{}@dev"], ["list", "{}"], ["show", "{}@dev"]],
    ids=lambda arguments: arguments[0],
)
def test_no_command_loads_what_it_does_not_use(model: str, arguments: list[str]) -> None:
    words = [word.format(model) for word in arguments]
    code = (
        "import sys\nfrom cli.main import app\n"
        f"app({words!r}, standalone_mode=False)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )

    assert printed(code).splitlines()[-1] == "[]"
