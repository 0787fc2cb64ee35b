"""`microlens token` makes what the service takes, each time another one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from inference.settings import read_settings
from tests.cli.command import microlens
from tests.servers.uvicorn import uvicorn


def test_the_hash_is_that_of_the_token_and_one_that_the_settings_take() -> None:
    first, second = (json.loads(microlens("token", "--json").stdout) for _ in range(2))

    assert first["token"] != second["token"]
    assert len(first["token"]) > 40
    assert first["hash"] == f"sha256:{hashlib.sha256(first['token'].encode()).hexdigest()}"
    both = f"{first['hash']},{second['hash']}"
    assert len(read_settings({"MICROLENS_TOKENS": both}).tokens) == 2


def test_people_get_the_same_on_two_lines_and_are_told_where_it_belongs() -> None:
    ran = microlens("token")
    token, known_as = (line.split() for line in ran.stdout.splitlines())

    assert (token[0], known_as[0]) == ("token", "hash")
    assert known_as[1] == f"sha256:{hashlib.sha256(token[1].encode()).hexdigest()}"
    assert "MICROLENS_TOKENS" in ran.stderr
    assert token[1] not in ran.stderr


def test_a_service_that_wants_a_token_answers_who_has_it_in_the_environment(chelsea: Path) -> None:
    made = json.loads(microlens("token", "--json").stdout)
    with uvicorn({"MICROLENS_TOKENS": made["hash"]}) as service:
        ask = ("classify", chelsea, "--url", service.url, "--json")
        refused = microlens(*ask)
        answered = microlens(*ask, env={"MICROLENS_TOKEN": made["token"]})

    assert (refused.code, answered.code) == (1, 0)
    assert "wants a token" in refused.stderr + refused.stdout
    assert json.loads(answered.stdout)["predictions"]
    assert made["token"] not in answered.stdout + answered.stderr
