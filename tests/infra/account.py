"""The stack's buckets, queues, topics, rules and alarms, made for real in a moto server.

moto's CloudFormation makes them of the transformed template. Functions, and what needs them, are
left out: they are checked in the template itself. What it passes over is made through the services'
own APIs out of the same template: alarms, and what a bucket tells and keeps. Policies are left to
cfn-lint and the tests of the template, for moto asks nobody for permission.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from tests.infra.stacks import Json, Stack
from tests.servers.aws import Aws
from tests.servers.emulator import Emulator, emulator

MADE: Final = {
    "AWS::CloudWatch::Dashboard",
    "AWS::Events::Rule",
    "AWS::IAM::Role",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
}
RULED: Final = "RuledEvents"
"""A queue that stands where the publishing function would be told of an event."""


@dataclass(frozen=True, slots=True)
class Account:
    """The account in which the stack was made."""

    aws: Aws
    made: Stack

    def queue(self, logical_id: str) -> str:
        """The address of one of the stack's queues."""
        return self._physical[logical_id]

    def name(self, bucket: str) -> str:
        """The name of one of the stack's buckets."""
        return self._physical[bucket]

    @property
    def _physical(self) -> dict[str, str]:
        listed = self.aws.client("cloudformation").list_stack_resources(StackName="microlens")
        return {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for each in listed["StackResourceSummaries"]
        }

    def received(self, logical_id: str) -> list[Json]:
        """The messages that wait in a queue, taken out of it."""
        sqs, address = self.aws.client("sqs"), self.queue(logical_id)
        found: list[Json] = []
        while batch := sqs.receive_message(
            QueueUrl=address, MaxNumberOfMessages=10, AttributeNames=["All"]
        ).get("Messages"):
            found += batch
            for each in batch:
                sqs.delete_message(QueueUrl=address, ReceiptHandle=each["ReceiptHandle"])
        return found

    @contextmanager
    def running(self, function: str, **changed: str) -> Iterator[Emulator]:
        """A function of the template in AWS's emulator: its variables, its memory, its time.

        `changed` are variables that are to be others. An image's command is run without its image.
        """
        properties = self.made.of_type("AWS::Lambda::Function")[function]
        variables = {k: str(v) for k, v in properties["Environment"]["Variables"].items()}
        memory = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(properties["MemorySize"])}
        env = {**variables, **memory, **self.aws.environment(), **changed}
        handler = properties.get("Handler") or properties["ImageConfig"]["Command"][0]
        with emulator(handler, env, timeout_seconds=properties["Timeout"]) as found:
            yield found


def create(aws: Aws, made: Stack) -> Account:
    """Make the stack; fails when CloudFormation does."""
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(
        StackName="microlens",
        TemplateBody=json.dumps(_data_alone(made)),
        Parameters=[
            {"ParameterKey": name, "ParameterValue": _text(value)}
            for name, value in made.parameters.items()
        ],
    )
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="microlens", WaiterConfig={"Delay": 1, "MaxAttempts": 10}
    )
    account = Account(aws, made)
    _watch(account)
    _notify(account)
    return account


def _data_alone(made: Stack) -> Json:
    """The template without functions; what refers to one that is left out holds its name."""
    template = made.template
    left_out = {n for n, each in template["Resources"].items() if each["Type"] not in MADE}
    resources: Json = {
        name: _without(each, left_out)
        for name, each in template["Resources"].items()
        if name not in left_out
    }
    # It waits for the policy of its queue, which is among what is left out.
    del resources["PicturesBucket"]["DependsOn"]
    resources[RULED] = {"Type": "AWS::SQS::Queue", "Properties": {}}
    (target,) = resources["IncomingRule"]["Properties"]["Targets"]
    target["Arn"] = {"Fn::GetAtt": [RULED, "Arn"]}
    kept = ("AWSTemplateFormatVersion", "Parameters", "Conditions")
    return {**{name: template[name] for name in kept}, "Resources": resources}


def _without(node: Any, left_out: set[str]) -> Any:
    match node:
        case list():
            return [_without(each, left_out) for each in node]
        case {"Ref": str(name)} if name in left_out:
            return name
        case {"Fn::GetAtt": [name, attribute]} if name in left_out:
            return f"{name}.{attribute}"
        case {"Fn::GetAtt": str(path)} if path.partition(".")[0] in left_out:
            return path
        case dict():
            return {key: _without(value, left_out) for key, value in node.items()}
        case str():
            names = "|".join(sorted(left_out))
            return re.sub(rf"\$\{{((?:{names})(?:\.\w+)?)\}}", r"\1", node)
    return node


def _watch(account: Account) -> None:
    """Make the alarms; CloudWatch's own client checks their properties and types."""
    cloudwatch = account.aws.client("cloudwatch")
    for name, alarm in account.made.of_type("AWS::CloudWatch::Alarm").items():
        threshold = float(alarm["Threshold"])
        cloudwatch.put_metric_alarm(AlarmName=name, **{**alarm, "Threshold": threshold})


def _notify(account: Account) -> None:
    """Let buckets keep versions and tell of new objects, as the template says."""
    s3, sqs = account.aws.s3(), account.aws.client("sqs")
    for name, bucket in account.made.of_type("AWS::S3::Bucket").items():
        if versioning := bucket.get("VersioningConfiguration"):
            s3.put_bucket_versioning(Bucket=account.name(name), VersioningConfiguration=versioning)
        wanted = bucket.get("NotificationConfiguration", {})
        configuration: Any = {}
        if wanted.get("EventBridgeConfiguration", {}).get("EventBridgeEnabled"):
            configuration["EventBridgeConfiguration"] = {}
        for each in wanted.get("QueueConfigurations", []):
            address = account.queue(each["Queue"].removesuffix(".Arn"))
            attributes = sqs.get_queue_attributes(QueueUrl=address, AttributeNames=["QueueArn"])
            told = {"QueueArn": attributes["Attributes"]["QueueArn"], "Events": [each["Event"]]}
            configuration.setdefault("QueueConfigurations", []).append(told)
        s3.put_bucket_notification_configuration(
            Bucket=account.name(name), NotificationConfiguration=configuration
        )


def _text(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)
