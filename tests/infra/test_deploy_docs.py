"""docs/deploy.md: every parameter and output of the template, and sums that add up."""

from __future__ import annotations

import re

from inference.prices import prices
from tests.infra.stacks import PROJECT, source

DEPLOY = (PROJECT / "docs" / "deploy.md").read_text(encoding="utf-8")
OPERATIONS = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
MILLION = 1_000_000
# Prices that inference/prices.json does not have, as decision 13 gives them.
SNAPSHOT_GB_SECOND, MONTH_SECONDS = 0.0000015046, 365 / 12 * 24 * 3600


def rows(text: str) -> list[list[str]]:
    """The cells of every table row."""
    lines = re.findall(r"^\|(.*)\|$", text, re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def dollars(beginning: str) -> float:
    """What stands behind the row that begins so."""
    (value,) = [row[1] for row in rows(DEPLOY) if row[0].startswith(beginning)]
    found = re.match(r"[\d.]+", value)
    assert found is not None, value
    return float(found[0])


def test_every_parameter_is_there_with_its_default() -> None:
    table = DEPLOY.partition("## Parameters")[2].partition("\n## ")[0]
    said: dict[str, str] = {}
    for row in rows(table)[2:]:
        names, defaults = (re.findall(r"`([^`]+)`", cell) for cell in row[:2])
        defaults = defaults or [""] * len(names)
        said |= dict(zip(names, defaults, strict=True))

    parameters = source()["Parameters"]
    assert said == {name: str(each.get("Default", "")) for name, each in parameters.items()}


def test_every_output_that_is_named_exists_and_every_one_is_named() -> None:
    named = set(re.findall(r"`(\w+(?:Url|Name|Arn))`", DEPLOY + OPERATIONS)) | {"Url"}
    named |= set(re.findall(r"out (\w+)\)", OPERATIONS))
    outputs = set(source()["Outputs"])

    assert named - {"ModelName", "FunctionName"} <= outputs  # a parameter, and a dimension
    assert outputs - named <= {"ClassifyFunctionArn", "IngestFunctionArn"}


def test_a_million_pictures_cost_what_the_prices_say() -> None:
    said = re.search(r"each (\d+) ms at ([\d,]+) MB on x86_64", DEPLOY)
    assert said is not None
    gb_seconds = int(said[2].replace(",", "")) / 1024 * int(said[1]) / 1000 * MILLION
    (shown,) = re.findall(r"compute: ([\d,]+) GB-seconds", DEPLOY)
    parts = [dollars(each) for each in ("compute", "Lambda's requests", "HTTP API")]

    assert int(shown.replace(",", "")) == int(gb_seconds)
    assert parts[0] == round(prices().compute(gb_seconds), 2)
    assert parts[1] + parts[2] == prices().requests(MILLION, body_bytes=100_000)
    assert dollars("together") == round(sum(parts), 2)
    assert prices().read_on in DEPLOY


def test_a_kept_snapshot_costs_what_the_page_says() -> None:
    month = 1769 / 1024 * SNAPSHOT_GB_SECOND * MONTH_SECONDS

    assert dollars("the SnapStart snapshot") == round(month, 2)


def test_the_alarms_are_counted() -> None:
    alarms = [
        each["Properties"]
        for each in source()["Resources"].values()
        if each["Type"] == "AWS::CloudWatch::Alarm"
    ]
    metrics = sum(
        len([one for one in each.get("Metrics", [{"MetricStat": 1}]) if "MetricStat" in one])
        for each in alarms
    )

    assert f"{len(alarms)} alarms on {metrics} metrics" in DEPLOY
