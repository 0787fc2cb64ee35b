"""What the template promises of functions, versions, the API and the queues, in every variant.

Neither SAM nor cfn-lint notices most of what is asked here.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from tests.infra.stacks import REGION, VARIANTS, Stack, entry, functions, stack
from tests.program import printed
from training.publish_handler import Target, targets

ENTRIES = {
    "api.http_handler.handler",
    "api.event_handler.handler",
    "training.publish_handler.handler",
}
# What AWS sets itself and refuses to be told.
RESERVED = {"_HANDLER", "_X_AMZN_TRACE_ID", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"}
MOST_ENVIRONMENT_BYTES = 4096


@pytest.fixture(params=VARIANTS, ids=lambda chosen: "-".join(chosen.values()))
def made(request: pytest.FixtureRequest) -> Stack:
    """The stack with one choice of runtime and processor."""
    return stack(**request.param)


def alias_of(made: Stack, handler: str) -> str:
    """The logical id of the alias of the function with this handler."""
    (name,) = [name for name, each in functions(made).items() if entry(each) == handler]
    aliases = made.of_type("AWS::Lambda::Alias")
    (alias,) = [alias for alias, each in aliases.items() if each["FunctionName"] == name]
    return alias


def test_every_variant_makes_one_function_for_each_entry(made: Stack) -> None:
    serve_with, processor = made.parameters["ServeWith"], made.parameters["Architecture"]
    found = functions(made)

    assert {entry(each) for each in found.values()} == ENTRIES
    assert len(found) == len(ENTRIES)
    for each in found.values():
        assert each["Architectures"] == [processor]
        is_image = each.get("PackageType") == "Image"
        is_publishing = entry(each) == "training.publish_handler.handler"
        assert is_image == (serve_with == "tensorflow" or is_publishing)


def test_only_the_zip_that_somebody_waits_for_has_snapstart(made: Stack) -> None:
    snapped = {name: each for name, each in functions(made).items() if each.get("SnapStart")}

    assert set(snapped) == (
        {"ClassifyFunction"} if made.parameters["ServeWith"] == "litert" else set()
    )
    published = {each["FunctionName"] for each in made.of_type("AWS::Lambda::Version").values()}
    for name, each in snapped.items():
        assert each["SnapStart"] == {"ApplyOn": "PublishedVersions"}
        assert each.get("PackageType", "Zip") == "Zip"
        assert each["Runtime"] == "python3.13"
        assert "EphemeralStorage" not in each
        assert name in published


@pytest.mark.parametrize("serve_with", ["litert", "tensorflow"])
def test_provisioned_concurrency_is_for_images_alone(serve_with: str) -> None:
    made = stack(ServeWith=serve_with, ProvisionedConcurrency="2")
    aliases = made.of_type("AWS::Lambda::Alias")
    provisioned = {
        each["FunctionName"] for each in aliases.values() if "ProvisionedConcurrencyConfig" in each
    }

    assert provisioned == ({"ClassifyImageFunction"} if serve_with == "tensorflow" else set())


def test_requests_and_pictures_reach_the_alias_and_not_the_newest_code(made: Stack) -> None:
    classify = alias_of(made, "api.http_handler.handler")
    (integration,) = made.of_type("AWS::ApiGatewayV2::Integration").values()
    (source,) = made.of_type("AWS::Lambda::EventSourceMapping").values()

    assert integration["IntegrationUri"] == classify
    assert integration["PayloadFormatVersion"] == "2.0"
    assert made.of_type("AWS::Lambda::Permission")["ApiMayInvoke"]["FunctionName"] == classify
    assert source["FunctionName"] == alias_of(made, "api.event_handler.handler")


def test_no_variable_is_one_of_aws_and_all_fit(made: Stack) -> None:
    for each in functions(made).values():
        variables = each["Environment"]["Variables"]
        assert not {name for name in variables if name in RESERVED or name.startswith("AWS_")}
        size = sum(len(name) + len(str(value)) for name, value in variables.items())
        assert size < MOST_ENVIRONMENT_BYTES / 2


@pytest.mark.parametrize("handler", sorted(ENTRIES))
def test_the_handler_can_be_imported_with_the_variables_of_the_template(handler: str) -> None:
    (function,) = [each for each in functions(stack()).values() if entry(each) == handler]
    variables = {k: str(v) for k, v in function["Environment"]["Variables"].items()}
    module, _, name = handler.rpartition(".")
    code = f"import {module} as m; print(callable(m.{name}))"
    own = {"AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}

    assert printed(code, env=variables | own).strip() == "True"


def test_a_function_gives_up_before_those_who_wait_for_it(made: Stack) -> None:
    timeouts = {entry(each): each["Timeout"] for each in functions(made).values()}
    (integration,) = made.of_type("AWS::ApiGatewayV2::Integration").values()
    queue = made.of_type("AWS::SQS::Queue")["PicturesQueue"]

    assert timeouts["api.http_handler.handler"] * 1000 < integration["TimeoutInMillis"] <= 30_000
    assert queue["VisibilityTimeout"] >= 6 * timeouts["api.event_handler.handler"]
    assert timeouts["training.publish_handler.handler"] == 900


def test_a_bad_picture_brings_no_other_back_and_ends_where_it_is_found(made: Stack) -> None:
    (source,) = made.of_type("AWS::Lambda::EventSourceMapping").values()
    queues = made.of_type("AWS::SQS::Queue")
    redrive = queues["PicturesQueue"]["RedrivePolicy"]

    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["ScalingConfig"] == {"MaximumConcurrency": 20}
    assert redrive == {"deadLetterTargetArn": "PicturesDeadLetters.Arn", "maxReceiveCount": 5}
    assert queues["PicturesDeadLetters"]["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert made.resources["PicturesDeadLetters"]["DeletionPolicy"] == "Retain"
    assert queues["PicturesQueue"]["MessageRetentionPeriod"] < 14 * 24 * 3600


def test_a_dropped_model_that_is_given_up_on_is_kept(made: Stack) -> None:
    (retries,) = made.of_type("AWS::Lambda::EventInvokeConfig").values()
    (rule,) = made.of_type("AWS::Events::Rule").values()
    (target,) = rule["Targets"]

    assert retries["FunctionName"] == "PublishFunction"
    assert retries["DestinationConfig"] == {"OnFailure": {"Destination": "PublishDeadLetters.Arn"}}
    assert target["DeadLetterConfig"] == {"Arn": "PublishDeadLetters.Arn"}
    assert target["Arn"] == "PublishFunction.Arn"


@pytest.mark.parametrize(
    "key",
    [
        "pets/incoming/model.keras",
        "pets/incoming/pictures/cat/a b.jpg",
        "team/pets/incoming/labels.txt",
        "pets/releases/0f/model.tflite",
        "pets/stages/dev.json",
        "pets/status.json",
    ],
)
def test_the_rule_lets_through_what_the_handler_attends_to(key: str) -> None:
    (rule,) = stack().of_type("AWS::Events::Rule").values()
    pattern = rule["EventPattern"]
    (wanted,) = pattern["detail"]["object"]["key"]
    (bucket,) = pattern["detail"]["bucket"]["name"]
    event = {
        "detail-type": pattern["detail-type"][0],
        "detail": {"bucket": {"name": bucket}, "object": {"key": key}},
    }

    assert fnmatchcase(key, wanted["wildcard"]) == bool(targets(event))
    for target in targets(event):
        assert isinstance(target, Target)
        assert target.store.startswith(f"s3://{bucket}")


def test_concurrency_is_reserved_only_when_a_number_is_given() -> None:
    assert "ReservedConcurrentExecutions" not in functions(stack())["ClassifyFunction"]
    made = functions(stack(ClassifyConcurrency="40", PublishConcurrency="5"))
    assert made["ClassifyFunction"]["ReservedConcurrentExecutions"] == "40"
    assert made["PublishFunction"]["ReservedConcurrentExecutions"] == "5"


@pytest.mark.parametrize("serve_with", ["litert", "tensorflow"])
def test_alarms_roll_a_deployment_back_unless_that_is_switched_off(serve_with: str) -> None:
    rolled, forced = (
        [
            {alarm["Name"] for alarm in each.get("AlarmConfiguration", {}).get("Alarms", [])}
            for each in stack(ServeWith=serve_with, RollBackOnAlarm=answer)
            .of_type("AWS::CodeDeploy::DeploymentGroup")
            .values()
        ]
        for answer in ("yes", "no")
    )

    # Errors of Lambda alone would not do: a 500 that Mangum answers is a success to Lambda.
    http = {"ClassifyErrorsAlarm", "ClassifyFailuresAlarm", "ApiErrorsAlarm"}
    assert http in rolled
    assert {"IngestFailuresAlarm", "PicturesFailedAlarm"} in rolled
    assert forced == [set(), set()]


def test_the_model_is_the_packaged_one_until_one_is_named() -> None:
    def model(made: Stack) -> str:
        return str(
            functions(made)["ClassifyFunction"]["Environment"]["Variables"]["MICROLENS_MODEL"]
        )

    assert model(stack()) == ""
    expected = "s3://microlens-models-123456789012-eu-west-1/pets@prod"
    assert model(stack(ModelName="pets")) == expected
