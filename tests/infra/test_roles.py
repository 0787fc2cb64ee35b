"""What each role may do, decided request by request: what its function needs, and nothing beside.

In `tests.infra.test_stack` the functions do their work under these roles, in an account that asks.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.infra.permissions import ANYBODY, Request, allows, listed
from tests.infra.stacks import ACCOUNT, REGION, Stack, functions, stack

# Statements that need every resource, and why.
EVERYTHING = {"Trace": "X-Ray's actions know no resources"}
ROLES = ("BulkRole", "ClassifyRole", "IngestRole", "PublishRole")
MODELS, PICTURES, RESULTS = (
    f"arn:aws:s3:::microlens-{each}-{ACCOUNT}-{REGION}"
    for each in ("models", "pictures", "results")
)
OF_PICTURES = f"{RESULTS}/microlens-pictures-{ACCOUNT}-{REGION}"
UPLOADED, OF_OTHERS = f"{OF_PICTURES}/uploads/65f0-Zk3.json", f"{OF_PICTURES}/private/x.jpg.json"


def logging(group: str) -> list[tuple[str, str]]:
    """What it takes to write log lines and traces."""
    return [
        ("logs:CreateLogStream", f"{group}.Arn"),
        ("logs:PutLogEvents", f"{group}.Arn"),
        ("xray:PutTraceSegments", "*"),
        ("xray:PutTelemetryRecords", "*"),
    ]


# Of each role every action that it needs, with a resource.
MAY: dict[str, list[tuple[str, str]]] = {
    "ClassifyRole": [
        ("s3:GetObject", f"{MODELS}/pets/stages/prod.json"),
        ("s3:GetObjectVersion", f"{MODELS}/plain/model.keras"),
        ("s3:GetObject", f"{PICTURES}/cats/x.jpg"),
        ("s3:GetObject", UPLOADED),
        *(("s3:ListBucket", each) for each in (MODELS, PICTURES, RESULTS)),
        ("s3:PutObject", f"{PICTURES}/uploads/65f0-Zk3"),
        ("s3:PutObject", UPLOADED),
        *logging("ClassifyLogs"),
    ],
    "IngestRole": [
        ("s3:GetObject", f"{MODELS}/pets/releases/0f/model.tflite"),
        ("s3:GetObject", f"{PICTURES}/cats/x.jpg"),
        ("s3:GetObjectVersion", f"{PICTURES}/cats/x.jpg"),
        ("s3:GetObject", OF_OTHERS),
        *(("s3:ListBucket", each) for each in (MODELS, PICTURES, RESULTS)),
        ("s3:PutObject", OF_OTHERS),
        ("sqs:ReceiveMessage", "PicturesQueue.Arn"),
        ("sqs:DeleteMessage", "PicturesQueue.Arn"),
        ("sqs:ChangeMessageVisibility", "PicturesQueue.Arn"),
        ("sqs:GetQueueAttributes", "PicturesQueue.Arn"),
        *logging("IngestLogs"),
    ],
    "PublishRole": [
        ("s3:GetObject", f"{MODELS}/pets/incoming/model.keras"),
        ("s3:GetObjectVersion", f"{MODELS}/pets/incoming/model.keras"),
        ("s3:ListBucket", MODELS),
        ("s3:PutObject", f"{MODELS}/pets/releases/0f/model.tflite"),
        ("s3:PutObject", f"{MODELS}/team/pets/stages/dev.json"),
        ("s3:PutObject", f"{MODELS}/pets/status.json"),
        ("sqs:SendMessage", "PublishDeadLetters.Arn"),
        *logging("PublishLogs"),
    ],
    "BulkRole": [
        ("lambda:InvokeFunction", "IngestFunctionAliaslive"),
        ("s3:ListBucket", PICTURES),
        ("s3:PutInventoryConfiguration", PICTURES),
        ("s3:PutObject", f"{RESULTS}/bulk-reports/job-1/manifest.json"),
    ],
}
# Beside it: what another may, or nobody.
MAY_NOT: dict[str, list[tuple[str, str]]] = {
    "ClassifyRole": [
        ("s3:PutObject", f"{MODELS}/pets/stages/prod.json"),
        ("s3:PutObject", f"{PICTURES}/cats/x.jpg"),
        # Callers are told of no results but those of uploads.
        ("s3:GetObject", OF_OTHERS),
        ("s3:PutObject", OF_OTHERS),
        ("sqs:ReceiveMessage", "PicturesQueue.Arn"),
        ("logs:PutLogEvents", "IngestLogs.Arn"),
    ],
    "IngestRole": [
        ("s3:PutObject", f"{PICTURES}/cats/x.jpg"),
        ("s3:PutObject", f"{MODELS}/pets/releases/0f/model.tflite"),
        ("sqs:SendMessage", "PicturesQueue.Arn"),
        ("sqs:PurgeQueue", "PicturesQueue.Arn"),
        ("sqs:ReceiveMessage", "PicturesDeadLetters.Arn"),
        ("logs:PutLogEvents", "PublishLogs.Arn"),
    ],
    "PublishRole": [
        # What serves is promoted by people.
        ("s3:PutObject", f"{MODELS}/pets/stages/prod.json"),
        ("s3:PutObject", f"{MODELS}/pets/incoming/model.keras"),
        ("s3:GetObject", f"{PICTURES}/cats/x.jpg"),
        ("s3:GetObject", UPLOADED),
        ("sqs:ReceiveMessage", "PublishDeadLetters.Arn"),
        ("sqs:SendMessage", "PicturesQueue.Arn"),
    ],
    "BulkRole": [
        ("lambda:InvokeFunction", "ClassifyFunctionAliaslive"),
        ("s3:GetObject", f"{PICTURES}/cats/x.jpg"),
        ("s3:PutObject", f"{PICTURES}/cats/x.jpg"),
        ("s3:PutObject", OF_OTHERS),
    ],
}
NEVER = [
    ("s3:DeleteObject", f"{PICTURES}/x.jpg"),
    ("s3:DeleteObjectVersion", f"{MODELS}/pets/stages/prod.json"),
    ("s3:PutBucketPolicy", RESULTS),
    ("s3:PutObjectAcl", UPLOADED),
    ("s3:GetObject", "arn:aws:s3:::somebody-elses-bucket/x.jpg"),
    ("s3:ListAllMyBuckets", "*"),
    ("iam:PassRole", "PublishRole.Arn"),
    ("sts:AssumeRole", "PublishRole.Arn"),
    ("lambda:UpdateFunctionCode", "IngestFunction"),
    ("logs:CreateLogGroup", "*"),
    ("kms:Decrypt", "*"),
]


@pytest.fixture(params=["litert", "tensorflow"])
def made(request: pytest.FixtureRequest) -> Stack:
    """The stack with each kind of serving functions."""
    return stack(ServeWith=request.param)


def policy_of(made: Stack, role: str) -> Any:
    """The one policy of a role."""
    (policy,) = made.of_type("AWS::IAM::Role")[role]["Policies"]
    return policy["PolicyDocument"]


def asked(made: Stack, action: str, resource: str) -> Request:
    """The request, of the function that there is."""
    if made.parameters["ServeWith"] == "tensorflow":
        resource = resource.replace("FunctionAlias", "ImageFunctionAlias")
    return Request(action, resource)


def less(policy: Any) -> Iterator[tuple[str, Any]]:
    """The policy without one of its actions, and without one of its resources, each in turn."""
    for number, statement in enumerate(policy["Statement"]):
        for member in ("Action", "Resource"):
            for each in listed(statement[member]):
                shorter = copy.deepcopy(policy)
                rest = [other for other in listed(statement[member]) if other != each]
                shorter["Statement"][number][member] = rest
                yield f"{statement['Sid']}: {each}", shorter


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_it_needs_and_nothing_beside_it(made: Stack, role: str) -> None:
    policy = policy_of(made, role)

    for needed in MAY[role]:
        assert allows(policy, asked(made, *needed)), needed
    for other in [*MAY_NOT[role], *NEVER]:
        assert not allows(policy, asked(made, *other)), other


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_no_action_and_no_resource_that_nothing_needs(made: Stack, role: str) -> None:
    needed = [asked(made, *each) for each in MAY[role]]

    for left_out, policy in less(policy_of(made, role)):
        assert not all(allows(policy, each) for each in needed), left_out


def test_no_role_may_do_everything_or_touch_everything(made: Stack) -> None:
    roles = made.of_type("AWS::IAM::Role")

    assert set(roles) - {"CodeDeployServiceRole"} == set(ROLES)
    for role in ROLES:
        for each in policy_of(made, role)["Statement"]:
            assert each["Effect"] == "Allow"
            assert not [action for action in listed(each["Action"]) if "*" in action]
            if "*" in listed(each["Resource"]):
                assert each["Sid"] in EVERYTHING


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_taken_by_the_one_service_that_it_was_made_for(made: Stack, role: str) -> None:
    trust = made.of_type("AWS::IAM::Role")[role]["AssumeRolePolicyDocument"]
    service = "batchoperations.s3.amazonaws.com" if role == "BulkRole" else "lambda.amazonaws.com"
    takes = Request("sts:AssumeRole", principal=service)

    assert allows(trust, takes)
    for principal in (ANYBODY, "ec2.amazonaws.com", "s3.amazonaws.com"):
        assert not allows(trust, replace(takes, principal=principal))


def test_every_function_logs_to_a_group_that_forgets_and_that_its_role_may_write(
    made: Stack,
) -> None:
    groups = made.of_type("AWS::Logs::LogGroup")

    for function in functions(made).values():
        group = function["LoggingConfig"]["LogGroup"]
        role = function["Role"].partition(".")[0]
        assert groups[group]["RetentionInDays"] == 30
        assert allows(policy_of(made, role), Request("logs:PutLogEvents", f"{group}.Arn"))


def test_only_this_api_and_this_rule_may_call_the_functions(made: Stack) -> None:
    permissions = made.of_type("AWS::Lambda::Permission").values()
    api = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:Api/*"

    assert {each["Action"] for each in permissions} == {"lambda:InvokeFunction"}
    assert {(each["Principal"], each["SourceArn"]) for each in permissions} == {
        ("apigateway.amazonaws.com", api),
        ("events.amazonaws.com", "IncomingRule.Arn"),
    }
