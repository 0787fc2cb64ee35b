"""Who may do what: the policies as AWS's services keep them, decided request by request.

The stack is made in a moto server, which is asked for each policy afterwards; what the statements
come to is decided by `tests.infra.permissions`, for the request that must pass and for those that
differ from it in one thing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.infra.account import Account
from tests.infra.making import create, guard
from tests.infra.permissions import ANYBODY, Request, allows
from tests.infra.stacks import ACCOUNT, REGION, stack
from tests.servers.aws import aws

pytestmark = pytest.mark.slow

TLS = {"aws:SecureTransport": "true"}
NO_TLS = {"aws:SecureTransport": "false"}
NIGHT = "night@team.example"
PLACE = "microlens-{}-" + f"{ACCOUNT}-{REGION}"
MODELS, PICTURES, RESULTS = (PLACE.format(each) for each in ("models", "pictures", "results"))
ANOTHER = "arn:aws:s3:::somebody-elses-bucket"


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """The stack with all its policies, and somebody to be woken."""
    with aws() as running:
        found = create(running, stack(AlarmEmail=NIGHT))
        guard(found)
        yield found


def of_queue(account: Account, queue: str) -> Any:
    """The policy that SQS keeps."""
    found = account.aws.client("sqs").get_queue_attributes(
        QueueUrl=account.names[queue], AttributeNames=["Policy"]
    )
    return json.loads(found["Attributes"]["Policy"])


def differing(request: Request, **facts: str) -> list[Request]:
    """The request without each of its facts, with another value of each, and by anybody."""
    found = [replace(request, principal=ANYBODY), replace(request, principal="ec2.amazonaws.com")]
    for name in request.facts.keys() - TLS.keys():
        less = {key: value for key, value in request.facts.items() if key != name}
        found.append(replace(request, facts=less))
        found.append(replace(request, facts={**request.facts, name: facts[name]}))
    found.append(replace(request, facts={**request.facts, **NO_TLS}))
    return found


def test_only_this_accounts_pictures_bucket_may_send_to_the_queue(account: Account) -> None:
    policy, queue = of_queue(account, "PicturesQueue"), account.names["PicturesQueue.Arn"]
    from_bucket = {
        "aws:SourceArn": f"arn:aws:s3:::{PICTURES}",
        "aws:SourceAccount": ACCOUNT,
        **TLS,
    }
    sends = Request("sqs:SendMessage", queue, "s3.amazonaws.com", from_bucket)
    others = {"aws:SourceArn": ANOTHER, "aws:SourceAccount": "999999999999"}

    assert allows(policy, sends)
    for other in differing(sends, **others):
        assert not allows(policy, other), other
    for action in ("ReceiveMessage", "DeleteMessage", "PurgeQueue", "SetQueueAttributes"):
        assert not allows(policy, replace(sends, action=f"sqs:{action}"))
    assert not allows(policy, replace(sends, resource=account.names["PublishDeadLetters.Arn"]))


def test_only_the_rule_may_send_dropped_models_to_their_dead_letters(account: Account) -> None:
    policy, queue = of_queue(account, "PublishDeadLetters"), account.names["PublishDeadLetters.Arn"]
    from_rule = {"aws:SourceArn": account.names["IncomingRule.Arn"], **TLS}
    sends = Request("sqs:SendMessage", queue, "events.amazonaws.com", from_rule)
    other_rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/another"

    assert allows(policy, sends)
    for other in differing(sends, **{"aws:SourceArn": other_rule}):
        assert not allows(policy, other), other
    assert not allows(policy, replace(sends, action="sqs:ReceiveMessage"))


def test_nobody_is_let_in_by_the_policy_of_pictures_dead_letters(account: Account) -> None:
    policy = of_queue(account, "PicturesDeadLetters")

    assert {each["Effect"] for each in policy["Statement"]} == {"Deny"}


@pytest.mark.parametrize("queue", ["PicturesQueue", "PicturesDeadLetters", "PublishDeadLetters"])
def test_a_queue_refuses_whatever_comes_without_tls(account: Account, queue: str) -> None:
    # A role that may do it by its own policy is refused by this one.
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}
    policy = of_queue(account, queue)
    policy["Statement"].append(anyone)
    asks = Request("sqs:ReceiveMessage", account.names[f"{queue}.Arn"], facts=TLS)

    assert allows(policy, asks)
    assert not allows(policy, replace(asks, facts=NO_TLS))


@pytest.mark.parametrize("bucket", [MODELS, PICTURES, RESULTS])
def test_a_bucket_lets_nobody_in_and_refuses_whatever_comes_without_tls(
    account: Account, bucket: str
) -> None:
    s3 = account.aws.s3()
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    anyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}

    assert {each["Effect"] for each in policy["Statement"]} == {"Deny"}
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": False}
    policy["Statement"].append(anyone)
    for action, resource in (
        ("s3:ListBucket", ""),
        ("s3:GetObject", "/a/b"),
        ("s3:PutObject", "/a"),
    ):
        asks = Request(action, f"arn:aws:s3:::{bucket}{resource}", facts=TLS)
        assert allows(policy, asks)
        assert not allows(policy, replace(asks, facts=NO_TLS))


def test_only_this_accounts_alarms_may_speak_through_the_topic(account: Account) -> None:
    topic = account.names["AlarmTopic"]
    kept = account.aws.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    policy = json.loads(kept)
    facts = {"aws:SourceAccount": ACCOUNT, **TLS}
    speaks = Request("sns:Publish", topic, "cloudwatch.amazonaws.com", facts)

    assert allows(policy, speaks)
    for other in differing(speaks, **{"aws:SourceAccount": "999999999999"}):
        assert not allows(policy, other), other
    for action in ("Subscribe", "SetTopicAttributes", "DeleteTopic"):
        assert not allows(policy, replace(speaks, action=f"sns:{action}"))


def test_every_alarm_reaches_whoever_is_to_be_woken_and_nobody_else(account: Account) -> None:
    topic = account.names["AlarmTopic"]
    sns, cloudwatch = account.aws.client("sns"), account.aws.client("cloudwatch")
    (heard,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]

    assert (heard["Protocol"], heard["Endpoint"]) == ("email", NIGHT)
    assert {each["AlarmName"] for each in alarms} == set(
        account.made.of_type("AWS::CloudWatch::Alarm")
    )
    for each in alarms:
        assert each["AlarmActions"] == each["OKActions"] == [topic]
