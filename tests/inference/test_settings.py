"""Settings: documented, with defaults that are safe, and every mistake named at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from inference.errors import SettingsError
from inference.settings import (
    DEFAULT_MODEL,
    LAMBDA_BODY_BYTES,
    Settings,
    put_in_environment,
    read_settings,
    variable,
)

ON_LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "classify"}


def test_nothing_needs_to_be_set() -> None:
    settings = read_settings({})

    assert settings.model == DEFAULT_MODEL
    assert (Path(settings.model) / "model.json").is_file()
    assert settings.buckets == frozenset()
    assert settings.max_pixels == 50_000_000
    assert settings.max_draft_pixels == 250_000_000


def test_the_environment_of_the_process_is_read_when_none_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MICROLENS_MAX_PICTURES", "7")

    assert read_settings().max_pictures == 7


def test_every_setting_has_a_variable_and_a_meaning() -> None:
    for name, field in Settings.model_fields.items():
        assert variable(name) == f"MICROLENS_{name.upper()}"
        assert field.description is not None
        assert len(field.description) > 20
        assert not field.description.endswith(".")


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("MODEL", "s3://registry/cats@prod", "model", "s3://registry/cats@prod"),
        ("REFRESH_SECONDS", "0.5", "refresh_seconds", 0.5),
        ("BUCKETS", "photos", "buckets", {"photos"}),
        ("BUCKETS", " photos, more-photos ,", "buckets", {"photos", "more-photos"}),
        ("BUCKET_OWNER", "012345678901", "bucket_owner", "012345678901"),
        ("RESULTS", "s3://results/here", "results", "s3://results/here"),
        ("UPLOAD_SECONDS", "60", "upload_seconds", 60),
        ("UPLOAD_WAIT_SECONDS", "0.5", "upload_wait_seconds", 0.5),
        ("MAX_BODY_BYTES", "1", "max_body_bytes", 1),
        ("MAX_IMAGE_BYTES", "1000", "max_image_bytes", 1_000),
        ("MAX_PIXELS", "250000000", "max_pixels", 250_000_000),
        ("MAX_DRAFT_PIXELS", "500000000", "max_draft_pixels", 500_000_000),
        ("MAX_PICTURES", "1000", "max_pictures", 1_000),
        ("CORS_ORIGINS", "https://a.example", "cors_origins", {"https://a.example"}),
        ("MAX_CONCURRENT", "3", "max_concurrent", 3),
        ("DEADLINE_SECONDS", "0.5", "deadline_seconds", 0.5),
        ("LOG_LEVEL", "DEBUG", "log_level", "DEBUG"),
        ("LOG_FORMAT", "json", "log_format", "json"),
        ("BUCKETS", "", "buckets", set()),
        ("MODEL", "", "model", DEFAULT_MODEL),
    ],
)
def test_a_variable_sets_its_field_and_an_empty_one_sets_nothing(
    name: str, value: str, field: str, expected: object
) -> None:
    assert getattr(read_settings({f"MICROLENS_{name}": value}), field) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REFRESH_SECONDS", "0"),
        ("REFRESH_SECONDS", "nan"),
        ("REFRESH_SECONDS", "86401"),
        ("REFRESH_SECONDS", "often"),
        ("BUCKETS", "s3://photos"),
        ("BUCKETS", "photos,Photos_2"),
        ("BUCKETS", "*"),
        ("BUCKET_OWNER", "12345678901"),
        ("BUCKET_OWNER", "٠١٢٣٤٥٦٧٨٩٠١"),
        ("UPLOADS", "uploads"),
        ("UPLOADS", "s3://photos"),
        ("UPLOADS", "s3://Photos/in"),
        ("UPLOADS", "https://photos/in"),
        ("UPLOAD_SECONDS", "9"),
        ("UPLOAD_SECONDS", "43201"),
        ("UPLOAD_WAIT_SECONDS", "-1"),
        ("MAX_BODY_BYTES", "0"),
        ("MAX_BODY_BYTES", "50 MB"),
        ("MAX_IMAGE_BYTES", "-1"),
        ("MAX_PIXELS", "1e3"),
        ("MAX_PIXELS", "500000001"),
        ("MAX_DRAFT_PIXELS", "0"),
        ("MAX_PICTURES", "1001"),
        ("CORS_ORIGINS", "www.example.org"),
        ("MAX_CONCURRENT", "0"),
        ("DEADLINE_SECONDS", "0"),
        ("PROTOCOLS", ","),
        ("RESULTS", "s3:/results/here"),
        ("RESULTS", "s3://Results/here"),
        ("RESULTS", "https://results/here"),
        ("LOG_LEVEL", "chatty"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_mistake_is_told_with_variable_and_value(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        read_settings({f"MICROLENS_{name}": value})

    assert f"MICROLENS_{name}={value!r} is refused: " in str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("TOKENS", " , ", "it holds no hash"),
        ("TOKENS", "s3cr3t", "entry 1 is not sha256:"),
        ("TOKEN", "s3cr3t and more", "a header carries"),
        ("TOKEN", "s3cr3t-tökén", "a header carries"),
        ("TOKEN", " \n", "a header carries"),
    ],
)
def test_a_mistake_in_a_secret_is_told_without_the_value(name: str, value: str, why: str) -> None:
    with pytest.raises(SettingsError, match=f"MICROLENS_{name} is refused: {why}") as error:
        read_settings({f"MICROLENS_{name}": value})

    assert "s3cr3t" not in str(error.value)


def test_a_token_that_was_read_from_a_file_may_have_the_end_of_its_line() -> None:
    token = read_settings({"MICROLENS_TOKEN": "s3cr3t\n"}).token

    assert token is not None
    assert token.get_secret_value() == "s3cr3t"


def test_mistakes_between_settings_are_told_together() -> None:
    wrong = {"MICROLENS_UPLOADS": "s3://photos/in", "MICROLENS_MAX_PIXELS": "300000000"}

    with pytest.raises(SettingsError) as error:
        read_settings(wrong)

    assert all(name in str(error.value) for name in wrong)


def test_all_mistakes_are_told_together() -> None:
    wrong = {"MICROLENS_MAX_PIXELS": "many", "MICROLENS_LOG_LEVEL": "x", "MICROLENS_MODLE": "x"}

    with pytest.raises(SettingsError) as error:
        read_settings(wrong)

    assert all(name in str(error.value) for name in wrong)


def test_an_unknown_variable_is_told_which_there_are() -> None:
    with pytest.raises(SettingsError, match="MICROLENS_MODLE is no setting; there are: ") as error:
        read_settings({"MICROLENS_MODLE": "x"})

    assert all(variable(name) in str(error.value) for name in Settings.model_fields)


def test_a_reduced_jpeg_may_not_be_smaller_than_a_whole_picture() -> None:
    with pytest.raises(
        SettingsError, match=r"MAX_DRAFT_PIXELS=10 is below MICROLENS_MAX_PIXELS=20"
    ):
        read_settings({"MICROLENS_MAX_PIXELS": "20", "MICROLENS_MAX_DRAFT_PIXELS": "10"})


def test_uploads_need_a_place_for_their_results() -> None:
    with pytest.raises(SettingsError, match="MICROLENS_UPLOADS='s3://photos/in' needs"):
        read_settings({"MICROLENS_UPLOADS": "s3://photos/in"})
    both = {"MICROLENS_UPLOADS": "s3://photos/a/b/", "MICROLENS_RESULTS": "s3://results"}
    assert read_settings(both).uploads == "s3://photos/a/b"


def test_other_programs_variables_are_left_alone() -> None:
    assert read_settings({"AWS_REGION": "eu-west-1", "PATH": "/bin"}) == read_settings({})


class TestOnLambda:
    def test_a_body_is_as_large_as_the_platform_takes(self) -> None:
        assert read_settings(ON_LAMBDA).max_body_bytes == LAMBDA_BODY_BYTES
        assert LAMBDA_BODY_BYTES * 4 / 3 < 6_291_456 * 0.98

    def test_uploads_wait_for_their_event(self) -> None:
        assert read_settings({}).upload_wait_seconds == 0
        assert read_settings(ON_LAMBDA).upload_wait_seconds == 30

    def test_what_was_set_counts(self) -> None:
        settings = read_settings({**ON_LAMBDA, "MICROLENS_MAX_BODY_BYTES": "1000"})

        assert settings.max_body_bytes == 1_000

    def test_a_mistake_is_still_the_variables(self) -> None:
        with pytest.raises(SettingsError, match="MICROLENS_MAX_BODY_BYTES='x'"):
            read_settings({**ON_LAMBDA, "MICROLENS_MAX_BODY_BYTES": "x"})


def test_a_field_that_is_put_in_the_environment_is_read_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MICROLENS_MODEL", "before")  # so that it is as it was after the test

    put_in_environment("model", "s3://registry/cats@prod")

    assert os.environ["MICROLENS_MODEL"] == "s3://registry/cats@prod"
    assert read_settings().model == "s3://registry/cats@prod"
