"""Folders that no model can be trained from: told with names, with exit code 2, and at once."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.command import PROJECT, invoke
from tests.servers.process import environment


def picture(seed: int) -> bytes:
    """A PNG of noise, 12 × 10."""
    pixels = np.random.default_rng(seed).integers(0, 256, (10, 12, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def put(folder: Path, *names: str, first: int = 0) -> None:
    """Different pictures under these names."""
    for number, name in enumerate(names, start=first):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(picture(number))


def two_classes(folder: Path, each: int = 6) -> Path:
    """`cat` and `dog` with that many pictures each."""
    put(folder, *(f"cat/{number}.png" for number in range(each)))
    put(folder, *(f"dog/{number}.png" for number in range(each)), first=100)
    return folder


def nothing(folder: Path) -> None:
    folder.mkdir()


def no_folders(folder: Path) -> None:
    put(folder, "a.png", "b.png")


def one_class(folder: Path) -> None:
    put(folder, *(f"cat/{number}.png" for number in range(6)))


def empty_class(folder: Path) -> None:
    (two_classes(folder) / "horse").mkdir()


def links_to_nothing(folder: Path) -> None:
    two_classes(folder)
    (folder / "horse").mkdir()
    for number in range(6):
        (folder / "horse" / f"{number}.png").symlink_to(folder / "not fetched" / "0.png")


def too_few(folder: Path) -> None:
    put(two_classes(folder), "horse/0.png", "horse/1.png", first=200)


def a_split(folder: Path) -> None:
    two_classes(folder / "train")
    two_classes(folder / "test")


def nested(folder: Path) -> None:
    two_classes(folder / "animals")
    two_classes(folder / "plants")


def one_level_too_deep(folder: Path) -> None:
    two_classes(folder / "animals")


def ten_thousand(folder: Path) -> None:
    content = picture(0)
    for number in range(10_000):
        (folder / f"class-{number}").mkdir(parents=True)
        (folder / f"class-{number}" / "0.png").write_bytes(content)


def broken(folder: Path) -> None:
    two_classes(folder)
    (folder / "cat" / "7.jpg").write_bytes(b"\xff\xd8 and no more")
    (folder / "dog" / "notes.txt").write_text("not a picture")


def broken_until_too_few(folder: Path) -> None:
    two_classes(folder, each=40)
    put(folder, *(f"horse/{number}.png" for number in range(4)), first=300)
    (folder / "horse" / "4.png").write_bytes(picture(9)[:40])


def alike(folder: Path) -> None:
    two_classes(folder)
    put(folder, *(f"Cat/{number}.png" for number in range(6)), first=400)


def odd_name(folder: Path) -> None:
    two_classes(folder)
    put(folder, *(f" horse/{number}.png" for number in range(6)), first=400)


BAD = {
    nothing: ("holds nothing", "put the pictures of each class into a folder"),
    no_folders: ("holds 2 files and no folder",),
    one_class: ("holds one class, cat",),
    empty_class: ("1 of 3 classes", "horse (0)"),
    links_to_nothing: ("1 of 3 classes", "horse (0)"),
    too_few: ("horse (2)", "fewer than 5"),
    a_split: ("train", "that is a split", "--validation"),
    nested: ("hold folders and no file", "animals holds cat", "--group-by"),
    one_level_too_deep: ("holds one folder, animals, with 2 folders in it, such as cat",),
    ten_thousand: ("10,000 folders", "at most 1,000"),
    broken: ("2 of 14 files cannot be decoded", "cat/7.jpg", "dog/notes.txt"),
    broken_until_too_few: ("horse (4 of 5)",),
    alike: ("'Cat' and 'cat'",),
    odd_name: ("' horse'",),
}


@pytest.mark.parametrize(("make", "words"), BAD.items(), ids=[make.__name__ for make in BAD])
def test_a_bad_folder_ends_with_one_clear_message_and_exit_code_2(
    make: Callable[[Path], None], words: tuple[str, ...], tmp_path: Path
) -> None:
    make(tmp_path / "pictures")

    ran = invoke("train", tmp_path / "pictures", "--out", tmp_path / "model")

    said = " ".join(ran.stderr.split())
    assert (ran.code, ran.stdout) == (2, "")
    assert [word for word in words if word not in said] == []
    assert not (tmp_path / "model").exists()


def test_a_bad_folder_is_told_before_tensorflow_and_scikit_learn_start(tmp_path: Path) -> None:
    one_class(tmp_path / "pictures")
    program = (
        "import sys\nfrom cli.main import main\ntry:\n    main()\nfinally:\n"
        "    print(*{'tensorflow', 'keras', 'sklearn'} & set(sys.modules))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, "train", "pictures", "--out", "model"],
        cwd=tmp_path,
        env=environment({"PYTHONPATH": str(PROJECT)}),
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stdout.strip()) == (2, b"")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--out", "pictures/model"), "would lie in one another"),
        (("--out", "full"), "holds something else than a bundle"),
        (("--out", "Model"), "name it with --name"),
        (("--out", "model", "--resume"), "nothing to resume"),
        (("--out", "model", "--recipe", "0-1"), "--recipe goes with --backbone"),
        (("--out", "model", "--backbone", "a.keras"), "name it with --recipe"),
        (("--out", "model", "--group-by", "("), "no regular expression"),
        (("--out", "model", "--group-by", "cat"), "0 pairs of parentheses"),
        (("--out", "model", "--group-by", "(never)"), "finds no group in 12 of 12"),
    ],
)
def test_a_wrong_wish_is_told_before_anything_is_computed(
    options: tuple[str, ...],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    two_classes(tmp_path / "pictures")
    put(tmp_path, "full/a.png", "a.keras")
    monkeypatch.chdir(tmp_path)

    ran = invoke("train", "pictures", *options)

    assert ran.code == 2
    assert words in " ".join(ran.stderr.split())


def test_a_dry_run_prints_the_plan_and_writes_nothing(tmp_path: Path) -> None:
    two_classes(tmp_path / "pictures", each=10)
    (tmp_path / "pictures" / "cat" / "notes.txt").write_text("not a picture")

    ran = invoke("train", tmp_path / "pictures", "--out", tmp_path / "model", "--dry-run", "--json")

    document = ran.document()
    assert ran.code == 0
    assert document["classes"] == {
        "cat": {"training": 8, "held_out": 2},
        "dog": {"training": 8, "held_out": 2},
    }
    [remark] = document["remarks"]
    assert remark.startswith("passed over, it cannot be decoded: cat/notes.txt")
    assert document["expected_seconds"] > 0
    assert [each.name for each in tmp_path.iterdir()] == ["pictures"]


def test_hidden_files_and_those_that_systems_hide_are_left_alone(tmp_path: Path) -> None:
    two_classes(tmp_path / "pictures")
    put(tmp_path / "pictures", "cat/.hidden.png", ".git/a.png", "__MACOSX/cat/._0.png")
    for name in ("cat/Thumbs.db", "dog/Thumbs.db", "dog/desktop.ini", "cat/@eaDir/0.png"):
        put(tmp_path / "pictures", name)

    ran = invoke("train", tmp_path / "pictures", "--out", tmp_path / "model", "--dry-run", "--json")

    document = ran.document()
    assert sum(sum(each.values()) for each in document["classes"].values()) == 12
    assert document["remarks"] == []


def test_folders_below_a_class_that_has_pictures_are_named(tmp_path: Path) -> None:
    two_classes(tmp_path / "pictures")
    put(tmp_path / "pictures", "dog/old/7.png", "dog/very old/8.png", first=300)

    ran = invoke("train", tmp_path / "pictures", "--out", tmp_path / "model", "--dry-run", "--json")

    [remark] = ran.document()["remarks"]
    assert remark.startswith("folders below a class are not looked into: dog/old, dog/very old;")


def test_folders_with_a_number_in_front_keep_it_in_their_labels(tmp_path: Path) -> None:
    two_classes(tmp_path / "pictures")
    (tmp_path / "pictures" / "cat").rename(tmp_path / "pictures" / "0 cat")
    (tmp_path / "pictures" / "dog").rename(tmp_path / "pictures" / "1 dog")

    ran = invoke("train", tmp_path / "pictures", "--out", tmp_path / "model", "--dry-run", "--json")

    assert ran.code == 0
    assert set(ran.document()["classes"]) == {"0 cat", "1 dog"}
