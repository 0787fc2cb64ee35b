"""`microlens watch --once`: what it passed over is said on stderr, and counts as not done."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import invoke
from tests.training.publishing.colours import write_labels


def test_a_folder_that_no_model_can_be_called_is_said_and_is_not_done(tmp_path: Path) -> None:
    (tmp_path / "My Model" / "incoming").mkdir(parents=True)
    write_labels(tmp_path / "My Model" / "incoming")

    ran = invoke("watch", tmp_path, "--once")

    assert (ran.code, ran.stdout) == (1, "")
    assert "no model can be called 'My Model': a name is 1 to 63 of a-z 0-9" in ran.stderr


def test_a_folder_of_a_model_in_incoming_is_told_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "colours" / "incoming" / "mine"
    folder.mkdir(parents=True)
    write_labels(folder)

    ran = invoke("watch", tmp_path, "--once")

    assert ran.code == 1
    assert ran.stdout.startswith("colours: refused because the folder 'mine' was dropped with")


def test_nothing_to_do_is_said_and_is_done(tmp_path: Path) -> None:
    ran = invoke("watch", tmp_path, "--once")

    assert (ran.code, ran.stdout) == (0, "")
    assert ran.stderr == f"microlens: nothing lies in any {tmp_path}/NAME/incoming/\n"


def test_a_dry_run_says_what_is_waited_for_and_writes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "colours" / "incoming"
    folder.mkdir(parents=True)
    write_labels(folder)

    ran = invoke("watch", tmp_path, "--dry-run")

    assert (ran.code, ran.stdout) == (1, "colours: waiting for a model\n")
    assert [path.name for path in tmp_path.rglob("*")] == ["colours", "incoming", "labels.txt"]
