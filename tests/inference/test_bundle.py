"""Bundles: what is read is what was published, bit for bit, or it is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from inference.bundle import read_bundle
from inference.errors import BundleDamaged, ModelError
from inference.manifest import Output
from inference.model import Model
from inference.settings import DEFAULT_MODEL
from inference.stores.directory import DirectoryStore
from tests.inference.tiny import COLOURS, write_tiny

DEFAULT_FILES = sorted(
    path.relative_to(DEFAULT_MODEL).as_posix()
    for path in Path(DEFAULT_MODEL).rglob("*")
    if path.is_file()
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the default bundle that tests may damage and must mend."""
    folder = tmp_path_factory.mktemp("copy") / "bundle"
    shutil.copytree(DEFAULT_MODEL, folder)
    return folder


class TestTheDefaultBundle:
    def test_it_lists_every_file_that_lies_there_and_no_other(self) -> None:
        bundle = read_bundle(DirectoryStore(Path(DEFAULT_MODEL)))

        assert sorted([*bundle.manifest.files, "model.json"]) == DEFAULT_FILES

    @pytest.mark.parametrize("name", [name for name in DEFAULT_FILES if name != "model.json"])
    @pytest.mark.parametrize("place", ["first", "middle", "last"])
    def test_one_flipped_bit_in_a_file_is_refused(self, name: str, place: str, copy: Path) -> None:
        path = copy / name
        whole = path.read_bytes()
        position = {"first": 0, "middle": len(whole) // 2, "last": len(whole) - 1}[place]
        damaged = bytearray(whole)
        damaged[position] ^= 1
        bundle = read_bundle(DirectoryStore(copy))
        assert bundle.read(name) == whole

        path.write_bytes(damaged)
        try:
            with pytest.raises(BundleDamaged, match="is not the file that was published") as error:
                bundle.read(name)
        finally:
            path.write_bytes(whole)

        assert name in str(error.value)
        assert str(copy) not in str(error.value)

    def test_one_flipped_bit_in_the_manifest_is_another_release(self, copy: Path) -> None:
        path = copy / "model.json"
        whole = path.read_bytes()
        release = read_bundle(DirectoryStore(copy)).release

        # "imagenet-lite0" becomes "imagenet-lite1": as good a manifest as before.
        path.write_bytes(whole.replace(b"lite0", b"lite1", 1))
        try:
            with pytest.raises(BundleDamaged, match=release[:12]):
                read_bundle(DirectoryStore(copy), release=release)
            assert read_bundle(DirectoryStore(copy)).release != release
        finally:
            path.write_bytes(whole)

    def test_no_model_is_made_of_a_damaged_one(self, copy: Path) -> None:
        path = copy / "model.tflite"
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        try:
            with pytest.raises(BundleDamaged, match=r"model\.tflite"):
                Model(read_bundle(DirectoryStore(copy)))
        finally:
            path.write_bytes(whole)


class TestReading:
    def test_labels_come_in_the_order_of_the_output(self, tmp_path: Path) -> None:
        bundle = read_bundle(DirectoryStore(write_tiny(tmp_path)))

        assert bundle.labels() == COLOURS

    def test_a_bundle_may_lie_below_a_prefix(self, tmp_path: Path) -> None:
        write_tiny(tmp_path / "a" / "b")

        bundle = read_bundle(DirectoryStore(tmp_path), "a/b/")

        assert bundle.labels() == COLOURS

    def test_a_listed_file_that_is_missing_is_named(self, tmp_path: Path) -> None:
        bundle = read_bundle(DirectoryStore(write_tiny(tmp_path)))
        (tmp_path / "labels.txt").unlink()

        with pytest.raises(BundleDamaged, match=r"'labels\.txt', which model\.json lists, is miss"):
            bundle.labels()

    def test_a_file_that_is_not_listed_is_not_read(self, tmp_path: Path) -> None:
        bundle = read_bundle(DirectoryStore(write_tiny(tmp_path)))
        (tmp_path / "extra.txt").write_text("not mine", encoding="utf-8")

        with pytest.raises(BundleDamaged, match=r"lists no file 'extra\.txt'"):
            bundle.read("extra.txt")

    def test_a_folder_without_a_manifest_is_no_bundle(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match=r"no model\.json lies there"):
            read_bundle(DirectoryStore(tmp_path))

    @pytest.mark.parametrize(
        ("labels", "lines"), [(b"red\ngreen\n", 2), (b"red\ngreen\nblue\nx\n", 4), (b"", 0)]
    )
    def test_labels_that_are_not_as_many_as_the_classes_are_counted(
        self, labels: bytes, lines: int, tmp_path: Path
    ) -> None:
        bundle = read_bundle(DirectoryStore(write_tiny(tmp_path, files={"labels.txt": labels})))

        with pytest.raises(ModelError, match=rf"labels\.txt has {lines} lines for 3 classes"):
            Model(bundle)

    def test_a_label_ends_where_its_line_does_and_at_no_other_character(
        self, tmp_path: Path
    ) -> None:
        files = {"labels.txt": "r\u0085d\ngr\u2028een\nbl\x0cue\n".encode()}

        bundle = read_bundle(DirectoryStore(write_tiny(tmp_path, files=files)))

        assert bundle.labels() == ("r\u0085d", "gr\u2028een", "bl\x0cue")

    def test_labels_that_are_not_utf_8_are_refused(self, tmp_path: Path) -> None:
        files = {"labels.txt": "röt\ngrün\nblau\n".encode("latin-1")}

        with pytest.raises(ModelError, match=r"labels\.txt is not UTF-8"):
            read_bundle(DirectoryStore(write_tiny(tmp_path, files=files))).labels()

    def test_a_label_may_be_in_any_script(self, tmp_path: Path) -> None:
        files = {"labels.txt": "红\nvihreä\nאָבל בלוי\n".encode()}

        bundle = read_bundle(DirectoryStore(write_tiny(tmp_path, files=files)))

        assert bundle.labels() == ("红", "vihreä", "אָבל בלוי")

    def test_a_bundle_for_more_classes_than_the_network_has_is_refused(
        self, tmp_path: Path
    ) -> None:
        files = {"labels.txt": b"red\ngreen\nblue\nbackground\n"}
        write_tiny(tmp_path, files=files, output=Output(classes=4, activation="sigmoid"))

        with pytest.raises(ModelError, match=r"output shape \[1, 3\] instead of \[1, 4\]"):
            Model(read_bundle(DirectoryStore(tmp_path)))
