"""What the template tells the application, against what the application can be told."""

from __future__ import annotations

from typing import get_args

import pytest

from inference.settings import Settings, read_settings, variable
from tests.infra.stacks import functions, source, stack

# Settings that the template leaves alone, and why. A new setting belongs here or in the template.
LEFT_ALONE = {
    "MICROLENS_CACHE": "on Lambda it is `off` by itself; see decision 9",
    "MICROLENS_MAX_BODY_BYTES": "on Lambda it is what the platform takes, by itself",
    "MICROLENS_MAX_IMAGE_BYTES": "the default holds for every way in",
    "MICROLENS_MAX_PIXELS": "the default was measured to fit into the memory of the template",
    "MICROLENS_MAX_DRAFT_PIXELS": "as MICROLENS_MAX_PIXELS",
    "MICROLENS_MAX_PICTURES": "the body's size is reached first",
    "MICROLENS_UPLOAD_SECONDS": "the default suits a role whose session lasts longer",
    "MICROLENS_UPLOAD_WAIT_SECONDS": "on Lambda it waits for the event by itself",
    "MICROLENS_TOKENS": "the gateway asks who comes (Auth), and its signatures use the same header",
    "MICROLENS_CORS_ORIGINS": "the gateway answers for WebOrigins, and overrides what we would say",
    "MICROLENS_MAX_CONCURRENT": "an environment of Lambda has one request at a time",
    "MICROLENS_DEADLINE_SECONDS": "on Lambda it is what the invocation has left, by itself",
    "MICROLENS_LOG_FORMAT": "on Lambda it is JSON by itself",
    "MICROLENS_TOKEN": "it is for whoever asks a service",
    "MICROLENS_PROTOCOLS": "the default speaks all, and the API's authorizer stands before each",
}
SETTINGS = {variable(field) for field in Settings.model_fields}
# Ours, and no settings of the application.
OTHERS = {"SNAPSHOT_OF"}


@pytest.fixture(params=["litert", "tensorflow"])
def variables(request: pytest.FixtureRequest) -> list[dict[str, str]]:
    """The variables of each function."""
    made = functions(stack(ServeWith=request.param, ModelName="pets"))
    return [
        {name: str(value) for name, value in each["Environment"]["Variables"].items()}
        for each in made.values()
    ]


def test_the_template_sets_nothing_that_is_no_setting(variables: list[dict[str, str]]) -> None:
    for each in variables:
        assert set(each) - OTHERS <= SETTINGS


def test_every_setting_is_set_or_left_alone_for_a_reason(variables: list[dict[str, str]]) -> None:
    for each in variables:
        undecided = SETTINGS - set(each) - LEFT_ALONE.keys()
        assert not undecided, "set it in infra/template.yaml, or say in LEFT_ALONE why not"
        assert LEFT_ALONE.keys() <= SETTINGS
        assert not set(each) & LEFT_ALONE.keys()


def test_the_application_takes_the_values_of_the_template(variables: list[dict[str, str]]) -> None:
    for each in variables:
        settings = read_settings({**each, "AWS_LAMBDA_FUNCTION_NAME": "f"})
        assert settings.model == "s3://microlens-models-123456789012-eu-west-1/pets@prod"
        assert settings.buckets == {"microlens-pictures-123456789012-eu-west-1"}
        assert settings.bucket_owner == "123456789012"
        assert settings.uploads == "s3://microlens-pictures-123456789012-eu-west-1/uploads"
        assert settings.results == "s3://microlens-results-123456789012-eu-west-1"
        assert settings.refresh_seconds == 30


def test_every_level_of_the_log_that_may_be_chosen_is_taken_and_kept() -> None:
    chosen = source()["Parameters"]["LogLevel"]["AllowedValues"]

    assert set(chosen) == set(get_args(Settings.model_fields["log_level"].annotation))
    for level in chosen:
        for each in functions(stack(LogLevel=level)).values():
            said = each["Environment"]["Variables"]["MICROLENS_LOG_LEVEL"]
            assert read_settings({"MICROLENS_LOG_LEVEL": said}).log_level == level
            # Lambda drops what is below its own level; to it a line of metrics is INFO.
            assert each["LoggingConfig"]["LogFormat"] == "JSON"
            assert each["LoggingConfig"]["ApplicationLogLevel"] == "DEBUG"
