"""Keys are made and read back, and a place is what an operator writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference import layout
from inference.layout import Part, Place, parse_key, parse_place

DIGEST = "0123456789abcdef" * 4
NAMES = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,62}", fullmatch=True).filter(layout.is_name)
STAGES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,30}", fullmatch=True)
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)


def test_the_keys_are_those_that_the_documentation_names() -> None:
    assert layout.incoming("pets") == "pets/incoming/"
    assert layout.manifest("pets", DIGEST) == f"pets/releases/{DIGEST}/model.json"
    assert layout.pointer("pets", "prod") == "pets/stages/prod.json"
    assert layout.status("pets") == "pets/status.json"
    assert layout.manifest("pets", DIGEST).startswith(layout.release("pets", DIGEST))
    assert layout.release("pets", DIGEST).startswith(layout.releases("pets"))
    assert layout.pointer("pets", "prod").startswith(layout.stages("pets"))


PLACES = {
    "registry/pets": Place("registry", "pets"),
    "registry/pets@prod": Place("registry", "pets", "prod"),
    "./pets@dev": Place(".", "pets", "dev"),
    "/srv/models/pets.v2@dev-1": Place("/srv/models", "pets.v2", "dev-1"),
    "/pets@dev": Place("/", "pets", "dev"),
    "s3://bucket/pets@prod": Place("s3://bucket", "pets", "prod"),
    "s3://bucket/a/b/pets": Place("s3://bucket/a/b", "pets"),
    "s3://bucket/me@home/pets@prod": Place("s3://bucket/me@home", "pets", "prod"),
}


@pytest.mark.parametrize(("text", "place"), PLACES.items(), ids=PLACES)
def test_a_place_is_parsed_and_written_back(text: str, place: Place) -> None:
    assert parse_place(text) == place
    assert str(place) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "pets", "pets@prod", "registry/", "registry/@prod", "registry/pets@"),
        *("registry/Pets", "registry/pets@Prod", "registry/pets@a.b"),
        *("registry/releases@prod", "registry/stages", "registry/..", "registry/.hidden@dev"),
        *("s3://bucket@prod", "s3://bucket", "s3:///pets@prod", "s3:/pets"),
        *("registry/pets@prod\n", "registry/" + "x" * 64, "registry/pets@" + "x" * 32),
    ],
)
def test_what_has_not_the_form_of_a_place_is_none(text: str) -> None:
    assert parse_place(text) is None


@given(NAMES, STAGES)
def test_every_stage_is_found_again_by_its_key_and_by_its_text(name: str, stage: str) -> None:
    assert parse_key(layout.pointer(name, stage)) == Part(name, stage=stage)
    assert parse_place(f"s3://bucket/{name}@{stage}") == Place("s3://bucket", name, stage)


@given(NAMES, DIGESTS, st.sampled_from(["model.json", "golden/one.png", "source/a/b"]))
def test_every_file_of_a_release_is_found_again_by_its_key(
    name: str, digest: str, file: str
) -> None:
    assert parse_key(layout.release(name, digest) + file) == Part(name, release=digest, file=file)


@pytest.mark.parametrize(
    "key",
    [
        *("pets", "pets/status.json", "pets/incoming/weights.h5", "pets/stages/prod"),
        *("pets/stages/a/prod.json", "pets/stages/.json", "pets/releases/abc/model.json"),
        *(f"pets/releases/{DIGEST}", f"pets/releases/{DIGEST}/", "releases/releases/x"),
        *(f"releases/{DIGEST}/model.json", "stages/stages/x.json", "pets/other/x"),
    ],
)
def test_other_keys_belong_to_no_release_and_no_stage(key: str) -> None:
    assert parse_key(key) is None


@given(st.text(max_size=80))
def test_any_text_is_a_place_or_none(text: str) -> None:
    place = parse_place(text)

    assert place is None or layout.is_name(place.name)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("abcdef0", True),
        ("abcdef", False),
        ("ABCDEF0", False),
        (DIGEST, True),
        (DIGEST + "0", False),
    ],
)
def test_seven_digits_begin_a_digest(text: str, is_one: bool) -> None:
    assert layout.is_abbreviated_digest(text) == is_one
