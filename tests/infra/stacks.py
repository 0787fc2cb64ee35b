"""infra/template.yaml as CloudFormation gets it: transformed by SAM's own translator, for a choice
of parameters, and with its functions (`Ref`, `Fn::Sub`, `Fn::If` …) worked out.

A resource's `Ref` is its logical id, a bucket's is its name; attributes are `LOGICAL_ID.Attribute`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

PROJECT: Final = Path(__file__).parents[2]
TEMPLATE: Final = PROJECT / "infra" / "template.yaml"
REGION, ACCOUNT = "eu-west-1", "123456789012"
PSEUDO: Final = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::StackName": "microlens",
}

Json = dict[str, Any]
_NOTHING: Final = object()


@cache
def _source() -> Json:
    parsed: Json = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    return parsed


def source() -> Json:
    """The template as it is written."""
    return copy.deepcopy(_source())


def packaged() -> Json:
    """The template as `sam package` leaves it, with addresses in place of folders."""
    template = source()
    for resource in template["Resources"].values():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        properties = resource["Properties"]
        if properties.get("PackageType") == "Image":
            repository = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/microlens"
            properties["ImageUri"] = f"{repository}@sha256:{'0' * 64}"
        else:
            properties["CodeUri"] = f"s3://packages/{'0' * 64}"
    return template


@dataclass(frozen=True)
class Stack:
    """The transformed template and the value of every parameter."""

    template: Json
    parameters: Mapping[str, Any]

    @property
    def resources(self) -> dict[str, Json]:
        """What is made: the resources whose conditions hold, worked out."""
        return {
            name: self.worked_out(resource)
            for name, resource in self.template["Resources"].items()
            if "Condition" not in resource or self.holds(resource["Condition"])
        }

    def of_type(self, kind: str) -> dict[str, Json]:
        """The properties of every resource of a type, by logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    @property
    def refusals(self) -> list[str]:
        """What CloudFormation would tell the operator instead of making anything."""
        return [
            assertion["AssertDescription"]
            for rule in self.template["Rules"].values()
            if self.worked_out(rule.get("RuleCondition", True))
            for assertion in rule["Assertions"]
            if not self.worked_out(assertion["Assert"])
        ]

    def holds(self, condition: str) -> bool:
        """Whether a condition of the template is true."""
        return bool(self.worked_out(self.template["Conditions"][condition]))

    def worked_out(self, node: Any) -> Any:
        """`node` with every function in it replaced by its value."""
        if isinstance(node, list):
            values = [self.worked_out(each) for each in node]
            return [each for each in values if each is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            if name in ("Ref", "Condition") or name.startswith("Fn::"):
                return self._function(name, argument)
        items = ((key, self.worked_out(value)) for key, value in node.items())
        return {key: value for key, value in items if value is not _NOTHING}

    def _function(self, name: str, argument: Any) -> Any:
        match name:
            case "Ref":
                return self._reference(argument)
            case "Condition":  # of a policy's statement when it is no name
                is_name = isinstance(argument, str)
                return self.holds(argument) if is_name else {name: self.worked_out(argument)}
            case "Fn::If":
                return self.worked_out(argument[1 if self.holds(argument[0]) else 2])
            case "Fn::GetAtt":
                parts = argument.split(".") if isinstance(argument, str) else argument
                return self._attribute(".".join(parts))
            case "Fn::Sub":
                return self._filled(argument)
        return self._of_values(name, [self.worked_out(each) for each in argument])

    def _of_values(self, name: str, values: list[Any]) -> Any:
        """A function of values that have been worked out."""
        match name, values:
            case "Fn::Equals", [first, second]:
                return str(first) == str(second)
            case "Fn::Not", [value]:
                return not value
            case "Fn::Or", _:
                return any(values)
            case "Fn::Join", [between, parts]:
                return between.join(map(str, parts))
            case "Fn::Split", [between, text]:
                return str(text).split(between)
        raise ValueError(f"{name} is not known here: add it")

    def _reference(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            return self.parameters[name]
        resource = self.template["Resources"][name]
        if resource["Type"] == "AWS::S3::Bucket":
            return self.worked_out(resource["Properties"]["BucketName"])
        return name

    def _attribute(self, path: str) -> str:
        name = path.partition(".")[0]
        if self.template["Resources"][name]["Type"] == "AWS::S3::Bucket" and path.endswith(".Arn"):
            return f"arn:aws:s3:::{self._reference(name)}"
        return path

    def _filled(self, argument: Any) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument

        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name in own:
                return str(self.worked_out(own[name]))
            return str(self._attribute(name) if "." in name else self._reference(name))

        return re.sub(r"\$\{([^!}]+)\}", value, text)


@cache
def stack(**chosen: str) -> Stack:
    """The stack with these parameters, the others as they are by default."""
    template = packaged()
    given = {name: each.get("Default") for name, each in template["Parameters"].items()} | chosen
    parameters = {
        name: (str(value).split(",") if value else [""])
        if template["Parameters"][name]["Type"] == "CommaDelimitedList"
        else value
        for name, value in given.items()
    }
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    values = {name: value for name, value in given.items() if value is not None} | PSEUDO
    transformed = translator.translate(template, values)
    return Stack(transformed, parameters)


VARIANTS: Final = [
    {"ServeWith": serve_with, "Architecture": architecture}
    for serve_with in ("litert", "tensorflow")
    for architecture in ("x86_64", "arm64")
]


def functions(of: Stack) -> dict[str, Json]:
    """The properties of every function that is made, by logical id."""
    return of.of_type("AWS::Lambda::Function")


def entry(function: Json) -> str:
    """The handler of a zip or of an image."""
    return str(function.get("Handler") or function["ImageConfig"]["Command"][0])
