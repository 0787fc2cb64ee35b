"""Versions: one is published whenever a function changes, and none when it does not."""

from __future__ import annotations

import json

import pytest

from tests.infra.stacks import VARIANTS, Stack, functions, stack

# A value of each parameter that is not its default one.
OTHER_VALUES = {
    "AlarmEmail": "a@b.example",
    "Architecture": "arm64",
    "Auth": "none",
    "ClassifyConcurrency": "40",
    "IngestConcurrency": "7",
    "InvocationsPerHour": "7",
    "JwtAudience": "microlens",
    "JwtIssuer": "https://issuer.example",
    "LatencyAlarmMs": "7",
    "LogDays": "7",
    "LogLevel": "DEBUG",
    "Memory": "2048",
    "ModelName": "birds",
    "Prefix": "another",
    "ProvisionedConcurrency": "2",
    "PublishConcurrency": "5",
    "PublishMemory": "4096",
    "RefreshSeconds": "60",
    "RequestBurst": "7",
    "RequestsPerSecond": "7",
    "RollBackOnAlarm": "no",
    "Rollout": "AllAtOnce",
    "ServeWith": "tensorflow",
    "SnapStart": "None",
    "SnapshotOf": "7f3a0c11d2e4",
    "Stage": "staging",
    "Tracing": "PassThrough",
    "UploadDays": "3",
    "WebOrigins": "https://a.example",
}


@pytest.fixture(params=VARIANTS, ids=lambda chosen: "-".join(chosen.values()))
def made(request: pytest.FixtureRequest) -> Stack:
    """The stack with one choice of runtime and processor."""
    return stack(**request.param)


def version(made: Stack, function: str) -> tuple[str, str]:
    """What CloudFormation tells versions of a function apart by: logical id and description."""
    found = made.of_type("AWS::Lambda::Version")
    (only,) = [
        (name, each["Description"])
        for name, each in found.items()
        if each["FunctionName"] == function
    ]
    return only


def configurations(made: Stack) -> dict[str, str]:
    """What a version of each serving function is made of: all but the concurrency reserved."""
    return {
        name: json.dumps({k: v for k, v in each.items() if k != "ReservedConcurrentExecutions"})
        for name, each in functions(made).items()
        if name != "PublishFunction"
    }


def test_every_parameter_has_another_value_here() -> None:
    assert OTHER_VALUES.keys() == stack().parameters.keys()


@pytest.mark.parametrize(("serve_with", "model"), [("litert", ""), ("tensorflow", "pets")])
@pytest.mark.parametrize("name", sorted(OTHER_VALUES.keys() - {"ServeWith"}))
def test_a_version_is_published_when_a_parameter_changes_it_and_only_then(
    name: str, model: str, serve_with: str
) -> None:
    """SAM sees no parameter's value, and Lambda refuses a version of what has not changed."""
    chosen = {"ServeWith": serve_with, "ModelName": model}
    before, after = stack(**chosen), stack(**{**chosen, name: OTHER_VALUES[name]})
    old, new = configurations(before), configurations(after)

    changed = {each for each in old if old[each] != new[each]}
    assert changed == {each for each in old if version(before, each) != version(after, each)}


def test_a_promoted_model_gets_a_new_snapshot_by_a_parameter() -> None:
    made = [stack(SnapshotOf=release) for release in ("7f3a", "9c04")]

    assert version(made[0], "ClassifyFunction") != version(made[1], "ClassifyFunction")


def test_the_description_of_a_version_is_never_too_long(made: Stack) -> None:
    longest = {
        name: max(
            [
                *each.get("AllowedValues", []),
                "x" * {"ModelName": 63, "Stage": 31, "SnapshotOf": 32, "Prefix": 20}.get(name, 0),
                str(each.get("MaxValue", "")),
                str(each.get("Default", "")),
            ],
            key=lambda value: len(str(value)),
        )
        for name, each in made.template["Parameters"].items()
    }
    widest = Stack(made.template, longest)

    for each in widest.of_type("AWS::Lambda::Version").values():
        assert 150 < len(each["Description"]) <= 256


def test_old_versions_are_deleted_because_each_keeps_a_snapshot_that_costs(made: Stack) -> None:
    published = [each for each in made.resources.values() if each["Type"] == "AWS::Lambda::Version"]

    assert len(published) == 2
    assert {each["DeletionPolicy"] for each in published} == {"Delete"}
