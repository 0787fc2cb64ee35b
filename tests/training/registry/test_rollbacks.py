"""Rollbacks take moves back, one after the other, and say when there is nothing left."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from inference.errors import ModelError
from inference.stores import Store, open_store
from tests.training.registry.steps import NAME, hand, publish, release_at
from training.registry.changes import promote, rollback


def test_a_rollback_takes_back_the_last_move_and_the_next_one_the_one_before(
    store: Store, old_bundle: Path, new_bundle: Path, third_bundle: Path
) -> None:
    first, second, third = (
        publish(store, each, "prod") for each in (old_bundle, new_bundle, third_bundle)
    )

    back = [rollback(store, NAME, "prod", hand()).new for _ in range(2)]

    assert (third, *back) == (third, second, first)
    with pytest.raises(ModelError, match=r"has nothing to go back to: .* microlens promote .*"):
        rollback(store, NAME, "prod", hand())
    assert release_at(store, "prod") == first


def test_a_command_that_is_advised_can_be_pasted_though_the_registry_has_a_space_in_its_name(
    tmp_path: Path,
) -> None:
    store = open_store(str(tmp_path / "my registry"))

    with pytest.raises(ModelError) as caught:
        rollback(store, NAME, "prod", hand())

    advice = str(caught.value).partition("see: ")[2]
    assert shlex.split(advice) == ["microlens", "list", f"{tmp_path}/my registry/{NAME}"]


def test_what_was_rolled_back_can_be_promoted_again(
    store: Store, old_bundle: Path, new_bundle: Path
) -> None:
    old, new = (publish(store, each, "prod") for each in (old_bundle, new_bundle))
    rollback(store, NAME, "prod", hand())

    promote(store, NAME, new, "prod", hand())

    assert release_at(store, "prod") == new
    assert rollback(store, NAME, "prod", hand()).new == old


def test_a_stage_that_points_to_nothing_cannot_be_rolled_back(
    store: Store, old_bundle: Path
) -> None:
    publish(store, old_bundle)

    with pytest.raises(ModelError, match="the stage 'prod' of 'colours' points to no release"):
        rollback(store, NAME, "prod", hand())
