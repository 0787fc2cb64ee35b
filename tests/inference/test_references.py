"""References: what `MICROLENS_MODEL` means, and where a stage leads."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inference import pointers
from inference.errors import BundleDamaged, ModelError, SettingsError
from inference.manifest import release_digest
from inference.references import BundleReference, StageReference, parse_reference
from tests.inference.tiny import write_tiny

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("models/imagenet-lite0", "models/imagenet-lite0"),
        ("models/imagenet-lite0/", "models/imagenet-lite0"),
        ("/", "/"),
        ("s3://my-bucket/a/b", "s3://my-bucket/a/b"),
        ("s3://my-bucket/a/b/", "s3://my-bucket/a/b"),
        ("s3://my-bucket", "s3://my-bucket"),
        ("folder@home", "folder@home"),
        ("x/UPPER@prod/", "x/UPPER@prod"),
        ("x/name@prod/y", "x/name@prod/y"),
    ],
)
def test_a_text_without_a_stage_is_a_bundles_place(text: str, url: str) -> None:
    reference = parse_reference(text)

    assert isinstance(reference, BundleReference)
    assert str(reference) == url
    assert reference.stage is None


@pytest.mark.parametrize(
    ("text", "store", "name", "stage"),
    [
        ("models/cats@prod", "models", "cats", "prod"),
        ("/srv/registry/cats-2.1@dev", "/srv/registry", "cats-2.1", "dev"),
        ("s3://my-bucket/cats@prod", "s3://my-bucket", "cats", "prod"),
        ("s3://my-bucket/a/b/cats@dev-2", "s3://my-bucket/a/b", "cats", "dev-2"),
        ("we@home/cats@prod", "we@home", "cats", "prod"),
    ],
)
def test_a_text_with_a_stage_is_a_model_of_a_registry(
    text: str, store: str, name: str, stage: str
) -> None:
    reference = parse_reference(text)

    assert isinstance(reference, StageReference)
    assert (reference.store.url, reference.name, reference.stage) == (store, name, stage)
    assert str(reference) == text


@pytest.mark.parametrize("text", ["s3:///a", "s3://Bucket/a", "s3://10.0.0.1/a", "s3://a/x@prod"])
def test_an_s3_address_without_a_bucket_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(SettingsError, match=r"a store is a folder or s3://BUCKET/PREFIX"):
        parse_reference(text)


def released(root: Path) -> str:
    """Publish the tiny bundle as a release of `colours` below `root`; its digest."""
    write_tiny(root / "draft")
    release = release_digest((root / "draft" / "model.json").read_bytes())
    (root / "colours" / "releases").mkdir(parents=True)
    (root / "draft").rename(root / "colours" / "releases" / release)
    return release


def pointer_to(release: str) -> str:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    pointer = pointers.first("colours", "prod", release, at=moment, by="a test", action="publish")
    return pointer.serialise().decode()


def point(root: Path, content: str) -> None:
    (root / "colours" / "stages").mkdir(parents=True, exist_ok=True)
    (root / "colours" / "stages" / "prod.json").write_text(content, encoding="utf-8")


def test_a_stage_leads_to_its_release(tmp_path: Path) -> None:
    release = released(tmp_path)
    point(tmp_path, pointer_to(release))

    bundle = parse_reference(f"{tmp_path}/colours@prod").bundle()

    assert bundle.release == release
    assert bundle.labels() == ("red", "green", "blue")


@pytest.mark.usefixtures("on_seaweed")
def test_a_stage_in_s3_leads_to_its_release(tmp_path: Path, s3: S3Client, bucket: str) -> None:
    release = released(tmp_path)
    point(tmp_path, pointer_to(release))
    for path in tmp_path.rglob("*"):
        if path.is_file():
            key = f"registry/{path.relative_to(tmp_path).as_posix()}"
            s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())

    bundle = parse_reference(f"s3://{bucket}/registry/colours@prod").bundle()

    assert bundle.release == release
    assert bundle.labels() == ("red", "green", "blue")


def test_a_stage_that_does_not_exist_is_named(tmp_path: Path) -> None:
    released(tmp_path)

    with pytest.raises(ModelError, match=r"'prod' of 'colours'.*stages/prod\.json does not exist"):
        parse_reference(f"{tmp_path}/colours@prod").bundle()


def test_a_manifest_that_is_nothing_but_brackets_is_no_bundle(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text("[" * 100_000)

    with pytest.raises(ModelError, match=r"model\.json is no manifest of format 1"):
        parse_reference(str(tmp_path)).bundle()


@pytest.mark.parametrize(
    "content",
    ["", "null", "[]", "{}", '{"release": "latest"}', '{"release": "../x"}', '{"release": 1}'],
)
def test_a_pointer_that_points_to_no_release_is_refused(content: str, tmp_path: Path) -> None:
    point(tmp_path, content)

    with pytest.raises(ModelError, match=r"stages/prod\.json is no pointer to a release"):
        parse_reference(f"{tmp_path}/colours@prod").bundle()


def test_a_pointer_to_a_release_that_is_not_there_is_refused(tmp_path: Path) -> None:
    point(tmp_path, pointer_to("0" * 64))

    with pytest.raises(ModelError, match=r"no model\.json lies there"):
        parse_reference(f"{tmp_path}/colours@prod").bundle()


def test_another_bundle_in_the_place_of_the_release_is_refused(tmp_path: Path) -> None:
    release = released(tmp_path)
    point(tmp_path, pointer_to(release))
    write_tiny(tmp_path / "colours" / "releases" / release, name="impostor")

    with pytest.raises(BundleDamaged, match=release[:12]):
        parse_reference(f"{tmp_path}/colours@prod").bundle()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("reg/Seq@dev", "no model can be called 'Seq': a name is 1 to 63 of a-z 0-9"),
        ("s3://my-bucket/reg/seq@Dev", "no stage can be called 'Dev': a stage is 1 to 31"),
        ("reg/stages@dev", "no model can be called 'stages', which is a folder of a model"),
    ],
)
def test_what_means_a_stage_and_cannot_be_one_is_told_the_rule(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(words)):
        parse_reference(text)


def test_a_folder_may_be_called_like_a_stage_that_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reg" / "Seq@dev").mkdir(parents=True)

    assert str(parse_reference("reg/Seq@dev")) == "reg/Seq@dev"
