"""The stack's buckets, queues, topics, rules, roles and alarms, made for real in a moto server.

moto's CloudFormation makes them of the transformed template. Functions, and what needs them, are
left out: they are checked in the template itself. What it passes over is made through the services'
own APIs out of the same template: alarms, and what a bucket tells and keeps; policies of buckets,
queues and the topic by `guard`. In the end every request, the functions' too, is refused that no
policy of its caller allows. moto asks so for S3, but not what the policy of a queue or topic says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from tests.infra.account import Account, real
from tests.infra.stacks import Json, Stack
from tests.servers.aws import Aws, Keys

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
    names = _names(aws)
    roles = _sessions(aws, made, names)
    account = Account(aws.ask_for_permission(), made, names, roles)
    _watch(account)
    _notify(account)
    return account


def guard(account: Account) -> None:
    """Put the policies of buckets, queues and the topic in force, and let the topic be heard.

    moto takes every request for one without TLS and reads no more of buckets with such a policy.
    """
    s3, sqs, sns = account.aws.s3(), account.aws.client("sqs"), account.aws.client("sns")
    made = account.made

    def text(policy: Json) -> str:
        return json.dumps(account.real(policy["PolicyDocument"]))

    for each in made.of_type("AWS::S3::BucketPolicy").values():
        s3.put_bucket_policy(Bucket=each["Bucket"], Policy=text(each))
    for each in made.of_type("AWS::SQS::QueuePolicy").values():
        for address in account.real(each["Queues"]):
            sqs.set_queue_attributes(QueueUrl=address, Attributes={"Policy": text(each)})
    for each in made.of_type("AWS::SNS::TopicPolicy").values():
        for arn in account.real(each["Topics"]):
            sns.set_topic_attributes(
                TopicArn=arn, AttributeName="Policy", AttributeValue=text(each)
            )
    for each in made.of_type("AWS::SNS::Subscription").values():
        sns.subscribe(**account.real(each))


def _names(aws: Aws) -> dict[str, str]:
    """What was made, by logical id and by attribute."""
    sqs, iam, events, logs = map(aws.client, ("sqs", "iam", "events", "logs"))
    listed = aws.client("cloudformation").list_stack_resources(StackName="microlens")
    names: dict[str, str] = {}
    for each in listed["StackResourceSummaries"]:
        logical_id, name = each["LogicalResourceId"], each["PhysicalResourceId"]
        names[logical_id] = name
        match each["ResourceType"]:
            case "AWS::SQS::Queue":
                found = sqs.get_queue_attributes(QueueUrl=name, AttributeNames=["QueueArn"])
                names[f"{logical_id}.Arn"] = found["Attributes"]["QueueArn"]
                names[f"{logical_id}.QueueName"] = name.rpartition("/")[2]
            case "AWS::IAM::Role":
                names[f"{logical_id}.Arn"] = iam.get_role(RoleName=name)["Role"]["Arn"]
            case "AWS::Events::Rule":
                names[f"{logical_id}.Arn"] = events.describe_rule(Name=name)["Arn"]
            case "AWS::Logs::LogGroup":
                (group,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
                names[f"{logical_id}.Arn"] = group["arn"]
    return names


def _sessions(aws: Aws, made: Stack, names: Mapping[str, str]) -> dict[str, Keys]:
    """Credentials of each role of a function, as Lambda hands them to it."""
    iam, sts, sessions = aws.client("iam"), aws.client("sts"), {}
    roles = made.of_type("AWS::IAM::Role")
    for function in made.of_type("AWS::Lambda::Function").values():
        role = function["Role"].removesuffix(".Arn")
        # Of what CloudFormation has put moto keeps no JSON, and could not decide by it.
        for policy in real(roles[role]["Policies"], names):
            document = json.dumps(policy["PolicyDocument"])
            iam.put_role_policy(
                RoleName=names[role], PolicyName=policy["PolicyName"], PolicyDocument=document
            )
        found = sts.assume_role(RoleArn=names[f"{role}.Arn"], RoleSessionName="function")
        keys = found["Credentials"]
        sessions[role] = Keys(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return sessions


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
        cloudwatch.put_metric_alarm(
            AlarmName=name, **{**account.real(alarm), "Threshold": threshold}
        )


def _notify(account: Account) -> None:
    """Let buckets keep versions and tell of new objects, as the template says."""
    s3 = account.aws.s3()
    for bucket in account.made.of_type("AWS::S3::Bucket").values():
        name = bucket["BucketName"]
        if versioning := bucket.get("VersioningConfiguration"):
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=versioning)
        wanted = account.real(bucket.get("NotificationConfiguration", {}))
        configuration: Any = {}
        if wanted.get("EventBridgeConfiguration", {}).get("EventBridgeEnabled"):
            configuration["EventBridgeConfiguration"] = {}
        for each in wanted.get("QueueConfigurations", []):
            told = {"QueueArn": each["Queue"], "Events": [each["Event"]]}
            configuration.setdefault("QueueConfigurations", []).append(told)
        s3.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration=configuration
        )


def _text(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)
