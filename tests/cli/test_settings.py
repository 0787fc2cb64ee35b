"""`microlens settings` shows every setting, where it comes from, and no secret."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, Field, SecretStr

from cli.settings import describe
from inference.settings import Settings, variable
from tests.cli.command import invoke, microlens


def by_variable(document: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    return {row["variable"]: row for row in document["settings"]}


def test_every_setting_is_there_with_its_meaning() -> None:
    rows = by_variable(invoke("settings", "--json").document())

    assert {name: row["meaning"] for name, row in rows.items()} == {
        variable(name): field.description for name, field in Settings.model_fields.items()
    }
    assert all(rows[name]["meaning"] for name in rows)
    assert {row["source"] for row in rows.values()} == {"default"}


def test_what_the_environment_says_is_shown_as_its_own() -> None:
    env = {"MICROLENS_BUCKETS": "pets, cats", "MICROLENS_MAX_PIXELS": "1000", "MICROLENS_MODEL": ""}
    rows = by_variable(microlens("settings", "--json", env=env).document())

    assert rows["MICROLENS_BUCKETS"] | {"meaning": ""} == {
        "variable": "MICROLENS_BUCKETS",
        "value": ["cats", "pets"],
        "source": "environment",
        "meaning": "",
    }
    assert (rows["MICROLENS_MAX_PIXELS"]["value"]) == 1000
    assert rows["MICROLENS_MODEL"]["source"] == "default"


def test_people_read_each_variable_as_they_would_set_it() -> None:
    env = {"MICROLENS_BUCKETS": "pets,cats", "MICROLENS_LOG_LEVEL": "ERROR"}

    lines = microlens("settings", env=env).stdout.splitlines()

    assert "MICROLENS_BUCKETS=cats,pets  (environment)" in lines
    assert "MICROLENS_LOG_LEVEL=ERROR  (environment)" in lines
    assert "MICROLENS_BUCKET_OWNER=  (default)" in lines
    assert len([line for line in lines if not line.startswith(" ")]) == len(Settings.model_fields)


def test_all_mistakes_are_reported_together() -> None:
    env = {"MICROLENS_MAX_PIXELS": "0", "MICROLENS_LOG_LEVEL": "LOUD", "MICROLENS_COLOUR": "red"}

    ran = microlens("settings", "--json", env=env)

    assert (ran.code, ran.stdout) == (1, "")
    assert ran.stderr.count("\n") == 1
    for said in (
        "MICROLENS_MAX_PIXELS='0'",
        "MICROLENS_LOG_LEVEL='LOUD'",
        "MICROLENS_COLOUR is no",
    ):
        assert said in ran.stderr


class WithSecret(BaseModel):
    token: SecretStr = Field(SecretStr(""), description="a key")


@pytest.mark.parametrize("secret", ["hunter2", "correct horse battery staple"])
def test_a_secret_is_never_shown(secret: str) -> None:
    (row,) = describe(WithSecret(token=SecretStr(secret)))

    assert secret not in str(row)
    assert row["value"] == "**********"
    assert row["source"] == "environment"
