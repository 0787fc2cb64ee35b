"""`microlens classify` with the model that comes with the project and real photographs."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
from pathlib import Path

import pytest

from inference.settings import DEFAULT_MODEL
from tests.cli.command import COMMAND, PROJECT, Ran, invoke, microlens
from tests.servers.process import environment

PROBLEM = {"type", "title", "status", "detail", "code", "source"}


def labels(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [prediction["label"] for prediction in answer["predictions"]]


def sources(ran: Ran) -> list[str]:
    return [each["image"]["source"] for each in ran.document()["results"]]


def test_without_a_stderr_it_answers_all_the_same(chelsea: Path) -> None:
    """As a job that somebody started with `2>&-`."""
    ran = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *COMMAND, "classify", str(chelsea), "--json"],
        cwd=PROJECT,
        env=environment(),
        stdout=subprocess.PIPE,
        check=False,
    )

    assert (ran.returncode, json.loads(ran.stdout)["image"]["format"]) == (0, "PNG")


def test_one_picture_is_an_object_in_the_shape_of_http(chelsea: Path) -> None:
    ran = microlens("classify", chelsea, "--json")

    answer = ran.document()
    assert (ran.code, ran.stderr) == (0, "")
    assert set(answer) == {"predictions", "model", "image", "timing_ms"}
    assert len(answer["predictions"]) == 5
    assert "cat" in " ".join(labels(answer))
    assert answer["image"]["source"] == str(chelsea)
    assert (answer["image"]["format"], answer["image"]["width"]) == ("PNG", 451)


def test_one_picture_is_printed_with_all_its_answers_for_people(chelsea: Path) -> None:
    answers = labels(invoke("classify", chelsea, "--json").document())

    ran = invoke("classify", chelsea)

    lines = ran.stdout.splitlines()
    assert (ran.code, ran.stderr) == (0, "")
    assert lines[0] == f"{chelsea}  PNG, 451 × 300"
    assert [
        line.rstrip().endswith(label) for line, label in zip(lines[1:6], answers, strict=True)
    ] == [True] * 5
    assert Path(DEFAULT_MODEL).name in lines[6]


def test_several_pictures_are_results_in_the_order_given(chelsea: Path, coffee: Path) -> None:
    paths = [str(coffee), str(chelsea), str(coffee)] * 7

    ran = invoke("classify", *paths, "--json")

    assert ran.code == 0
    assert sources(ran) == paths
    assert labels(ran.document()["results"][0])[0] == "espresso"


def test_several_pictures_are_a_table_with_a_line_for_each(chelsea: Path, coffee: Path) -> None:
    ran = invoke("classify", coffee, chelsea)

    head, first, second, summary = ran.stdout.splitlines()
    assert head.split() == ["Picture", "Score", "Label"]
    assert first.startswith(str(coffee))
    assert first.rstrip().endswith("espresso")
    assert second.startswith(str(chelsea))
    assert summary.startswith("2 of 2 classified by")


def test_a_table_has_as_many_answers_as_are_asked_for(chelsea: Path, coffee: Path) -> None:
    ran = invoke("classify", coffee, chelsea, "--top-k", "3")

    named = [not line.startswith(" ") for line in ran.stdout.splitlines()[1:-1]]
    assert named == [True, False, False, True, False, False]


def test_a_folder_is_searched_in_order_of_name_and_hidden_files_are_not(folder: Path) -> None:
    ran = invoke("classify", folder, "--json")

    names = ["a-chelsea.PNG", "b-coffee.png", "below/flower.jpg"]
    assert sources(ran) == [f"{folder}/{name}" for name in names]


def test_a_path_stays_as_it_was_given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)

    ran = invoke("classify", "./below/", "../photos/b-coffee.png", "--json")

    assert sources(ran) == ["./below/flower.jpg", "../photos/b-coffee.png"]


def test_a_folder_with_one_picture_is_still_several(folder: Path) -> None:
    assert len(invoke("classify", folder / "below", "--json").document()["results"]) == 1


def test_a_broken_picture_spoils_no_other(chelsea: Path, broken: Path, text: Path) -> None:
    ran = microlens("classify", chelsea, broken, text, chelsea, "--json")

    good, cut_off, no_picture, again = ran.document()["results"]
    assert (ran.code, ran.stderr) == (1, "")
    assert good["predictions"] == again["predictions"]
    assert set(cut_off) == set(no_picture) == PROBLEM
    assert (cut_off["code"], cut_off["status"]) == ("bad_image", 422)
    assert (no_picture["code"], no_picture["status"]) == ("unsupported_image", 415)
    assert (cut_off["source"], no_picture["source"]) == (str(broken), str(text))


def test_a_broken_picture_is_named_on_stderr_with_the_reason(chelsea: Path, broken: Path) -> None:
    ran = microlens("classify", chelsea, broken)

    assert ran.code == 1
    assert ran.stderr.count("\n") == 1
    assert ran.stderr.startswith(f"microlens: {broken}: the JPEG picture cannot be decoded")
    assert "1 of 2 classified" in ran.stdout


def test_one_broken_picture_is_a_problem_and_not_a_list(broken: Path) -> None:
    ran = invoke("classify", broken, "--json")

    assert ran.code == 1
    assert ran.document()["code"] == "bad_image"


def test_one_broken_picture_leaves_stdout_empty_for_people(broken: Path) -> None:
    ran = invoke("classify", broken)

    assert (ran.code, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"microlens: {broken}: ")


def test_a_file_that_is_too_large_is_not_read_whole(chelsea: Path) -> None:
    limit = {"MICROLENS_MAX_IMAGE_BYTES": "1000"}

    endless = microlens("classify", "/dev/zero", "--json", env=limit)
    large = microlens("classify", chelsea, "--json", env=limit)

    assert endless.document()["code"] == large.document()["code"] == "image_too_large"
    assert "1,000 bytes" in large.document()["detail"]


def test_a_picture_may_come_through_a_pipe(chelsea: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = [*COMMAND, "classify", str(pipe), "--json"]
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment(), stdout=subprocess.PIPE
    ) as process:
        pipe.write_bytes(chelsea.read_bytes())
        stdout, _ = process.communicate()

    assert process.returncode == 0
    assert f'"source": "{pipe}"' in stdout.decode()


def test_a_name_that_is_no_utf_8_and_moves_the_cursor_is_printed_harmlessly(
    chelsea: Path, tmp_path: Path
) -> None:
    name = os.fsdecode(b"gr\xfcn \x1b[31m[red].png")
    shutil.copy(chelsea, tmp_path / name)

    for_people = microlens("classify", tmp_path)
    as_json = microlens("classify", tmp_path, "--json")

    assert (for_people.code, as_json.code) == (0, 0)
    assert "gr\\xfcn \N{REPLACEMENT CHARACTER}[31m[red].png" in for_people.stdout
    assert sources(as_json) == [f"{tmp_path}/gr\\xfcn \x1b[31m[red].png"]


def test_answers_below_the_score_asked_for_are_left_out(chelsea: Path, coffee: Path) -> None:
    some = invoke("classify", coffee, "--min-score", "0.5", "--json").document()
    alone = invoke("classify", chelsea, "--min-score", "1")
    several = invoke("classify", chelsea, chelsea, "--min-score", "1")

    assert labels(some) == ["espresso"]
    assert "no answer reaches the score" in alone.stdout
    assert several.stdout.count("none reaches the score") == 2
    assert (alone.code, several.code) == (0, 0)


USAGE = {
    "no path": ([], "Missing argument"),
    "a path that does not exist": (["nowhere.jpg"], "'nowhere.jpg' does not exist"),
    "a name that no system holds": (["x" * 5_000], "does not exist"),
    "an empty name": ([""], "does not exist"),
    "a folder without pictures": (["cli"], "the folder 'cli' holds no picture"),
    "an address without a key": (["s3://photos"], "s3://BUCKET/KEY"),
    "an address that is no bucket": (["s3://No_Bucket/a.jpg"], "'No_Bucket'"),
    "a web address": (["https://example.com/a.jpg"], "does not exist"),
    "no answers": (["{picture}", "--top-k", "0"], "--top-k"),
    "too many answers": (["{picture}", "--top-k", "1001"], "--top-k"),
    "a score above one": (["{picture}", "--min-score", "1.5"], "--min-score"),
    "a score that is no number": (["{picture}", "--min-score", "nan"], "--min-score"),
    "a service that is a file": (["{picture}", "--url", "file:///etc/passwd"], "http://HOST"),
    "a model without a name": (["{picture}", "--model", ""], "the name of a model is empty"),
    "a service and a model": (["{picture}", "--url", "http://x", "--model", "y"], "--model"),
}


@pytest.mark.parametrize(("arguments", "said"), USAGE.values(), ids=USAGE.keys())
def test_wrong_usage_is_said_before_any_work(
    arguments: list[str], said: str, chelsea: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECT)
    ran = invoke("classify", *(each.format(picture=chelsea) for each in arguments), "--json")

    assert (ran.code, ran.stdout) == (2, "")
    assert said in ran.stderr


def test_a_link_that_leads_nowhere_is_said_to_be_one(tmp_path: Path) -> None:
    link = tmp_path / "cat.png"
    link.symlink_to("moved.png")
    circle = tmp_path / "circle.png"
    circle.symlink_to(circle)

    for path, target in ((link, "moved.png"), (circle, str(circle))):
        ran = invoke("classify", path)
        assert (ran.code, ran.stdout) == (2, "")
        assert f"{str(path)!r} is a link to {target!r}, which leads nowhere" in ran.stderr


def test_a_path_that_leads_nowhere_is_found_before_the_good_ones_are_read(chelsea: Path) -> None:
    ran = invoke("classify", chelsea, "nowhere.jpg")

    assert (ran.code, ran.stdout) == (2, "")


def test_a_missing_model_is_one_sentence(chelsea: Path, tmp_path: Path) -> None:
    ran = microlens("classify", chelsea, "--model", tmp_path, "--json")

    assert (ran.code, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"microlens: the model at {tmp_path} cannot be loaded: ")
    assert ran.stderr.count("\n") == 1


def test_a_damaged_model_is_one_sentence(chelsea: Path, tmp_path: Path) -> None:
    bundle = Path(shutil.copytree(DEFAULT_MODEL, tmp_path / "damaged"))
    with (bundle / "model.tflite").open("r+b") as file:
        file.write(b"not the flatbuffer")

    ran = microlens("classify", chelsea, "--model", bundle)

    assert ran.code == 1
    assert "is not the file that was published" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_the_model_of_the_environment_gives_way_to_the_one_that_is_named(chelsea: Path) -> None:
    wrong = {"MICROLENS_MODEL": "nowhere"}

    assert microlens("classify", chelsea, env=wrong).code == 1
    assert microlens("classify", chelsea, "--model", DEFAULT_MODEL, env=wrong).code == 0


def test_progress_is_shown_on_a_terminal_and_kept_off_stdout(chelsea: Path, coffee: Path) -> None:
    ours, theirs = pty.openpty()
    command = [*COMMAND, "classify", str(chelsea), str(coffee), "--json"]
    env = environment({"TERM": "xterm", "COLUMNS": "120"})
    done = subprocess.run(
        command, cwd=PROJECT, env=env, stdout=subprocess.PIPE, stderr=theirs, check=True
    )
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)

    assert "Classifying" in shown
    assert len(Ran(0, done.stdout.decode(), "").document()["results"]) == 2
