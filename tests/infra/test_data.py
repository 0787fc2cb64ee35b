"""What the template promises of buckets, roles and logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.infra.stacks import Stack, functions, stack

# Statements that need every resource, and why.
EVERYTHING = {"Trace": "X-Ray's actions know no resources"}
SERVES = ("litert", "tensorflow")


@pytest.fixture(params=SERVES)
def made(request: pytest.FixtureRequest) -> Stack:
    """The stack with each kind of serving functions."""
    return stack(ServeWith=request.param)


def statements(made: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every role that we wrote, with the role's logical id."""
    for name, role in made.of_type("AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def listed(value: str | list[str]) -> list[str]:
    """One or several, as several."""
    return [value] if isinstance(value, str) else value


def test_every_bucket_is_private_encrypted_and_stays_when_the_stack_goes(made: Stack) -> None:
    buckets = made.of_type("AWS::S3::Bucket")

    assert set(buckets) == {"ModelsBucket", "PicturesBucket", "ResultsBucket"}
    for name, bucket in buckets.items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
        owners = bucket["OwnershipControls"]["Rules"]
        assert owners == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        assert made.resources[name]["DeletionPolicy"] == "Retain"
        assert made.resources[name]["UpdateReplacePolicy"] == "Retain"


def test_buckets_and_queues_refuse_what_comes_without_tls(made: Stack) -> None:
    policies = [
        *made.of_type("AWS::S3::BucketPolicy").values(),
        *made.of_type("AWS::SQS::QueuePolicy").values(),
    ]
    guarded = [
        resource
        for policy in policies
        for each in policy["PolicyDocument"]["Statement"]
        if each["Effect"] == "Deny" and each["Principal"] == "*"
        if each["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        if each["Action"] in ("s3:*", "sqs:*")
        for resource in listed(each["Resource"])
    ]

    for bucket in ("models", "pictures", "results"):
        arn = f"arn:aws:s3:::microlens-{bucket}-123456789012-eu-west-1"
        assert {arn, f"{arn}/*"} <= set(guarded)
    assert {"PicturesQueue.Arn", "PublishDeadLetters.Arn"} <= set(guarded)


def test_only_models_are_kept_in_versions_and_uploads_are_deleted_with_their_results() -> None:
    buckets = stack(UploadDays="3").of_type("AWS::S3::Bucket")

    def expiry(name: str) -> dict[str, str]:
        rules = buckets[name]["LifecycleConfiguration"]["Rules"]
        return {each["Prefix"]: each["ExpirationInDays"] for each in rules if "Prefix" in each}

    assert buckets["ModelsBucket"]["VersioningConfiguration"] == {"Status": "Enabled"}
    assert expiry("ModelsBucket") == {}
    assert expiry("PicturesBucket") == {"uploads/": "3"}
    results = "microlens-pictures-123456789012-eu-west-1/uploads/"
    assert expiry("ResultsBucket") == {results: "3"}
    for bucket in buckets.values():
        rules = bucket["LifecycleConfiguration"]["Rules"]
        assert any("AbortIncompleteMultipartUpload" in each for each in rules)


def test_results_trigger_nothing(made: Stack) -> None:
    buckets = made.of_type("AWS::S3::Bucket")

    assert "NotificationConfiguration" not in buckets["ResultsBucket"]
    (notification,) = buckets["PicturesBucket"]["NotificationConfiguration"]["QueueConfigurations"]
    assert notification == {"Event": "s3:ObjectCreated:*", "Queue": "PicturesQueue.Arn"}


def test_the_queue_takes_pictures_from_this_bucket_of_this_account_alone(made: Stack) -> None:
    statement = made.of_type("AWS::SQS::QueuePolicy")["PicturesQueuePolicy"]["PolicyDocument"][
        "Statement"
    ][0]
    name = made.of_type("AWS::S3::Bucket")["PicturesBucket"]["BucketName"]

    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Condition"] == {
        "ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{name}"},
        "StringEquals": {"aws:SourceAccount": "123456789012"},
    }


def test_no_role_may_do_everything_or_touch_everything(made: Stack) -> None:
    found = list(statements(made))

    assert {name for name, _ in found} == {
        "BulkRole",
        "ClassifyRole",
        "IngestRole",
        "PublishRole",
    }
    for _, each in found:
        assert each["Effect"] == "Allow"
        assert not [action for action in listed(each["Action"]) if "*" in action]
        if "*" in listed(each["Resource"]):
            assert each["Sid"] in EVERYTHING


def test_nobody_may_write_but_where_it_is_needed(made: Stack) -> None:
    writes = {
        (name, resource)
        for name, each in statements(made)
        if "s3:PutObject" in listed(each["Action"])
        for resource in listed(each["Resource"])
    }
    place = "arn:aws:s3:::microlens-{}-123456789012-eu-west-1/{}"
    uploaded = "microlens-pictures-123456789012-eu-west-1/uploads/*"

    assert writes == {
        ("BulkRole", place.format("results", "bulk-reports/*")),
        ("ClassifyRole", place.format("pictures", "uploads/*")),
        ("ClassifyRole", place.format("results", uploaded)),
        ("IngestRole", place.format("results", "*")),
        ("PublishRole", place.format("models", "*/releases/*")),
        ("PublishRole", place.format("models", "*/stages/dev.json")),
        ("PublishRole", place.format("models", "*/status.json")),
    }
    assert not [1 for _, each in statements(made) if "s3:DeleteObject" in listed(each["Action"])]


def test_who_answers_callers_reads_no_results_but_those_of_uploads(made: Stack) -> None:
    bucket = "arn:aws:s3:::microlens-results-123456789012-eu-west-1/"
    read = {
        resource
        for name, each in statements(made)
        if name == "ClassifyRole" and "s3:GetObject" in listed(each["Action"])
        for resource in listed(each["Resource"])
        if resource.startswith(bucket)
    }

    assert read == {f"{bucket}microlens-pictures-123456789012-eu-west-1/uploads/*"}


def test_every_function_logs_to_a_group_that_forgets_and_that_its_role_may_write(
    made: Stack,
) -> None:
    groups = made.of_type("AWS::Logs::LogGroup")
    may_log = {
        (name, resource)
        for name, each in statements(made)
        if "logs:PutLogEvents" in listed(each["Action"])
        for resource in listed(each["Resource"])
    }

    for function in functions(made).values():
        group = function["LoggingConfig"]["LogGroup"]
        role = function["Role"].partition(".")[0]
        assert groups[group]["RetentionInDays"] == 30
        assert (role, f"{group}.Arn") in may_log
    assert len(may_log) == 3


def test_pages_of_other_hosts_may_call_the_service_only_when_they_are_named() -> None:
    def origins(made: Stack) -> list[str]:
        rules = made.of_type("AWS::S3::Bucket")["PicturesBucket"]["CorsConfiguration"]["CorsRules"]
        return [origin for rule in rules for origin in rule["AllowedOrigins"]]

    named = stack(WebOrigins="https://a.example,https://b.example")
    both = ["https://a.example", "https://b.example"]

    assert origins(stack()) == ["Api.ApiEndpoint"]
    assert "CorsConfiguration" not in stack().of_type("AWS::ApiGatewayV2::Api")["Api"]
    assert origins(named) == ["Api.ApiEndpoint", *both]
    cors = named.of_type("AWS::ApiGatewayV2::Api")["Api"]["CorsConfiguration"]
    assert cors["AllowOrigins"] == both
    assert "AllowCredentials" not in cors
    # What a page sends with a token, and what it sends with a signature.
    assert {"authorization", "content-type"} <= set(cors["AllowHeaders"])
    assert {"x-amz-content-sha256", "x-amz-date", "x-amz-security-token"} <= set(
        cors["AllowHeaders"]
    )
    assert {"location", "retry-after", "x-request-id"} <= set(cors["ExposeHeaders"])
    routes = named.of_type("AWS::ApiGatewayV2::Route").values()
    assert {(each["RouteKey"], each["AuthorizationType"]) for each in routes} == {
        ("$default", "AWS_IAM"),
        ("OPTIONS /{proxy+}", "NONE"),
    }
