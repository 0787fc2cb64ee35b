"""What the template promises of buckets, roles and logs."""

from __future__ import annotations

import pytest

from tests.infra.stacks import Stack, stack

# Statements that need every resource, and why.
EVERYTHING = {"Trace": "X-Ray's actions know no resources"}
SERVES = ("litert", "tensorflow")


@pytest.fixture(params=SERVES)
def made(request: pytest.FixtureRequest) -> Stack:
    """The stack with each kind of serving functions."""
    return stack(ServeWith=request.param)


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
