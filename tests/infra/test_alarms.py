"""Every alarm is heard, watches something that exists, and has its section in operations.md."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from inference.metrics import METRICS, NAMESPACE, Service, emf
from tests.infra.stacks import PROJECT, Stack, entry, functions, stack

SERVES = ("litert", "tensorflow")
OPERATIONS = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
OWN_METRICS = {
    ("ClassifyErrors", "classify"),
    ("PicturesFailed", "ingest"),
    ("EventsMalformed", "ingest"),
    ("ModelSwapFailed", "classify"),
    ("ModelSwapFailed", "ingest"),
    ("PublishRefused", "publish"),
}
SHOWN_ONLY = {("ModelLookFailed", "classify")}
"""On the dashboard, and of no alarm: it passes, and the model that is loaded goes on answering."""

SAID_BY = {
    "classify": "api.http_handler.handler",
    "ingest": "api.event_handler.handler",
    "publish": "training.publish_handler.handler",
}


@pytest.fixture(params=SERVES)
def made(request: pytest.FixtureRequest) -> Stack:
    """The stack with each kind of serving functions."""
    return stack(ServeWith=request.param)


def alarms(made: Stack) -> dict[str, dict[str, Any]]:
    """The properties of every alarm."""
    return made.of_type("AWS::CloudWatch::Alarm")


def metrics(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """What an alarm looks at: one metric, or those of its expression."""
    if "Metrics" not in alarm:
        return [alarm]
    return [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]


def watched(made: Stack) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Namespace, name and dimensions of every metric of every alarm."""
    for alarm in alarms(made).values():
        for each in metrics(alarm):
            dimensions = {one["Name"]: one["Value"] for one in each["Dimensions"]}
            yield each["Namespace"], each["MetricName"], dimensions


def test_every_alarm_is_heard_and_silence_is_none(made: Stack) -> None:
    for alarm in alarms(made).values():
        assert alarm["AlarmActions"] == ["AlarmTopic"]
        assert alarm["OKActions"] == ["AlarmTopic"]
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["AlarmDescription"]


def test_every_metric_of_an_alarm_is_of_something_that_is_made(made: Stack) -> None:
    names = {
        "ApiId": set(made.of_type("AWS::ApiGatewayV2::Api")),
        "FunctionName": set(made.of_type("AWS::Lambda::Function")),
        "QueueName": {f"{name}.QueueName" for name in made.of_type("AWS::SQS::Queue")},
        "Resource": {f"{name}:live" for name in made.of_type("AWS::Lambda::Function")},
    }
    own = set()
    for namespace, metric, dimensions in watched(made):
        if namespace == NAMESPACE:
            own.add((metric, dimensions.pop("Service")))
        assert dimensions, f"{metric} is that of every stack of the account"
        for name, value in dimensions.items():
            assert value in names[name]

    assert own == OWN_METRICS


def test_nothing_that_an_alarm_names_is_called_the_same_in_another_stack(made: Stack) -> None:
    """CloudFormation's own names begin with the stack's; ids of APIs are given by AWS."""
    for function in functions(made).values():
        assert "FunctionName" not in function
    for queue in made.of_type("AWS::SQS::Queue").values():
        assert "QueueName" not in queue


def test_an_alarm_looks_where_the_function_writes_the_metric(
    made: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for namespace, metric, dimensions in watched(made):
        if namespace != NAMESPACE:
            continue
        (service,) = [each for each in get_args(Service) if each == dimensions["Service"]]
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", dimensions["FunctionName"])
        line = emf(service, {metric: 1})
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        (said,) = directive["Dimensions"]

        assert {name: line[name] for name in said} == dimensions
        assert entry(functions(made)[dimensions["FunctionName"]]) == SAID_BY[service]


def test_the_services_own_metrics_are_ones_that_it_says() -> None:
    said = {(metric.name, service) for metric in METRICS for service in metric.services}

    assert said >= OWN_METRICS
    assert NAMESPACE == "Microlens"


def test_every_function_and_every_dead_letter_is_watched(made: Stack) -> None:
    found = [(metric, tuple(dimensions.values())) for _, metric, dimensions in watched(made)]

    for function in made.of_type("AWS::Lambda::Function"):
        for metric in ("Errors", "Throttles", "Invocations"):
            assert any(name == metric and function in values for name, values in found)
    for queue in ("PicturesDeadLetters", "PublishDeadLetters"):
        expected = ("ApproximateNumberOfMessagesVisible", (f"{queue}.QueueName",))
        assert expected in found


def test_an_expression_hears_one_function_when_the_others_are_silent(made: Stack) -> None:
    summed = {name: each for name, each in alarms(made).items() if "Metrics" in each}

    assert set(summed) == {"ModelSwapFailedAlarm", "ThrottlesAlarm", "CostGuardAlarm"}
    for alarm in summed.values():
        (total,) = [each for each in alarm["Metrics"] if "Expression" in each]
        parts = {each["Id"] for each in alarm["Metrics"]} - {total["Id"]}
        assert total["Expression"] == " + ".join(
            f"FILL({each['Id']}, 0)" for each in alarm["Metrics"] if each["Id"] in parts
        )


def test_the_thresholds_that_can_be_chosen_are_taken() -> None:
    made = alarms(stack(LatencyAlarmMs="250", InvocationsPerHour="7"))

    assert made["ApiLatencyAlarm"]["Threshold"] == "250"
    assert made["ApiLatencyAlarm"]["ExtendedStatistic"] == "p99"
    assert made["CostGuardAlarm"]["Threshold"] == "7"


def test_alarms_are_sent_to_an_address_when_one_is_given() -> None:
    assert not stack().of_type("AWS::SNS::Subscription")
    (subscription,) = stack(AlarmEmail="a@b.example").of_type("AWS::SNS::Subscription").values()
    assert subscription["Endpoint"] == "a@b.example"
    assert subscription["TopicArn"] == "AlarmTopic"


def test_the_dashboard_shows_metrics_of_things_that_are_made(made: Stack) -> None:
    (dashboard,) = made.of_type("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"])["widgets"]
    made_of = {
        *made.of_type("AWS::ApiGatewayV2::Api"),
        *made.of_type("AWS::Lambda::Function"),
        *(f"{name}.QueueName" for name in made.of_type("AWS::SQS::Queue")),
    }
    own = set()
    for namespace, metric, *pairs in (
        line for each in widgets for line in each["properties"]["metrics"]
    ):
        texts = [each for each in pairs if isinstance(each, str)]
        dimensions = dict(zip(texts[::2], texts[1::2], strict=True))
        if namespace == NAMESPACE:
            own.add((metric, dimensions.pop("Service")))
        (value,) = dimensions.values()
        assert value in made_of

    assert own == OWN_METRICS | SHOWN_ONLY
    places = [(each["x"], each["y"]) for each in widgets]
    assert len(set(places)) == len(widgets) == 6


def test_every_alarm_has_a_section_that_says_what_it_means_and_what_to_do(made: Stack) -> None:
    sections = dict(re.findall(r"(?ms)^## (\w+Alarm)\n(.*?)(?=^## |\Z)", OPERATIONS))

    assert sections.keys() == alarms(made).keys()
    for name, section in sections.items():
        for part in ("**Means.**", "**Likely.**", "**Do.**"):
            assert section.count(part) == 1, f"{part} of {name}"


def test_every_alarm_has_a_line_for_whoever_is_woken_by_it(made: Stack) -> None:
    table = OPERATIONS.partition("\n## ")[0]
    rows = re.findall(r"(?m)^\| \[(\w+)\]\(#(\w+)\) \| (.+) \| (.+) \| (.+) \|$", table)

    assert sorted(row[0] for row in rows) == sorted(alarms(made))
    for name, anchor, *cells in rows:
        assert anchor == name.lower()
        assert all(cell.strip() for cell in cells)
